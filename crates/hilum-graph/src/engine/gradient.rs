//! How logits answer to what a node makes of images.

use super::batch::{Batch, Logits};

/// The factor of each logit of each image, row by row as the logits are: what is differentiated is
/// the sum of their products. A one at a class and zeros elsewhere ask for that class alone.
pub type LogitFactors<'a> = &'a dyn Fn(&Logits) -> Vec<f32>;

/// What [`Engine::gradient`](super::Engine::gradient) finds.
#[derive(Debug, Clone, PartialEq)]
pub struct Gradient {
    /// The logits of the images.
    pub logits: Logits,
    /// What the node makes of them.
    pub results: Batch,
    /// The gradient by each of these values, in their order.
    pub gradient: Batch,
}
