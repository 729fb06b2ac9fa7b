//! Why a file of `torch.save` is refused.

use thiserror::Error;
use zip::result::ZipError;

use super::pickle::PickleError;

/// Why a file of `torch.save` is refused.
#[derive(Debug, Error)]
pub enum PytorchError {
    /// The zip archive around it cannot be read.
    #[error("its zip archive is damaged or truncated\nhint: copy it again from its source")]
    Archive {
        /// What is wrong with it.
        #[source]
        source: ZipError,
    },
    /// A zip archive of something else.
    #[error("it is a zip archive without `data.pkl`, so not a file of `torch.save`")]
    NoPickle,
    /// Written on a machine of the other byte order.
    #[error("its numbers are big-endian\nhint: re-save it on a little-endian machine")]
    BigEndian,
    /// The pickle is refused.
    #[error(transparent)]
    Pickle(#[from] PickleError),
    /// There are no named tensors in it.
    #[error(
        "it holds no state dict, but {found}\n\
         hint: save one with `torch.save(model.state_dict(), \"weights.pth\")`"
    )]
    NoStateDict {
        /// What stands in its place.
        found: String,
    },
    /// The numbers of a tensor are not there, or not all of them.
    #[error("its storage `{key}` is {found}\nhint: the file may be truncated; copy it again")]
    Storage {
        /// The storage's key.
        key: String,
        /// `missing`, or how long it is.
        found: String,
    },
    /// A tensor's shape and strides lead outside its storage.
    #[error("its tensor `{name}` reaches beyond the end of its storage")]
    OutsideStorage {
        /// The tensor.
        name: String,
    },
    /// Tensors that repeat few numbers very often.
    #[error("its tensor `{name}` is out of all proportion to the size of the file")]
    TooLarge {
        /// The tensor.
        name: String,
    },
}
