//! Named tensors and text in one safetensors file, protected by a digest.

mod digest;
mod error;
mod file;
mod layout;
mod precision;
mod stored;
mod values;

pub(crate) use digest::DIGEST_KEY;
pub use error::TensorFileError;
pub(crate) use file::Unverified;
pub use file::{read_tensors, write_tensors, write_tensors_as};
pub(crate) use layout::Layout;
pub use precision::Precision;
pub use stored::stored_precision;
pub(crate) use values::{element_type, floats};

#[cfg(test)]
mod tests;
