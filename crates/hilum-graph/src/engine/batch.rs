//! What goes into a network and what comes out.

use super::error::EngineError;
use crate::network::{Graph, Shape};

/// Images for one pass: `count x height x width x channels` values, channels innermost.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// How many images.
    pub count: usize,
    /// The shape of each.
    pub shape: Shape,
    /// The values, image by image.
    pub data: Vec<f32>,
}

impl Batch {
    /// Wraps values.
    ///
    /// # Panics
    /// If the count of values is not `count` times that of `shape`, or `count` is zero.
    pub fn new(count: usize, shape: Shape, data: Vec<f32>) -> Self {
        assert!(count > 0, "a batch has at least one image");
        assert_eq!(
            data.len(),
            count * shape.value_count(),
            "values of {count} images of {shape}"
        );
        Self { count, shape, data }
    }

    /// Checks that the images are what `graph` reads at some place.
    ///
    /// # Errors
    /// [`EngineError::ImageShape`] if their shape is not `expected`.
    pub fn check_shape(&self, graph: &Graph, expected: Shape) -> Result<(), EngineError> {
        if self.shape == expected {
            return Ok(());
        }
        Err(EngineError::ImageShape {
            graph: graph.name().to_owned(),
            expected,
            found: self.shape,
        })
    }
}

/// A network's raw outputs: `count x class_count`, row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct Logits {
    class_count: usize,
    data: Vec<f32>,
}

impl Logits {
    /// Wraps values.
    ///
    /// # Panics
    /// If `data` does not divide into rows of `class_count`.
    pub fn new(class_count: usize, data: Vec<f32>) -> Self {
        assert!(
            class_count > 0 && data.len().is_multiple_of(class_count),
            "whole rows of logits"
        );
        Self { class_count, data }
    }

    /// One slice of `class_count` values per image.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.data.chunks_exact(self.class_count)
    }

    /// All values, row by row.
    pub fn as_slice(&self) -> &[f32] {
        &self.data
    }
}
