//! Which columns answers have.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef};
use hilum_core::{ClassName, Classes};

/// Which columns answers have: those of `hilum predict --format json`, in its order, and then what
/// is wanted besides.
///
/// | column | type | null |
/// |---|---|---|
/// | `path` | text | never |
/// | `class`, `reason` | text | without an answer; with one |
/// | `abstained`, `calibrated` | boolean | for what could not be read |
/// | `probabilities` | structure of 64-bit floats, a class each | the same |
/// | `set` | list of text | where there is no set |
/// | `as_unlike` | 64-bit float | without a detector |
/// | `model`, `warnings` | text, list of text | for what could not be read |
/// | `known`, `study_uid`, `series_uid` | text | where nobody knows |
/// | `instance_number`, `position_mm`, `frame` | 64-bit integer, float, integer | the same |
/// | `error` | text | for what was read |
/// | `features` | list of 32-bit floats | for what could not be read |
/// | `heat`, `heat_class` | PNG, text | the same |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    pub(crate) classes: Vec<String>,
    /// What the head of the network reads of each slice.
    pub features: bool,
    /// Where the model looked, over the file's own pixels, and the class that it speaks for.
    pub heat: bool,
}

impl Columns {
    /// Those of answers alone.
    pub fn new(classes: &Classes) -> Self {
        let names = classes.names().iter().map(ClassName::as_str);
        Self {
            classes: names.map(str::to_owned).collect(),
            features: false,
            heat: false,
        }
    }

    /// Names and types, in order.
    pub fn schema(&self) -> SchemaRef {
        let text = |name: &str| Field::new(name, DataType::Utf8, true);
        let number = |name: &str| Field::new(name, DataType::Float64, true);
        let whole = |name: &str| Field::new(name, DataType::Int64, true);
        let truth = |name: &str| Field::new(name, DataType::Boolean, true);
        let texts = |name: &str| Field::new_list(name, item(DataType::Utf8), true);
        let probabilities = DataType::Struct(self.probabilities());
        let mut fields = vec![
            Field::new("path", DataType::Utf8, false),
            text("class"),
            truth("abstained"),
            text("reason"),
            Field::new("probabilities", probabilities, true),
            truth("calibrated"),
            texts("set"),
            number("as_unlike"),
            text("model"),
            texts("warnings"),
            text("known"),
            text("study_uid"),
            text("series_uid"),
            whole("instance_number"),
            number("position_mm"),
            whole("frame"),
            text("error"),
        ];
        if self.features {
            fields.push(Field::new_list("features", item(DataType::Float32), true));
        }
        if self.heat {
            fields.push(Field::new("heat", DataType::Binary, true));
            fields.push(text("heat_class"));
        }
        Arc::new(Schema::new(fields))
    }

    /// A value a class, in their order.
    pub(crate) fn probabilities(&self) -> Fields {
        let field = |name: &String| Field::new(name, DataType::Float64, true);
        self.classes.iter().map(field).collect()
    }
}

/// What lists are made of.
pub(crate) fn item(of: DataType) -> Field {
    Field::new("item", of, true)
}
