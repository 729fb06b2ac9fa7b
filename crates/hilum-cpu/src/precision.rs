//! In which numbers products are computed.

/// In which numbers products are computed. Sums are `f32` always, and so are heat maps.
///
/// In a training step those forward and those for inputs' gradients are meant; parameters, what batch norms find,
/// weights' gradients and the optimiser's moments stay `f32`.
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
