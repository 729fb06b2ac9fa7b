//! A part of what is asked for, the same on every machine.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use thiserror::Error;

/// One of several parts, by the names of what is in them: whoever asks for the others, elsewhere
/// and below another mount point, gets the rest and nothing twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    number: NonZeroU32,
    of: NonZeroU32,
}

/// Text that names no part.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{text}` names no shard\nhint: which one, from 1, and of how many, such as `2/8`")]
pub struct ShardError {
    /// What was given.
    pub text: String,
}

impl Shard {
    /// All there is, in one part.
    pub const WHOLE: Self = Self {
        number: NonZeroU32::MIN,
        of: NonZeroU32::MIN,
    };

    /// Which one, from 1.
    pub fn number(self) -> u32 {
        self.number.get()
    }

    /// Of how many.
    pub fn of(self) -> u32 {
        self.of.get()
    }

    /// Whether what is called `name` is in this part: the first eight bytes of the name's BLAKE3,
    /// the lowest first, modulo the count of parts.
    pub fn holds(self, name: &[u8]) -> bool {
        if self.of.get() == 1 {
            return true;
        }
        let digest = blake3::hash(name);
        let mut first = [0; 8];
        first.copy_from_slice(&digest.as_bytes()[..8]);
        let part = u64::from_le_bytes(first) % u64::from(self.of.get());
        part == u64::from(self.number.get() - 1)
    }
}

impl Default for Shard {
    fn default() -> Self {
        Self::WHOLE
    }
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        let parse = || {
            let (number, of) = text.split_once('/')?;
            let number: NonZeroU32 = number.trim().parse().ok()?;
            let of: NonZeroU32 = of.trim().parse().ok()?;
            (number <= of).then_some(Self { number, of })
        };
        parse().ok_or_else(|| ShardError {
            text: text.to_owned(),
        })
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.number, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_in_one_part_and_its_part_is_that_of_its_blake3() {
        // list(blake3.blake3(b"a/1.dcm").digest()[:8]), of Python's blake3 1.0.
        let expected = u64::from_le_bytes(A_1_DCM) % 8 + 1;
        let parts: Vec<u64> = (1..=8)
            .filter(|number| {
                let shard: Shard = format!("{number}/8").parse().unwrap();
                shard.holds(b"a/1.dcm")
            })
            .collect();
        assert_eq!(parts, [expected]);
        assert!(Shard::WHOLE.holds(b"a/1.dcm"));
    }

    const A_1_DCM: [u8; 8] = [238, 106, 61, 118, 151, 182, 118, 161];

    #[test]
    fn what_names_no_part_is_refused() {
        for text in ["", "1", "0/2", "3/2", "a/b", "1/0", "-1/2", "1/2/3"] {
            let error = text.parse::<Shard>().unwrap_err();
            assert!(error.to_string().contains("hint: "), "of {text}");
        }
        assert_eq!("2/8".parse::<Shard>().unwrap().to_string(), "2/8");
    }
}
