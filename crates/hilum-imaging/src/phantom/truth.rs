//! What a drawing knows of itself: where the lesion and the lungs lie.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::lesion::DrawnLesion;
use crate::Mask;

/// The first line of a table of lesions.
const HEADER: &str = "path,center_x,center_y,radius";
/// What is drawn between the lungs and differs by more than this from lung, in Hounsfield units,
/// stands in its place.
const DRAWN_OVER_HU: f32 = 60.0;

/// Where a lesion lies, in pixels of its image: the middle of the left uppermost pixel is at
/// (0.5, 0.5).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LesionDisc {
    /// From the left.
    pub center_x: f64,
    /// From the top.
    pub center_y: f64,
    /// Of its mass, without strands that radiate from it and without the veil around it.
    pub radius: f64,
}

/// What was drawn where in a phantom.
#[derive(Debug, Clone, PartialEq)]
pub struct PhantomTruth {
    /// All within the skin.
    pub body: Mask,
    /// Its lesion; `None` for a slice without one.
    pub lesion: Option<LesionDisc>,
    /// The lesion's mass and what is hollow in it, also where it lies on the wall or between the
    /// lungs.
    pub lesion_mask: Mask,
    /// Both lungs with their vessels and with what of a lesion lies in them; without heart, great
    /// vessels and the airways before they branch.
    pub lungs: Mask,
}

impl PhantomTruth {
    pub(super) fn new(
        size: usize,
        body: Vec<f32>,
        lesion: Option<DrawnLesion>,
        is_lung: Vec<bool>,
    ) -> Self {
        let disc = lesion.as_ref().map(|lesion| lesion.disc);
        let share = lesion.map_or_else(|| vec![0.0; size * size], |lesion| lesion.share);
        let mostly = |share: Vec<f32>| {
            let is_set = share.into_iter().map(|share| share >= 0.5);
            Mask::new(size, size, is_set.collect())
        };
        Self {
            body: mostly(body),
            lesion: disc,
            lesion_mask: mostly(share),
            lungs: Mask::new(size, size, is_lung),
        }
    }
}

/// Pixels that are mostly lung and that nothing between the lungs is drawn over.
pub(super) fn lungs(share: &[f32], before: &[f32], after: &[f32]) -> Vec<bool> {
    let drawn = before.iter().zip(after);
    let is_lung = |(share, (before, after)): (&f32, (&f32, &f32))| {
        *share >= 0.5 && (after - before).abs() < DRAWN_OVER_HU
    };
    share.iter().zip(drawn).map(is_lung).collect()
}

/// The lesions of many files: `path,center_x,center_y,radius`, a line each.
///
/// Paths are relative to the folder of the table, with `/` between their parts; the rest is in
/// pixels of the file, as in [`LesionDisc`]. Slices without a lesion have no line.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LesionTable {
    lesions: BTreeMap<String, LesionDisc>,
}

/// Why a table of lesions could not be read.
#[derive(Debug, Error)]
pub enum LesionTableError {
    /// The file cannot be read; its path is in the cause.
    #[error("cannot read the table of lesions")]
    Io(#[from] std::io::Error),
    /// Another table, or none.
    #[error("`{}` does not begin with `{HEADER}`\nhint: give the `lesions.csv` that was written beside the slices", path.display())]
    Header {
        /// The file.
        path: PathBuf,
    },
    /// A line that says no place.
    #[error("line {line} of `{}` is no lesion: `{text}`\nhint: a path, two coordinates and a radius above 0, in pixels", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What stands there.
        text: String,
    },
}

impl LesionTable {
    /// Notes the lesion of a file; `path` is relative to the folder of the table.
    pub fn insert(&mut self, path: &Path, lesion: LesionDisc) {
        self.lesions.insert(key(path), lesion);
    }

    /// The lesion of a file; `path` is relative to the folder of the table.
    pub fn get(&self, path: &Path) -> Option<LesionDisc> {
        self.lesions.get(&key(path)).copied()
    }

    /// How many lesions there are.
    pub fn len(&self) -> usize {
        self.lesions.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.lesions.is_empty()
    }

    /// As text, a line a lesion, in the order of paths.
    pub fn to_csv(&self) -> String {
        let mut text = format!("{HEADER}\n");
        for (path, lesion) in &self.lesions {
            let quoted = if path.contains([',', '"']) {
                format!("\"{}\"", path.replace('"', "\"\""))
            } else {
                path.clone()
            };
            let LesionDisc {
                center_x,
                center_y,
                radius,
            } = lesion;
            writeln!(text, "{quoted},{center_x:.3},{center_y:.3},{radius:.3}")
                .expect("text has room");
        }
        text
    }

    /// Reads what [`to_csv`](Self::to_csv) wrote to a file.
    ///
    /// # Errors
    /// [`LesionTableError`] if the file cannot be read or is no such table.
    pub fn read(path: &Path) -> Result<Self, LesionTableError> {
        let text = fs_err::read_to_string(path)?;
        let mut lines = text.lines();
        if lines.next().map(str::trim_end) != Some(HEADER) {
            return Err(LesionTableError::Header {
                path: path.to_owned(),
            });
        }
        let mut table = Self::default();
        for (index, line) in lines.enumerate().filter(|(_, line)| !line.is_empty()) {
            let Some((name, lesion)) = parsed(line) else {
                return Err(LesionTableError::Line {
                    path: path.to_owned(),
                    line: index + 2,
                    text: line.to_owned(),
                });
            };
            table.lesions.insert(name, lesion);
        }
        Ok(table)
    }
}

fn key(path: &Path) -> String {
    let parts = path
        .components()
        .map(|part| part.as_os_str().to_string_lossy());
    parts.collect::<Vec<_>>().join("/")
}

fn parsed(line: &str) -> Option<(String, LesionDisc)> {
    let mut fields = line.trim_end().rsplitn(4, ',');
    let mut number = || {
        fields
            .next()?
            .trim()
            .parse()
            .ok()
            .filter(|value: &f64| value.is_finite())
    };
    let (radius, center_y, center_x) = (number()?, number()?, number()?);
    let name = fields.next()?;
    let name = match name.strip_prefix('"') {
        Some(quoted) => quoted.strip_suffix('"')?.replace("\"\"", "\""),
        None => name.to_owned(),
    };
    (radius > 0.0 && !name.is_empty()).then_some((
        name,
        LesionDisc {
            center_x,
            center_y,
            radius,
        },
    ))
}
