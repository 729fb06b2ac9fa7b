//! Questions about the border between frozen layers and those that learn.

use hilum_graph::{Batch, NodeIndex};

/// Where a machine finds what it receives: from across a border, or the images.
pub(super) fn source<'a>(
    received: &'a [(NodeIndex, Vec<f32>)],
    images: &'a Batch,
) -> impl Fn(usize) -> &'a [f32] {
    move |node| {
        let found = received.iter().find(|(known, _)| known.0 == node);
        found.map_or(&images.data[..], |(_, values)| &values[..])
    }
}
