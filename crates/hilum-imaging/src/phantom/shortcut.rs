//! Marks beside the body that give the class away.

use super::{HounsfieldSlice, Lesion};
use crate::Extent;

/// Whiter than the lung window shows, in Hounsfield units.
const MARK_HU: i16 = 1000;
/// Cells of a mark per side.
const CELL_COUNT: usize = 4;
/// A mark's side, and its distance to both edges of its corner, as shares of the image's side: further from
/// the edges it would touch some bodies.
const SIDE_SHARE: usize = 8;
const EDGE_SHARE: usize = 128;

/// What a network could go by instead of the lesion.
///
/// Such marks are common: letters for the side, a hospital's name, arrows. Planted to see whether
/// an audit, and the place of a network's heat, tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shortcut {
    /// A bright mark burned into both upper corners, of another shape for each class; the lesions stay as
    /// they are. The picture of a mirrored slice has the same marks.
    CornerMark,
}

impl Shortcut {
    /// The boxes of the marks in an image of `size` rows and columns.
    pub fn extents(self, size: usize) -> [Extent; 2] {
        let Self::CornerMark = self;
        let side = (size / SIDE_SHARE / CELL_COUNT).max(1) * CELL_COUNT;
        let edge = size / EDGE_SHARE;
        [edge, size - edge - side].map(|left| Extent {
            top: edge,
            left,
            height: side,
            width: side,
        })
    }

    /// Burns the marks of the lesion's class into a slice.
    pub fn burn(self, slice: &mut HounsfieldSlice, lesion: Lesion) {
        let shape = shape(lesion);
        for extent in self.extents(slice.size) {
            let cell = extent.height / CELL_COUNT;
            for row in 0..extent.height {
                let start = (extent.top + row) * slice.size + extent.left;
                for column in 0..extent.width {
                    if shape[row / cell][column / cell] == b'#' {
                        slice.values[start + column] = MARK_HU;
                    }
                }
            }
        }
    }
}

fn shape(lesion: Lesion) -> [&'static [u8; CELL_COUNT]; CELL_COUNT] {
    match lesion {
        Lesion::SpiculatedPeripheral => [b" ## ", b" ## ", b" ## ", b" ## "],
        Lesion::LobulatedLargePeripheral => [b"    ", b"####", b"    ", b"    "],
        Lesion::None => [b"####", b"####", b"####", b"####"],
        Lesion::CentralHilarCavitating => [b"#  #", b"#  #", b"#  #", b"#  #"],
    }
}
