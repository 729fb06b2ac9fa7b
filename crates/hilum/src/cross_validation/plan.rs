//! Which slices each fold trains on, chooses by and holds out.

use std::path::Path;
use std::str::FromStr;

use hilum_dataset::{hold_out, stratified_folds};
use hilum_files::write_atomically;
use hilum_train::Settings;
use thiserror::Error;

use super::Pool;
use crate::error::CommandError;

/// One training and what it is judged by; positions in the pool, ascending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// Which round of folds; the first is 1.
    pub(crate) repeat: usize,
    /// Which fold is held out; the first is 1.
    pub(crate) fold: usize,
    /// Of folds, weights, order, augmentation and dropout.
    pub(crate) seed: u64,
    /// What is learnt from.
    pub(crate) train: Vec<usize>,
    /// What the run chooses by, if it chooses.
    pub(crate) inner_valid: Option<Vec<usize>>,
    /// What is predicted.
    pub(crate) held_out: Vec<usize>,
}

/// Every training of a cross-validation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    /// In order of repeat and fold.
    pub(crate) parts: Vec<Part>,
}

/// How much of what is trained on is set aside to choose by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct InnerValid {
    percent: f64,
}

#[derive(Debug, Error)]
enum InnerValidError {
    #[error("`{text}` is no share\nhint: write a percentage, such as `10%`, or `0` for none")]
    NotAShare { text: String },
    #[error(
        "these settings choose by validation ({reasons}), and what is held out must not choose\nhint: leave out `--inner-valid 0`, or choose by nothing: `--keep last --patience 0 --schedule one-cycle`"
    )]
    Needed { reasons: &'static str },
}

impl FromStr for InnerValid {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.trim().trim_end_matches('%').parse::<f64>();
        match number {
            Ok(percent) if (0.0..100.0).contains(&percent) => Ok(Self { percent }),
            _ => {
                let text = text.to_owned();
                Err(InnerValidError::NotAShare { text }.to_string())
            }
        }
    }
}

/// The share of the training folds that is set aside: what was asked for, else 10% if `settings`
/// choose by validation, else nothing.
pub(crate) fn inner_share(
    asked: Option<InnerValid>,
    settings: &Settings,
) -> Result<Option<f64>, CommandError> {
    const DEFAULT: InnerValid = InnerValid { percent: 10.0 };
    let chooses = settings.chooses_by_validation();
    let given = asked.or_else(|| chooses.then_some(DEFAULT));
    let share = given.map_or(0.0, |given| given.percent / 100.0);
    if chooses && share == 0.0 {
        let reasons = "the best epoch, early stopping or a plateau schedule";
        return Err(CommandError::bad_input(InnerValidError::Needed { reasons }));
    }
    Ok((share > 0.0).then_some(share))
}

impl Plan {
    /// Divides `pool` into `fold_count` folds, `repeat_count` times; repeat `r` takes
    /// `seed + r - 1` for everything random.
    pub(crate) fn new(
        pool: &Pool,
        fold_count: usize,
        repeat_count: usize,
        seed: u64,
        inner_share: Option<f64>,
    ) -> Result<Self, CommandError> {
        let all: Vec<usize> = (0..pool.slices.len()).collect();
        let mut parts = Vec::with_capacity(fold_count * repeat_count);
        for repeat in 1..=repeat_count {
            let seed = seed.wrapping_add(repeat as u64 - 1);
            let folds = pool
                .divisible(&all, |samples| stratified_folds(samples, fold_count, seed))
                .map_err(CommandError::bad_input)?;
            for fold in 0..fold_count {
                let (held_out, rest): (Vec<usize>, Vec<usize>) =
                    all.iter().partition(|position| folds[**position] == fold);
                let (train, inner_valid) = match inner_share {
                    Some(share) => {
                        let (train, inner) = set_aside(pool, &rest, share, seed)?;
                        (train, Some(inner))
                    }
                    None => (rest, None),
                };
                parts.push(Part {
                    repeat,
                    fold: fold + 1,
                    seed,
                    train,
                    inner_valid,
                    held_out,
                });
            }
        }
        Ok(Self { parts })
    }

    /// Writes `folds.csv`: which fold of which repeat held each slice out.
    pub(crate) fn write(&self, pool: &Pool, path: &Path) -> Result<(), CommandError> {
        let classes = pool.dataset.classes();
        write_atomically(path, |file| {
            let mut writer = csv::Writer::from_writer(file);
            writer.write_record(["repeat", "fold", "path", "group", "class"])?;
            for part in &self.parts {
                for position in &part.held_out {
                    let group = pool.groups[*position].as_ref();
                    writer.write_record([
                        part.repeat.to_string().as_str(),
                        part.fold.to_string().as_str(),
                        pool.paths[*position].display().to_string().as_str(),
                        group.map_or("", |group| group.0.as_str()),
                        classes.name(pool.slices[*position].truth).as_str(),
                    ])?;
                }
            }
            writer.flush()
        })?;
        Ok(())
    }
}

fn set_aside(
    pool: &Pool,
    rest: &[usize],
    share: f64,
    seed: u64,
) -> Result<(Vec<usize>, Vec<usize>), CommandError> {
    let held = pool
        .divisible(rest, |samples| hold_out(samples, share, seed))
        .map_err(CommandError::bad_input)?;
    let pick = |wanted: bool| {
        let pairs = rest.iter().zip(&held);
        pairs
            .filter(|(_, is_held)| **is_held == wanted)
            .map(|(position, _)| *position)
            .collect()
    };
    Ok((pick(false), pick(true)))
}
