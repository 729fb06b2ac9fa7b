//! Why a file did not become pixels.

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::Format;

/// A file that could not be decoded, and why.
#[derive(Debug)]
pub struct DecodeError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: DecodeProblem,
}

impl DecodeError {
    pub(crate) fn new(path: &Path, problem: DecodeProblem) -> Self {
        Self {
            path: path.to_owned(),
            problem,
        }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "cannot read `{}`: {}",
            self.path.display(),
            self.problem
        )
    }
}

impl Error for DecodeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.problem.source()
    }
}

/// The cause that a decoder of another crate gave.
pub type DecoderCause = Box<dyn Error + Send + Sync>;

/// Why bytes did not become pixels.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DecodeProblem {
    /// The file could not be opened or read.
    #[error("{0}")]
    Io(std::io::Error),
    /// No bytes at all.
    #[error("the file is empty\nhint: was the download or the copy interrupted?")]
    Empty,
    /// Of no kind that is read.
    #[error(
        "not an image: content is {found}\n\
         hint: PNG, JPEG, TIFF, BMP, WebP, NIfTI and DICOM files are read"
    )]
    NotAnImage {
        /// What the content looks like.
        found: &'static str,
    },
    /// More pixels than [`DecodeLimits`](crate::DecodeLimits) allows; nothing was allocated.
    #[error(
        "{width} x {height} pixels exceed the limit of {limit}\n\
         hint: if the file is meant to be this large, raise the limit with `--max-pixels`"
    )]
    TooManyPixels {
        /// Pixels from left to right, by the header.
        width: u64,
        /// Pixels from top to bottom, by the header.
        height: u64,
        /// How many are allowed.
        limit: u64,
    },
    /// A width or height of zero.
    #[error("the {format} header says {width} x {height} pixels: there is no image")]
    NoPixels {
        /// Kind of file.
        format: Format,
        /// Pixels from left to right, by the header.
        width: u64,
        /// Pixels from top to bottom, by the header.
        height: u64,
    },
    /// The file ends before its pixels do.
    #[error("the {format} data is truncated\nhint: fetch or copy the file again")]
    Truncated {
        /// Kind of file.
        format: Format,
    },
    /// The decoder met something that the format does not allow.
    #[error("the {format} data is damaged: {cause}")]
    Damaged {
        /// Kind of file.
        format: Format,
        /// What the decoder said.
        cause: DecoderCause,
    },
    /// None of the slices that were asked for.
    #[error(
        "none of the file's {count} slices is one of `{wanted}`\n\
         hint: slices are counted from 1"
    )]
    NoSuchFrame {
        /// How many slices the file holds.
        count: usize,
        /// Those asked for.
        wanted: String,
    },
    /// A valid JPEG of a kind that is not read.
    #[error(
        "a JPEG with {kind} is not supported\n\
         hint: convert it to 8-bit grey or RGB, for example with Pillow's `convert('RGB')`"
    )]
    UnsupportedJpeg {
        /// What sets it apart.
        kind: &'static str,
    },
    /// A valid file of a kind that is not read.
    #[error(
        "a {format} file with {kind} is not supported\nhint: convert it to 8-bit grey PNG or to DICOM"
    )]
    Unsupported {
        /// Kind of file.
        format: Format,
        /// What sets it apart.
        kind: String,
    },
    /// Several slices where one is wanted.
    #[error(
        "the {format} file holds {count} slices; a dataset wants one slice a file\n\
         hint: write each slice to a file of its own; `hilum predict` reads it as it is"
    )]
    SeveralSlices {
        /// Kind of file.
        format: Format,
        /// How many slices there are.
        count: usize,
    },
    /// An archive where an image is wanted.
    #[error(
        "the file is a ZIP archive\n\
         hint: unpack it; `hilum predict ARCHIVE` reads an archive of images, but none within it"
    )]
    Archive,
    /// A DICOM file of something else than a single CT slice.
    #[error(transparent)]
    Dicom(#[from] DicomProblem),
}

/// Why a DICOM file did not become a slice.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DicomProblem {
    /// Another modality, or an object that is no CT image.
    #[error(
        "not a CT slice: modality `{modality}`, SOP class `{sop_class}`\n\
         hint: only CT Image Storage holds Hounsfield units; leave other series out"
    )]
    NotCt {
        /// Modality (0008,0060), or `unknown`.
        modality: String,
        /// SOP Class UID (0008,0016), with its name where it is known.
        sop_class: String,
    },
    /// Several frames where a file must be one slice.
    #[error(
        "the file holds {count} slices, and each file must be one\n\
         hint: give each frame a file of its own, for example with dcm4che's `emf2sf`; \
         `hilum predict` takes the file as it is"
    )]
    MultiFrame {
        /// How many frames there are.
        count: usize,
    },
    /// A `DICOMDIR`: the index of a medium.
    #[error("a DICOM directory: an index of files, not an image\nhint: leave it out")]
    Directory,
    /// A header without an image.
    #[error("the DICOM file has no pixel data\nhint: was only the header exported?")]
    NoPixelData,
    /// A compression that is not read.
    #[error(
        "transfer syntax `{transfer_syntax}` is not supported\n\
         hint: decompress the file first, for example with `gdcmconv --raw` or `dcmdjpeg`"
    )]
    UnsupportedTransferSyntax {
        /// Transfer Syntax UID (0002,0010), with its name where it is known.
        transfer_syntax: String,
    },
    /// An attribute that the pixels cannot be read without.
    #[error("the DICOM attribute `{attribute}` is missing or unreadable")]
    MissingAttribute {
        /// Its keyword, such as `BitsAllocated`.
        attribute: &'static str,
    },
    /// An attribute with a value that makes no sense for CT.
    #[error("the DICOM attribute `{attribute}` is `{value}`; expected {expected}")]
    UnexpectedValue {
        /// Its keyword.
        attribute: &'static str,
        /// What the file says.
        value: String,
        /// What it may say.
        expected: &'static str,
    },
}
