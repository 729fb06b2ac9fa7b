//! Numbers in the text of a model file: half precision, little-endian, base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use half::f16;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// What a file of half precision gives back of a number; the largest that it holds, of a larger one.
pub(super) fn rounded(value: f32) -> f32 {
    let limit = f16::MAX.to_f32();
    f16::from_f32(value.clamp(-limit, limit)).to_f32()
}

/// The same of several.
pub(super) fn all_rounded(values: Vec<f32>) -> Vec<f32> {
    values.into_iter().map(rounded).collect()
}

pub(super) fn serialize<S: Serializer>(values: &[f32], serializer: S) -> Result<S::Ok, S::Error> {
    let bytes = values
        .iter()
        .flat_map(|value| f16::from_f32(*value).to_le_bytes());
    STANDARD
        .encode(bytes.collect::<Vec<u8>>())
        .serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<f32>, D::Error> {
    let text = String::deserialize(from)?;
    let bytes = STANDARD.decode(text).map_err(de::Error::custom)?;
    let (pairs, rest) = bytes.as_chunks::<2>();
    let values: Vec<f32> = pairs
        .iter()
        .map(|pair| f16::from_le_bytes(*pair).to_f32())
        .collect();
    if !rest.is_empty() || values.iter().any(|value| !value.is_finite()) {
        return Err(de::Error::custom("numbers that no detector has"));
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Numbers(#[serde(with = "super")] Vec<f32>);

    #[test]
    fn rounded_numbers_come_back_and_others_are_refused() {
        let values = all_rounded(vec![0.0, -1.5, std::f32::consts::PI, 1e9]);
        assert_eq!(values[..2], [0.0, -1.5]);
        assert_eq!(values[3], 65504.0);
        let json = serde_json::to_string(&Numbers(values.clone())).unwrap();
        // 0x0000, 0xbe00, 0x4248, 0x7bff, little-endian.
        assert_eq!(json, "\"AAAAvkhC/3s=\"");
        assert_eq!(serde_json::from_str::<Numbers>(&json).unwrap().0, values);
        for text in ["\"AA==\"", "\"AHw=\"", "\"?\"", "3"] {
            assert!(serde_json::from_str::<Numbers>(text).is_err(), "{text}");
        }
    }
}
