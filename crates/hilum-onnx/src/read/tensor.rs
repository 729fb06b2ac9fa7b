//! A constant's numbers.

use half::{bf16, f16};
use hilum_graph::Tensor;

use super::error::ReadError;
use super::schema::StoredTensor;

/// `TensorProto.DataLocation.EXTERNAL`.
const EXTERNAL: i32 = 1;

/// A part of a file beside the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct External {
    /// The file's name, relative to the model's folder; as the model gives it.
    pub location: String,
    /// Where the part begins.
    pub offset: u64,
    /// How long it is; to the end if absent.
    pub length: Option<u64>,
}

/// What a constant holds.
#[derive(Debug)]
pub(super) enum Content {
    Numbers(Tensor),
    /// Another type than floating-point numbers, by ONNX's name.
    Other(String),
}

/// Types of floating-point numbers, by ONNX's numbers for them (`TensorProto.DataType`).
#[derive(Debug, Clone, Copy)]
enum Float {
    Single,
    Half,
    Double,
    Brain,
}

impl Float {
    fn of(element_type: i32) -> Option<Self> {
        match element_type {
            1 => Some(Self::Single),
            10 => Some(Self::Half),
            11 => Some(Self::Double),
            16 => Some(Self::Brain),
            _ => None,
        }
    }

    fn size(self) -> usize {
        match self {
            Self::Half | Self::Brain => 2,
            Self::Single => 4,
            Self::Double => 8,
        }
    }

    fn decode(self, raw: &[u8]) -> Vec<f32> {
        let values = raw.chunks_exact(self.size());
        match self {
            Self::Single => values
                .map(|value| f32::from_le_bytes(array(value)))
                .collect(),
            Self::Double => values
                .map(|value| f64::from_le_bytes(array(value)) as f32)
                .collect(),
            Self::Half => values
                .map(|value| f16::from_le_bytes(array(value)).to_f32())
                .collect(),
            Self::Brain => values
                .map(|value| bf16::from_le_bytes(array(value)).to_f32())
                .collect(),
        }
    }
}

fn array<const N: usize>(value: &[u8]) -> [u8; N] {
    value.try_into().expect("chunks of that size")
}

/// The numbers of `stored`; `beside` gives parts of files that lie beside the model.
pub(super) fn content(
    stored: StoredTensor,
    beside: &mut dyn FnMut(&External) -> std::io::Result<Vec<u8>>,
) -> Result<Content, ReadError> {
    let name = stored.name.clone();
    let Some(float) = Float::of(stored.element_type) else {
        return Ok(Content::Other(type_name(stored.element_type)));
    };
    let lengths = stored.lengths.iter().map(|length| usize::try_from(*length));
    let shape: Option<Vec<usize>> = lengths.map(Result::ok).collect();
    let sized = shape.and_then(|shape| {
        let mut lengths = shape.iter();
        let count = lengths.try_fold(1_usize, |count, length| count.checked_mul(*length))?;
        count
            .checked_mul(float.size())
            .map(|size| (shape, count, size))
    });
    let Some((shape, count, size)) = sized else {
        return Err(ReadError::Shape { name });
    };
    let data = if stored.location == EXTERNAL {
        let part = external(&stored)?;
        // The model says how many numbers there are, whatever it says of the part's length.
        let bounded = External {
            length: Some(size as u64),
            ..part
        };
        let found = beside(&bounded).map_err(|source| ReadError::External {
            name: name.clone(),
            location: bounded.location.clone(),
            source,
        })?;
        float.decode(&found)
    } else if !stored.raw.is_empty() {
        float.decode(&stored.raw)
    } else {
        match float {
            Float::Single => stored.floats,
            Float::Double => stored.doubles.iter().map(|value| *value as f32).collect(),
            Float::Half => bits(&stored.halves, |value| f16::from_bits(value).to_f32()),
            Float::Brain => bits(&stored.halves, |value| bf16::from_bits(value).to_f32()),
        }
    };
    if data.len() != count {
        let found = data.len();
        return Err(ReadError::Length { name, count, found });
    }
    Ok(Content::Numbers(Tensor::new(shape, data)))
}

fn bits(values: &[i32], number: impl Fn(u16) -> f32) -> Vec<f32> {
    values.iter().map(|value| number(*value as u16)).collect()
}

fn external(stored: &StoredTensor) -> Result<External, ReadError> {
    let value = |key: &str| {
        let mut entries = stored.elsewhere.iter();
        entries
            .find(|entry| entry.key == key)
            .map(|entry| entry.value.as_str())
    };
    let place = |key: &str| match value(key) {
        None => Ok(None),
        Some(text) => text.parse::<u64>().map(Some).map_err(|_| ReadError::Place {
            name: stored.name.clone(),
        }),
    };
    let location = value("location").ok_or_else(|| ReadError::Place {
        name: stored.name.clone(),
    })?;
    Ok(External {
        location: location.to_owned(),
        offset: place("offset")?.unwrap_or(0),
        length: place("length")?,
    })
}

fn type_name(element_type: i32) -> String {
    let named = crate::proto::DataType::try_from(element_type);
    named.map_or_else(
        |_| format!("type {element_type}"),
        |named| named.as_str_name().to_owned(),
    )
}
