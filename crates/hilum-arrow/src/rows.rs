//! Answers, a row each, until they are a batch.

use std::sync::Arc;

use arrow_array::builder::{
    BinaryBuilder, BooleanBuilder, Float32Builder, Float64Builder, Int64Builder, ListBuilder,
    NullBufferBuilder, StringBuilder,
};
use arrow_array::{ArrayRef, RecordBatch, StructArray};
use arrow_schema::ArrowError;
use hilum_core::ClassName;
use hilum_experiment::{FileAnswer, GivenHeat, Prediction};
use hilum_imaging::encode_png;
use serde::Serialize;

use crate::Columns;

/// Answers, a row each.
#[derive(Debug)]
pub struct Rows {
    columns: Columns,
    count: usize,
    path: StringBuilder,
    class: StringBuilder,
    abstained: BooleanBuilder,
    reason: StringBuilder,
    probabilities: Vec<Float64Builder>,
    is_judged: NullBufferBuilder,
    calibrated: BooleanBuilder,
    set: ListBuilder<StringBuilder>,
    as_unlike: Float64Builder,
    model: StringBuilder,
    warnings: ListBuilder<StringBuilder>,
    known: StringBuilder,
    study_uid: StringBuilder,
    series_uid: StringBuilder,
    instance_number: Int64Builder,
    position_mm: Float64Builder,
    frame: Int64Builder,
    error: StringBuilder,
    features: ListBuilder<Float32Builder>,
    heat: BinaryBuilder,
    heat_class: StringBuilder,
}

/// What stands beside an answer, where it has a column.
#[derive(Debug, Clone, Copy, Default)]
pub struct Beside<'a> {
    /// What the head of the network reads of the slice.
    pub features: Option<&'a [f32]>,
    /// Where the model looked.
    pub heat: Option<&'a GivenHeat>,
}

impl Rows {
    /// None yet.
    pub fn new(columns: &Columns) -> Self {
        let probabilities = columns.classes.iter().map(|_| Float64Builder::new());
        Self {
            columns: columns.clone(),
            count: 0,
            path: StringBuilder::new(),
            class: StringBuilder::new(),
            abstained: BooleanBuilder::new(),
            reason: StringBuilder::new(),
            probabilities: probabilities.collect(),
            is_judged: NullBufferBuilder::new(0),
            calibrated: BooleanBuilder::new(),
            set: ListBuilder::new(StringBuilder::new()),
            as_unlike: Float64Builder::new(),
            model: StringBuilder::new(),
            warnings: ListBuilder::new(StringBuilder::new()),
            known: StringBuilder::new(),
            study_uid: StringBuilder::new(),
            series_uid: StringBuilder::new(),
            instance_number: Int64Builder::new(),
            position_mm: Float64Builder::new(),
            frame: Int64Builder::new(),
            error: StringBuilder::new(),
            features: ListBuilder::new(Float32Builder::new()),
            heat: BinaryBuilder::new(),
            heat_class: StringBuilder::new(),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Adds an answer, and what stands beside it.
    pub fn push(&mut self, answer: &FileAnswer, beside: Beside<'_>) {
        self.count += 1;
        match answer {
            FileAnswer::Predicted(prediction) => self.judged(prediction),
            FileAnswer::Unreadable { path, frame, error } => {
                self.path.append_value(path.display().to_string());
                self.frame.append_option(frame.map(as_i64));
                self.error.append_value(error);
                self.unjudged();
            }
        }
        let Beside { features, heat } = beside;
        if self.columns.features {
            let values = features.map(|values| values.iter().copied().map(Some));
            self.features.append_option(values);
        }
        if self.columns.heat {
            let png = heat.map(|heat| encode_png(&heat.map));
            self.heat.append_option(png);
            let class = heat.map(|heat| heat.class.as_str());
            self.heat_class.append_option(class);
        }
    }

    fn judged(&mut self, prediction: &Prediction) {
        let class = prediction.class.as_ref().map(ClassName::as_str);
        self.path
            .append_value(prediction.path.display().to_string());
        self.class.append_option(class);
        self.abstained.append_value(prediction.abstained);
        self.reason.append_option(word(prediction.reason.as_ref()));
        for (name, column) in self.columns.classes.iter().zip(&mut self.probabilities) {
            let mut values = prediction.probabilities.iter();
            let value = values.find(|(class, _)| class.as_str() == name);
            column.append_option(value.map(|(_, value)| *value));
        }
        self.is_judged.append_non_null();
        self.calibrated.append_value(prediction.calibrated);
        let set = prediction.set.as_ref();
        let set = set.map(|set| set.iter().map(|class| Some(class.as_str())));
        self.set.append_option(set);
        self.as_unlike.append_option(prediction.as_unlike);
        self.model.append_value(&prediction.model);
        let warnings = prediction.warnings.iter().map(Some);
        self.warnings.append_value(warnings);
        self.known.append_option(word(prediction.known.as_ref()));
        self.study_uid.append_option(prediction.study_uid.as_ref());
        self.series_uid
            .append_option(prediction.series_uid.as_ref());
        self.instance_number
            .append_option(prediction.instance_number);
        self.position_mm.append_option(prediction.position_mm);
        self.frame.append_option(prediction.frame.map(as_i64));
        self.error.append_null();
    }

    fn unjudged(&mut self) {
        self.class.append_null();
        self.abstained.append_null();
        self.reason.append_null();
        for column in &mut self.probabilities {
            column.append_null();
        }
        self.is_judged.append_null();
        self.calibrated.append_null();
        self.set.append_null();
        self.as_unlike.append_null();
        self.model.append_null();
        self.warnings.append_null();
        self.known.append_null();
        self.study_uid.append_null();
        self.series_uid.append_null();
        self.instance_number.append_null();
        self.position_mm.append_null();
    }

    /// All rows so far as a batch; there are none afterwards.
    ///
    /// # Errors
    /// If the rows are too many for one batch.
    pub fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        self.count = 0;
        let values = self.probabilities.iter_mut();
        let values = values.map(|column| Arc::new(column.finish()) as ArrayRef);
        let probabilities = StructArray::try_new(
            self.columns.probabilities(),
            values.collect(),
            self.is_judged.finish(),
        )?;
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(self.path.finish()),
            Arc::new(self.class.finish()),
            Arc::new(self.abstained.finish()),
            Arc::new(self.reason.finish()),
            Arc::new(probabilities),
            Arc::new(self.calibrated.finish()),
            Arc::new(self.set.finish()),
            Arc::new(self.as_unlike.finish()),
            Arc::new(self.model.finish()),
            Arc::new(self.warnings.finish()),
            Arc::new(self.known.finish()),
            Arc::new(self.study_uid.finish()),
            Arc::new(self.series_uid.finish()),
            Arc::new(self.instance_number.finish()),
            Arc::new(self.position_mm.finish()),
            Arc::new(self.frame.finish()),
            Arc::new(self.error.finish()),
        ];
        if self.columns.features {
            columns.push(Arc::new(self.features.finish()));
        }
        if self.columns.heat {
            columns.push(Arc::new(self.heat.finish()));
            columns.push(Arc::new(self.heat_class.finish()));
        }
        RecordBatch::try_new(self.columns.schema(), columns)
    }
}

fn as_i64(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A word as JSON has it.
fn word(value: Option<&impl Serialize>) -> Option<String> {
    match serde_json::to_value(value?) {
        Ok(serde_json::Value::String(word)) => Some(word),
        _ => None,
    }
}
