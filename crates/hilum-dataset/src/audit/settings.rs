//! How an audit runs.

use std::path::PathBuf;

use hilum_imaging::DecodeLimits;

/// How an audit runs.
#[derive(Debug, Clone, Default)]
pub struct AuditSettings {
    /// Larger images are unreadable.
    pub limits: DecodeLimits,
    /// Where facts and alike pairs are kept, so that a second run decodes only what has changed
    /// and looks for pairs only if a picture came or went; see
    /// [`cache_file`](super::cache_file). A cache that cannot be read or written costs time and
    /// nothing else.
    pub cache: Option<PathBuf>,
}
