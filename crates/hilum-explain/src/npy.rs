//! Maps as NumPy's `.npy` files.
//!
//! Twenty lines of our own: `npyz` and `ndarray-npy` bring a parser of Python literals or an array library along, for a
//! header that is always the same.

use crate::HeatMap;

/// Files begin with it; then version 1.0.
const MAGIC: &[u8] = b"\x93NUMPY\x01\x00";
/// The values begin at a multiple of this.
const ALIGNMENT: usize = 64;
/// NumPy leaves room for a first axis of this many digits, so that a file can grow in place.
const AXIS_DIGITS: usize = 21;

/// The map as an `.npy` file, version 1.0: `float32`, little-endian, C order, of shape
/// `(height, width)`; the bytes that `numpy.save` writes.
///
/// Values are what the method gave, not a number of them rounded or scaled; `NaN` stays `NaN`.
/// The format is NEP 1's (`numpy.lib.format`).
///
/// ```
/// use hilum_explain::{HeatMap, npy};
///
/// let bytes = npy(&HeatMap::new(3, 2, vec![0.0, 0.5, 1.0, 0.0, 0.0, 0.0]));
/// assert!(bytes.starts_with(b"\x93NUMPY\x01\x00"));
/// assert_eq!(bytes.len(), 128 + 6 * 4);
/// ```
pub fn npy(map: &HeatMap) -> Vec<u8> {
    npy_of(&[map.height(), map.width()], map.values())
}

/// The same of values of any shape of two axes or more.
///
/// # Panics
/// If there are fewer axes.
pub fn npy_of(shape: &[usize], values: &[f32]) -> Vec<u8> {
    assert!(shape.len() > 1, "a tuple of lengths");
    let digits = shape[0].to_string().len();
    let lengths: Vec<String> = shape.iter().map(ToString::to_string).collect();
    let mut header = format!(
        "{{'descr': '<f4', 'fortran_order': False, 'shape': ({}), }}",
        lengths.join(", ")
    );
    header.extend(std::iter::repeat_n(' ', AXIS_DIGITS.saturating_sub(digits)));
    // Two bytes say how long the header is, a line break ends it.
    let used = MAGIC.len() + 2 + header.len() + 1;
    header.extend(std::iter::repeat_n(
        ' ',
        used.next_multiple_of(ALIGNMENT) - used,
    ));
    header.push('\n');
    // Two numbers of at most twenty digits each: never near 65,535 bytes.
    let length = header.len() as u16;
    let mut bytes = [MAGIC, &length.to_le_bytes(), header.as_bytes()].concat();
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    bytes
}
