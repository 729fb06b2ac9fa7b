//! The `data` of a tensor in JSON: numbers or texts, nested in any way, read into a flat row.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Unexpected, Visitor};

/// Values of a tensor, row by row.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Data {
    pub(super) numbers: Vec<f32>,
    pub(super) texts: Vec<String>,
}

impl Data {
    /// What the texts are in base64.
    ///
    /// # Errors
    /// The position of one that is not.
    pub(super) fn decoded(self) -> Result<Vec<Vec<u8>>, usize> {
        let texts = self.texts.into_iter().enumerate();
        let decoded = texts.map(|(index, text)| STANDARD.decode(text).map_err(|_| index));
        decoded.collect()
    }
}

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut data = Self::default();
        deserializer.deserialize_any(Row(&mut data))?;
        Ok(data)
    }
}

/// Reads a value, or an array of them, behind what was read before.
struct Row<'a>(&'a mut Data);

impl<'de> DeserializeSeed<'de> for Row<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Row<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array of numbers or of texts in base64")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<(), A::Error> {
        while sequence.next_element_seed(Row(self.0))?.is_some() {}
        Ok(())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.0.numbers.push(value as f32);
        Ok(())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.visit_f64(value as f64)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.visit_f64(value as f64)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        self.visit_string(value.to_owned())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<(), E> {
        self.0.texts.push(value);
        Ok(())
    }

    /// `{"b64": ...}`, as TensorFlow Serving's interface has it.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        match map.next_entry::<String, String>()? {
            Some((key, text)) if key == "b64" && map.next_key::<String>()?.is_none() => {
                self.0.texts.push(text);
                Ok(())
            }
            _ => Err(A::Error::invalid_type(Unexpected::Map, &"`{\"b64\": ...}`")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_is_flattened() {
        let read = |json| serde_json::from_str::<Data>(json);
        let data = read("[[1, 2.5], [[-3]]]").unwrap();
        assert_eq!(data.numbers, [1.0, 2.5, -3.0]);
        let data = read(r#"["aGk=", {"b64": "aG8="}]"#).unwrap();
        assert_eq!(data.decoded(), Ok(vec![b"hi".to_vec(), b"ho".to_vec()]));
        assert_eq!(read(r#"["aGk=", "?"]"#).unwrap().decoded(), Err(1));
        for wrong in ["[null]", r#"[{"a": "b"}]"#, "[", r#"[{"b64": 1}]"#] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
