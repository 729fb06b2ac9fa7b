//! What stands in an archive, by its names.

use std::path::{Path, PathBuf};

use hilum_dataset::{IgnoreReason, Ignored, reason_to_ignore};

/// Position in the archive and path of each member.
pub(crate) type Members = Vec<(usize, PathBuf)>;

/// What was found in an archive: names of members, and of what is none.
#[derive(Debug, Default)]
pub(super) struct Found {
    members: Vec<(usize, String)>,
    ignored: Vec<(String, IgnoreReason)>,
}

impl Found {
    /// Whether what is called `name`, at position `index`, may be an image.
    pub(super) fn member(&mut self, index: usize, name: &str) -> bool {
        let name = name.replace('\\', "/");
        let reason = ignored_by(&name);
        match reason {
            Some(reason) => self.ignored.push((name, reason)),
            None => self.members.push((index, name)),
        }
        reason.is_none()
    }

    /// What is no file of its own.
    pub(super) fn link(&mut self, name: &str) {
        self.ignored.push((name.to_owned(), IgnoreReason::Link));
    }

    /// The same as paths below that of the archive, in the order of their names.
    pub(super) fn below(self, archive: &Path) -> (Members, Vec<Ignored>) {
        let of_member = |(index, name): (usize, String)| (index, below(archive, &name));
        let mut members: Members = self.members.into_iter().map(of_member).collect();
        members.sort_by(|(_, one), (_, other)| one.cmp(other));
        let ignored = self.ignored.into_iter().map(|(name, reason)| Ignored {
            path: below(archive, &name),
            reason,
        });
        (members, ignored.collect())
    }
}

/// A member's path: its name below that of the archive, whatever the name begins with.
fn below(archive: &Path, name: &str) -> PathBuf {
    let mut path = archive.as_os_str().to_owned();
    path.push("/");
    path.push(name.trim_start_matches('/'));
    path.into()
}

/// Why a member is no image: by its own name, or by that of a folder that it lies in.
pub(crate) fn ignored_by(name: &str) -> Option<IgnoreReason> {
    let (folders, file) = name.rsplit_once('/').unwrap_or(("", name));
    let of_folder = |folder: &str| {
        let reason = reason_to_ignore(folder.as_ref());
        reason.filter(|reason| *reason != IgnoreReason::Sidecar)
    };
    folders
        .split('/')
        .find_map(of_folder)
        .or_else(|| reason_to_ignore(file.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_archiver_left_is_no_image() {
        for name in [
            "__MACOSX/a/._1.dcm",
            "a/.DS_Store",
            "DICOMDIR",
            "a/notes.txt",
        ] {
            assert!(ignored_by(name).is_some(), "{name}");
        }
        for name in ["a/1.dcm", "1", "readme.txt/1.dcm"] {
            assert!(ignored_by(name).is_none(), "{name}");
        }
        assert_eq!(
            below(Path::new("a.zip"), "/etc/passwd"),
            Path::new("a.zip/etc/passwd")
        );
    }
}
