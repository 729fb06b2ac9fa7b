//! Body and lungs of a slice, pixel by pixel.

use super::distance::closed;
use super::hull::{Hull, Point};
use super::plane::Plane;
use super::regions::{Regions, opened};
use super::{Anatomy, BODY_THRESHOLD, LEAST_LUNG, MOST_LUNGS, area};
use crate::{Mask, Pixels};

/// Rows or columns of the copy that is searched, whichever are more.
const WORKING_SIDE: usize = 256;
/// Less air than this, as a share of the body, is no lung's: what is below the lungs' bases.
const LEAST_LUNGS: f64 = 0.03;
/// Thresholds that are tried in turn where Otsu's finds no lungs, as shares of it: fat that is taken
/// for air opens a way from the lungs to the skin.
const LOWER_THRESHOLDS: [f64; 3] = [0.8, 0.6, 0.4];
/// Of lungs that a narrow window shows black, the median is no more than this; fat is then nearer to
/// them than to muscle, and the threshold this share of Otsu's.
const BLACK: u8 = 3;
const BLACK_THRESHOLD: f64 = 0.3;
/// Bays of this radius are closed, as a share of the body's width: 40 mm of a chest of 330 mm, so
/// that a mass at the hilum or between two lobes stays in, and most of the heart out.
const CLOSING: f64 = 0.12;
/// With less than this share of the lungs on one side, a way may lead out of that lung.
const ONE_SIDED: f64 = 0.15;
/// What dents a lung lies behind at least so much of it, as a share of the body's width.
const LUNG_BEFORE: f64 = 0.02;
/// What lung encloses or stands before is filled up to this share of the body: masses, but not the dome of the liver.
const LARGEST_HOLE: f64 = 0.04;
/// The lungs are told apart at a column within this share of the body's width about its middle.
const MIDDLE: f64 = 0.3;
/// A region is gas in a bowel or a windpipe if it is nearer than this, as a share, to the air
/// outside than to the largest region.
const GAS: f64 = 0.35;
/// Air and lung differ by so many grey levels at least where a window shows the difference.
const LEAST_CONTRAST: f64 = 12.0;

/// Why no lungs are marked in a slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoLungs {
    /// No body was found.
    NoBody,
    /// The body holds less air than lungs do.
    LittleAir,
    /// The body holds more air than lungs do: a head, or no CT slice.
    MuchAir,
}

impl std::fmt::Display for NoLungs {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::NoBody => "no body was found",
            Self::LittleAir => "the body holds less air than lungs do",
            Self::MuchAir => "the body holds more air than lungs do",
        })
    }
}

/// The pixels of a slice that are body, and those that are lungs.
///
/// Found by thresholds, connected regions and closing alone, as [`Anatomy`]: no network, and so
/// nothing that could have learned the look of one hospital. A mass is in the lungs' mask where
/// lung lies about it or to both sides of it; what has filled a whole lung, or fluid that has, is
/// not, nor are parts of a lung without air at its edge to the diaphragm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChestMasks {
    body: Option<Mask>,
    lungs: Result<Mask, NoLungs>,
}

impl ChestMasks {
    /// The masks of a slice, of its own size.
    pub fn of(pixels: &Pixels) -> Self {
        let Some(anatomy) = Anatomy::of(pixels) else {
            return Self {
                body: None,
                lungs: Err(NoLungs::NoBody),
            };
        };
        let search = Search::new(pixels, &anatomy);
        let lungs = search.lungs_at_some_threshold();
        let body = search.body(lungs.as_ref().ok());
        let (width, height) = (pixels.width(), pixels.height());
        Self {
            body: Some(body.scaled(width, height)),
            lungs: lungs.map(|lungs| lungs.scaled(width, height)),
        }
    }

    /// The body with what is within it; `None` where there is none.
    pub fn body(&self) -> Option<&Mask> {
        self.body.as_ref()
    }

    /// Both lungs, with vessels, nodules and masses in them, without windpipe, heart and bowel.
    ///
    /// # Errors
    /// Why there are none.
    pub fn lungs(&self) -> Result<&Mask, NoLungs> {
        self.lungs.as_ref().map_err(|reason| *reason)
    }
}

/// A copy of the slice in which lungs are searched.
struct Search {
    plane: Plane,
    /// Columns of the body's hull in each row, from and to.
    hull: Vec<(usize, usize)>,
    hull_area: f64,
    body_width: f64,
    /// The middle of the body, across and down.
    center: (f64, f64),
    threshold: f64,
}

