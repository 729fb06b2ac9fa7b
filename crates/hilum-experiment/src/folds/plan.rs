//! Which slices each fold trains on, chooses by and holds out.

use std::path::Path;

use hilum_core::spreadsheet_text;
use hilum_dataset::{hold_out, stratified_folds};
use hilum_files::write_atomically;

use super::Pool;
use crate::ExperimentError;

/// One training and what it is judged by; positions in the pool, ascending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fold {
    /// Which round of folds; the first is 1.
    pub(crate) repeat: usize,
    /// Which fold is held out; the first is 1.
    pub(crate) number: usize,
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
    pub(crate) folds: Vec<Fold>,
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
    ) -> Result<Self, ExperimentError> {
        let all: Vec<usize> = (0..pool.slices.len()).collect();
        let mut planned = Vec::with_capacity(fold_count * repeat_count);
        for repeat in 1..=repeat_count {
            let seed = seed.wrapping_add(repeat as u64 - 1);
            let folds =
                pool.divisible(&all, |samples| stratified_folds(samples, fold_count, seed))?;
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
                planned.push(Fold {
                    repeat,
                    number: fold + 1,
                    seed,
                    train,
                    inner_valid,
                    held_out,
                });
            }
        }
        Ok(Self { folds: planned })
    }

    /// Writes `folds.csv`: which fold of which repeat held each slice out.
    pub(crate) fn write(&self, pool: &Pool, path: &Path) -> Result<(), ExperimentError> {
        let classes = pool.dataset.classes();
        write_atomically(path, |file| {
            let mut writer = csv::Writer::from_writer(file);
            writer.write_record(["repeat", "fold", "path", "group", "class"])?;
            for fold in &self.folds {
                for position in &fold.held_out {
                    let group = pool.groups[*position].as_ref();
                    let path = pool.paths[*position].display().to_string();
                    let text = [
                        path.as_str(),
                        group.map_or("", |group| group.0.as_str()),
                        classes.name(pool.slices[*position].truth).as_str(),
                    ];
                    let [path, group, class] = text.map(spreadsheet_text);
                    writer.write_record([
                        fold.repeat.to_string().as_str(),
                        fold.number.to_string().as_str(),
                        &path,
                        &group,
                        &class,
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
) -> Result<(Vec<usize>, Vec<usize>), ExperimentError> {
    let held = pool.divisible(rest, |samples| hold_out(samples, share, seed))?;
    let pick = |wanted: bool| {
        let pairs = rest.iter().zip(&held);
        pairs
            .filter(|(_, is_held)| **is_held == wanted)
            .map(|(position, _)| *position)
            .collect()
    };
    Ok((pick(false), pick(true)))
}
