//! From a path to a [`Dataset`].

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use hilum_core::{Cancel, Cancelled, ClassName, Classes, ClassesError, Split};
use thiserror::Error;

use crate::class_sets::ClassTable;
use crate::listing::Listing;
use crate::nesting::Tree;
use crate::{
    ClassMap, ClassMismatch, Dataset, Layout, ManifestError, Renamed, Sample, SplitFractions,
    StratifyError, dicom_groups, folders, manifest, split,
};

/// How a dataset is read.
#[derive(Debug, Clone)]
pub struct ReadSettings {
    /// Names that stand for another class.
    pub class_map: ClassMap,
    /// What to do if splits hold different classes.
    pub class_sets: ClassSets,
    /// How data without a split is divided.
    pub fractions: SplitFractions,
    /// Seed of that division.
    pub seed: u64,
}

impl Default for ReadSettings {
    /// No class map, equal class sets, 70/10/20, seed 32.
    fn default() -> Self {
        Self {
            class_map: ClassMap::default(),
            class_sets: ClassSets::MustMatch,
            fractions: SplitFractions::default(),
            seed: 32,
        }
    }
}

/// What to do if splits hold different classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClassSets {
    /// Stop: no number could be computed on such data.
    MustMatch,
    /// Go on and list them in [`Dataset::class_mismatches`]; for the audit, which tells of them
    /// beside everything else.
    MayDiffer,
}

/// Why a path is no dataset.
#[derive(Debug, Error)]
pub enum ReadError {
    /// Nothing there, or not readable.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// No images at all.
    #[error(
        "`{}` holds no images\nhint: expected `{{train,valid,test}}/CLASS/*`, `CLASS/*`, or a CSV manifest `path,class[,split][,group]`", path.display()
    )]
    Empty {
        /// The folder or manifest.
        path: PathBuf,
    },
    /// Files, but no folder that names their class.
    #[error(
        "`{}` holds {count} files and no class folder\nhint: put the images of each class into a folder of its own, such as `{}/CLASS`", path.display(), path.display()
    )]
    NoClassFolders {
        /// The folder.
        path: PathBuf,
        /// How many files lie in it.
        count: usize,
    },
    /// What was given is not the dataset but holds it, or another one beside it.
    #[error(
        "`{}` is no dataset: `{class}`, which stands where a class should, holds only folders\n{tree}\nhint: {}",
        root.display(),
        below(meant.as_deref())
    )]
    FoldersOfFolders {
        /// What was given.
        root: PathBuf,
        /// The folder that stands for a class.
        class: String,
        /// What lies below it and its neighbours.
        tree: Tree,
        /// Where a dataset probably is.
        meant: Option<PathBuf>,
    },
    /// Two folders that are the same split.
    #[error(
        "`{first}` and `{second}` are both the split `{split}`\nhint: keep one of the two folders"
    )]
    SplitTwice {
        /// The split.
        split: Split,
        /// One folder.
        first: String,
        /// The other.
        second: String,
    },
    /// A folder of files beside split folders.
    #[error(
        "`{}` has split folders, but also `{folder}` with {count} files, which is no split\nhint: splits are called `train`, `valid` (or `val`, `validation`, `dev`) and `test`; rename it, or move it elsewhere", root.display()
    )]
    UnknownSplitFolder {
        /// The dataset.
        root: PathBuf,
        /// The folder's name.
        folder: String,
        /// How many files are in it.
        count: usize,
    },
    /// A manifest that cannot be used.
    #[error(transparent)]
    Manifest(Box<ManifestError>),
    /// Entries of the class map that meet no name.
    #[error(
        "`--class-map` names {}, which is not there\nhint: there are {}",
        list(unmatched),
        list(names)
    )]
    UnmatchedClassMap {
        /// The left sides that met nothing.
        unmatched: Vec<String>,
        /// The names that are there.
        names: Vec<String>,
    },
    /// Fewer than two classes.
    #[error("`{}`: {source}; the class found is {}\nhint: every class needs a folder of its own, or a name of its own in the manifest", path.display(), list(names))]
    Classes {
        /// The dataset.
        path: PathBuf,
        /// The classes that are there.
        names: Vec<String>,
        /// What is wrong with them.
        source: ClassesError,
    },
    /// A class folder without an image.
    #[error("class `{class}` has no images\nhint: fill its folder, or remove it")]
    EmptyClass {
        /// The class.
        class: ClassName,
    },
    /// Splits with different classes.
    #[error("{}", describe_mismatches(mismatches, table))]
    ClassSetsDiffer {
        /// Each class that is missing somewhere.
        mismatches: Vec<ClassMismatch>,
        /// What every split holds.
        table: ClassTable,
    },
    /// Data that cannot be divided.
    #[error(transparent)]
    Stratify(#[from] StratifyError),
    /// Somebody asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl From<ManifestError> for ReadError {
    fn from(error: ManifestError) -> Self {
        Self::Manifest(Box::new(error))
    }
}

