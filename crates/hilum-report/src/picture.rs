//! A picture that stands in the page.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// A picture that stands in the page, as a PNG file's bytes, with the words that go with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// The PNG file; written as base64, as the page holds it.
    #[serde(with = "as_base64")]
    pub png: Vec<u8>,
    /// In pixels.
    pub width: usize,
    /// In pixels.
    pub height: usize,
    /// What somebody who does not see it must know of it, its figures included.
    pub text: String,
    /// What stands below; may be empty.
    pub caption: String,
}

/// A picture as the template takes it.
#[derive(Serialize)]
pub(crate) struct PictureView {
    /// The whole of it, inside the page.
    source: String,
    width: usize,
    height: usize,
    text: String,
    caption: String,
}

impl PictureView {
    pub(crate) fn new(picture: &Picture) -> Self {
        Self {
            source: format!("data:image/png;base64,{}", STANDARD.encode(&picture.png)),
            width: picture.width,
            height: picture.height,
            text: picture.text.clone(),
            caption: picture.caption.clone(),
        }
    }
}

/// Bytes as text.
mod as_base64 {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map_err(serde::de::Error::custom)
    }
}
