//! What a node computes for a batch, in `f64`.

use hilum_graph::Shape;

/// One node's result for a batch.
#[derive(Clone)]
pub(super) struct Value {
    pub(super) shape: Shape,
    /// NHWC, image by image.
    pub(super) images: Vec<Vec<f64>>,
}

impl Value {
    pub(super) fn at(&self, image: usize, row: usize, column: usize, channel: usize) -> f64 {
        let Shape {
            width, channels, ..
        } = self.shape;
        self.images[image][(row * width + column) * channels + channel]
    }

    pub(super) fn build(
        shape: Shape,
        count: usize,
        value: impl Fn(usize, usize, usize, usize) -> f64,
    ) -> Self {
        let Shape {
            height,
            width,
            channels,
        } = shape;
        let images = (0..count).map(|image| {
            let mut values = Vec::with_capacity(shape.value_count());
            for row in 0..height {
                for column in 0..width {
                    for channel in 0..channels {
                        values.push(value(image, row, column, channel));
                    }
                }
            }
            values
        });
        Self {
            shape,
            images: images.collect(),
        }
    }

    pub(super) fn zeros_like(other: &Self) -> Self {
        Self {
            shape: other.shape,
            images: vec![vec![0.0; other.shape.value_count()]; other.images.len()],
        }
    }

    pub(super) fn at_mut(
        &mut self,
        image: usize,
        row: usize,
        column: usize,
        channel: usize,
    ) -> &mut f64 {
        let Shape {
            width, channels, ..
        } = self.shape;
        &mut self.images[image][(row * width + column) * channels + channel]
    }

    /// Calls `visit` with image, row, column and channel of every value.
    pub(super) fn places(&self, mut visit: impl FnMut(usize, usize, usize, usize)) {
        for image in 0..self.images.len() {
            for row in 0..self.shape.height {
                for column in 0..self.shape.width {
                    for channel in 0..self.shape.channels {
                        visit(image, row, column, channel);
                    }
                }
            }
        }
    }
}
