//! What a folder of answers was made from.

use parquet::file::metadata::KeyValue;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What is said wherever a prediction is shown.
pub const NOTICE: &str = "research software, not a medical device";

/// What answers are made from: two calls of the same record give the same answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The version of the program.
    pub hilum: String,
    /// What answers call the model; it may lie elsewhere in another call.
    pub model: String,
    /// BLAKE3 of its file, as hexadecimal digits.
    pub model_blake3: String,
    /// The classes, in order.
    pub classes: Vec<String>,
    /// Everything else that changes answers or columns.
    pub settings: Value,
    /// Which part of what was asked for, from 1,
    pub shard: u32,
    /// of how many.
    pub shards: u32,
    /// Files of a part; the last one may have fewer.
    pub part_size: usize,
    /// Files of the shard.
    pub files: usize,
    /// What they are called, in order, as a digest.
    pub listing: String,
}

impl Record {
    /// How many parts there are.
    pub fn part_count(&self) -> usize {
        self.files.div_ceil(self.part_size.max(1))
    }

    /// What differs from the record of another call for the same shard, a phrase each.
    pub(crate) fn differences(&self, other: &Self) -> Vec<String> {
        let mut found = self.differences_of_kind(other);
        let mut differs = |what: &str, here: String, there: String| {
            if here != there {
                found.push(format!("{what}: `{there}` there, `{here}` here"));
            }
        };
        let count = |record: &Self| record.files.to_string();
        differs("files", count(self), count(other));
        let size = |record: &Self| record.part_size.to_string();
        differs("files of a part", size(self), size(other));
        if self.files == other.files && self.listing != other.listing {
            found.push("names of files".to_owned());
        }
        found
    }

    /// The same, of another shard, which has other files.
    pub(crate) fn differences_of_kind(&self, other: &Self) -> Vec<String> {
        let mut found = Vec::new();
        let mut differs = |what: &str, here: String, there: String| {
            if here != there {
                found.push(format!("{what}: `{there}` there, `{here}` here"));
            }
        };
        differs("hilum", self.hilum.clone(), other.hilum.clone());
        let shards = |record: &Self| record.shards.to_string();
        differs("shards", shards(self), shards(other));
        if self.model_blake3 != other.model_blake3 {
            let named = |record: &Self| {
                let digest = record.model_blake3.get(..8).unwrap_or_default();
                format!("{} ({digest})", record.model)
            };
            differs("model", named(self), named(other));
        }
        let names = |record: &Self| record.classes.join(", ");
        differs("classes", names(self), names(other));
        let settings = |record: &Self| record.settings.as_object().cloned().unwrap_or_default();
        let (here, there) = (settings(self), settings(other));
        let mut keys: Vec<&String> = here.keys().chain(there.keys()).collect();
        keys.sort();
        keys.dedup();
        for key in keys {
            let value = |of: &serde_json::Map<String, Value>| {
                of.get(key)
                    .map_or_else(|| "nothing".to_owned(), Value::to_string)
            };
            differs(key, value(&here), value(&there));
        }
        found
    }

    /// The same for a Parquet file of part number `part`, from 0.
    pub(crate) fn metadata(&self, part: usize) -> Vec<KeyValue> {
        let pair = |key: &str, value: String| KeyValue::new(format!("hilum.{key}"), value);
        let classes = Value::from(self.classes.clone()).to_string();
        vec![
            pair("version", self.hilum.clone()),
            pair("model", self.model.clone()),
            pair("model_blake3", self.model_blake3.clone()),
            pair("classes", classes),
            pair("settings", self.settings.to_string()),
            pair("shard", format!("{}/{}", self.shard, self.shards)),
            pair("part", format!("{} of {}", part + 1, self.part_count())),
            pair("listing", self.listing.clone()),
            pair("notice", NOTICE.to_owned()),
        ]
    }
}
