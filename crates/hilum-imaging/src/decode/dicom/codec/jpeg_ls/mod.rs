//! JPEG-LS of one component, lossless and near-lossless (ITU-T T.87).
//!
//! Own code: the crates that decode it are bindings to C++. Held against CharLS.

mod bits;
mod context;
mod header;
mod scan;

use super::{CodecProblem, OTHER_SHAPE, Samples, Shape};
use header::Header;

pub(super) fn decode(stream: &[u8], shape: Shape) -> Result<Samples, CodecProblem> {
    let header = Header::read(stream)?;
    let is_shape = usize::from(header.width) == shape.width
        && (usize::from(header.height) == shape.height || header.height == 0);
    if !is_shape || header.components != 1 {
        return Err(OTHER_SHAPE);
    }
    Ok(Samples {
        values: scan::decode(&header, shape)?,
        precision: u32::from(header.precision),
        is_signed: false,
    })
}
