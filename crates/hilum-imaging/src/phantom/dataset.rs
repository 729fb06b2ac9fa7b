//! A whole dataset of phantoms, in the layout of a folder per split and class.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use hilum_core::Split;
use rayon::prelude::*;
use thiserror::Error;

use super::random::{Random, Stream};
use super::{Lesion, LesionDisc, LesionTable, Phantom, Shortcut};
use crate::{SeriesInfo, WriteError, write_dicom, write_png};

/// The lung window of the PNG files, in Hounsfield units.
const LUNG_CENTER_HU: f64 = -600.0;
const LUNG_WIDTH_HU: f64 = 1500.0;

/// The kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhantomFormat {
    /// 8-bit grey PNG in the lung window, -600/1500.
    Png,
    /// CT Image Storage in Hounsfield units.
    Dicom,
}

/// How many slices of what kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatasetSettings {
    /// Slices of each class to fit the weights.
    pub train_per_class: usize,
    /// Slices of each class to choose by.
    pub valid_per_class: usize,
    /// Slices of each class to judge by.
    pub test_per_class: usize,
    /// How many neighbouring slices a patient has; at least 1.
    pub slices_per_patient: usize,
    /// Rows and columns; [`Phantom::SIZE_RANGE`].
    pub size: usize,
    /// Equal seeds give equal files.
    pub seed: u64,
    /// The kind of file.
    pub format: PhantomFormat,
}

impl Default for DatasetSettings {
    /// Eight, four and four PNG slices of each class, one a patient, 256 pixels wide; seed 32.
    fn default() -> Self {
        Self {
            train_per_class: 8,
            valid_per_class: 4,
            test_per_class: 4,
            slices_per_patient: 1,
            size: 256,
            seed: 32,
            format: PhantomFormat::Png,
        }
    }
}

/// Why a dataset was not written.
#[derive(Debug, Error)]
pub enum DatasetWriteError {
    /// Something is there already.
    #[error(
        "`{}` is not empty\nhint: give a folder that does not exist yet",
        root.display()
    )]
    Occupied {
        /// The folder.
        root: PathBuf,
    },
    /// A size that no phantom has.
    #[error("a phantom cannot have {size} rows\nhint: choose 64 to 1024")]
    Size {
        /// What was asked for.
        size: usize,
    },
    /// A patient without slices.
    #[error("a patient has no slices\nhint: set the slices per patient to 1 or more")]
    NoSlices,
    /// The disk refused a folder; the path is in the cause.
    #[error("cannot make the folders of a dataset")]
    Io(#[from] std::io::Error),
    /// A file could not be written.
    #[error("cannot write a file of the dataset")]
    File(#[from] WriteError),
}

/// A dataset on disk, and where its lesions are.
#[derive(Debug, Clone, PartialEq)]
pub struct WrittenDataset {
    /// The files in order, each with the place of its lesion if it has one.
    pub files: Vec<(PathBuf, Option<LesionDisc>)>,
}

impl WrittenDataset {
    /// Writes a [`LesionTable`] to `path`, which best lies outside of the dataset: in it, a file
    /// that is no slice is listed as left out.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn write_lesions(&self, path: &Path) -> std::io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut table = LesionTable::default();
        for (file, lesion) in &self.files {
            if let Some(lesion) = lesion {
                table.insert(file.strip_prefix(folder).unwrap_or(file), *lesion);
            }
        }
        hilum_files::write_atomically(path, |file| file.write_all(table.to_csv().as_bytes()))
    }
}

/// One file to be written.
struct Job {
    path: PathBuf,
    phantom: Phantom,
}

/// Writes `ROOT/{train,valid,test}/CLASS/patient-ID-slice-NN.{png,dcm}` on all cores.
///
/// Every patient stands in one split and one class only. `progress` is called after each file
/// with how many are done and how many there are, from any thread. Returns the files in order.
///
/// # Errors
/// [`DatasetWriteError`] if `root` holds anything, the settings make no sense, or the disk
/// refuses.
pub fn write_dataset(
    root: &Path,
    settings: &DatasetSettings,
    progress: impl Fn(usize, usize) + Sync,
) -> Result<Vec<PathBuf>, DatasetWriteError> {
    let written = write_dataset_with_truth(root, settings, None, progress)?;
    Ok(written.files.into_iter().map(|(path, _)| path).collect())
}

