//! Writing a manifest that reads back as the same dataset.

use std::io;
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};
use thiserror::Error;

use crate::{Dataset, Sample};

/// Whether a file that is already there may be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overwrite {
    /// Refuse.
    Never,
    /// Replace it by the whole new one.
    Replace,
}

impl Overwrite {
    /// [`Overwrite::Replace`] if somebody insists.
    pub fn when(insists: bool) -> Self {
        if insists { Self::Replace } else { Self::Never }
    }
}

/// Why a manifest was not written. What stood at its place is still there, whole.
#[derive(Debug, Error)]
pub enum WriteManifestError {
    /// The file exists.
    #[error("`{}` is already there\nhint: choose another name, or say `--force`", path.display())]
    Exists {
        /// The manifest.
        path: PathBuf,
    },
    /// The folder does not exist or cannot be written, or the disk is full.
    #[error("cannot write `{}`", path.display())]
    Io {
        /// The manifest.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A CSV file is text, and this name is not.
    #[error("the name `{}` is not Unicode, so no manifest can hold it\nhint: rename the file", path.display())]
    NotUnicode {
        /// The image.
        path: PathBuf,
    },
}

/// Writes `path,class,split[,group]`, one sample a row, in the dataset's order.
///
/// Paths are relative to the manifest's folder, also if it is not the data's own; `group` is
/// there if any sample has one. The file appears whole or not at all.
///
/// # Errors
/// [`WriteManifestError`].
pub fn write_manifest(
    path: &Path,
    dataset: &Dataset,
    overwrite: Overwrite,
) -> Result<(), WriteManifestError> {
    let failed = |source| WriteManifestError::Io {
        path: path.to_owned(),
        source,
    };
    if overwrite == Overwrite::Never && path.exists() {
        return Err(WriteManifestError::Exists {
            path: path.to_owned(),
        });
    }
    let folder = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let real_folder = fs_err::canonicalize(folder).map_err(failed)?;
    let file = new_file(folder).map_err(failed)?;
    write_rows(&file, dataset, &real_folder, path)?;
    file.as_file().sync_all().map_err(failed)?;
    match overwrite {
        Overwrite::Replace => file.persist(path),
        Overwrite::Never => file.persist_noclobber(path),
    }
    .map(drop)
    .map_err(|error| failed(error.error))
}

/// A file with the permissions that any other new file gets, and not those of a secret.
fn new_file(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.prefix(".manifest").tempfile_in(folder)
}

fn write_rows(
    file: &NamedTempFile,
    dataset: &Dataset,
    folder: &Path,
    manifest: &Path,
) -> Result<(), WriteManifestError> {
    let failed = |error: csv::Error| WriteManifestError::Io {
        path: manifest.to_owned(),
        source: error.into(),
    };
    let with_groups = dataset
        .samples()
        .iter()
        .any(|sample| sample.group.is_some());
    let columns = if with_groups { 4 } else { 3 };
    let mut writer = csv::Writer::from_writer(file);
    writer
        .write_record(&["path", "class", "split", "group"][..columns])
        .map_err(failed)?;
    for sample in dataset.samples() {
        let path = path_from(folder, sample)?;
        let class = dataset.classes().name(sample.class).as_str();
        let group = sample.group.as_ref().map_or("", |group| &group.0);
        let row = [&path, class, sample.split.as_str(), group];
        writer.write_record(&row[..columns]).map_err(failed)?;
    }
    writer.flush().map_err(|error| failed(error.into()))
}

/// The sample's path as seen from `folder`; absolute where no relative one exists.
fn path_from(folder: &Path, sample: &Sample) -> Result<String, WriteManifestError> {
    // The folder is resolved, the file itself is not: a link keeps its own name.
    let real = match (sample.path.parent(), sample.path.file_name()) {
        (Some(parent), Some(name)) => {
            let parent = if parent == Path::new("") {
                Path::new(".")
            } else {
                parent
            };
            fs_err::canonicalize(parent)
                .map_err(|source| WriteManifestError::Io {
                    path: sample.path.clone(),
                    source,
                })?
                .join(name)
        }
        _ => sample.path.clone(),
    };
    let relative = relative_to(&real, folder).unwrap_or(real);
    let text = relative
        .to_str()
        .ok_or_else(|| WriteManifestError::NotUnicode {
            path: sample.path.clone(),
        })?;
    Ok(text.replace(std::path::MAIN_SEPARATOR, "/"))
}

fn relative_to(path: &Path, folder: &Path) -> Option<PathBuf> {
    let shared = path
        .components()
        .zip(folder.components())
        .take_while(|(a, b)| a == b)
        .count();
    if shared == 0 {
        return None;
    }
    let mut relative: PathBuf = folder.components().skip(shared).map(|_| "..").collect();
    relative.extend(path.components().skip(shared));
    Some(relative)
}
