//! A file of a repository on the Hugging Face hub.

use crate::NameError;

/// Where the hub is, unless `HF_ENDPOINT` says otherwise.
pub(crate) const URL: &str = "https://huggingface.co";

/// A file of a repository, at a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HubFile {
    /// `OWNER/NAME`.
    pub(crate) repository: String,
    /// A branch, tag or commit.
    pub(crate) revision: String,
    /// Path of the file within the repository.
    pub(crate) file: String,
}

impl HubFile {
    /// `OWNER/NAME/FILE` or `OWNER/NAME@REVISION/FILE`; without a revision, `main`.
    pub(crate) fn parse(name: &str) -> Result<Self, NameError> {
        let malformed = || NameError::HubFile {
            name: name.to_owned(),
        };
        let mut parts = name.splitn(3, '/');
        let (Some(owner), Some(repository), Some(file)) =
            (parts.next(), parts.next(), parts.next())
        else {
            return Err(malformed());
        };
        let (repository, revision) = repository.split_once('@').unwrap_or((repository, "main"));
        let segments = [owner, repository, revision]
            .into_iter()
            .chain(file.split('/'));
        if !segments.into_iter().all(is_plain) {
            return Err(malformed());
        }
        Ok(Self {
            repository: format!("{owner}/{repository}"),
            revision: revision.to_owned(),
            file: file.to_owned(),
        })
    }
}

/// Whether a part of a path stands for itself, in an address and as a file's name: nothing that
/// climbs, and no character that either would read otherwise.
pub(crate) fn is_plain(segment: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-+=%".contains(&byte);
    !segment.is_empty() && !segment.bytes().all(|byte| byte == b'.') && segment.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_repository_revision_and_file() {
        let file = HubFile::parse("timm/mobilenetv2_100.ra_in1k/model.safetensors").unwrap();
        assert_eq!(file.repository, "timm/mobilenetv2_100.ra_in1k");
        assert_eq!(
            (&*file.revision, &*file.file),
            ("main", "model.safetensors")
        );
        let file = HubFile::parse("a/b@v1.0/folder/w.bin").unwrap();
        assert_eq!((&*file.revision, &*file.file), ("v1.0", "folder/w.bin"));
    }

    #[test]
    fn what_is_no_file_of_a_repository_is_refused() {
        for name in [
            "",
            "model",
            "owner/model",
            "owner/model/",
            "/b/c",
            "a//c",
            "a/b/../../c",
            "a/b/c\\d",
            "a/b@/c",
            "a/b/..",
            "a/b/c d",
            "a/b/c?x",
        ] {
            let error = HubFile::parse(name).unwrap_err().to_string();
            assert!(
                error.contains("hint: ") && error.contains("hf:OWNER"),
                "{name}: {error}"
            );
        }
    }
}
