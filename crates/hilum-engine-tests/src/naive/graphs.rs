//! Small networks of odd sizes that between them use every operation every way.

use hilum_graph::Graph;

use super::{functions, joins, norm, pooling, products};

pub use super::network::{convolution, network};

/// All of them.
pub fn all() -> Vec<Graph> {
    [
        products::graphs(),
        pooling::graphs(),
        functions::graphs(),
        norm::graphs(),
        joins::graphs(),
    ]
    .concat()
}
