//! In which numbers products are computed.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// In which numbers the products of a pass without backward are computed. Sums are `f32` always, and so is
/// all of training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// As parameters and images are given.
    #[default]
    F32,
    /// Weights and activations are rounded to `bf16`, 8 bits of precision, before they are multiplied, where that
    /// is faster: in convolutions that are matrix products. A processor without such instructions
    /// ([`InstructionSet::multiplies_bf16`](crate::InstructionSet::multiplies_bf16)) says the same, and gains nothing.
    Bf16,
}

/// A name that is no precision.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unknown precision `{name}`\nhint: write `f32` or `bf16`")]
pub struct PrecisionError {
    /// What was asked for.
    name: String,
}

impl Precision {
    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Precision {
    type Err = PrecisionError;

    fn from_str(name: &str) -> Result<Self, PrecisionError> {
        let found = [Self::F32, Self::Bf16].into_iter();
        let mut found = found.filter(|precision| precision.name() == name);
        found.next().ok_or_else(|| PrecisionError {
            name: name.to_owned(),
        })
    }
}
