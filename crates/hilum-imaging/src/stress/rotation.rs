//! A patient who lies askew.

use super::levels::rounded;
use crate::{FillMode, Pixels, Transform};

/// Turned about the middle by `degrees`, counter-clockwise as seen, bilinear; beyond the edge stands
/// the pixel at the edge.
pub(super) fn turned(pixels: &Pixels, degrees: f64) -> Pixels {
    let rotation = Transform {
        rotation_degrees: degrees,
        fill_mode: FillMode::Nearest,
        ..Transform::identity()
    };
    let mut values = vec![0.0; pixels.data().len()];
    rotation.apply(pixels, &mut values);
    rounded(pixels, &values)
}
