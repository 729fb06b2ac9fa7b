//! How alike two thumbnails are once one is laid onto the other.
//!
//! Gauss-Newton on shift and scale per axis together with gain and offset of the grey levels
//! (Lucas and Kanade, IJCAI 1981; Evangelidis and Psarakis, TPAMI 2008), from coarse to fine.
//! Each size turns away most of the pairs that it sees, so that few are ever looked at in full.

use std::cell::OnceCell;

use super::flip::Flip;
use super::overlap::{Overlap, Placement};
use super::plane::Plane;
use crate::audit::facts::Thumbnail;

/// How much of each side is also tried as cut away: a crop moves the lowest frequencies further
/// than anything else that is done to a copy.
pub(super) const CROP_SHARE: f32 = 0.03;
/// The largest shift and change of scale of a copy: a crop of 3% a side, and some room.
const LARGEST_SHIFT: f64 = 0.08;
const LARGEST_SCALING: f64 = 0.14;
const STEPS: usize = 5;
/// At full size little is left to be moved, and a step costs most.
const STEPS_AT_64: usize = 2;
/// What is further away than this from counting is not brought there by a fraction of a pixel.
const LEAST_TO_REFINE: f64 = 0.85;
/// A step that moves nothing by this share of the side is the last.
const SMALLEST_STEP: f64 = 2e-4;
/// From here on a picture lies as well as it can.
const PLAIN_COPY: f64 = 0.98;

/// How alike two slices are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Likeness {
    /// Correlation of grey levels; in `-1.0..=1.0`.
    pub(super) levels: f64,
    /// Correlation of what stands out from its surroundings: vessels and edges.
    pub(super) detail: f64,
}

impl Likeness {
    fn reaches(self, least: Self) -> bool {
        self.levels >= least.levels && self.detail >= least.detail
    }
}

/// What a pair must reach at smaller sizes to be looked at in full.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sieve {
    /// Correlation of grey levels at 16x16.
    pub(super) coarse: f64,
    /// At 32x32, laid as 16x16 said.
    pub(super) placed: Likeness,
    /// At 32x32, laid as well as can be.
    pub(super) refined: Likeness,
}

/// A thumbnail at 16x16.
#[derive(Debug, Clone)]
pub(super) struct Coarse(Plane);

impl Coarse {
    pub(super) fn of(thumbnail: &Thumbnail) -> Self {
        Self(Plane::of(thumbnail).halved().halved())
    }
}

/// A slice to be compared with others.
pub(super) struct Subject<'facts> {
    thumbnail: &'facts Thumbnail,
    flip: Flip,
    coarse: Plane,
    /// At 32x32 and 64x64; most pairs never get there.
    half: OnceCell<View>,
    full: OnceCell<View>,
}

impl<'facts> Subject<'facts> {
    /// The slice turned over by `flip`.
    pub(super) fn new(thumbnail: &'facts Thumbnail, coarse: &Coarse, flip: Flip) -> Self {
        Self {
            thumbnail,
            flip,
            coarse: coarse.0.flipped(flip),
            half: OnceCell::new(),
            full: OnceCell::new(),
        }
    }

    fn plane(&self) -> Plane {
        Plane::of(self.thumbnail).flipped(self.flip)
    }

    fn half(&self) -> &View {
        self.half.get_or_init(|| View::of(self.plane().halved()))
    }

    fn full(&self) -> &View {
        self.full.get_or_init(|| View::of(self.plane()))
    }

    /// Lays `second` onto this slice and compares them; `None` if they fall through the sieve.
    pub(super) fn likeness(&self, second: &Self, sieve: Sieve) -> Option<Likeness> {
        let (coarse, correlation) = coarse_placement(&self.coarse, &second.coarse);
        if correlation < sieve.coarse {
            return None;
        }
        let (a, b) = (self.half(), second.half());
        let mut best = a.lay(b, Placement::default());
        if coarse != Placement::default() {
            best = best.or_better(a.lay(b, coarse));
        }
        if !best.likeness.reaches(sieve.placed) {
            return None;
        }
        if best.likeness.detail < PLAIN_COPY {
            let moved = refined(&a.levels, &b.levels, best.placement, STEPS);
            best = best.or_better(a.lay(b, moved));
        }
        if !best.likeness.reaches(sieve.refined) {
            return None;
        }
        let (a, b) = (self.full(), second.full());
        let mut best = a.lay(b, best.placement);
        if (LEAST_TO_REFINE..PLAIN_COPY).contains(&best.likeness.detail) {
            let moved = refined(&a.levels, &b.levels, best.placement, STEPS_AT_64);
            best = best.or_better(a.lay(b, moved));
        }
        Some(best.likeness)
    }
}

/// Grey levels, and what stands out from them.
struct View {
    levels: Plane,
    detail: Plane,
}

/// A way to lay one picture onto another, and how alike they are then.
struct Laid {
    placement: Placement,
    likeness: Likeness,
}

impl Laid {
    fn or_better(self, other: Self) -> Self {
        if other.likeness.detail > self.likeness.detail {
            other
        } else {
            self
        }
    }
}

impl View {
    fn of(levels: Plane) -> Self {
        let detail = levels.detail();
        Self { levels, detail }
    }

