//! What became of each tensor of a weights file.

use std::fmt;

/// What became of each tensor, of the file's and of the graph's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ApplyReport {
    /// Taken from the file.
    pub applied: Vec<String>,
    /// The graph has them, the file does not; the head's are not listed here.
    pub missing: Vec<String>,
    /// The file has them, the graph does not.
    pub unused: Vec<String>,
    /// Both have them, in different shapes; the head's are not listed here.
    pub misshapen: Vec<Misshapen>,
    /// The head starts afresh, and why; `None` if it came from the file.
    pub head_replaced: Option<HeadReplaced>,
}

/// A tensor of another shape than the graph needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misshapen {
    /// Its name.
    pub name: String,
    /// What the graph needs.
    pub expected: Vec<usize>,
    /// What the file has.
    pub found: Vec<usize>,
}

/// Why the head keeps its first values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadReplaced {
    /// The file has a head for another count of classes.
    ClassCount {
        /// How many the graph has.
        expected: usize,
        /// How many the file has.
        found: usize,
    },
    /// The file has no head.
    Absent,
}

/// How many names are listed before the rest is only counted.
const LISTED: usize = 6;

impl ApplyReport {
    /// Whether everything but the head came from the file.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty() && self.misshapen.is_empty()
    }
}

impl fmt::Display for ApplyReport {
    /// Some lines for a person: counts, and the first names of what did not fit.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} tensors applied", self.applied.len())?;
        match self.head_replaced {
            Some(HeadReplaced::ClassCount { expected, found }) => write!(
                formatter,
                "; the head starts afresh: {expected} classes here, {found} in the file"
            )?,
            Some(HeadReplaced::Absent) => {
                formatter.write_str("; the head starts afresh: the file has none")?;
            }
            None => {}
        }
        list(formatter, "missing from the file", &self.missing)?;
        let misshapen: Vec<String> = self.misshapen.iter().map(Misshapen::to_string).collect();
        list(formatter, "of another shape", &misshapen)?;
        list(formatter, "unused", &self.unused)
    }
}

impl fmt::Display for Misshapen {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            expected,
            found,
        } = self;
        write!(formatter, "{name} {found:?} instead of {expected:?}")
    }
}

fn list(formatter: &mut fmt::Formatter<'_>, title: &str, names: &[String]) -> fmt::Result {
    if names.is_empty() {
        return Ok(());
    }
    let listed = &names[..names.len().min(LISTED)];
    write!(
        formatter,
        "\n{} {title}: {}",
        names.len(),
        listed.join(", ")
    )?;
    match names.len() - listed.len() {
        0 => Ok(()),
        rest => write!(formatter, " and {rest} more"),
    }
}
