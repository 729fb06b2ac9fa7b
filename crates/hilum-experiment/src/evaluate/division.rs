//! Which slices of the data are judged, where the data itself does not say.

use std::fmt;

use hilum_core::Split;
use hilum_dataset::audit::Audit;
use hilum_dataset::{ClassSets, SplitFractions, all_in, resplit};
use hilum_weights::{KnownSlices, TrainingRecord};
use rayon::ThreadPool;
use serde_json::Value;

use crate::data::{self, Audited, known_slices};
use crate::session::Session;
use crate::settings::SEED;
use crate::{Evaluate, Event, ExperimentError, Model};

/// Who says which slices are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Division {
    /// The data: it has splits.
    OfTheData,
    /// Nobody, and the model did not learn from the data: all of it is judged.
    AllJudged {
        /// The files.
        count: usize,
    },
    /// The training that made the model, which had the same data.
    OfTheTraining {
        /// Its split seed.
        seed: u64,
        /// What the usual split seed would have given, if that is another one: how many of how
        /// many slices the model would have known.
        otherwise: Option<(usize, usize)>,
    },
    /// A split seed that was asked for.
    Seed(u64),
}

impl fmt::Display for Division {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OfTheData => formatter.write_str("the data's own split"),
            Self::AllJudged { count } => write!(
                formatter,
                "the data has no splits and the model did not learn from it: all {count} files are judged as `test`"
            ),
            Self::OfTheTraining { seed, otherwise } => {
                write!(
                    formatter,
                    "the data has no splits; it is divided as it was to train the model (split seed {seed})"
                )?;
                match otherwise {
                    Some((known, of)) => write!(
                        formatter,
                        "; by the usual split seed, {SEED}, the model would know {known} of {of}"
                    ),
                    None => Ok(()),
                }
            }
            Self::Seed(seed) => write!(
                formatter,
                "the data has no splits; it is divided by split seed {seed}"
            ),
        }
    }
}

/// Reads and audits the data of an evaluation, or stops it. Nothing is mended: the metrics are
/// given on all slices and on the clean part.
pub(super) fn judged(
    model: &Model,
    request: &Evaluate,
    session: &Session<'_>,
) -> Result<(Audited, Division), ExperimentError> {
    let mut settings = request.data.clone();
    let of_model = split_seed(&model.file.training);
    settings.split_seed = request.split_seed.or(of_model).unwrap_or(SEED);
    let dataset = data::read(&settings, ClassSets::MustMatch, session)?;
    let audit = data::look_at(&dataset, settings.max_pixels, &model.workers, session)?;
    let dataset = data::with_patients(dataset, &audit);
    let data = Audited { dataset, audit };
    let (audited, division) = if data.dataset.layout().has_own_split() {
        (data, Division::OfTheData)
    } else {
        divide(data, model, request, settings.split_seed)?
    };
    session.tell(&Event::Divided(&division));
    data::pass(&audited.audit, &settings, true)?;
    session.tell(&Event::Audited(&audited.audit.summary()));
    Ok((audited, division))
}

fn divide(
    data: Audited,
    model: &Model,
    request: &Evaluate,
    seed: u64,
) -> Result<(Audited, Division), ExperimentError> {
    if let Some(seed) = request.split_seed {
        return Ok((data, Division::Seed(seed)));
    }
    let Some(known) = &model.file.known_slices else {
        let otherwise = None;
        return Ok((data, Division::OfTheTraining { seed, otherwise }));
    };
    let workers = &model.workers;
    if request.split != Split::Test || learned_from(&data, known, workers) {
        let otherwise = if seed == SEED {
            None
        } else {
            Some(by_usual_seed(&data, known, request.split, workers)?)
        };
        return Ok((data, Division::OfTheTraining { seed, otherwise }));
    }
    let dataset = all_in(&data.dataset, Split::Test);
    let count = dataset.samples().len();
    let audit = data.audit.of_same_files(&data.dataset, &dataset);
    Ok((Audited { dataset, audit }, Division::AllJudged { count }))
}

/// Whether the model was made with most of the data.
fn learned_from(data: &Audited, known: &KnownSlices, workers: &ThreadPool) -> bool {
    let all = known_slices(&data.dataset, &data.audit, None, known, workers);
    2 * all.count() > all.of
}

fn by_usual_seed(
    data: &Audited,
    known: &KnownSlices,
    split: Split,
    workers: &ThreadPool,
) -> Result<(usize, usize), ExperimentError> {
    let dataset = resplit(&data.dataset, SplitFractions::default(), SEED)?;
    let audit: Audit = data.audit.of_same_files(&data.dataset, &dataset);
    let those = known_slices(&dataset, &audit, Some(split), known, workers);
    Ok((those.count(), those.of))
}

/// What the training divided its data by.
fn split_seed(training: &TrainingRecord) -> Option<u64> {
    let seed = training.settings.data.other.get("split_seed");
    seed.and_then(Value::as_u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_who_divides() {
        let training = Division::OfTheTraining {
            seed: 1,
            otherwise: Some((76, 96)),
        };
        assert_eq!(
            training.to_string(),
            "the data has no splits; it is divided as it was to train the model (split seed 1); by the usual split seed, 32, the model would know 76 of 96"
        );
    }
}
