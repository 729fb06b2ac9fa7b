//! SHA-256: what publishers print, and what a file has.

use std::fmt::{self, Write as _};
use std::io::{self, Read};
use std::path::Path;

use fs_err::File;
use sha2::{Digest as _, Sha256};

/// The first digits of a SHA-256, or all of them, in lower-case hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Checksum(String);

impl Checksum {
    pub(crate) fn starting_with(digits: impl Into<String>) -> Self {
        Self(digits.into())
    }

    /// Whether a file with this SHA-256 is the one that is meant.
    pub(crate) fn fits(&self, sha256: &str) -> bool {
        !self.0.is_empty() && sha256.starts_with(&self.0)
    }
}

impl fmt::Display for Checksum {
    /// `SHA-256 6ae4...`, or `a SHA-256 that begins with 7ebf99e0`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_sha256(&self.0) {
            write!(formatter, "SHA-256 {}", self.0)
        } else {
            write!(formatter, "a SHA-256 that begins with {}", self.0)
        }
    }
}

/// Whether `text` is a whole SHA-256 in hexadecimal.
pub(crate) fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Takes bytes as they come.
#[derive(Default)]
pub(crate) struct Hasher(Sha256);

impl Hasher {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Takes all that is left of `source`, and says how much that was.
    pub(crate) fn update_from(&mut self, source: &mut dyn Read) -> io::Result<u64> {
        let mut buffer = vec![0; 1 << 16];
        let mut count = 0;
        loop {
            let length = source.read(&mut buffer)?;
            if length == 0 {
                return Ok(count);
            }
            self.update(&buffer[..length]);
            count += length as u64;
        }
    }

    /// In lower-case hexadecimal.
    pub(crate) fn finish(self) -> String {
        let digest = self.0.finalize();
        digest.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

/// The SHA-256 of a file, in lower-case hexadecimal.
///
/// # Errors
/// Any error of the disk, with the path.
pub fn file_sha256(path: &Path) -> io::Result<String> {
    let mut hasher = Hasher::default();
    hasher.update_from(&mut File::open(path)?)?;
    Ok(hasher.finish())
}

/// The SHA-256 of bytes, in lower-case hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    let mut hasher = Hasher::default();
    hasher.update(bytes);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_checksum_is_that_of_the_standard() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "abc").unwrap();
        // FIPS 180-4, example of SHA-256: "abc".
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(file_sha256(file.path()).unwrap(), expected);
        assert_eq!(sha256(b"abc"), expected);
        assert!(Checksum::starting_with("ba7816bf").fits(expected));
        assert!(!Checksum::starting_with("ba7816be").fits(expected));
        assert!(!Checksum::starting_with("").fits(expected));
    }
}
