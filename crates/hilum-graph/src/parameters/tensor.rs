//! Values with a shape.

/// Values with a shape, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    /// Length of each axis.
    pub shape: Vec<usize>,
    /// The values; their count is the product of `shape`.
    pub data: Vec<f32>,
}

impl Tensor {
    /// Wraps values.
    ///
    /// # Panics
    /// If the count of `data` is not the product of `shape`.
    pub fn new(shape: Vec<usize>, data: Vec<f32>) -> Self {
        assert_eq!(
            data.len(),
            shape.iter().product::<usize>(),
            "values of shape {shape:?}"
        );
        Self { shape, data }
    }
}
