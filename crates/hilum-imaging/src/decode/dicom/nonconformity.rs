//! What was forgiven a DICOM file.

use std::fmt;

use dicom_core::Tag;
use serde::{Serialize, Serializer};

/// A way in which a file departs from the standard, and is read all the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Nonconformity {
    /// No `DICM` behind a preamble of 128 bytes (PS3.10 7.1).
    NoPreamble,
    /// No file meta information at all.
    NoFileMeta,
    /// File Meta Information Group Length (0002,0000) is missing.
    NoMetaGroupLength,
    /// File Meta Information Group Length (0002,0000) is another than the group's.
    MetaGroupLength {
        /// What it says.
        said: u32,
        /// What it should say.
        found: u32,
    },
    /// A value of the file meta information is longer than its kind allows.
    LongMetaValue {
        /// The attribute's keyword.
        attribute: &'static str,
        /// Its length in bytes.
        length: usize,
    },
    /// Transfer Syntax UID (0002,0010) is missing or unknown, or the data set is coded otherwise.
    TransferSyntax {
        /// What the file says; empty where it is silent.
        said: String,
        /// How it is coded.
        found: &'static str,
    },
    /// Attributes that the standard knows are written as `UN`.
    KnownAsUnknown,
    /// Elements without a value representation stand among those with one.
    MixedEncoding,
    /// An element's length or its items make no sense.
    BrokenElement {
        /// Group and element.
        group: u16,
        /// Group and element.
        element: u16,
    },
    /// A value's length is odd (PS3.5 7.1.1).
    OddLength {
        /// Group and element.
        group: u16,
        /// Group and element.
        element: u16,
    },
    /// Bytes behind the data set that are no elements.
    TrailingBytes,
    /// Uncompressed pixels of undefined length, or compressed ones of defined length.
    PixelDataLength,
    /// Compressed pixels are not what the transfer syntax says.
    PixelCoding {
        /// What they are.
        found: &'static str,
    },
    /// An attribute is missing or makes no sense, and what it must have meant is assumed.
    Attribute {
        /// The attribute's keyword.
        attribute: &'static str,
        /// What is assumed.
        assumed: &'static str,
    },
}

impl Nonconformity {
    pub(super) fn broken(tag: Tag) -> Self {
        Self::BrokenElement {
            group: tag.group(),
            element: tag.element(),
        }
    }

    pub(super) fn odd(tag: Tag) -> Self {
        Self::OddLength {
            group: tag.group(),
            element: tag.element(),
        }
    }
}

impl fmt::Display for Nonconformity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPreamble => f.write_str("no `DICM` behind a preamble"),
            Self::NoFileMeta => f.write_str("no file meta information"),
            Self::NoMetaGroupLength => {
                f.write_str("the file meta information does not say its length")
            }
            Self::MetaGroupLength { said, found } => write!(
                f,
                "the file meta information says {said} bytes and is {found}"
            ),
            Self::LongMetaValue { attribute, length } => {
                write!(f, "`{attribute}` is {length} bytes long")
            }
            Self::TransferSyntax { said, found } if said.is_empty() => {
                write!(f, "no transfer syntax; read as {found}")
            }
            Self::TransferSyntax { said, found } => {
                write!(f, "transfer syntax `{said}`; read as {found}")
            }
            Self::KnownAsUnknown => f.write_str("known attributes are written as `UN`"),
            Self::MixedEncoding => f.write_str("elements without a value representation"),
            Self::BrokenElement { group, element } => {
                write!(f, "element ({group:04X},{element:04X}) is broken")
            }
            Self::OddLength { group, element } => {
                write!(f, "element ({group:04X},{element:04X}) has an odd length")
            }
            Self::TrailingBytes => f.write_str("bytes behind the data set"),
            Self::PixelDataLength => f.write_str("the pixels' length is of the wrong kind"),
            Self::PixelCoding { found } => write!(f, "the pixels are {found}, by their content"),
            Self::Attribute { attribute, assumed } => {
                write!(f, "`{attribute}` is missing or wrong; {assumed} is assumed")
            }
        }
    }
}

impl Serialize for Nonconformity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What was forgiven so far: each kind once, and no more than anybody reads.
#[derive(Debug, Clone, Default)]
pub(super) struct Forgiven(Vec<Nonconformity>);

impl Forgiven {
    const MOST: usize = 16;

    pub(super) fn note(&mut self, what: Nonconformity) {
        if self.0.len() < Self::MOST && !self.0.contains(&what) {
            self.0.push(what);
        }
    }

    pub(super) fn into_vec(self) -> Vec<Nonconformity> {
        self.0
    }
}
