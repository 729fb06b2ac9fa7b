//! Which colour stands for how much heat.

use super::inferno::INFERNO;

/// Red, green and blue for a share of the range from 0, the coolest, to 1, the hottest.
///
/// matplotlib's `inferno`: equal steps look equally far apart, also to people with a
/// colour-vision deficiency, and each is lighter than the one before, so that a print in grey
/// says the same. Shares outside of `0.0..=1.0` are the nearest end; `NaN` is the coolest.
pub fn heat_color(share: f32) -> [u8; 3] {
    let last = INFERNO.len() - 1;
    // A cast from a float saturates and makes zero of `NaN`.
    INFERNO[((share * last as f32).round() as usize).min(last)]
}
