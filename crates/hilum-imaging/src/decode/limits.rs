//! What a decoder refuses before it allocates anything.

use super::{DecodeProblem, Format};

/// The most that deflate makes of a byte: 258 bytes of two bits.
pub(super) const DEFLATE_RATIO: usize = 1032;

/// What is granted to a header beside what the compressed bytes can hold.
const GRACE_BYTES: usize = 1 << 20;

/// What a decoder refuses before it allocates anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeLimits {
    /// The largest `width * height`, by the file's header.
    pub max_pixels: u64,
}

impl Default for DecodeLimits {
    /// A hundred million pixels, such as 10,000 x 10,000: four hundred times a CT slice.
    fn default() -> Self {
        Self {
            max_pixels: 100_000_000,
        }
    }
}

impl DecodeLimits {
    pub(super) fn check(
        self,
        format: Format,
        width: u64,
        height: u64,
    ) -> Result<(), DecodeProblem> {
        if width == 0 || height == 0 {
            return Err(DecodeProblem::NoPixels {
                format,
                width,
                height,
            });
        }
        if width.saturating_mul(height) > self.max_pixels {
            return Err(DecodeProblem::TooManyPixels {
                width,
                height,
                limit: self.max_pixels,
            });
        }
        Ok(())
    }
}

/// Refuses to set aside `expanded` bytes for a file of `compressed` ones that cannot fill them:
/// `ratio` is the most that its compression makes of a byte.
pub(super) fn check_expansion(
    format: Format,
    expanded: usize,
    compressed: usize,
    ratio: usize,
) -> Result<(), DecodeProblem> {
    if expanded > compressed.saturating_mul(ratio).saturating_add(GRACE_BYTES) {
        Err(DecodeProblem::Truncated { format })
    } else {
        Ok(())
    }
}
