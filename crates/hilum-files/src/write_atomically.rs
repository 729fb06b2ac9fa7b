//! Written beside, brought to the disk, renamed.

use std::ffi::OsString;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use fs_err::File;

/// Writes a file so that, whatever happens, `path` holds the old content or the whole new one.
///
/// The content goes to `NAME.partial` beside `path`, is brought to the disk, and takes the place
/// of `path` by renaming. If anything fails, the partial file is removed and `path` is as before;
/// what a killed process leaves behind is overwritten by the next attempt. Two processes must
/// not write the same `path` at once.
///
/// # Errors
/// Any error of the disk, with the path, and any error of `write`.
pub fn write_atomically<F>(path: &Path, write: F) -> io::Result<()>
where
    F: FnOnce(&mut dyn Write) -> io::Result<()>,
{
    let partial = beside(path)?;
    let file = File::create(&partial)?;
    let outcome = fill(file, write).and_then(|()| fs_err::rename(&partial, path));
    if outcome.is_err() {
        // The first error is the one to tell; a partial file that stays is overwritten later.
        let _ = fs_err::remove_file(&partial);
        return outcome;
    }
    sync_folder(path)
}

/// Gives the complete file `written` the name `path`, in the same folder, as
/// [`write_atomically`] does: brought to the disk first, renamed, whatever happens.
///
/// For files that come piece by piece, such as a download that is gone on with later.
///
/// # Errors
/// Any error of the disk, with the path; `written` then stays where it is.
pub fn move_into_place(written: &Path, path: &Path) -> io::Result<()> {
    // Windows syncs only what may be written.
    let file = fs_err::OpenOptions::new().write(true).open(written)?;
    file.sync_all()?;
    drop(file);
    fs_err::rename(written, path)?;
    sync_folder(path)
}

fn beside(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::InvalidFilename,
            format!("`{}` is no file name", path.display()),
        )
    })?;
    let mut name = OsString::from(name);
    name.push(".partial");
    Ok(path.with_file_name(name))
}

fn fill<F>(file: File, write: F) -> io::Result<()>
where
    F: FnOnce(&mut dyn Write) -> io::Result<()>,
{
    let mut writer = BufWriter::with_capacity(1 << 18, file);
    write(&mut writer)?;
    let file = writer
        .into_inner()
        .map_err(io::IntoInnerError::into_error)?;
    file.sync_all()
}

/// Makes the renaming itself outlast a power cut.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    File::open(folder)?.sync_all()
}

/// Other systems sync a renaming by themselves and open no folders.
#[cfg(not(unix))]
fn sync_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names_in(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model");
        write_atomically(&path, |file| file.write_all(b"old")).unwrap();

        let error = write_atomically(&path, |file| {
            file.write_all(&vec![0; 1 << 20])?;
            Err(io::Error::from(io::ErrorKind::StorageFull))
        })
        .unwrap_err();

        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(names_in(folder.path()), ["model"]);
    }

    #[test]
    fn a_target_that_cannot_be_replaced_leaves_no_partial_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("taken");
        std::fs::create_dir(&path).unwrap();
        assert!(write_atomically(&path, |file| file.write_all(b"new")).is_err());
        assert_eq!(names_in(folder.path()), ["taken"]);
    }

    #[test]
    fn the_partial_file_of_a_killed_process_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model");
        std::fs::write(
            folder.path().join("model.partial"),
            b"left over, and longer",
        )
        .unwrap();
        write_atomically(&path, |file| file.write_all(b"new")).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(names_in(folder.path()), ["model"]);
    }

    #[test]
    fn a_complete_file_takes_the_place_of_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let (written, path) = (folder.path().join("new"), folder.path().join("weights"));
        std::fs::write(&path, "old").unwrap();
        std::fs::write(&written, "new").unwrap();
        move_into_place(&written, &path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(names_in(folder.path()), ["weights"]);

        let error = move_into_place(&written, &path).unwrap_err();
        assert!(error.to_string().contains("new"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn a_missing_folder_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("absent").join("model");
        let error = write_atomically(&path, |_| Ok(())).unwrap_err();
        assert!(error.to_string().contains("absent"), "{error}");
        assert!(write_atomically(Path::new("/"), |_| Ok(())).is_err());
    }
}