fn list(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

fn below(meant: Option<&Path>) -> String {
    match meant {
        Some(path) => format!("give `{}`, if that is the dataset", path.display()),
        None => "put the images of each class into one folder, named as the class".to_owned(),
    }
}

fn describe_mismatches(mismatches: &[ClassMismatch], table: &ClassTable) -> String {
    let mut lines: Vec<String> = mismatches.iter().map(ToString::to_string).collect();
    lines.push(table.to_string());
    // One pair of names is told once, in the direction that was met first.
    let mut told: BTreeSet<[&str; 2]> = BTreeSet::new();
    for mismatch in mismatches {
        if let Some(other) = &mismatch.resembles {
            let mut pair = [mismatch.class.as_str(), other.class.as_str()];
            pair.sort_unstable();
            if !told.insert(pair) {
                continue;
            }
        }
        lines.push(format!("hint: {}", mismatch.hint()));
    }
    lines.join("\n")
}

impl Dataset {
    /// Reads a folder or a manifest; opens no image, except DICOM headers for the patient where
    /// the data has no split yet.
    ///
    /// # Errors
    /// [`ReadError`], with what to do about it.
    pub fn read(path: &Path, settings: &ReadSettings) -> Result<Self, ReadError> {
        Self::read_unless(path, settings, &Cancel::default())
    }

    /// As [`Dataset::read`], unless `cancel` asks to stop: a large folder of DICOM files takes its
    /// time.
    ///
    /// # Errors
    /// [`ReadError`]; [`ReadError::Cancelled`] soon after `cancel` asks for it.
    pub fn read_unless(
        path: &Path,
        settings: &ReadSettings,
        cancel: &Cancel,
    ) -> Result<Self, ReadError> {
        let (layout, listing) = if fs_err::metadata(path)?.is_dir() {
            folders::list(path)?
        } else {
            manifest::list(path)?
        };
        if listing.files.is_empty() {
            return Err(ReadError::Empty {
                path: path.to_owned(),
            });
        }
        cancel.check()?;
        refuse_unmatched(&listing, &settings.class_map)?;
        let dataset = settle_classes(path, layout, listing, settings)?;
        if layout.has_own_split() {
            return Ok(dataset);
        }
        let dataset = if dataset.samples.iter().all(|sample| sample.group.is_none()) {
            dicom_groups::with_dicom_groups(dataset, cancel)?
        } else {
            dataset
        };
        Ok(split::resplit(&dataset, settings.fractions, settings.seed)?)
    }
}

fn refuse_unmatched(listing: &Listing, map: &ClassMap) -> Result<(), ReadError> {
    let names: BTreeSet<&str> = listing.names().map(|(_, name)| name).collect();
    let unmatched = map.unmatched(&names);
    if unmatched.is_empty() {
        return Ok(());
    }
    Err(ReadError::UnmatchedClassMap {
        unmatched,
        names: names.into_iter().map(str::to_owned).collect(),
    })
}

fn settle_classes(
    root: &Path,
    layout: Layout,
    listing: Listing,
    settings: &ReadSettings,
) -> Result<Dataset, ReadError> {
    let map = &settings.class_map;
    let mismatches = compare_class_sets(&listing, settings)?;
    let names: BTreeSet<ClassName> = listing
        .names()
        .map(|(_, name)| map.class_of(name))
        .collect();
    let classes = Classes::new(names.iter().cloned()).map_err(|source| ReadError::Classes {
        path: root.to_owned(),
        names: names.iter().map(ToString::to_string).collect(),
        source,
    })?;
    let renamed = renamed(&listing, map);
    let samples = listing.files.into_iter().map(|file| Sample {
        path: file.path,
        relative: file.relative,
        class: classes
            .index_of(map.class_of(&file.class_name).as_str())
            .expect("the class set was made of these names"),
        split: file.split.unwrap_or(Split::Train),
        group: file.group,
    });
    let mut dataset = Dataset {
        root: root.to_owned(),
        layout,
        samples: samples.collect(),
        classes,
        renamed,
        ignored: listing.ignored,
        mismatches,
    };
    dataset.sort();
    dataset.ignored.sort();
    Ok(dataset)
}

fn compare_class_sets(
    listing: &Listing,
    settings: &ReadSettings,
) -> Result<Vec<ClassMismatch>, ReadError> {
    let mut table = ClassTable::default();
    let mut counts: BTreeMap<(Option<Split>, &str), usize> = BTreeMap::new();
    for (split, name) in &listing.empty_folders {
        counts.insert((*split, name), 0);
    }
    for file in &listing.files {
        *counts.entry((file.split, &file.class_name)).or_default() += 1;
    }
    let mut totals: BTreeMap<ClassName, usize> = BTreeMap::new();
    for ((split, name), count) in counts {
        let class = settings.class_map.class_of(name);
        *totals.entry(class.clone()).or_default() += count;
        if let Some(split) = split {
            table.add(split, &class, name, count);
        }
    }
    if let Some((class, _)) = totals.into_iter().find(|(_, count)| *count == 0) {
        return Err(ReadError::EmptyClass { class });
    }
    let mismatches = table.mismatches();
    if mismatches.is_empty() || settings.class_sets == ClassSets::MayDiffer {
        return Ok(mismatches);
    }
    Err(ReadError::ClassSetsDiffer { mismatches, table })
}

/// Names that differ from their class, once each, with the names that they are merged with.
fn renamed(listing: &Listing, map: &ClassMap) -> Vec<Renamed> {
    let mut by_split: BTreeMap<(Option<Split>, ClassName), BTreeSet<&str>> = BTreeMap::new();
    for (split, name) in listing.names() {
        by_split
            .entry((split, map.class_of(name)))
            .or_default()
            .insert(name);
    }
    let mut renamed = BTreeSet::new();
    for ((_, class), names) in &by_split {
        for name in names {
            if *name != class.as_str() {
                renamed.insert(Renamed {
                    from: (*name).to_owned(),
                    to: class.clone(),
                    merged_with: names
                        .iter()
                        .filter(|other| *other != name)
                        .map(|other| (*other).to_owned())
                        .collect(),
                });
            }
        }
    }
    renamed.into_iter().collect()
}
