//! In which numbers products are computed.

/// In which numbers the products of a pass without backward are computed. Sums are `f32` always, and so is
/// all of training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// As parameters and images are given.
    #[default]
    F32,
    /// Weights and activations are rounded to `bf16`, 8 bits of precision, before they are multiplied, where that
    /// is faster: in convolutions that are matrix products. A processor without instructions for it says the
    /// same, and gains nothing.
    Bf16,
}
