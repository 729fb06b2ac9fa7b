//! What was predicted, slice by slice, and `predictions.csv`.

use std::io;
use std::path::PathBuf;

use hilum_core::{ClassIndex, Classes, Probabilities, spreadsheet_text};

use crate::judged_slice::JudgedSlice;

/// What the model said of one slice of known class.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// The slice's file.
    pub path: PathBuf,
    /// What the slice is.
    pub truth: ClassIndex,
    /// What the model makes of it.
    pub probabilities: Probabilities,
    /// What else the user is told of it.
    pub answer: Answer,
}

impl Prediction {
    /// Whether the most likely class is the true one.
    pub fn is_right(&self) -> bool {
        self.probabilities.most_likely() == self.truth
    }

    /// The probability of the most likely class, in `0.0..=1.0`.
    pub fn confidence(&self) -> f64 {
        self.probabilities.of(self.probabilities.most_likely())
    }
}

/// What the user is told of a slice beside probabilities.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answer {
    /// The probabilities before they were calibrated; `None` if the model is not calibrated.
    pub before: Option<Probabilities>,
    /// The set of classes, the most likely first; `None` if there is none.
    pub set: Option<Vec<ClassIndex>>,
    /// Why there is no answer; `None` if there is one.
    pub reason: Option<&'static str>,
}

/// Writes one row a slice: `path`, `truth`, `class` (empty where there is no answer), `abstained`,
/// `reason`, and the classes of the `set`, the most likely first, with `; ` between them; where
/// `slices` are given, one a prediction, also `group`, `clean` and `content`.
pub(crate) fn answers_csv(
    classes: &Classes,
    predictions: &[Prediction],
    slices: Option<&[JudgedSlice]>,
) -> io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut header = vec!["path", "truth", "class", "abstained", "reason", "set"];
    if let Some(slices) = slices {
        assert_eq!(slices.len(), predictions.len(), "one a prediction");
        header.extend(["group", "clean", "content"]);
    }
    writer.write_record(header)?;
    for (at, prediction) in predictions.iter().enumerate() {
        let Answer { set, reason, .. } = &prediction.answer;
        let name = |class: ClassIndex| classes.name(class).as_str();
        let class = match reason {
            Some(_) => "",
            None => name(prediction.probabilities.most_likely()),
        };
        let set: Vec<&str> = set.iter().flatten().map(|class| name(*class)).collect();
        let path = prediction.path.display().to_string();
        let abstained = reason.is_some().to_string();
        let cells = [
            &path,
            name(prediction.truth),
            class,
            &abstained,
            reason.unwrap_or_default(),
            &set.join("; "),
        ];
        let mut record = Vec::from(cells.map(|cell| spreadsheet_text(cell).into_owned()));
        if let Some(slices) = slices {
            let slice = &slices[at];
            let content = slice.content.clone().unwrap_or_default();
            record.extend([slice.group.to_string(), slice.is_clean.to_string(), content]);
        }
        writer.write_record(record)?;
    }
    writer
        .into_inner()
        .map_err(|error| io::Error::other(error.to_string()))
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
