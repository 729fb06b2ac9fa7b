//! The header of a NIfTI file (nifti1.h, nifti2.h).

use super::super::{DecodeProblem, Format};
use super::TRUNCATED;

/// Of NIfTI-2.
pub(super) const LONGEST_HEADER: usize = 540;

/// How a value is stored (`datatype`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F32,
    F64,
}

/// What is needed of a header.
#[derive(Debug)]
pub(super) struct Header {
    is_little_endian: bool,
    kind: Kind,
    /// Values along the three axes of the file.
    pub(super) size: [usize; 3],
    /// Where values begin.
    offset: usize,
    slope: f64,
    intercept: f64,
    /// Rows of the matrix from positions in the file to millimetres to the right, to the front and
    /// up, without its translation; `None` if the file does not say.
    pub(super) matrix: Option<[[f64; 3]; 3]>,
}

/// Where fields stand; NIfTI-2 widened and moved them.
struct Fields {
    dim: usize,
    datatype: usize,
    pixdim: usize,
    vox_offset: usize,
    scl_slope: usize,
    qform_code: usize,
    sform_code: usize,
    quatern: usize,
    srow: usize,
    is_second: bool,
}

const FIRST: Fields = Fields {
    dim: 40,
    datatype: 70,
    pixdim: 76,
    vox_offset: 108,
    scl_slope: 112,
    qform_code: 252,
    sform_code: 254,
    quatern: 256,
    srow: 280,
    is_second: false,
};

const SECOND: Fields = Fields {
    dim: 16,
    datatype: 12,
    pixdim: 104,
    vox_offset: 168,
    scl_slope: 176,
    qform_code: 344,
    sform_code: 348,
    quatern: 352,
    srow: 400,
    is_second: true,
};

impl Header {
    /// Whether `begin` is the beginning of a volume with its values in the same file.
    pub(super) fn is_there(begin: &[u8]) -> bool {
        Self::fields(begin).is_some()
    }

    /// The fields and whether numbers are little endian.
    fn fields(begin: &[u8]) -> Option<(&'static Fields, bool)> {
        let size: [u8; 4] = *begin.first_chunk()?;
        let is_little_endian = match (u32::from_le_bytes(size), u32::from_be_bytes(size)) {
            (348 | 540, _) => true,
            (_, 348 | 540) => false,
            _ => return None,
        };
        if begin.get(344..348) == Some(b"n+1\0") {
            Some((&FIRST, is_little_endian))
        } else if begin.get(4..8) == Some(b"n+2\0") && begin.len() >= LONGEST_HEADER {
            Some((&SECOND, is_little_endian))
        } else {
            None
        }
    }

    pub(super) fn read(begin: &[u8]) -> Result<Self, DecodeProblem> {
        let (fields, is_little_endian) = Self::fields(begin).ok_or(TRUNCATED)?;
        let numbers = Numbers {
            bytes: begin,
            is_little_endian,
            is_second: fields.is_second,
        };
        let kind = match numbers.short(fields.datatype) {
            2 => Kind::U8,
            256 => Kind::I8,
            512 => Kind::U16,
            4 => Kind::I16,
            768 => Kind::U32,
            8 => Kind::I32,
            1280 => Kind::U64,
            1024 => Kind::I64,
            16 => Kind::F32,
            64 => Kind::F64,
            128 | 2304 => return Err(unsupported("colours")),
            other => return Err(unsupported(&format!("values of the kind {other}"))),
        };
        let size = size(&numbers, fields)?;
        let offset = if fields.is_second {
            numbers.long(fields.vox_offset) as f64
        } else {
            numbers.float(fields.vox_offset)
        };
        // Nothing but a whole number behind the header can be meant.
        if !(0.0..=1e15).contains(&offset) {
            return Err(damaged(
                "the place where values begin is no number of bytes",
            ));
        }
        let least = if fields.is_second { 544 } else { 352 };
        let (slope, intercept) = (
            numbers.real(fields.scl_slope, 0),
            numbers.real(fields.scl_slope, 1),
        );
        // nifti1.h: a slope of zero means that values are not scaled.
        let is_scaled = slope != 0.0 && slope.is_finite() && intercept.is_finite();
        Ok(Self {
            is_little_endian,
            kind,
            size,
            offset: (offset as usize).max(least),
            slope: if is_scaled { slope } else { 1.0 },
            intercept: if is_scaled { intercept } else { 0.0 },
            matrix: matrix(&numbers, fields),
        })
    }

    pub(super) fn names_orientation(&self) -> bool {
        self.matrix.is_some()
    }

    pub(super) fn value_bytes(&self) -> usize {
        match self.kind {
            Kind::U8 | Kind::I8 => 1,
            Kind::U16 | Kind::I16 => 2,
            Kind::U32 | Kind::I32 | Kind::F32 => 4,
            Kind::U64 | Kind::I64 | Kind::F64 => 8,
        }
    }

    /// How many bytes the file has without compression, header included; `None` if no machine has.
    pub(super) fn length(&self) -> Option<usize> {
        let [a, b, c] = self.size;
        let count = a.checked_mul(b)?.checked_mul(c)?;
        count
            .checked_mul(self.value_bytes())?
            .checked_add(self.offset)
    }

