//! Another window: where a file holds Hounsfield units, of those; else of its grey ramp.

use super::levels::looked_up;
use crate::{Pixels, Recipe, SourceDepth, SourceInfo, VoiFunction, Window};

/// Where the window lies and how long it is, against the one that made the slice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct WindowChange {
    /// How far its centre moves, in shares of its width.
    pub(super) shift: f64,
    /// By how much its width grows.
    pub(super) factor: f64,
}

impl WindowChange {
    /// The window of the change, if the slice was made of Hounsfield units through a linear one.
    pub(super) fn of_hounsfield(self, info: &SourceInfo, recipe: &Recipe) -> Option<Window> {
        let used = match &info.dicom {
            Some(dicom) => dicom.window_used?,
            None => matches!(info.depth, Some(SourceDepth::Hounsfield { .. }))
                .then(|| recipe.window.of_no_file())?,
        };
        let changed = Window::Hounsfield {
            center_hu: used.center_hu + self.shift * used.width_hu,
            width_hu: used.width_hu * self.factor,
        };
        (used.function == VoiFunction::Linear && changed.is_valid()).then_some(changed)
    }

    /// The grey ramp as if the levels were those of the window's whole width. What the file's own
    /// window has clipped stays lost.
    ///
    /// The level of a value `x` in a window of centre `c` and width `w` is `255 ((x - c) / w + 1/2)`
    /// (DICOM PS3.3 C.11.2.1.3.2).
    pub(super) fn of_ramp(self, pixels: &Pixels) -> Pixels {
        const MIDDLE: f64 = 255.0 / 2.0;
        looked_up(pixels, |level| {
            let from_middle = f64::from(level) - MIDDLE - 255.0 * self.shift;
            // Half a level is rounded up, as windows do.
            (from_middle / self.factor + MIDDLE + 0.5).clamp(0.0, 255.0) as u8
        })
    }
}
