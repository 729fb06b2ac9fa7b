//! Which kind of file bytes are, by their first bytes.

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::dicom::is_bare_data_set;
use super::nifti;

/// A kind of file that can be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Portable Network Graphics.
    Png,
    /// JPEG, baseline or progressive.
    Jpeg,
    /// A DICOM file (PS3.10), or the data set of one.
    Dicom,
    /// Tag Image File Format, BigTIFF too.
    Tiff,
    /// Windows bitmap.
    Bmp,
    /// WebP, lossy or lossless.
    Webp,
    /// A NIfTI-1 or NIfTI-2 volume in one file, compressed with gzip or not.
    Nifti,
}

const PNG_SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Group 2 of a file that lacks preamble and `DICM`: its first element is (0002,0000) UL or
/// (0002,0001) OB.
const BARE_META: [&[u8]; 2] = [b"\x02\0\0\0UL", b"\x02\0\x01\0OB"];

const TIFF_SIGNATURES: [&[u8]; 4] = [b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"];

/// `BM`, and the length of a header that there is.
fn is_bmp(bytes: &[u8]) -> bool {
    let header = bytes.get(14..18);
    bytes.starts_with(b"BM")
        && matches!(
            header,
            Some([12 | 16 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0])
        )
}

impl Format {
    /// The format that `bytes` begin with; the first kilobyte is enough.
    pub fn sniff(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(PNG_SIGNATURE) {
            Some(Self::Png)
        } else if bytes.starts_with(b"\xff\xd8\xff") {
            Some(Self::Jpeg)
        } else if bytes.get(128..132) == Some(b"DICM")
            || bytes.starts_with(b"DICM")
            || BARE_META.iter().any(|meta| bytes.starts_with(meta))
            || is_bare_data_set(bytes)
        {
            Some(Self::Dicom)
        } else if TIFF_SIGNATURES
            .iter()
            .any(|signature| bytes.starts_with(signature))
        {
            Some(Self::Tiff)
        } else if is_bmp(bytes) {
            Some(Self::Bmp)
        } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            Some(Self::Webp)
        } else if nifti::is_nifti(bytes) {
            Some(Self::Nifti)
        } else {
            None
        }
    }

    /// The format that a file's name promises: `.png`, `.jpg`, `.jpeg`, `.jpe`, `.jfif`, `.dcm`,
    /// `.dicom`, `.ima`, `.tif`, `.tiff`, `.bmp`, `.webp`, `.nii`, `.nii.gz`, in any case; `None` for
    /// every other name, also for none at all.
    ///
    /// Only for telling a person of a mismatch: nothing is decoded by its name.
    pub fn of_extension(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "png" => Some(Self::Png),
            "jpg" | "jpeg" | "jpe" | "jfif" => Some(Self::Jpeg),
            "dcm" | "dicom" | "ima" => Some(Self::Dicom),
            "tif" | "tiff" => Some(Self::Tiff),
            "bmp" => Some(Self::Bmp),
            "webp" => Some(Self::Webp),
            "nii" => Some(Self::Nifti),
            "gz" if Path::new(path.file_stem()?)
                .extension()?
                .eq_ignore_ascii_case("nii") =>
            {
                Some(Self::Nifti)
            }
            _ => None,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::Dicom => "DICOM",
            Self::Tiff => "TIFF",
            Self::Bmp => "BMP",
            Self::Webp => "WebP",
            Self::Nifti => "NIfTI",
        })
    }
}

/// What bytes that no decoder takes look like, for an error message.
pub(super) fn describe(bytes: &[u8]) -> &'static str {
    const KNOWN: [(&[u8], &str); 9] = [
        (b"GIF8", "a GIF image"),
        (b"\x1f\x8b", "gzip-compressed data"),
        (b"PK\x03\x04", "a ZIP archive"),
        (b"%PDF", "a PDF document"),
        (b"\0\0\0\x0cjP", "a JPEG 2000 image"),
        (b"\xff\x4f\xff\x51", "a JPEG 2000 image"),
        (b"\xff\x0a", "a JPEG XL image"),
        (
            b"\x5c\x01\0\0",
            "a header whose pixels are in another file (Analyze, or NIfTI of two files)",
        ),
        (b"\x93NUMPY", "a NumPy array"),
    ];
    if let Some((_, name)) = KNOWN.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return name;
    }
    let head = &bytes[..bytes.len().min(512)];
    let text = |byte: &u8| *byte >= 0x20 && *byte != 0x7f || b"\t\n\r\x0c".contains(byte);
    if head.iter().all(text) {
        let start = head.trim_ascii_start();
        return match start.first() {
            Some(b'<') => "text (HTML or XML)",
            _ => "text",
        };
    }
    "of an unknown kind"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_decides_and_a_name_only_promises() {
        assert_eq!(Format::sniff(b"\xff\xd8\xff\xe0"), Some(Format::Jpeg));
        assert_eq!(Format::sniff(PNG_SIGNATURE), Some(Format::Png));
        let mut preamble = vec![0; 128];
        preamble.extend_from_slice(b"DICM");
        assert_eq!(Format::sniff(&preamble), Some(Format::Dicom));
        assert_eq!(Format::sniff(b"\x02\0\0\0UL\x04\0"), Some(Format::Dicom));
        assert_eq!(Format::sniff(b"P5 2 2 255"), None);
        assert_eq!(Format::sniff(b""), None);
        assert_eq!(
            Format::of_extension(Path::new("a/n7 (2).PNG")),
            Some(Format::Png)
        );
        assert_eq!(Format::of_extension(Path::new("png")), None);
    }

    #[test]
    fn what_is_no_image_is_described() {
        assert_eq!(describe(b"hello, this is no image\n"), "text");
        assert_eq!(describe(b"  <!DOCTYPE html>"), "text (HTML or XML)");
        assert_eq!(describe(b"GIF89a"), "a GIF image");
        assert_eq!(describe(b"\x01\x02\x03"), "of an unknown kind");
    }
}
