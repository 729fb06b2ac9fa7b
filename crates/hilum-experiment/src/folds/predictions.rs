//! `predictions.csv` of a fold and of all folds: also what says that a fold is done.

use std::io;
use std::path::{Path, PathBuf};

use hilum_core::{ClassName, Probabilities, spreadsheet_text};
use hilum_files::write_atomically;
use hilum_metrics::OutOfFold;
use thiserror::Error;

use super::{Fold, Pool};
use crate::ExperimentError;

/// A file that holds something else than the predictions of a fold.
#[derive(Debug, Error)]
#[error(
    "`{}` does not hold the predictions of this fold: {reason}\nhint: remove the file, and the fold is trained again", path.display()
)]
pub struct ForeignPredictions {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: String,
}

/// One row a prediction: `repeat,fold,path,group,truth,predicted`, and a column of probabilities
/// a class. Numbers read back as the same `f64`; text is [`spreadsheet_text`].
///
/// `positions` are those of the predictions in the pool.
pub(crate) fn write_predictions(
    path: &Path,
    pool: &Pool,
    positions: &[usize],
    predictions: &[OutOfFold],
) -> Result<(), ExperimentError> {
    write_atomically(path, |file| {
        let mut writer = csv::Writer::from_writer(file);
        writer.write_record(header(pool))?;
        for (position, one) in positions.iter().zip(predictions) {
            writer.write_record(record(pool, *position, one))?;
        }
        writer.flush()
    })?;
    Ok(())
}

fn header(pool: &Pool) -> Vec<String> {
    let fixed = ["repeat", "fold", "path", "group", "truth", "predicted"].map(str::to_owned);
    let names = pool.dataset.classes().names().iter();
    fixed
        .into_iter()
        .chain(names.map(|name| spreadsheet_text(ClassName::as_str(name)).into_owned()))
        .collect()
}

fn record(pool: &Pool, position: usize, one: &OutOfFold) -> Vec<String> {
    let classes = pool.dataset.classes();
    let group = pool.groups[position].as_ref();
    let text = |cell: &str| spreadsheet_text(cell).into_owned();
    let fixed = [
        one.repeat.to_string(),
        one.fold.to_string(),
        text(&pool.paths[position].display().to_string()),
        text(group.map_or("", |group| &group.0)),
        text(classes.name(one.truth).as_str()),
        text(classes.name(one.probabilities.most_likely()).as_str()),
    ];
    let values = one.probabilities.as_slice().iter();
    fixed
        .into_iter()
        .chain(values.map(|value| format!("{value:?}")))
        .collect()
}

/// What [`write_predictions`] wrote of the fold's held-out slices; `None` without a file.
pub(super) fn read_predictions(
    path: &Path,
    pool: &Pool,
    fold: &Fold,
    groups: &[usize],
) -> Result<Option<Vec<OutOfFold>>, ExperimentError> {
    let text = match fs_err::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let foreign = |reason: &str| {
        ExperimentError::from(ForeignPredictions {
            path: path.to_owned(),
            reason: reason.to_owned(),
        })
    };
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let found = reader.headers().map_err(|_| foreign("it is no CSV file"))?;
    if found != header(pool) {
        return Err(foreign("its columns are others"));
    }
    let rows: Vec<csv::StringRecord> = reader
        .records()
        .collect::<Result<_, _>>()
        .map_err(|_| foreign("a row is broken"))?;
    if rows.len() != fold.held_out.len() {
        return Err(foreign("it has another number of slices"));
    }
    let mut predictions = Vec::with_capacity(rows.len());
    for (position, row) in fold.held_out.iter().zip(&rows) {
        let values: Option<Vec<f64>> = row.iter().skip(6).map(|cell| cell.parse().ok()).collect();
        let probabilities = values
            .and_then(Probabilities::new)
            .ok_or_else(|| foreign("a row holds no probabilities"))?;
        let one = OutOfFold {
            repeat: fold.repeat,
            fold: fold.number,
            group: groups[*position],
            truth: pool.slices[*position].truth,
            probabilities,
        };
        if row.iter().ne(record(pool, *position, &one)) {
            return Err(foreign("a row is of another slice"));
        }
        predictions.push(one);
    }
    Ok(Some(predictions))
}
