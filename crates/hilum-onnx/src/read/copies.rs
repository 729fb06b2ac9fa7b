//! A bound to what a small file makes of itself.

use hilum_graph::Tensor;

use super::error::ReadError;

/// How many numbers may still be copied: no honest file uses each of its own more than a few times.
pub(super) struct Copies {
    left: usize,
}

impl Copies {
    pub(super) fn of(tensors: &[(String, Tensor)]) -> Self {
        let own: usize = tensors.iter().map(|(_, tensor)| tensor.data.len()).sum();
        Self {
            left: own.saturating_mul(4).saturating_add(1 << 20),
        }
    }

    pub(super) fn spend(&mut self, tensor: &Tensor) -> Result<(), ReadError> {
        let left = self.left.checked_sub(tensor.data.len());
        self.left = left.ok_or(ReadError::TooManyCopies)?;
        Ok(())
    }
}
