//! Where the body and the lungs lie in a slice, and how bright they are.
//!
//! Found in a small copy of the slice by thresholds and connected regions alone: no network, and so
//! nothing that could have learned the look of one hospital.

mod chest_masks;
mod distance;
mod hull;
mod plane;
mod regions;

pub use chest_masks::{ChestMasks, NoLungs};

use crate::Pixels;
use hull::{Hull, Point};
use plane::{Plane, otsu};
use regions::{Regions, opened};

/// Rows or columns of the copy that is searched, whichever are more.
const WORKING_SIDE: usize = 112;
/// A body fills at least this share of the image.
const LEAST_BODY: f64 = 0.08;
/// A threshold below Otsu's keeps lean arms and the edges of a body.
const BODY_THRESHOLD: f64 = 0.8;
/// A lung, or a part of one, fills at least this share of the body.
const LEAST_LUNG: f64 = 0.006;
/// Lungs of a chest fill at least this share of the body, in all.
const LEAST_LUNGS: f64 = 0.05;
/// And at most this share: those of chests at most half. A brain within its skull, which is as dark to a
/// threshold, fills two thirds and more of a head.
const MOST_LUNGS: f64 = 0.6;

/// What was found of a patient in a slice.
#[derive(Debug, Clone, PartialEq)]
pub struct Anatomy {
    /// The working copy's sides.
    width: usize,
    height: usize,
    /// Columns of the body's convex hull in each row of the copy, from and to.
    hull: Vec<(usize, usize)>,
    lungs: Option<Lungs>,
    shows_lungs: bool,
}

/// The air within a body that is enclosed on all sides, if it is as much as a chest's.
#[derive(Debug, Clone, PartialEq)]
struct Lungs {
    /// Pixels of the working copy, by their index.
    pixels: Vec<u32>,
    tones: Tones,
}

/// How bright two tissues are, in grey levels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tones {
    /// The median of the lungs.
    pub lung: f32,
    /// The mode of what is brighter than air within the body: muscle, heart, vessels.
    pub tissue: f32,
}

/// A box of an image in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// First row.
    pub top: usize,
    /// First column.
    pub left: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl Anatomy {
    /// What can be seen in `pixels`; `None` where there is no body.
    pub fn of(pixels: &Pixels) -> Option<Self> {
        let plane = Plane::small_copy(pixels, WORKING_SIDE);
        let threshold = plane.otsu_threshold()?;
        let hull = body_hull(&plane, threshold)?;
        let air = AirWithin::of(&plane, &hull, threshold);
        Some(Self {
            width: plane.width,
            height: plane.height,
            shows_lungs: air.is_as_much_as_a_chest(air.cut_or_enclosed),
            lungs: air.lungs(&plane),
            hull,
        })
    }

    /// Whether there is as much air in the body as in a chest, also where the image's edge cuts
    /// through it.
    pub fn shows_lungs(&self) -> bool {
        self.shows_lungs
    }

    /// The body's width in the image by its height.
    pub fn aspect(&self) -> f64 {
        let extent = self.extent(self.width, self.height);
        extent.width as f64 / extent.height as f64
    }

    /// How bright lungs and soft tissue are; `None` where no lungs were found.
    pub fn tones(&self) -> Option<Tones> {
        self.lungs.as_ref().map(|lungs| lungs.tones)
    }

    /// The share of the body that is lung; `None` where no lungs were found.
    pub fn lung_share(&self) -> Option<f64> {
        let lungs = self.lungs.as_ref()?;
        Some(lungs.pixels.len() as f64 / area(&self.hull) as f64)
    }

    /// The share of the image that is within the body's hull.
    pub fn body_share(&self) -> f64 {
        area(&self.hull) as f64 / (self.width * self.height) as f64
    }

    /// The columns within the body's hull, from and to, of row `row` of an image of
    /// `width x height`; an empty range where there is no body.
    pub fn columns(&self, row: usize, width: usize, height: usize) -> (usize, usize) {
        let small_row = (row * self.height / height).min(self.height - 1);
        let (from, to) = self.hull[small_row];
        (from * width / self.width, to * width / self.width)
    }

    /// The hull's box in an image of `width x height`.
    pub fn extent(&self, width: usize, height: usize) -> Extent {
        let is_body = |(from, to): &(usize, usize)| to > from;
        let rows = self.hull.iter().position(is_body);
        let last = self.hull.iter().rposition(is_body);
        let (first, last) = rows.zip(last).unwrap_or((0, self.height - 1));
        let spans = || self.hull.iter().filter(|span| is_body(span));
        let left = spans().map(|(from, _)| *from).min().unwrap_or(0);
        let right = spans().map(|(_, to)| *to).max().unwrap_or(self.width);
        let (top, bottom) = (
            first * height / self.height,
            (last + 1) * height / self.height,
        );
        let (left, right) = (left * width / self.width, right * width / self.width);
        Extent {
            top,
            left,
            height: (bottom - top).max(1),
            width: (right - left).max(1),
        }
    }

    /// A place in the lungs, as shares of the image's width and height, by a number in
    /// `0.0..1.0`; `None` where no lungs were found.
    pub fn place_in_lungs(&self, unit: f64) -> Option<(f64, f64)> {
        let pixels = &self.lungs.as_ref()?.pixels;
        let at = (unit * pixels.len() as f64) as usize;
        let index = pixels[at.min(pixels.len() - 1)] as usize;
        let share = |at: usize, count: usize| (at as f64 + 0.5) / count as f64;
        Some((
            share(index % self.width, self.width),
            share(index / self.width, self.height),
        ))
    }
}