/// The same, with what gives the class away besides the lesion in every slice, if it is to be
/// planted; says where the lesions are.
///
/// # Errors
/// As [`write_dataset`].
pub fn write_dataset_with_truth(
    root: &Path,
    settings: &DatasetSettings,
    shortcut: Option<Shortcut>,
    progress: impl Fn(usize, usize) + Sync,
) -> Result<WrittenDataset, DatasetWriteError> {
    let jobs = plan(root, settings)?;
    for folder in folders(root, settings) {
        fs_err::create_dir_all(folder)?;
    }
    let done = AtomicUsize::new(0);
    let write_one = |job: &Job| {
        let lesion = write(job, settings.format, shortcut)?;
        progress(done.fetch_add(1, Ordering::Relaxed) + 1, jobs.len());
        Ok::<_, DatasetWriteError>((job.path.clone(), lesion))
    };
    let files = jobs.par_iter().map(write_one).collect::<Result<_, _>>()?;
    Ok(WrittenDataset { files })
}

/// Writes one slice, and says where its lesion is.
fn write(
    job: &Job,
    format: PhantomFormat,
    shortcut: Option<Shortcut>,
) -> Result<Option<LesionDisc>, WriteError> {
    let (mut slice, truth) = job.phantom.render_with_truth();
    if let Some(shortcut) = shortcut {
        shortcut.burn(&mut slice, job.phantom.lesion);
    }
    match format {
        PhantomFormat::Png => {
            write_png(&job.path, &slice.windowed(LUNG_CENTER_HU, LUNG_WIDTH_HU))?;
        }
        PhantomFormat::Dicom => {
            let series = SeriesInfo::phantom(job.phantom.patient_seed, job.phantom.lesion);
            write_dicom(&job.path, &slice, &series, job.phantom.slice_index + 1)?;
        }
    }
    Ok(truth.lesion)
}

impl DatasetSettings {
    fn per_class(&self, split: Split) -> usize {
        match split {
            Split::Train => self.train_per_class,
            Split::Valid => self.valid_per_class,
            Split::Test => self.test_per_class,
        }
    }

    fn validate(&self, root: &Path) -> Result<(), DatasetWriteError> {
        if !Phantom::SIZE_RANGE.contains(&self.size) {
            return Err(DatasetWriteError::Size { size: self.size });
        }
        if self.slices_per_patient == 0 {
            return Err(DatasetWriteError::NoSlices);
        }
        if root.exists() && fs_err::read_dir(root)?.next().is_some() {
            return Err(DatasetWriteError::Occupied {
                root: root.to_owned(),
            });
        }
        Ok(())
    }
}

fn folder(root: &Path, split: Split, lesion: Lesion) -> PathBuf {
    root.join(split.as_str()).join(lesion.class_name())
}

/// Splits without slices have no folder, so that nothing reads them as an empty split.
fn folders(root: &Path, settings: &DatasetSettings) -> Vec<PathBuf> {
    Split::ALL
        .into_iter()
        .filter(|split| settings.per_class(*split) > 0)
        .flat_map(|split| Lesion::ALL.map(|lesion| folder(root, split, lesion)))
        .collect()
}

fn plan(root: &Path, settings: &DatasetSettings) -> Result<Vec<Job>, DatasetWriteError> {
    settings.validate(root)?;
    let extension = match settings.format {
        PhantomFormat::Png => "png",
        PhantomFormat::Dicom => "dcm",
    };
    let mut jobs = Vec::new();
    for (split_index, split) in Split::ALL.into_iter().enumerate() {
        for (class_index, lesion) in Lesion::ALL.into_iter().enumerate() {
            let folder = folder(root, split, lesion);
            let stream = split_index * Lesion::ALL.len() + class_index;
            let random = &mut Random::new(Stream::Dataset, settings.seed, stream);
            let mut patient_seed = 0;
            for index in 0..settings.per_class(split) {
                let slice_index = index % settings.slices_per_patient;
                if slice_index == 0 {
                    patient_seed = random.word();
                }
                let name = format!("patient-{patient_seed:016x}-slice-{slice_index:02}");
                jobs.push(Job {
                    path: folder.join(name).with_extension(extension),
                    phantom: Phantom {
                        size: settings.size,
                        patient_seed,
                        slice_index,
                        lesion,
                    },
                });
            }
        }
    }
    Ok(jobs)
}
