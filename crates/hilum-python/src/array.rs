//! Arrays as files in memory, so that they are read by the rules of files.

use std::io::Cursor;

use hilum_core::closest;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use tiff::TiffResult;
use tiff::encoder::colortype::{ColorType, Gray8, Gray16, GrayI16, RGB8, RGB16, RGBA8, RGBA16};
use tiff::encoder::{TiffEncoder, TiffValue};

/// Kinds of values, as NumPy names them.
const KINDS: [&str; 3] = ["uint8", "uint16", "int16"];

/// An uncompressed TIFF of an array: rows of pixels, little-endian values; `channels` is 1, 3 or 4.
#[pyfunction]
pub(crate) fn tiff_of<'py>(
    py: Python<'py>,
    data: &[u8],
    shape: (u32, u32, u32),
    kind: &str,
) -> PyResult<Bound<'py, PyBytes>> {
    let (height, width, channels) = shape;
    let size = (width, height);
    let written = match (kind, channels) {
        ("uint8", 1) => written::<Gray8>(size, data),
        ("uint8", 3) => written::<RGB8>(size, data),
        ("uint8", 4) => written::<RGBA8>(size, data),
        ("uint16", 1) => written::<Gray16>(size, &values(data, u16::from_le_bytes)),
        ("uint16", 3) => written::<RGB16>(size, &values(data, u16::from_le_bytes)),
        ("uint16", 4) => written::<RGBA16>(size, &values(data, u16::from_le_bytes)),
        ("int16", 1) => written::<GrayI16>(size, &values(data, i16::from_le_bytes)),
        _ => return Err(refused(kind, channels)),
    };
    let bytes = written.map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok(PyBytes::new(py, &bytes))
}

fn refused(kind: &str, channels: u32) -> PyErr {
    let hint = closest(kind, KINDS).unwrap_or(KINDS[0]);
    PyValueError::new_err(format!(
        "no picture is made of `{kind}` in {channels} channels; try `{hint}`"
    ))
}

fn written<C: ColorType>((width, height): (u32, u32), values: &[C::Inner]) -> TiffResult<Vec<u8>>
where
    [C::Inner]: TiffValue,
{
    let mut file = Cursor::new(Vec::with_capacity(size_of_val(values) + 1024));
    TiffEncoder::new(&mut file)?.write_image::<C>(width, height, values)?;
    Ok(file.into_inner())
}

fn values<T, const N: usize>(data: &[u8], read: fn([u8; N]) -> T) -> Vec<T> {
    let (values, _) = data.as_chunks::<N>();
    values.iter().map(|bytes| read(*bytes)).collect()
}
