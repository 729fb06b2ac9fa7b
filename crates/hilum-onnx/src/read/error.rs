//! Why an ONNX file is refused.

use std::io;

use thiserror::Error;

/// Nodes, names and tensors of a file, at most: ten times what large networks have.
pub(super) const MOST_PARTS: usize = 200_000;

/// Why an ONNX file is refused.
#[derive(Debug, Error)]
pub enum ReadError {
    /// It is truncated, or no protobuf.
    #[error("it is damaged or truncated\nhint: copy it again from its source")]
    Damaged,
    /// It holds a string that is no text, or nests too deeply.
    #[error("it is no ONNX model")]
    Decode(#[from] prost::DecodeError),
    /// More parts than any network has.
    #[error("it has {found} nodes, names and tensors; {MOST_PARTS} at most are read")]
    TooManyParts {
        /// How many.
        found: usize,
    },
    /// Few numbers that are used very often.
    #[error("its tensors are used out of all proportion to the size of the file")]
    TooManyCopies,
    /// There is no graph in it.
    #[error("it holds no graph")]
    NoGraph,
    /// A shape that nothing has.
    #[error("its tensor `{name}` has an impossible shape")]
    Shape {
        /// The tensor.
        name: String,
    },
    /// More or fewer numbers than its shape says.
    #[error("its tensor `{name}` holds {found} numbers, its shape asks for {count}")]
    Length {
        /// The tensor.
        name: String,
        /// How many its shape asks for.
        count: usize,
        /// How many there are.
        found: usize,
    },
    /// It does not say where its numbers lie.
    #[error("its tensor `{name}` lies in another file, and does not say where")]
    Place {
        /// The tensor.
        name: String,
    },
    /// Its numbers lie in a file beside it that cannot be read.
    #[error(
        "its tensor `{name}` lies in `{location}`, which cannot be read\nhint: put that file beside it"
    )]
    External {
        /// The tensor.
        name: String,
        /// The file.
        location: String,
        /// What is in the way.
        #[source]
        source: io::Error,
    },
}
