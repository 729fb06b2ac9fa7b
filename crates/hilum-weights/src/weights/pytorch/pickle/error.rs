//! Why a pickle is refused.

use thiserror::Error;

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
