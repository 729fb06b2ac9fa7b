//! Bytes to a DICOM data set, with errors in our words.

use std::error::Error;
use std::io::{Cursor, ErrorKind, Read};

use dicom_object::file::ReadPreamble;
use dicom_object::{DefaultDicomObject, OpenFileOptions, ReadError};

use super::super::error::{DecodeProblem, DecoderCause, DicomProblem};
use super::super::{DecodeLimits, Format};
use super::lengths;

/// Reads a whole file: with preamble and `DICM`, with `DICM` only, or from group 2 on.
pub(super) fn read(
    bytes: &[u8],
    limits: DecodeLimits,
) -> Result<DefaultDicomObject, DecodeProblem> {
    let after_preamble = if bytes.get(128..132) == Some(b"DICM") {
        &bytes[128..]
    } else {
        bytes
    };
    let elements = after_preamble
        .strip_prefix(b"DICM")
        .unwrap_or(after_preamble);
    lengths::check(elements, limits)?;
    OpenFileOptions::new()
        .read_preamble(ReadPreamble::Never)
        .from_reader(Cursor::new(b"DICM").chain(Cursor::new(elements)))
        .map_err(problem)
}

fn problem(error: ReadError) -> DecodeProblem {
    if ends_early(&error) || matches!(error, ReadError::PrematureEnd { .. }) {
        return DecodeProblem::Truncated {
            format: Format::Dicom,
        };
    }
    let unsupported = |transfer_syntax: String| {
        DecodeProblem::Dicom(DicomProblem::UnsupportedTransferSyntax { transfer_syntax })
    };
    match error {
        ReadError::ReadUnrecognizedTransferSyntax { uid, .. } => unsupported(uid),
        ReadError::ReadUnsupportedTransferSyntax { uid, name, .. }
        | ReadError::ReadUnsupportedTransferSyntaxWithSuggestion { uid, name, .. } => {
            unsupported(format!("{name} ({uid})"))
        }
        cause => damaged(innermost(&cause).to_string()),
    }
}

/// A damaged DICOM file; `cause` says what was found.
pub(super) fn damaged(cause: impl Into<DecoderCause>) -> DecodeProblem {
    DecodeProblem::Damaged {
        format: Format::Dicom,
        cause: cause.into(),
    }
}

/// Whether the bytes ended while something was still expected.
fn ends_early(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(current) = cause {
        if let Some(io) = current.downcast_ref::<std::io::Error>()
            && io.kind() == ErrorKind::UnexpectedEof
        {
            return true;
        }
        cause = current.source();
    }
    false
}

/// The first cause in a chain: what the parser met, not what it was about to do.
pub(super) fn innermost<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause
}
