//! Why archives are not read.

use thiserror::Error;

/// How many times its own size a large archive may inflate to. CT slices shrink to a half or a third,
/// masks to a hundredth.
pub(super) const LARGEST_RATIO: u64 = 200;

/// Why an archive or its member is not read.
#[derive(Debug, Clone, Error)]
pub(crate) enum ArchiveError {
    /// No archive, or one that is damaged.
    #[error(
        "the {kind} archive cannot be read: {reason}\nhint: fetch or copy it again, or unpack it with another program"
    )]
    Damaged { kind: &'static str, reason: String },
    /// More than there is memory or patience for.
    #[error(
        "the ZIP archive inflates {size} bytes from {compressed}, more than {LARGEST_RATIO} for one\n\
         hint: if it is meant to, unpack it and give the folder"
    )]
    Ratio { size: u64, compressed: u64 },
    /// A member that is too large by its header, or by what comes out.
    #[error(
        "the member of {size} bytes exceeds the limit of {limit}\n\
         hint: if it is meant to be this large, raise the limit with `--max-pixels`"
    )]
    Size { size: u64, limit: u64 },
    /// A member with a password.
    #[error(
        "the member is encrypted\nhint: unpack the archive with its password and give the folder"
    )]
    Encrypted,
    /// A member that stands in pieces.
    #[error("the member is sparse\nhint: unpack the archive and give the folder")]
    Sparse,
    /// An archive without a place for each of its members.
    #[error(
        "the TAR archive is compressed as a whole, so that no member can be read by itself: \
         `gunzip` it first"
    )]
    CompressedTar,
}
