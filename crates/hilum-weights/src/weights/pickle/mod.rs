//! Reads the pickles that `torch.save` writes for state dicts, and nothing else.
//!
//! Python's `pickle` is a program that may call anything. This reader knows the opcodes and the
//! few globals of a state dict and builds data; any other global is refused by name. It never
//! recurses, and what it keeps is bounded by a multiple of the bytes that it reads.

mod construct;
mod machine;
mod opcode;
mod reader;
mod value;

use thiserror::Error;

pub(crate) use machine::load;
pub(crate) use reader::Reader;
pub(crate) use value::{Storage, Unpickled, Value, View};

/// Why a pickle is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PickleError {
    /// It ends before its last opcode.
    #[error("its pickle is truncated at byte {position}")]
    Truncated {
        /// Where it ends.
        position: usize,
    },
    /// It imports something that no state dict needs. Nothing was run.
    #[error(
        "its pickle imports `{global}`, which is no part of a state dict and was not run\n\
         hint: re-save the weights alone: `torch.save(model.state_dict(), \"weights.pth\")`"
    )]
    Global {
        /// Module and name.
        global: String,
    },
    /// It uses an opcode that no state dict needs.
    #[error(
        "its pickle uses opcode {opcode:#04x} at byte {position}, which is no part of a state dict\n\
         hint: re-save the weights alone: `torch.save(model.state_dict(), \"weights.pth\")`"
    )]
    Opcode {
        /// The opcode.
        opcode: u8,
        /// Where it stands.
        position: usize,
    },
    /// It contradicts itself.
    #[error("its pickle is damaged at byte {position}: expected {expected}")]
    Malformed {
        /// Where it stands.
        position: usize,
        /// What should stand there.
        expected: &'static str,
    },
}