    fn lay(&self, second: &Self, placement: Placement) -> Laid {
        let likeness = Likeness {
            levels: correlation(&self.levels, &second.levels, placement),
            detail: correlation(&self.detail, &second.detail, placement),
        };
        Laid {
            placement,
            likeness,
        }
    }
}

/// Where `second` lies on `first` by their levels at 16x16, and how they correlate there.
///
/// Starts as they are, or as if one were cropped, whichever fits best: from further away than
/// that, another maximum may be nearer than the right one.
fn coarse_placement(first: &Plane, second: &Plane) -> (Placement, f64) {
    let share = 2.0 * f64::from(CROP_SHARE);
    let starts = [0.0, -share, share / (1.0 - share)].map(|scaling| Placement {
        scaling_x: scaling,
        scaling_y: scaling,
        ..Placement::default()
    });
    let scored = |placement| (placement, correlation(first, second, placement));
    let better = |a: (Placement, f64), b: (Placement, f64)| if b.1 > a.1 { b } else { a };
    let start = starts[1..].iter().fold(scored(starts[0]), |best, start| {
        better(best, scored(*start))
    });
    better(start, scored(refined(first, second, start.0, STEPS)))
}

fn correlation(first: &Plane, second: &Plane, placement: Placement) -> f64 {
    Overlap::of(first, second, placement).map_or(0.0, |overlap| overlap.correlation())
}

/// Up to `count` Gauss-Newton steps; stops before one that leads further than a copy lies.
fn refined(first: &Plane, second: &Plane, start: Placement, count: usize) -> Placement {
    let mut placement = start;
    for _ in 0..count {
        let step = Overlap::of(first, second, placement)
            .and_then(|overlap| overlap.step(first.side(), placement));
        let Some(step) = step else { break };
        let next = Placement {
            shift_x: placement.shift_x + step[0],
            shift_y: placement.shift_y + step[1],
            scaling_x: placement.scaling_x + step[2],
            scaling_y: placement.scaling_y + step[3],
        };
        if !is_plausible(next) {
            break;
        }
        placement = next;
        if step[..4].iter().all(|value| value.abs() < SMALLEST_STEP) {
            break;
        }
    }
    placement
}

fn is_plausible(placement: Placement) -> bool {
    placement.shift_x.abs() <= LARGEST_SHIFT
        && placement.shift_y.abs() <= LARGEST_SHIFT
        && placement.scaling_x.abs() <= LARGEST_SCALING
        && placement.scaling_y.abs() <= LARGEST_SCALING
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::facts::THUMBNAIL_SIDE;

    const OPEN: Sieve = Sieve {
        coarse: -1.0,
        placed: Likeness {
            levels: -1.0,
            detail: -1.0,
        },
        refined: Likeness {
            levels: -1.0,
            detail: -1.0,
        },
    };

    /// Waves of many lengths; `gain` and `offset` change the grey levels, not the picture.
    fn picture(seed: f64, gain: f64, offset: f64) -> Thumbnail {
        let side = THUMBNAIL_SIDE;
        let levels = (0..side * side).map(|index| {
            let (x, y) = ((index % side) as f64, (index / side) as f64);
            let broad = (x * 0.11 + seed).sin() + (y * 0.13 + seed * 3.0).cos();
            let fine = (x * 0.42 + y * 0.2 * seed).sin() * (y * 0.38 - x * 0.15 * seed).cos();
            (offset + gain * (128.0 + 30.0 * broad + 25.0 * fine)) as u8
        });
        Thumbnail::new(levels.collect())
    }

    fn likeness(
        first: &Thumbnail,
        second: &Thumbnail,
        flip: Flip,
        sieve: Sieve,
    ) -> Option<Likeness> {
        let first = Subject::new(first, &Coarse::of(first), Flip::default());
        first.likeness(&Subject::new(second, &Coarse::of(second), flip), sieve)
    }

    #[test]
    fn a_cropped_and_darkened_copy_is_laid_onto_its_original() {
        let original = picture(1.0, 1.0, 0.0);
        let copy = picture(1.0, 0.7, 20.0).cropped(0.03);
        let found = likeness(&original, &copy, Flip::default(), OPEN).unwrap();
        assert!(found.levels > 0.98 && found.detail > 0.95, "{found:?}");
    }

    #[test]
    fn a_mirror_image_is_the_picture_turned_over() {
        let original = picture(1.0, 1.0, 0.0);
        for flip in Flip::ALL {
            let mirrored = Thumbnail::new(flip.turned(original.levels(), THUMBNAIL_SIDE));
            let found = likeness(&original, &mirrored, flip, OPEN).unwrap();
            assert!(found.detail > 0.9999, "{flip:?} {found:?}");
        }
    }

    #[test]
    fn another_picture_falls_through_the_sieve() {
        let (one, other) = (picture(1.0, 1.0, 0.0), picture(2.0, 1.0, 0.0));
        let sieve = Sieve {
            coarse: 0.9,
            ..OPEN
        };
        assert_eq!(likeness(&one, &other, Flip::default(), sieve), None);
        let found = likeness(&one, &other, Flip::default(), OPEN).unwrap();
        assert!(found.detail < 0.5, "{found:?}");
    }
}
