//! From answers to tensors.

use serde_json::{Value, json};

/// What is said of one slice.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    pub(super) probabilities: Vec<f64>,
    pub(super) logits: Vec<f32>,
    /// `None` if the answer is "I don't know".
    pub(super) class: Option<String>,
    pub(super) reason: Option<String>,
    /// `None` if the model has no quantiles, or the slice is unlike the training data.
    pub(super) set: Option<Vec<String>>,
}

/// Everything that can be asked for: name, type, and whether there is a value a class.
pub(super) const OUTPUTS: [Output; 6] = [
    Output::new("probabilities", "FP64", true),
    Output::new("logits", "FP32", true),
    Output::new("class", "BYTES", false),
    Output::new("abstained", "BOOL", false),
    Output::new("reason", "BYTES", false),
    Output::new("set", "BYTES", false),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Output {
    pub(super) name: &'static str,
    pub(super) datatype: &'static str,
    pub(super) is_of_classes: bool,
}

impl Output {
    const fn new(name: &'static str, datatype: &'static str, is_of_classes: bool) -> Self {
        Self {
            name,
            datatype,
            is_of_classes,
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        OUTPUTS.into_iter().find(|output| output.name == name)
    }

    /// The values of all slices.
    fn values(self, rows: &[Row]) -> Values {
        let text = |of: fn(&Row) -> String| Values::Texts(rows.iter().map(of).collect());
        match self.name {
            "probabilities" => {
                let values = rows
                    .iter()
                    .flat_map(|row| row.probabilities.iter().copied());
                Values::Doubles(values.collect())
            }
            "logits" => {
                let values = rows.iter().flat_map(|row| row.logits.iter().copied());
                Values::Singles(values.collect())
            }
            "abstained" => Values::Flags(rows.iter().map(|row| row.class.is_none()).collect()),
            "class" => text(|row| row.class.clone().unwrap_or_default()),
            "reason" => text(|row| row.reason.clone().unwrap_or_default()),
            _ => text(|row| json!(row.set).to_string()),
        }
    }

    /// The tensor's entry in the JSON, and its bytes if it is sent in binary.
    pub(super) fn tensor(self, rows: &[Row], is_binary: bool) -> (Value, Vec<u8>) {
        let values = self.values(rows);
        let mut shape = vec![rows.len()];
        if self.is_of_classes {
            shape.push(rows.first().map_or(0, |row| row.probabilities.len()));
        }
        let mut tensor = json!({ "name": self.name, "datatype": self.datatype, "shape": shape });
        if is_binary {
            let bytes = values.bytes();
            tensor["parameters"] = json!({ "binary_data_size": bytes.len() });
            (tensor, bytes)
        } else {
            tensor["data"] = values.json();
            (tensor, Vec::new())
        }
    }
}

/// Values of a tensor, row by row.
enum Values {
    Doubles(Vec<f64>),
    Singles(Vec<f32>),
    Flags(Vec<bool>),
    Texts(Vec<String>),
}

impl Values {
    fn json(self) -> Value {
        match self {
            Self::Doubles(values) => json!(values),
            Self::Singles(values) => json!(values),
            Self::Flags(values) => json!(values),
            Self::Texts(values) => json!(values),
        }
    }

    /// Little-endian; each text behind its length in four bytes.
    fn bytes(self) -> Vec<u8> {
        match self {
            Self::Doubles(values) => values.into_iter().flat_map(f64::to_le_bytes).collect(),
            Self::Singles(values) => values.into_iter().flat_map(f32::to_le_bytes).collect(),
            Self::Flags(values) => values.into_iter().map(u8::from).collect(),
            Self::Texts(values) => {
                let mut bytes = Vec::new();
                for text in values {
                    bytes.extend((text.len() as u32).to_le_bytes());
                    bytes.extend(text.as_bytes());
                }
                bytes
            }
        }
    }
}
