//! Calibrating on a finished cross-validation: every slice was judged by a model that did not
//! learn from it.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use hilum_core::{ClassIndex, ClassName, Classes, spreadsheet_text};
use hilum_train::Settings;
use hilum_trust::{HeldOut, HeldOutSlice, TooFewSlices};
use hilum_weights::{CalibrationRecord, CalibrationSource, ModelFile};

use super::error::CalibrationError;
use super::{Slices, class_name, record};
use crate::ExperimentError;
use crate::cross_validate::CrossValidationSettings;
use crate::settings::differences;

/// Columns of `predictions.csv` before those of the classes.
const FIXED: [&str; 6] = ["repeat", "fold", "path", "group", "truth", "predicted"];

/// What was calibrated, and what of the settings differs that is no reason to refuse.
pub(crate) struct OutOfFold {
    pub(crate) record: CalibrationRecord,
    /// A line for each setting of the training that is another one there; empty if none is.
    pub(crate) differences: String,
}

/// Calibrates `model` on the cross-validation in `folder`, which had the same classes, network and
/// recipe.
///
/// # Errors
/// [`CalibrationError`].
pub(crate) fn out_of_fold(folder: &Path, model: &ModelFile) -> Result<OutOfFold, ExperimentError> {
    let settings = settings(folder)?;
    check(folder, &settings, model)?;
    let slices = read(folder, &settings, &model.classes)?;
    let record = record(&slices).map_err(|error| CalibrationError::TooFew {
        folder: folder.to_owned(),
        reason: match &error {
            TooFewSlices::Class { class } => match class_name(model, *class) {
                Some(name) => format!("it has no slices of `{name}`"),
                None => error.to_string(),
            },
            TooFewSlices::Count { .. } => error.to_string(),
        },
    })?;
    Ok(OutOfFold {
        record,
        differences: training_differences(&settings, model),
    })
}

fn settings(folder: &Path) -> Result<CrossValidationSettings, ExperimentError> {
    let path = folder.join("settings.toml");
    let text = text(folder, "settings.toml")?;
    toml::from_str(&text).map_err(|error| {
        let reason = error.message().to_owned();
        CalibrationError::Broken { path, reason }.into()
    })
}

fn text(folder: &Path, name: &'static str) -> Result<String, ExperimentError> {
    match fs_err::read_to_string(folder.join(name)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let folder = folder.to_owned();
            Err(CalibrationError::NotFinished {
                folder,
                missing: name,
            }
            .into())
        }
        text => text.map_err(ExperimentError::Input),
    }
}

/// Network and recipe; the classes are looked at where they stand.
fn check(
    folder: &Path,
    settings: &CrossValidationSettings,
    model: &ModelFile,
) -> Result<(), ExperimentError> {
    let other = |what, there, model| CalibrationError::OfAnotherModel {
        folder: folder.to_owned(),
        what,
        there,
        model,
    };
    let (run, own) = (&settings.run, model.architecture.name);
    if run.network.architecture != own {
        let there = run.network.architecture.to_string();
        return Err(other("another network", there, own.to_string()).into());
    }
    if run.recipe != model.recipe {
        let [there, own] = [&run.recipe, &model.recipe].map(serde_json::to_string);
        return Err(other("another recipe", there?, own?).into());
    }
    Ok(())
}

/// What of the training differs but for the seed.
fn training_differences(settings: &CrossValidationSettings, model: &ModelFile) -> String {
    let Some(own) = model.training.settings.other.get("training") else {
        return String::new();
    };
    // What a model of before does not name has its default.
    match serde_json::from_value::<Settings>(own.clone()) {
        Ok(own) => differences(&own, &settings.run.training, |name| name != "seed"),
        Err(_) => "\n  those of the model are of another hilum, and cannot be compared".to_owned(),
    }
}

/// `predictions.csv`. Logarithms of probabilities are logits up to a constant a slice.
fn read(
    folder: &Path,
    settings: &CrossValidationSettings,
    classes: &Classes,
) -> Result<Slices, ExperimentError> {
    let text = text(folder, "predictions.csv")?;
    let path = folder.join("predictions.csv");
    let broken = |reason: &str| {
        let (path, reason) = (path.clone(), reason.to_owned());
        ExperimentError::from(CalibrationError::Broken { path, reason })
    };
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().map_err(|_| broken("it is no CSV file"))?;
    let names: Vec<String> = header.iter().skip(FIXED.len()).map(str::to_owned).collect();
    if header.iter().take(FIXED.len()).ne(FIXED) {
        return Err(broken("its columns are others"));
    }
    let written = |name: &ClassName| spreadsheet_text(name.as_str()).into_owned();
    let own: Vec<String> = classes.names().iter().map(written).collect();
    if names != own {
        return Err(CalibrationError::OfAnotherModel {
            folder: folder.to_owned(),
            what: "other classes",
            there: names.join(", "),
            model: own.join(", "),
        }
        .into());
    }
    let (mut all, mut once) = (Vec::new(), Vec::new());
    let mut groups: BTreeMap<String, usize> = BTreeMap::new();
    for row in reader.records() {
        let row = row.map_err(|_| broken("a row is broken"))?;
        let slice = slice(&row, &own, &mut groups).ok_or_else(|| broken("a row is broken"))?;
        if row.get(0) == Some("1") {
            once.push(slice.clone());
        }
        all.push(slice);
    }
    let is_repeated = settings.repeats > 1;
    Ok(Slices {
        all: HeldOut::new(classes.len(), all),
        once: is_repeated.then(|| HeldOut::new(classes.len(), once)),
        source: CalibrationSource::OutOfFold,
        grouping: settings.group,
        of_learned_groups: 0,
    })
}

/// A row; a slice without a group is one to itself, in every repeat the same.
fn slice(
    row: &csv::StringRecord,
    classes: &[String],
    groups: &mut BTreeMap<String, usize>,
) -> Option<HeldOutSlice> {
    let (path, group, truth) = (row.get(2)?, row.get(3)?, row.get(4)?);
    let key = if group.is_empty() {
        format!("path {path}")
    } else {
        format!("group {group}")
    };
    let next = groups.len();
    let values = row.iter().skip(FIXED.len());
    let logits: Option<Vec<f64>> = values
        .map(|cell| {
            let probability: f64 = cell.parse().ok()?;
            let is_one = (0.0..=1.0).contains(&probability);
            is_one.then(|| probability.max(f64::MIN_POSITIVE).ln())
        })
        .collect();
    let truth = classes.iter().position(|class| class == truth)?;
    Some(HeldOutSlice {
        logits: logits.filter(|logits| logits.len() == classes.len())?,
        truth: ClassIndex::new(truth),
        group: *groups.entry(key).or_insert(next),
    })
}
