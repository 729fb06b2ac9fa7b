//! Reads the pickles that `torch.save` writes for state dicts, and nothing else.
//!
//! Python's `pickle` is a program that may call anything. This reader knows the opcodes and the
//! few globals of a state dict and builds data; any other global is refused by name. It never
//! recurses, and what it keeps is bounded by a multiple of the bytes that it reads.

mod construct;
mod error;
mod machine;
mod opcode;
mod reader;
mod value;

pub use error::PickleError;
pub(crate) use machine::load;
pub(crate) use reader::Reader;
pub(crate) use value::{Storage, Unpickled, Value, View};
