//! Lines around the hot places of a slice.

use contour::ContourBuilder;
use hilum_imaging::{Interpolation, Pixels};
use tiny_skia::{Path, PathBuilder};

use super::canvas::{Area, Canvas, NIGHT, Pen};
use super::overlay::assert_same_size;
use super::scale::Scale;
use super::smooth::smoothed;
use crate::HeatMap;

/// The shares of the range that lines are drawn at: a dashed one and an unbroken one.
pub const LEVELS: [f32; 2] = [0.5, 0.8];

/// White and orange: in grey too, both stand out of their dark edge, and dashes tell them apart.
const PENS: [Pen; LEVELS.len()] = [
    Pen {
        color: [0xff, 0xff, 0xff],
        width: 1.4,
        dash: Some([5.0, 4.0]),
    },
    Pen {
        color: [0xfc, 0xa5, 0x0a],
        width: 1.8,
        dash: None,
    },
];
/// How far the unbroken dark edge of a line reaches, so that it is seen on bright tissue.
const EDGE: f32 = 0.9;
/// Specks smaller than this many pixels get no line.
const SMALLEST: f64 = 3.0;
/// A map with more lines than this at the lower level is smoothed.
const MANY: usize = 24;
/// By a Gaussian whose deviation is this share of the longer side.
const SMOOTHING: f64 = 0.02;

/// The slice with lines where the heat crosses [`LEVELS`], `zoom` times as large; RGB.
///
/// Marching squares with linear interpolation between the centres of pixels; a hot place at the
/// border is closed along the border. A map of many specks is smoothed first, since lines around
/// hundreds of them say nothing.
///
/// # Panics
/// If slice and map differ in size, or `zoom` is zero.
pub fn contour(slice: &Pixels, map: &HeatMap, scale: &Scale, zoom: usize) -> Pixels {
    assert_same_size(slice, map);
    Contours::of(map, scale).over(slice, zoom)
}

/// A closed line, in pixels of the map.
type Ring = Vec<[f64; 2]>;

/// The lines of a map.
pub(super) struct Contours {
    /// Those of each level.
    rings: [Vec<Ring>; LEVELS.len()],
    /// The deviation of the Gaussian that a speckled map was smoothed with, in pixels.
    pub(super) smoothed_by: Option<usize>,
}

impl Contours {
    pub(super) fn of(map: &HeatMap, scale: &Scale) -> Self {
        let rings = LEVELS.map(|level| rings(map, scale.value(level)));
        if rings[0].len() <= MANY {
            return Self {
                rings,
                smoothed_by: None,
            };
        }
        let sigma = (SMOOTHING * map.width().max(map.height()) as f64).round() as usize;
        let smooth = smoothed(map, sigma);
        Self {
            // What cannot be told apart once it is smooth has no lines.
            rings: Scale::of(&smooth).map_or_else(
                |_| LEVELS.map(|_| Vec::new()),
                |scale| LEVELS.map(|level| self::rings(&smooth, scale.value(level))),
            ),
            smoothed_by: Some(sigma),
        }
    }

    pub(super) fn over(&self, slice: &Pixels, zoom: usize) -> Pixels {
        let (width, height) = (slice.width() * zoom, slice.height() * zoom);
        let large = slice.resize(width, height, Interpolation::Nearest);
        let mut canvas = Canvas::of(&large);
        let area = Area {
            left: 0,
            top: 0,
            width,
            height,
        };
        for (rings, pen) in self.rings.iter().zip(PENS) {
            let Some(path) = path(rings, zoom) else {
                continue;
            };
            let edge = Pen {
                color: NIGHT,
                width: pen.width + 2.0 * EDGE,
                dash: None,
            };
            canvas.stroke(&path, &edge, area);
            canvas.stroke(&path, &pen, area);
        }
        canvas.into_pixels()
    }
}

/// The lines around all places that are at least `level`, but for the smallest.
fn rings(map: &HeatMap, level: f32) -> Vec<Ring> {
    let values: Vec<f64> = map.values().iter().map(|value| f64::from(*value)).collect();
    let builder = ContourBuilder::new(map.width(), map.height(), true);
    let lines = builder.lines(&values, &[f64::from(level)]);
    let lines = lines.expect("as many values as the map has places");
    let found = lines.iter().flat_map(|line| &line.geometry().0);
    let points = found.map(|ring| ring.0.iter().map(|point| [point.x, point.y]).collect());
    points
        .filter(|ring: &Ring| area(ring) >= SMALLEST)
        .collect()
}

/// The shoelace formula.
fn area(ring: &[[f64; 2]]) -> f64 {
    let pairs = ring.iter().zip(ring.iter().cycle().skip(1));
    let sum: f64 = pairs.map(|([ax, ay], [bx, by])| ax * by - bx * ay).sum();
    sum.abs() / 2.0
}

/// `None` of no rings.
fn path(rings: &[Ring], zoom: usize) -> Option<Path> {
    let mut path = PathBuilder::new();
    for ring in rings {
        for (index, point) in ring.iter().enumerate() {
            let [x, y] = point.map(|place| (place * zoom as f64) as f32);
            if index == 0 {
                path.move_to(x, y);
            } else {
                path.line_to(x, y);
            }
        }
        path.close();
    }
    path.finish()
}
