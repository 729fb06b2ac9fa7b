//! Numbers to bytes and back.

use std::io::{self, Write};

use half::{bf16, f16};
use safetensors::Dtype;

use super::precision::Precision;

/// Values converted at once; the buffer stays in the cache.
const CHUNK: usize = 1 << 14;

/// Calls `act` with the little-endian bytes of `values`, piece by piece.
pub(super) fn for_each_chunk(values: &[f32], mut act: impl FnMut(&[u8])) {
    let mut bytes = vec![0; CHUNK.min(values.len()) * 4];
    for chunk in values.chunks(CHUNK) {
        let bytes = &mut bytes[..chunk.len() * 4];
        for (target, value) in bytes.chunks_exact_mut(4).zip(chunk) {
            target.copy_from_slice(&value.to_le_bytes());
        }
        act(bytes);
    }
}

/// Writes `values`, little-endian.
pub(super) fn write(file: &mut dyn Write, values: &[f32], precision: Precision) -> io::Result<()> {
    match precision {
        Precision::Full => write_full(file, values),
        Precision::Half => values.chunks(CHUNK).try_for_each(|chunk| {
            let halves = chunk
                .iter()
                .map(|value| f16::from_f32(*value).to_le_bytes());
            file.write_all(&halves.flatten().collect::<Vec<u8>>())
        }),
    }
}

fn write_full(file: &mut dyn Write, values: &[f32]) -> io::Result<()> {
    let mut outcome = Ok(());
    for_each_chunk(values, |bytes| {
        if outcome.is_ok() {
            outcome = file.write_all(bytes);
        }
    });
    outcome
}

/// Little-endian numbers of type `dtype` as f32; `None` if that is no floating-point type.
///
/// A double beyond the range of f32 becomes infinite.
pub(crate) fn floats(dtype: Dtype, bytes: &[u8]) -> Option<Vec<f32>> {
    Some(match dtype {
        Dtype::F16 => each(bytes, |value| f16::from_le_bytes(value).to_f32()),
        Dtype::BF16 => each(bytes, |value| bf16::from_le_bytes(value).to_f32()),
        Dtype::F32 => each(bytes, f32::from_le_bytes),
        Dtype::F64 => each(bytes, |value| f64::from_le_bytes(value) as f32),
        _ => return None,
    })
}

fn each<const WIDTH: usize>(bytes: &[u8], read: impl Fn([u8; WIDTH]) -> f32) -> Vec<f32> {
    let (values, _) = bytes.as_chunks::<WIDTH>();
    values.iter().map(|value| read(*value)).collect()
}

/// An element type as safetensors spells it: `I64`.
pub(crate) fn element_type(dtype: Dtype) -> String {
    format!("{dtype:?}")
}
