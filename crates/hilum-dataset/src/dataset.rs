//! Samples with their class, split and group.

use std::path::{Path, PathBuf};

use hilum_core::{ClassIndex, ClassName, Classes, GroupId, Split};
use thiserror::Error;

use crate::{ClassMismatch, Ignored};

/// One image file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// Where it is: below the path that was given for the dataset, so as absolute as that.
    pub path: PathBuf,
    /// Its place below the dataset's folder, or the path that the manifest gives; with `/`.
    pub relative: String,
    /// What it shows.
    pub class: ClassIndex,
    /// What it is for.
    pub split: Split,
    /// The patient or scan that it comes from, if that is known.
    pub group: Option<GroupId>,
}

/// How a dataset was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// `ROOT/{train,valid,test}/CLASS/*`.
    SplitFolders,
    /// `ROOT/CLASS/*`, split when it was read.
    ClassFolders,
    /// A CSV manifest with a `split` column.
    SplitManifest,
    /// A CSV manifest without a `split` column, split when it was read.
    Manifest,
}

impl Layout {
    /// Whether the split is the data's own, and not drawn by this program.
    pub fn has_own_split(self) -> bool {
        matches!(self, Self::SplitFolders | Self::SplitManifest)
    }
}

/// A dataset: which files there are, what they show and what they are for. Holds no pixel.
///
/// **Invariant**: samples are reached through [`of`](Self::of), which takes the split by name,
/// so that nothing reads the test split that does not say so. Only evaluation and audit do.
/// [`samples`](Self::samples) gives paths for listing and auditing, never for fitting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    pub(crate) root: PathBuf,
    pub(crate) layout: Layout,
    pub(crate) classes: Classes,
    pub(crate) samples: Vec<Sample>,
    pub(crate) renamed: Vec<Renamed>,
    pub(crate) ignored: Vec<Ignored>,
    pub(crate) mismatches: Vec<ClassMismatch>,
}

/// A folder or manifest name that stands for a class of another name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Renamed {
    /// The name that was found.
    pub from: String,
    /// The class that it is read as.
    pub to: ClassName,
    /// The other names of the same split that are read as the same class: they are merged.
    pub merged_with: Vec<String>,
}

/// A split that an operation needs and the dataset lacks.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{root}` has no images for `{split}`; it has {present}\nhint: put them under `{root}/{split}/CLASS`, or let `hilum split` divide the data into train, valid and test"
)]
pub struct MissingSplit {
    /// The dataset.
    pub root: String,
    /// What was asked for.
    pub split: Split,
    /// What is there.
    pub present: String,
}

impl Dataset {
    /// The folder or manifest that was read.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// How it was found.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Every class of any split, in alphabetical order.
    pub fn classes(&self) -> &Classes {
        &self.classes
    }

    /// Every sample with its position, ordered by split, then by relative path.
    ///
    /// For listing and auditing; whatever fits or chooses takes [`of`](Self::of).
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// The samples of one split with their positions in [`samples`](Self::samples).
    pub fn of(&self, split: Split) -> impl Iterator<Item = (usize, &Sample)> {
        self.samples
            .iter()
            .enumerate()
            .filter(move |(_, sample)| sample.split == split)
    }

    /// The splits that hold samples.
    pub fn splits(&self) -> Vec<Split> {
        Split::ALL
            .into_iter()
            .filter(|split| self.of(*split).next().is_some())
            .collect()
    }

    /// How many samples of each class a split holds, in class order.
    pub fn class_counts(&self, split: Split) -> Vec<usize> {
        let mut counts = vec![0; self.classes.len()];
        for (_, sample) in self.of(split) {
            counts[sample.class.get()] += 1;
        }
        counts
    }

    /// Names that were read as another class, and names that were merged into one.
    pub fn renamed(&self) -> &[Renamed] {
        &self.renamed
    }

    /// What was found and is no sample.
    pub fn ignored(&self) -> &[Ignored] {
        &self.ignored
    }

    /// Classes that a split lacks; empty unless the dataset was read with
    /// [`ClassSets::MayDiffer`](crate::ClassSets::MayDiffer).
    pub fn class_mismatches(&self) -> &[ClassMismatch] {
        &self.mismatches
    }

    /// Stops an operation that needs a split which is not there.
    ///
    /// # Errors
    /// [`MissingSplit`] if `split` holds no sample. Nothing falls back to another split.
    pub fn require(&self, split: Split) -> Result<(), MissingSplit> {
        let present = self.splits();
        if present.contains(&split) {
            return Ok(());
        }
        let names: Vec<String> = present.iter().map(|split| format!("`{split}`")).collect();
        Err(MissingSplit {
            root: self.root.display().to_string(),
            split,
            present: if names.is_empty() {
                "none at all".to_owned()
            } else {
                names.join(" and ")
            },
        })
    }

    /// The same dataset with only the samples whose positions `keep` accepts.
    #[must_use]
    pub fn retain(&self, mut keep: impl FnMut(usize, &Sample) -> bool) -> Self {
        let mut kept = self.clone();
        let mut position = 0;
        kept.samples.retain(|sample| {
            position += 1;
            keep(position - 1, sample)
        });
        kept
    }

    /// The same dataset with other groups, one a sample.
    ///
    /// # Panics
    /// If there are more or fewer groups than samples.
    #[must_use]
    pub fn with_groups(&self, groups: Vec<Option<GroupId>>) -> Self {
        assert_eq!(groups.len(), self.samples.len(), "one group a sample");
        let mut grouped = self.clone();
        for (sample, group) in grouped.samples.iter_mut().zip(groups) {
            sample.group = group;
        }
        grouped
    }

    /// Brings samples into the one order: by split, then by relative path.
    pub(crate) fn sort(&mut self) {
        self.samples
            .sort_by(|a, b| (a.split, &a.relative).cmp(&(b.split, &b.relative)));
    }
}