/// What a dark line of two pixels or less through the chest's wall is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lines {
    /// A way for air.
    OpenWays,
    /// An arrow or letters that someone drew.
    AreDrawn,
}

/// Dark pixels within the hull of a body.
struct Air {
    /// Regions that no way leads to from outside.
    regions: Vec<Vec<usize>>,
    /// Pixels within the hull that one leads to.
    outside: Vec<usize>,
}

impl Search {
    fn new(pixels: &Pixels, anatomy: &Anatomy) -> Self {
        let plane = Plane::small_copy(pixels, WORKING_SIDE);
        let (width, height) = (plane.width, plane.height);
        let hull: Vec<(usize, usize)> = (0..height)
            .map(|row| anatomy.columns(row, width, height))
            .collect();
        let extent = anatomy.extent(width, height);
        let threshold = plane.otsu_threshold_within(&hull);
        Self {
            hull_area: area(&hull) as f64,
            body_width: extent.width as f64,
            center: (
                extent.left as f64 + extent.width as f64 / 2.0,
                extent.top as f64 + extent.height as f64 / 2.0,
            ),
            // A hull of one level only has no threshold, and nothing below it.
            threshold: threshold.unwrap_or(-1.0),
            plane,
            hull,
        }
    }

    fn is_within(&self, at: usize) -> bool {
        let (from, to) = self.hull[at / self.plane.width];
        (from..to).contains(&(at % self.plane.width))
    }

    /// Whether a pixel and those two away are within the hull or beyond the image, as the gap
    /// between a back and the table just is.
    fn is_well_within(&self, at: usize) -> bool {
        let (width, height) = (self.plane.width, self.plane.height);
        let (x, y) = (at % width, at / width);
        let is_inside = |x: usize, y: usize| {
            x >= width || y >= height || (self.hull[y].0..self.hull[y].1).contains(&x)
        };
        let around = [
            (x.wrapping_sub(2), y),
            (x + 2, y),
            (x, y.wrapping_sub(2)),
            (x, y + 2),
        ];
        self.is_within(at) && around.into_iter().all(|(x, y)| is_inside(x, y))
    }

    fn air(&self, threshold: f64, lines: Lines) -> Air {
        let levels = &self.plane.levels;
        let dark: Vec<bool> = levels
            .iter()
            .map(|level| f64::from(*level) <= threshold)
            .collect();
        let (width, height) = (self.plane.width, self.plane.height);
        let dark = match lines {
            Lines::OpenWays => dark,
            Lines::AreDrawn => opened(&dark, width, height),
        };
        let regions = Regions::of(&dark, width, height);
        let (mut inside, mut outside) = (Vec::new(), Vec::new());
        for region in regions.numbers() {
            if regions.pixels(region).all(|at| self.is_well_within(at)) {
                inside.push(regions.pixels(region).collect());
            } else {
                outside.extend(regions.pixels(region).filter(|at| self.is_within(*at)));
            }
        }
        Air {
            regions: inside,
            outside,
        }
    }

    fn lungs_at_some_threshold(&self) -> Result<Mask, NoLungs> {
        let first = self.air(self.threshold, Lines::OpenWays);
        let mut shares = vec![1.0];
        if self.is_black(&first) {
            shares.insert(0, BLACK_THRESHOLD);
        }
        shares.extend(LOWER_THRESHOLDS);
        for share in shares {
            match self.at(share, Lines::OpenWays) {
                Err(NoLungs::LittleAir) => {}
                Ok(lungs) if self.is_one_sided(&lungs) => {
                    let both = self.at(share, Lines::AreDrawn);
                    let both = both.ok().filter(|both| !self.is_one_sided(both));
                    return Ok(both.unwrap_or(lungs));
                }
                decided => return decided,
            }
        }
        Err(NoLungs::LittleAir)
    }

    /// What a threshold shows, as a share of Otsu's.
    fn at(&self, share: f64, lines: Lines) -> Result<Mask, NoLungs> {
        self.lungs(&self.air(self.threshold * share, lines))
    }

    /// Whether nearly all of it lies on one side of the body.
    fn is_one_sided(&self, lungs: &Mask) -> bool {
        let set = lungs
            .is_set()
            .iter()
            .enumerate()
            .filter(|(_, is_set)| **is_set);
        let left = set.filter(|(at, _)| ((at % self.plane.width) as f64) < self.center.0);
        let share = left.count() as f64 / lungs.count() as f64;
        !(ONE_SIDED..=1.0 - ONE_SIDED).contains(&share)
    }

