//! Parquet files read back: a row as the object that JSON has for it.

use std::path::Path;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Float32Type, Float64Type, Int64Type};
use arrow_array::{Array, RecordBatch};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Map, Value, json};

use crate::workplace::names_in;

/// The rows of every Parquet file in `folder`, in the order of the names; a null is no key, bytes
/// are a list of numbers.
pub(crate) fn rows(folder: &Path) -> Vec<Map<String, Value>> {
    let names = names_in(folder);
    let files = names.iter().filter(|name| name.ends_with(".parquet"));
    files.flat_map(|name| rows_of(&folder.join(name))).collect()
}

/// The rows of a file.
pub(crate) fn rows_of(file: &Path) -> Vec<Map<String, Value>> {
    let file = std::fs::File::open(file).expect("a file");
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet");
    let reader = reader.build().expect("rows");
    reader
        .flat_map(|batch| of_batch(&batch.expect("rows")))
        .collect()
}

/// What the metadata of a file says under the keys of hilum.
pub(crate) fn metadata(file: &Path) -> Map<String, Value> {
    let file = std::fs::File::open(file).expect("a file");
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet");
    let pairs = reader.metadata().file_metadata().key_value_metadata();
    let pairs = pairs.expect("metadata").iter();
    pairs
        .filter(|pair| pair.key.starts_with("hilum."))
        .map(|pair| (pair.key.clone(), json!(pair.value)))
        .collect()
}

fn of_batch(batch: &RecordBatch) -> Vec<Map<String, Value>> {
    let row = |row: usize| {
        let schema = batch.schema();
        let names = schema.fields().iter().map(|field| field.name().clone());
        let cells = batch.columns().iter().map(|column| cell(column, row));
        let cells = names.zip(cells);
        cells.filter(|(_, value)| !value.is_null()).collect()
    };
    (0..batch.num_rows()).map(row).collect()
}

fn cell(column: &dyn Array, row: usize) -> Value {
    if column.is_null(row) {
        return Value::Null;
    }
    if let Some(values) = column.as_string_opt::<i32>() {
        json!(values.value(row))
    } else if let Some(values) = column.as_boolean_opt() {
        json!(values.value(row))
    } else if let Some(values) = column.as_primitive_opt::<Float64Type>() {
        json!(values.value(row))
    } else if let Some(values) = column.as_primitive_opt::<Float32Type>() {
        json!(values.value(row))
    } else if let Some(values) = column.as_primitive_opt::<Int64Type>() {
        json!(values.value(row))
    } else if let Some(values) = column.as_binary_opt::<i32>() {
        json!(values.value(row))
    } else if let Some(values) = column.as_list_opt::<i32>() {
        let values = values.value(row);
        (0..values.len()).map(|at| cell(&values, at)).collect()
    } else {
        let values = column.as_struct();
        let names = values.fields().iter().map(|field| field.name().clone());
        let cells = values.columns().iter().map(|column| cell(column, row));
        Value::Object(names.zip(cells).collect())
    }
}
