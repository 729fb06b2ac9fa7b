//! Files of `torch.save`: a pickle that says which tensors there are, and storages beside it.

mod archive;
mod error;
mod legacy;
pub(super) mod pickle;
mod state_dict;
mod storage;

pub(super) use archive::read_zip;
pub use error::PytorchError;
pub(super) use legacy::{LEGACY_START, read_legacy};
pub use pickle::PickleError;