    /// Whether the window shows lungs black.
    fn is_black(&self, air: &Air) -> bool {
        let inside = air.regions.iter().flatten().copied();
        self.median(inside)
            .is_some_and(|level| level <= f64::from(BLACK))
    }

    fn median(&self, pixels: impl Iterator<Item = usize>) -> Option<f64> {
        let mut levels: Vec<u8> = pixels.map(|at| self.plane.levels[at]).collect();
        levels.sort_unstable();
        levels.get(levels.len() / 2).copied().map(f64::from)
    }

    /// What lies within the hull and is not reached from outside, and the lungs.
    fn body(&self, lungs: Option<&Mask>) -> Mask {
        let (width, height) = (self.plane.width, self.plane.height);
        let mut is_body: Vec<bool> = (0..width * height).map(|at| self.is_within(at)).collect();
        let whole = self.plane.otsu_threshold().unwrap_or(self.threshold);
        for at in self
            .air(self.threshold.min(whole * BODY_THRESHOLD), Lines::OpenWays)
            .outside
        {
            is_body[at] = lungs.is_some_and(|lungs| lungs.is_set()[at]);
        }
        Mask::new(width, height, is_body)
    }

    fn lungs(&self, air: &Air) -> Result<Mask, NoLungs> {
        let least = LEAST_LUNG * self.hull_area;
        let large = air
            .regions
            .iter()
            .filter(|region| region.len() as f64 >= least);
        let large: Vec<&Vec<usize>> = large.collect();
        let tissue = self.without_gas(large);
        let size: usize = tissue.iter().map(|region| region.len()).sum();
        let share = size as f64 / self.hull_area;
        if share < LEAST_LUNGS {
            return Err(NoLungs::LittleAir);
        }
        if share > MOST_LUNGS {
            return Err(NoLungs::MuchAir);
        }
        Ok(self.filled(&tissue))
    }

