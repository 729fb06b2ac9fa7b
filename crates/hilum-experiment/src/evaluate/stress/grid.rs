//! Which changes are tried.

use std::fmt;
use std::str::FromStr;

use hilum_imaging::Change;
use thiserror::Error;

/// How many changes of the pictures an evaluation tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StressGrid {
    /// None.
    Off,
    /// The usual ones, on a part of the slices where there are many.
    #[default]
    Fast,
    /// All of them, on all slices.
    Full,
}

/// A word that is no [`StressGrid`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{name}` is no choice\nhint: `off`, `fast` or `full`")]
pub struct UnknownStressGrid {
    name: String,
}

/// A change that may be tried.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tried {
    pub(super) change: Change,
    /// Whether a radiologist reads the slice as before.
    pub(super) is_small: bool,
    /// Whether [`StressGrid::Fast`] tries it.
    is_usual: bool,
}

/// Slices that [`StressGrid::Fast`] changes at most.
const FAST_SLICES: usize = 100;

const fn small(change: Change) -> Tried {
    Tried {
        change,
        is_small: true,
        is_usual: false,
    }
}

const fn large(change: Change) -> Tried {
    Tried {
        is_small: false,
        ..small(change)
    }
}

impl Tried {
    const fn usual(self) -> Self {
        Self {
            is_usual: true,
            ..self
        }
    }
}

/// Every change, in the order in which they are shown.
const GRID: &[Tried] = &[
    large(Change::Brightness(0.75)),
    small(Change::Brightness(0.9)).usual(),
    small(Change::Brightness(1.1)).usual(),
    large(Change::Brightness(1.25)),
    large(Change::Offset(-20.0)),
    large(Change::Offset(20.0)),
    large(Change::Contrast(0.75)).usual(),
    small(Change::Contrast(0.9)),
    small(Change::Contrast(1.1)),
    large(Change::Contrast(1.25)).usual(),
    large(Change::WindowCentre(-0.1)).usual(),
    small(Change::WindowCentre(-0.05)),
    small(Change::WindowCentre(0.05)),
    large(Change::WindowCentre(0.1)).usual(),
    large(Change::WindowWidth(0.8)),
    large(Change::WindowWidth(1.25)),
    small(Change::Noise(3.0)).usual(),
    large(Change::Noise(10.0)).usual(),
    large(Change::Noise(20.0)),
    small(Change::Jpeg(90)).usual(),
    large(Change::Jpeg(50)),
    large(Change::Jpeg(20)).usual(),
    large(Change::Size(0.5)).usual(),
    small(Change::Size(0.75)),
    small(Change::Size(2.0)),
    large(Change::Rotation(-20.0)),
    large(Change::Rotation(-10.0)),
    small(Change::Rotation(-5.0)).usual(),
    small(Change::Rotation(5.0)).usual(),
    large(Change::Rotation(10.0)),
    large(Change::Rotation(20.0)),
    large(Change::Sharpness(0.0)).usual(),
    large(Change::Sharpness(2.0)).usual(),
];

impl StressGrid {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Off, Self::Fast, Self::Full];

    /// How it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Fast => "fast",
            Self::Full => "full",
        }
    }

    /// The changes.
    pub(super) fn tried(self) -> Vec<Tried> {
        let is_tried = |tried: &&Tried| match self {
            Self::Off => false,
            Self::Fast => tried.is_usual,
            Self::Full => true,
        };
        GRID.iter().filter(is_tried).copied().collect()
    }

    /// Those of the `slices` that are changed: all, or some that lie evenly among them.
    pub(super) fn taken(self, slices: &[usize]) -> Vec<usize> {
        match self {
            Self::Fast if slices.len() > FAST_SLICES => {
                let at = |number: usize| slices[number * slices.len() / FAST_SLICES];
                (0..FAST_SLICES).map(at).collect()
            }
            Self::Off | Self::Fast | Self::Full => slices.to_owned(),
        }
    }
}

impl FromStr for StressGrid {
    type Err = UnknownStressGrid;

    fn from_str(name: &str) -> Result<Self, UnknownStressGrid> {
        let known = Self::ALL.into_iter().find(|one| one.name() == name);
        known.ok_or_else(|| UnknownStressGrid {
            name: name.to_owned(),
        })
    }
}

impl fmt::Display for StressGrid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_kind_of_change_is_among_the_usual_ones_and_no_change_stands_twice() {
        let kinds = |grid: StressGrid| -> BTreeSet<&str> {
            let tried = grid.tried();
            tried.iter().map(|tried| tried.change.name()).collect()
        };
        for kind in [
            "brightness",
            "contrast",
            "window_centre",
            "noise",
            "jpeg",
            "size",
            "rotation",
            "sharpness",
        ] {
            assert!(kinds(StressGrid::Fast).contains(kind), "{kind}");
        }
        let said = |tried: &Tried| tried.change.to_string();
        let full: BTreeSet<String> = StressGrid::Full.tried().iter().map(said).collect();
        assert_eq!(full.len(), GRID.len());
        // As help says.
        assert_eq!((StressGrid::Fast.tried().len(), GRID.len()), (15, 33));
        assert!(StressGrid::Off.tried().is_empty());
    }

    #[test]
    fn many_slices_are_thinned_evenly_and_few_are_all_taken() {
        let few: Vec<usize> = (0..72).collect();
        assert_eq!(StressGrid::Fast.taken(&few), few);
        let many: Vec<usize> = (1000..1315).collect();
        let taken = StressGrid::Fast.taken(&many);
        assert_eq!((taken.len(), taken[0], taken[99]), (100, 1000, 1311));
        assert!(
            taken
                .windows(2)
                .all(|pair| (3..=4).contains(&(pair[1] - pair[0])))
        );
        assert_eq!(StressGrid::Full.taken(&many), many);
    }
}
