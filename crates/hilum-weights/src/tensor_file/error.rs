//! Why a file of tensors cannot be written or read.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why a tensor file could not be written or read.
#[derive(Debug, Error)]
pub enum TensorFileError {
    /// The disk or the folder refuses.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// The file that was to be written.
        path: PathBuf,
        /// What is in the way.
        #[source]
        source: io::Error,
    },
    /// A value that half precision cannot hold.
    #[error(
        "tensor `{name}` cannot be written to `{}` in half precision: {value}, at position \
         {position}, is beyond 65504\n\
         hint: keep this model in full precision (f32)",
        path.display()
    )]
    BeyondHalf {
        /// The file that was to be written.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// Where its first such value stands.
        position: usize,
        /// The value.
        value: f32,
    },
    /// The file cannot be read from the disk.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What is in the way.
        #[source]
        source: io::Error,
    },
    /// The file ends too early.
    #[error(
        "`{}` is truncated: {found} bytes of {expected}\n\
         hint: copy it again from its source",
        path.display()
    )]
    Truncated {
        /// The file.
        path: PathBuf,
        /// How many bytes its header announces.
        expected: u64,
        /// How many there are.
        found: u64,
    },
    /// The file is no safetensors file at all, or a damaged one.
    #[error("`{}` is not a safetensors file: {reason}", path.display())]
    NotSafetensors {
        /// The file.
        path: PathBuf,
        /// What its header lacks.
        reason: String,
    },
    /// A tensor holds something other than floating-point numbers.
    #[error("tensor `{name}` of `{}` holds {found}, expected floating-point numbers", path.display())]
    ElementType {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// Its element type, as safetensors spells it.
        found: String,
    },
    /// A good safetensors file without a digest: another program wrote it.
    #[error("`{}` was not written by hilum: it has no digest", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The content does not match its digest.
    #[error(
        "`{}` was altered after it was written: its digest is {expected}, its content has {found}\n\
         hint: copy it again from its source; nothing but hilum may change such a file",
        path.display()
    )]
    Altered {
        /// The file.
        path: PathBuf,
        /// The digest that stands in the file.
        expected: String,
        /// The digest of what is there.
        found: String,
    },
}