    /// The value at a position in the file, scaled.
    #[expect(
        clippy::cast_lossless,
        reason = "one macro for all kinds, two of which lose bits"
    )]
    pub(super) fn value(&self, stored: &[u8], at: usize) -> f32 {
        let start = self.offset + at * self.value_bytes();
        macro_rules! number {
            ($kind:ty) => {{
                let bytes = *stored[start..]
                    .first_chunk()
                    .expect("the length was checked");
                let value = if self.is_little_endian {
                    <$kind>::from_le_bytes(bytes)
                } else {
                    <$kind>::from_be_bytes(bytes)
                };
                value as f64
            }};
        }
        let value = match self.kind {
            Kind::U8 => number!(u8),
            Kind::I8 => number!(i8),
            Kind::U16 => number!(u16),
            Kind::I16 => number!(i16),
            Kind::U32 => number!(u32),
            Kind::I32 => number!(i32),
            Kind::U64 => number!(u64),
            Kind::I64 => number!(i64),
            Kind::F32 => number!(f32),
            Kind::F64 => number!(f64),
        };
        (value * self.slope + self.intercept) as f32
    }
}

/// Values along three axes; further axes must be of one value.
fn size(numbers: &Numbers<'_>, fields: &Fields) -> Result<[usize; 3], DecodeProblem> {
    let along = |axis: usize| {
        if fields.is_second {
            numbers.long(fields.dim + 8 * axis)
        } else {
            i64::from(numbers.short(fields.dim + 2 * axis))
        }
    };
    let count = along(0);
    if !(1..=7).contains(&count) {
        return Err(damaged("the number of axes is not 1 to 7"));
    }
    let mut size = [1; 3];
    for axis in 1..=count as usize {
        let length = along(axis);
        match size.get_mut(axis - 1) {
            Some(size) => {
                *size = usize::try_from(length)
                    .ok()
                    .filter(|length| *length > 0)
                    .ok_or_else(|| damaged("an axis has no values"))?;
            }
            None if length > 1 => {
                return Err(unsupported(
                    "more than three axes (several volumes in one file)",
                ));
            }
            None => {}
        }
    }
    Ok(size)
}

/// By `sform`, or else by `qform` (nifti1.h, methods 3 and 2).
fn matrix(numbers: &Numbers<'_>, fields: &Fields) -> Option<[[f64; 3]; 3]> {
    let code = |at: usize| {
        if fields.is_second {
            numbers.int(at)
        } else {
            i32::from(numbers.short(at))
        }
    };
    let is_usable = |matrix: &[[f64; 3]; 3]| {
        let mut columns = (0..3).map(|column| matrix.map(|row| row[column]));
        columns.all(|column| {
            let length = column.iter().map(|part| part * part).sum::<f64>();
            length.is_finite() && length > 0.0
        })
    };
    if code(fields.sform_code) > 0 {
        let row = |row: usize| [0, 1, 2].map(|column| numbers.real(fields.srow, 4 * row + column));
        let matrix = [row(0), row(1), row(2)];
        return Some(matrix).filter(is_usable);
    }
    if code(fields.qform_code) <= 0 {
        return None;
    }
    let [b, c, d] = [0, 1, 2].map(|index| numbers.real(fields.quatern, index));
    let a = (1.0 - (b * b + c * c + d * d)).max(0.0).sqrt();
    let factor = if numbers.real(fields.pixdim, 0) < 0.0 {
        -1.0
    } else {
        1.0
    };
    let [x, y, z] = [1, 2, 3].map(|index| numbers.real(fields.pixdim, index));
    let z = z * factor;
    let matrix = [
        [
            (a * a + b * b - c * c - d * d) * x,
            2.0 * (b * c - a * d) * y,
            2.0 * (b * d + a * c) * z,
        ],
        [
            2.0 * (b * c + a * d) * x,
            (a * a + c * c - b * b - d * d) * y,
            2.0 * (c * d - a * b) * z,
        ],
        [
            2.0 * (b * d - a * c) * x,
            2.0 * (c * d + a * b) * y,
            (a * a + d * d - b * b - c * c) * z,
        ],
    ];
    Some(matrix).filter(is_usable)
}

/// Numbers of a header, in its byte order; fields that are not there are zero.
struct Numbers<'header> {
    bytes: &'header [u8],
    is_little_endian: bool,
    is_second: bool,
}

impl Numbers<'_> {
    fn raw<const LENGTH: usize>(&self, at: usize) -> [u8; LENGTH] {
        let bytes = self.bytes.get(at..).and_then(|rest| rest.first_chunk());
        let mut bytes = bytes.copied().unwrap_or([0; LENGTH]);
        if !self.is_little_endian {
            bytes.reverse();
        }
        bytes
    }

    fn short(&self, at: usize) -> i16 {
        i16::from_le_bytes(self.raw(at))
    }

    fn int(&self, at: usize) -> i32 {
        i32::from_le_bytes(self.raw(at))
    }

    fn long(&self, at: usize) -> i64 {
        i64::from_le_bytes(self.raw(at))
    }

    fn float(&self, at: usize) -> f64 {
        f64::from(f32::from_le_bytes(self.raw(at)))
    }

    /// The number at `index` of those that begin at `at`: of eight bytes each in NIfTI-2, of four
    /// before.
    fn real(&self, at: usize, index: usize) -> f64 {
        if self.is_second {
            f64::from_le_bytes(self.raw(at + 8 * index))
        } else {
            self.float(at + 4 * index)
        }
    }
}

fn unsupported(kind: &str) -> DecodeProblem {
    DecodeProblem::Unsupported {
        format: Format::Nifti,
        kind: kind.to_owned(),
    }
}

fn damaged(what: &'static str) -> DecodeProblem {
    DecodeProblem::Damaged {
        format: Format::Nifti,
        cause: what.into(),
    }
}
