//! Heat over a slice.

use hilum_imaging::{Channels, Pixels};

use super::color_map::heat_color;
use super::scale::Scale;
use crate::HeatMap;

/// How much of the slice the hottest place covers.
const STRONGEST: f32 = 0.7;
/// A picture without heat: this much of the slice's contrast, about this grey.
const PALE: f32 = 0.3;
const PALE_GREY: f32 = 128.0;

/// Heat over the grey slice, at its own size; RGB.
///
/// The hotter, the more it covers: the coolest places are the plain slice, to the byte.
///
/// # Panics
/// If slice and map differ in size.
pub fn overlay(slice: &Pixels, map: &HeatMap, scale: &Scale) -> Pixels {
    assert_same_size(slice, map);
    let grey = slice.to_grey();
    let places = grey.data().iter().zip(map.values());
    let data = places.flat_map(|(grey, value)| over_grey(*grey, scale.share(*value)));
    Pixels::new(slice.width(), slice.height(), Channels::Rgb, data.collect())
}

/// The slice without contrast, where there is no heat to show; RGB.
pub(super) fn without_heat(slice: &Pixels) -> Pixels {
    let grey = slice.to_grey();
    let pale = |grey: &u8| (PALE_GREY + PALE * (f32::from(*grey) - PALE_GREY)).round() as u8;
    let data = grey.data().iter().map(pale).collect();
    Pixels::new(slice.width(), slice.height(), Channels::Grey, data).to_rgb()
}

/// What becomes of a grey value under a share of heat.
pub(super) fn over_grey(grey: u8, share: f32) -> [u8; 3] {
    let opacity = STRONGEST * share;
    heat_color(share).map(|color| {
        let mixed = opacity * f32::from(color) + (1.0 - opacity) * f32::from(grey);
        mixed.round() as u8
    })
}

pub(super) fn assert_same_size(slice: &Pixels, map: &HeatMap) {
    assert_eq!(
        (slice.width(), slice.height()),
        (map.width(), map.height()),
        "a map of the slice's size"
    );
}
