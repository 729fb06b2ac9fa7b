//! Files of a dataset that cannot be read.

use std::fmt;

use hilum_core::Split;
use hilum_dataset::Unreadable;
use thiserror::Error;

use crate::chain;

/// The rule that lets files pass that cannot be read.
pub(super) const UNREADABLE_FILE: &str = "unreadable-file";
/// So many of them are named.
const NAMED: usize = 10;

/// Files of a dataset that cannot be read.
#[derive(Debug, Error)]
#[error(
    "{}\nhint: mend or remove them, or go on without them with `--allow {UNREADABLE_FILE}`",
    Listed(self)
)]
pub struct UnreadableFiles {
    /// The split that they are in.
    pub split: Split,
    /// How many files the split has.
    pub total: usize,
    /// Which they are, and why.
    pub files: Vec<Unreadable>,
}

impl UnreadableFiles {
    /// How many of how many, and the first ones with their reasons, a line each.
    pub fn describe(&self) -> String {
        Listed(self).to_string()
    }
}

struct Listed<'a>(&'a UnreadableFiles);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let UnreadableFiles {
            split,
            total,
            files,
        } = self.0;
        write!(
            formatter,
            "{} of {total} files in `{split}` cannot be read",
            files.len()
        )?;
        files
            .iter()
            .take(NAMED)
            .try_for_each(|one| write!(formatter, "\n  {}", chain(&one.error)))
    }
}