    /// Leaves out what is as dark as the air outside, where lungs are brighter than that.
    fn without_gas<'a>(&self, regions: Vec<&'a Vec<usize>>) -> Vec<&'a Vec<usize>> {
        let outside = (0..self.plane.levels.len()).filter(|at| !self.is_within(*at));
        let dark = outside.filter(|at| f64::from(self.plane.levels[*at]) <= self.threshold);
        let largest = regions.iter().max_by_key(|region| region.len());
        let air = self.median(dark);
        let lung = largest.and_then(|region| self.median(region.iter().copied()));
        let Some((air, lung)) = air.zip(lung) else {
            return regions;
        };
        if lung - air < LEAST_CONTRAST {
            return regions;
        }
        let is_tissue = |region: &&Vec<usize>| {
            let level = self.median(region.iter().copied());
            level.is_some_and(|level| level - air > GAS * (lung - air))
        };
        regions.into_iter().filter(is_tissue).collect()
    }

    /// The lungs that air is in, with what in them holds none.
    fn filled(&self, regions: &[&Vec<usize>]) -> Mask {
        let (width, height) = (self.plane.width, self.plane.height);
        let middle = self.middle(regions);
        let between = self.between(regions, middle);
        let radius = (CLOSING * self.body_width).max(1.0);
        let mut lungs = vec![false; width * height];
        for is_left in [true, false] {
            let part = regions.iter().flat_map(|region| region.iter().copied());
            let part = part.filter(|at| (at % width < middle) == is_left);
            let is_set = self.to_the_wall(&part.collect::<Vec<_>>(), between);
            let side = closed(&Mask::new(width, height, is_set), radius);
            let side = without_holes(&side, LARGEST_HOLE * self.hull_area);
            for (at, lung) in lungs.iter_mut().enumerate() {
                *lung |= side.is_set()[at] && self.is_within(at);
            }
        }
        Mask::new(width, height, lungs)
    }

    /// A lung's air, with what of its convex hull lies behind air as seen from between the lungs. As
    /// the chest's wall is convex, what dents a lung from there is a mass or fluid; what dents it from
    /// the middle is the heart, the spine, or the diaphragm.
    fn to_the_wall(&self, part: &[usize], between: (f64, f64)) -> Vec<bool> {
        let (width, height) = (self.plane.width, self.plane.height);
        let points = part.iter().map(|at| Point {
            x: (at % width) as i64,
            y: (at / width) as i64,
        });
        let spans = Hull::of(points).spans(width, height);
        let mut is_part = vec![false; width * height];
        for at in part {
            is_part[*at] = true;
        }
        let least = (LUNG_BEFORE * self.body_width) as usize + 1;
        let is_behind = |x: usize, y: usize| {
            let on_way = pixels_between(x, y, between);
            let in_hull = on_way.take_while(|(x, y)| {
                let span = spans.get(*y);
                span.is_some_and(|(from, to)| (*from..*to).contains(x))
            });
            in_hull
                .filter(|(x, y)| is_part[y * width + x])
                .nth(least - 1)
                .is_some()
        };
        let mut behind = vec![false; width * height];
        for (y, (from, to)) in spans.iter().enumerate() {
            for x in *from..*to {
                behind[y * width + x] = !is_part[y * width + x] && is_behind(x, y);
            }
        }
        let dents = Regions::of(&behind, width, height);
        for dent in dents.numbers() {
            if dents.size(dent) as f64 <= LARGEST_HOLE * self.hull_area {
                for at in dents.pixels(dent) {
                    is_part[at] = true;
                }
            }
        }
        is_part
    }

    /// The middle of what lies between the lungs, across and down: of the gaps in rows that show
    /// both; the body's middle where none does.
    fn between(&self, regions: &[&Vec<usize>], middle: usize) -> (f64, f64) {
        let width = self.plane.width;
        let mut gaps = vec![(0, usize::MAX); self.plane.height];
        for at in regions.iter().flat_map(|region| region.iter()) {
            let (column, gap) = (at % width, &mut gaps[at / width]);
            if column < middle {
                gap.0 = gap.0.max(column + 1);
            } else {
                gap.1 = gap.1.min(column);
            }
        }
        let (mut area, mut across, mut down) = (0.0, 0.0, 0.0);
        for (row, (from, to)) in gaps.into_iter().enumerate() {
            if from > 0 && to < usize::MAX && from < to {
                let gap = (to - from) as f64;
                area += gap;
                across += gap * f64::midpoint(from as f64, to as f64);
                down += gap * row as f64;
            }
        }
        if area > 0.0 {
            (across / area, down / area)
        } else {
            self.center
        }
    }

    /// The column near the body's middle that the fewest pixels of the regions lie in.
    fn middle(&self, regions: &[&Vec<usize>]) -> usize {
        let mut counts = vec![0_usize; self.plane.width];
        for at in regions.iter().flat_map(|region| region.iter()) {
            counts[at % self.plane.width] += 1;
        }
        let center = self.center.0;
        let reach = MIDDLE / 2.0 * self.body_width;
        let from = (center - reach) as usize;
        let to = ((center + reach) as usize + 1).min(self.plane.width);
        let off_center = |column: usize| (column as f64 - center).abs() as usize;
        (from..to)
            .min_by_key(|column| (counts[*column], off_center(*column)))
            .unwrap_or(center as usize)
    }
}

/// The pixels on the straight way from a pixel to a place, without the first.
fn pixels_between(
    x: usize,
    y: usize,
    (to_x, to_y): (f64, f64),
) -> impl Iterator<Item = (usize, usize)> {
    let (across, down) = (to_x - x as f64, to_y - y as f64);
    let step_count = across.abs().max(down.abs()) as usize;
    let on_way = move |from: usize, way: f64, step: usize| {
        (from as f64 + way * step as f64 / step_count as f64).round() as usize
    };
    (1..=step_count).map(move |step| (on_way(x, across, step), on_way(y, down, step)))
}

/// The mask with what it encloses, up to a number of pixels each.
fn without_holes(mask: &Mask, most: f64) -> Mask {
    let (width, height) = (mask.width(), mask.height());
    let gaps: Vec<bool> = mask.is_set().iter().map(|is_set| !is_set).collect();
    let regions = Regions::of(&gaps, width, height);
    let is_at_edge = |at: usize| {
        let (row, column) = (at / width, at % width);
        row == 0 || row == height - 1 || column == 0 || column == width - 1
    };
    let mut is_set = mask.is_set().to_vec();
    for region in regions.numbers() {
        let is_hole = !regions.pixels(region).any(is_at_edge);
        if is_hole && regions.size(region) as f64 <= most {
            for at in regions.pixels(region) {
                is_set[at] = true;
            }
        }
    }
    Mask::new(width, height, is_set)
}
