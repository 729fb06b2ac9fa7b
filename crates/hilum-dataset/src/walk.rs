//! Every file under a folder, in one order on every machine.

use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A file or folder that is no sample, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ignored {
    /// The file or folder.
    pub path: PathBuf,
    /// Why it is no sample.
    pub reason: IgnoreReason,
}

/// Why a file or folder is no sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum IgnoreReason {
    /// Its name begins with a dot.
    Hidden,
    /// The operating system or an archiver left it: `Thumbs.db`, `__MACOSX`.
    SystemFile,
    /// Text beside the images: a licence, a table, a `DICOMDIR`.
    Sidecar,
    /// A list of the files of a medium, such as a `DICOMDIR` by another name.
    Index,
    /// It lies in no class folder, so it has no class.
    OutsideClassFolders,
    /// A link to a folder that it lies in.
    LinkLoop,
    /// A member of an archive that is no file of its own.
    Link,
    /// A row of a manifest that says again what another row says.
    NamedBefore {
        /// The row's line.
        line: u64,
        /// The line of the row before.
        first_line: u64,
    },
}

impl fmt::Display for IgnoreReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::NamedBefore { line, first_line } = self {
            return write!(
                formatter,
                "named again on line {line}, as on line {first_line}"
            );
        }
        formatter.pad(match self {
            Self::Hidden => "hidden",
            Self::SystemFile => "left by the operating system",
            Self::Sidecar => "text beside the images",
            Self::Index => "an index of files",
            Self::OutsideClassFolders => "in no class folder",
            Self::LinkLoop => "a link to a folder that it lies in",
            Self::Link => "a link or a device",
            Self::NamedBefore { .. } => "named before",
        })
    }
}

const SYSTEM_NAMES: [&str; 4] = ["thumbs.db", "desktop.ini", "__macosx", "ehthumbs.db"];
const SIDECAR_NAMES: [&str; 7] = [
    "license",
    "licence",
    "readme",
    "copying",
    "notice",
    "dicomdir",
    "checksums",
];
const SIDECAR_EXTENSIONS: [&str; 16] = [
    "txt", "csv", "tsv", "json", "jsonl", "md", "rst", "xml", "html", "htm", "yaml", "yml", "toml",
    "ini", "log", "cff",
];

/// Why a file or folder of this name is no sample; `None` if it may be one.
///
/// Images are recognised by their content later on, so every name that is not listed counts.
pub fn reason_to_ignore(name: &OsStr) -> Option<IgnoreReason> {
    let name = name.to_string_lossy().to_lowercase();
    if name.starts_with('.') {
        return Some(IgnoreReason::Hidden);
    }
    if SYSTEM_NAMES.contains(&name.as_str()) {
        return Some(IgnoreReason::SystemFile);
    }
    let (stem, extension) = name.rsplit_once('.').unwrap_or((&name, ""));
    (SIDECAR_EXTENSIONS.contains(&extension)
        || (extension.is_empty() && SIDECAR_NAMES.contains(&stem)))
    .then_some(IgnoreReason::Sidecar)
}

/// What stands directly in a folder, sorted by name.
/// What stands at a path that a user gave.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImageFiles {
    /// In order; every file that is not plainly something else.
    pub files: Vec<PathBuf>,
    /// What was passed over.
    pub ignored: Vec<Ignored>,
}

/// The file at `path` itself, or every file under the folder there, as a dataset would list it.
///
/// # Errors
/// Any error of the disk, with the path.
pub fn image_files(path: &Path) -> io::Result<ImageFiles> {
    let mut ignored = Vec::new();
    let files = if fs_err::metadata(path)?.is_dir() {
        files_under(path, &mut ignored)?
    } else {
        vec![path.to_owned()]
    };
    Ok(ImageFiles { files, ignored })
}

#[derive(Debug, Default)]
pub(crate) struct Entries {
    pub(crate) folders: Vec<PathBuf>,
    pub(crate) files: Vec<PathBuf>,
    pub(crate) ignored: Vec<Ignored>,
}

/// Lists `folder`, following links. A link to nothing counts as a file, so that reading it fails
/// aloud.
pub(crate) fn list(folder: &Path) -> io::Result<Entries> {
    let mut paths = fs_err::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<PathBuf>>>()?;
    paths.sort();
    let mut entries = Entries::default();
    for path in paths {
        let is_folder = path.is_dir();
        let reason = path
            .file_name()
            .and_then(reason_to_ignore)
            .filter(|reason| !is_folder || *reason != IgnoreReason::Sidecar);
        match reason {
            Some(reason) => entries.ignored.push(Ignored { path, reason }),
            None if is_folder => entries.folders.push(path),
            None => entries.files.push(path),
        }
    }
    Ok(entries)
}

/// Every file under `folder`, at any depth.
pub(crate) fn files_under(folder: &Path, ignored: &mut Vec<Ignored>) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut above = vec![fs_err::canonicalize(folder)?];
    descend(folder, &mut above, &mut files, ignored)?;
    Ok(files)
}

fn descend(
    folder: &Path,
    above: &mut Vec<PathBuf>,
    files: &mut Vec<PathBuf>,
    ignored: &mut Vec<Ignored>,
) -> io::Result<()> {
    let entries = list(folder)?;
    files.extend(entries.files);
    ignored.extend(entries.ignored);
    for path in entries.folders {
        let real = fs_err::canonicalize(&path)?;
        if above.contains(&real) {
            ignored.push(Ignored {
                path,
                reason: IgnoreReason::LinkLoop,
            });
            continue;
        }
        above.push(real);
        descend(&path, above, files, ignored)?;
        above.pop();
    }
    Ok(())
}

/// `path` below `root`, with `/` between its parts on every system.
pub(crate) fn relative(path: &Path, root: &Path) -> String {
    let parts: Vec<String> = path
        .strip_prefix(root)
        .unwrap_or(path)
        .iter()
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_system_files_are_ignored_and_unknown_extensions_are_not() {
        for name in [
            ".DS_Store",
            "Thumbs.db",
            "__MACOSX",
            "LICENSE",
            "notes.TXT",
            "DICOMDIR",
        ] {
            assert!(reason_to_ignore(OsStr::new(name)).is_some(), "{name}");
        }
        for name in [
            "a.png",
            "IM0001",
            "1.2.840.113619",
            "scan.tiff",
            "license plate.jpg",
        ] {
            assert!(reason_to_ignore(OsStr::new(name)).is_none(), "{name}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_loops_are_left() {
        let root = tempfile::tempdir().unwrap();
        let scan = root.path().join("scan");
        std::fs::create_dir_all(scan.join("series")).unwrap();
        std::fs::write(scan.join("series/a"), "").unwrap();
        std::os::unix::fs::symlink(&scan, scan.join("series/loop")).unwrap();
        std::os::unix::fs::symlink(scan.join("series"), scan.join("again")).unwrap();
        std::os::unix::fs::symlink("nowhere", scan.join("broken.png")).unwrap();

        let mut ignored = Vec::new();
        let files = files_under(&scan, &mut ignored).unwrap();
        let names: Vec<String> = files.iter().map(|path| relative(path, &scan)).collect();

        assert_eq!(names, ["broken.png", "again/a", "series/a"]);
        assert!(
            ignored
                .iter()
                .all(|one| one.reason == IgnoreReason::LinkLoop)
        );
        assert_eq!(ignored.len(), 2);
    }
}