fn area(hull: &[(usize, usize)]) -> usize {
    hull.iter().map(|(from, to)| to.saturating_sub(*from)).sum()
}

/// The hull of the largest bright region; thin lines, such as a table's and cables, are no part.
fn body_hull(plane: &Plane, threshold: f64) -> Option<Vec<(usize, usize)>> {
    let bright = plane.mask(|level| f64::from(level) > threshold * BODY_THRESHOLD);
    let opened = opened(&bright, plane.width, plane.height);
    let regions = Regions::of(&opened, plane.width, plane.height);
    let largest = regions.largest()?;
    let points = regions.pixels(largest).map(|index| Point {
        x: (index % plane.width) as i64,
        y: (index / plane.width) as i64,
    });
    let hull = Hull::of(points).spans(plane.width, plane.height);
    let share = area(&hull) as f64 / plane.levels.len() as f64;
    (share >= LEAST_BODY).then_some(hull)
}

/// Dark regions within the hull that no way leads to from outside of it.
struct AirWithin<'a> {
    hull: &'a [(usize, usize)],
    /// How often each level stands within it.
    histogram: [u32; 256],
    /// What is darker is air.
    threshold: f64,
    /// Pixels of regions that don't reach the image's edge.
    enclosed: Vec<u32>,
    /// How many pixels these have, and those that the edge cuts.
    cut_or_enclosed: usize,
}

impl<'a> AirWithin<'a> {
    fn of(plane: &Plane, hull: &'a [(usize, usize)], threshold: f64) -> Self {
        let (width, height) = (plane.width, plane.height);
        let histogram = plane.histogram_within(hull);
        let threshold = otsu(&histogram).unwrap_or(threshold);
        let dark = plane.mask(|level| f64::from(level) <= threshold);
        let regions = Regions::of(&dark, width, height);
        let (is_outside, is_at_edge) = (outside(hull, width), edge(width, height));
        let least = LEAST_LUNG * area(hull) as f64;
        let (mut enclosed, mut cut_or_enclosed) = (Vec::new(), 0);
        for region in regions.numbers() {
            let size = regions.size(region);
            if (size as f64) < least || regions.pixels(region).any(|at| is_outside[at]) {
                continue;
            }
            cut_or_enclosed += size;
            if !regions.pixels(region).any(|at| is_at_edge[at]) {
                enclosed.extend(regions.pixels(region).map(|at| at as u32));
            }
        }
        Self {
            hull,
            histogram,
            threshold,
            enclosed,
            cut_or_enclosed,
        }
    }

    fn is_as_much_as_a_chest(&self, pixel_count: usize) -> bool {
        let share = pixel_count as f64 / area(self.hull) as f64;
        (LEAST_LUNGS..=MOST_LUNGS).contains(&share)
    }

    fn lungs(self, plane: &Plane) -> Option<Lungs> {
        let is_chest = self.is_as_much_as_a_chest(self.enclosed.len());
        is_chest.then(|| Lungs {
            tones: self.tones(plane),
            pixels: self.enclosed,
        })
    }

    fn tones(&self, plane: &Plane) -> Tones {
        let mut lungs = [0_u32; 256];
        for at in &self.enclosed {
            lungs[usize::from(plane.levels[*at as usize])] += 1;
        }
        let lung = f32::from(level_at(&lungs, self.enclosed.len() / 2));
        let tissue = mode_above(&self.histogram, self.threshold);
        Tones {
            lung,
            // No division by a difference of nothing.
            tissue: tissue.max(lung + 10.0),
        }
    }
}

/// What lies outside of a hull in an image as wide as `width`.
fn outside(hull: &[(usize, usize)], width: usize) -> Vec<bool> {
    let mut is_outside = vec![true; hull.len() * width];
    for (row, (from, to)) in is_outside.chunks_exact_mut(width).zip(hull) {
        row[*from..*to].fill(false);
    }
    is_outside
}

/// The first and last rows and columns of an image.
fn edge(width: usize, height: usize) -> Vec<bool> {
    let mut is_at_edge = vec![false; width * height];
    for row in is_at_edge.chunks_exact_mut(width) {
        row[0] = true;
        row[width - 1] = true;
    }
    is_at_edge[..width].fill(true);
    is_at_edge[(height - 1) * width..].fill(true);
    is_at_edge
}

/// The level at a place in the order of all levels.
fn level_at(histogram: &[u32; 256], place: usize) -> u8 {
    let mut counted = 0;
    let is_there = |count: &u32| {
        counted += *count as usize;
        counted > place
    };
    histogram.iter().position(is_there).unwrap_or(255) as u8
}

/// The most frequent level above `threshold`, of a histogram smoothed over seven levels.
fn mode_above(histogram: &[u32; 256], threshold: f64) -> f32 {
    let smoothed = |level: usize| -> u32 {
        let (from, to) = (level.saturating_sub(3), (level + 3).min(255));
        histogram[from..=to].iter().sum()
    };
    let first = (threshold as usize + 1).min(255);
    let mode = (first..256).max_by_key(|level| (smoothed(*level), 256 - level));
    mode.unwrap_or(255) as f32
}
