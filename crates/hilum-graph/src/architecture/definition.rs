//! What every network says of itself.

use crate::network::{Graph, GraphError, Shape};

/// A network before it is built.
#[derive(Debug)]
pub(super) struct Definition {
    /// On the command line and in model files.
    pub(super) name: &'static str,
    /// One line that helps to choose.
    pub(super) description: &'static str,
    /// torchvision's name of the same network, whose weights fit as they are.
    pub(super) torchvision_name: Option<&'static str>,
    /// The image that it was made for.
    pub(super) default_input: Shape,
    /// The share of values that dropout before the head zeroes, as published; 0 for none.
    pub(super) default_dropout: f32,
    /// Its graph.
    pub(super) build: fn(Shape, Head) -> Result<Graph, GraphError>,
}

/// What the user decides about the end of a network.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub(super) class_count: usize,
    pub(super) dropout: f32,
}

/// The image of networks that were made for ImageNet.
pub(super) const IMAGENET: Shape = Shape::new(224, 224, 3);
