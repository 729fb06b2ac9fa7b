//! What was predicted, slice by slice, and `predictions.csv`.

use std::io;
use std::path::PathBuf;

use hilum_core::{ClassIndex, Classes, Probabilities, spreadsheet_text};

/// What the model said of one slice of known class.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// The slice's file.
    pub path: PathBuf,
    /// What the slice is.
    pub truth: ClassIndex,
    /// What the model makes of it.
    pub probabilities: Probabilities,
}

/// Writes one row a slice: `path`, `truth`, `predicted`, and one column of probabilities a
/// class, headed by the class's name.
///
/// Numbers have the fewest digits that read back as the same `f64`, so that scores computed
/// from the file equal those computed in memory. Quoting follows RFC 4180; text is
/// [`spreadsheet_text`].
pub(crate) fn predictions_csv(
    classes: &Classes,
    predictions: &[Prediction],
) -> io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let fixed = ["path", "truth", "predicted"];
    let names = classes.names().iter().map(hilum_core::ClassName::as_str);
    let names = names.map(|name| spreadsheet_text(name).into_owned());
    writer.write_record(fixed.map(str::to_owned).into_iter().chain(names))?;
    for prediction in predictions {
        let predicted = prediction.probabilities.most_likely();
        let path = prediction.path.display().to_string();
        let text = [
            path.as_str(),
            classes.name(prediction.truth).as_str(),
            classes.name(predicted).as_str(),
        ];
        let mut record = Vec::from(text.map(|cell| spreadsheet_text(cell).into_owned()));
        let values = prediction.probabilities.as_slice().iter();
        record.extend(values.map(|value| format!("{value:?}")));
        writer.write_record(&record)?;
    }
    writer
        .into_inner()
        .map_err(|error| io::Error::other(error.to_string()))
}
