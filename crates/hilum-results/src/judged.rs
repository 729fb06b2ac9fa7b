//! Answers, sorted into the DICOM series that they are of.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use hilum_experiment::{
    FileAnswer, NamedModel, Prediction, Sources, UnitPrediction, answer_series,
};
use hilum_trust::Policy;

use crate::{NoReference, SourceInstance};

/// A slice that was judged, and the instance that it was read of.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedSlice {
    /// The instance; of one with several frames, `prediction.frame` names the frame.
    pub source: SourceInstance,
    /// What the model says of it.
    pub prediction: Prediction,
}

/// All slices of a series that were judged, and what they say together.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedSeries {
    /// The answer of the whole.
    pub answer: UnitPrediction,
    /// Its slices as they lie in the body, each once: at least one.
    pub slices: Vec<JudgedSlice>,
}

/// A file that no object is written about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreferenced {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub reason: NoResult,
}

/// Why no object is written about a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoResult {
    /// It is a picture or a volume of another kind: nothing in it can be referred to.
    NotDicom,
    /// It is DICOM that names no instance, series or study.
    NoReference(NoReference),
}

/// Slices of a series, and how many of its files and frames could not be judged.
#[derive(Default)]
struct Collected {
    slices: Vec<JudgedSlice>,
    unreadable_count: usize,
}

/// Sorts answers into the series that they are of, the series by their identifiers.
///
/// A slice that was given twice, as two files of one instance, counts once. Answers of files that
/// nothing can refer to are returned beside.
pub fn judged_series<'m>(
    model: impl Into<NamedModel<'m>>,
    policy: &Policy,
    answers: impl IntoIterator<Item = FileAnswer>,
    sources: &Sources,
) -> (Vec<JudgedSeries>, Vec<Unreferenced>) {
    let model = model.into();
    let mut all: BTreeMap<(String, String), Collected> = BTreeMap::new();
    let mut unreferenced = Vec::new();
    // Of a file with many frames, the header is read once.
    let mut last: Option<(PathBuf, Result<SourceInstance, NoResult>)> = None;
    for answer in answers {
        let path = match &answer {
            FileAnswer::Predicted(prediction) => &prediction.path,
            FileAnswer::Unreadable { path, .. } => path,
        };
        let known = last.take().filter(|(known, _)| known == path);
        let (path, source) = known.unwrap_or_else(|| (path.clone(), source(sources, path)));
        match (answer, &source) {
            (FileAnswer::Predicted(prediction), Ok(source)) => {
                let source = source.clone();
                let series = (source.study_uid.clone(), source.series_uid.clone());
                let slice = JudgedSlice { source, prediction };
                all.entry(series).or_default().slices.push(slice);
            }
            (FileAnswer::Unreadable { .. }, Ok(source)) => {
                let series = (source.study_uid.clone(), source.series_uid.clone());
                all.entry(series).or_default().unreadable_count += 1;
            }
            (FileAnswer::Predicted(prediction), Err(reason)) => {
                let (path, reason) = (prediction.path, *reason);
                if unreferenced
                    .last()
                    .is_none_or(|one: &Unreferenced| one.path != path)
                {
                    unreferenced.push(Unreferenced { path, reason });
                }
            }
            // It is told as unreadable already.
            (FileAnswer::Unreadable { .. }, Err(_)) => {}
        }
        last = Some((path, source));
    }
    let judged = all
        .into_values()
        .filter_map(|collected| collected.judged(&model, policy));
    (judged.collect(), unreferenced)
}

fn source(sources: &Sources, path: &std::path::Path) -> Result<SourceInstance, NoResult> {
    let header = sources.dicom_header(path).ok_or(NoResult::NotDicom)?;
    SourceInstance::of(&header).map_err(NoResult::NoReference)
}

impl Collected {
    fn judged(self, model: &NamedModel<'_>, policy: &Policy) -> Option<JudgedSeries> {
        let Self {
            mut slices,
            unreadable_count,
        } = self;
        in_order(&mut slices);
        // The same one stands beside itself, as the order ends with what tells slices apart.
        slices.dedup_by(|one, other| one.key() == other.key());
        let predictions: Vec<Prediction> = slices
            .iter()
            .map(|slice| slice.prediction.clone())
            .collect();
        let answer = answer_series(model.clone(), policy, &predictions, unreadable_count)?;
        Some(JudgedSeries { answer, slices })
    }
}

/// As they lie in the body where all of them say so, else by their numbers: whatever the files are
/// called, and in whatever order they come.
fn in_order(slices: &mut [JudgedSlice]) {
    let have_places = slices
        .iter()
        .all(|slice| slice.prediction.position_mm.is_some());
    slices.sort_by(|one, other| {
        let place = |slice: &JudgedSlice| {
            let place = slice.prediction.position_mm.filter(|_| have_places);
            place.unwrap_or_default()
        };
        let by_number = |slice: &JudgedSlice| slice.source.instance_number;
        place(one)
            .total_cmp(&place(other))
            .then_with(|| by_number(one).cmp(&by_number(other)))
            .then_with(|| one.key().cmp(&other.key()))
    });
}

impl JudgedSlice {
    /// What tells it from every other slice.
    pub(crate) fn key(&self) -> (&str, Option<usize>) {
        (&self.source.sop_instance_uid, self.prediction.frame)
    }

    /// `slice 12`, `slice 1 frame 7`, or its identifier where it has no number.
    pub(crate) fn name(&self) -> String {
        let number = self.source.instance_number;
        let number = number.map(|number| number.to_string());
        let number = number.unwrap_or_else(|| self.source.sop_instance_uid.clone());
        match self.prediction.frame {
            Some(frame) => format!("slice {number} frame {frame}"),
            None => format!("slice {number}"),
        }
    }
}

impl JudgedSeries {
    /// The instance whose patient, study and series objects repeat: the one of the lowest number.
    ///
    /// # Panics
    /// If there is no slice.
    pub fn source(&self) -> &SourceInstance {
        let sources = self.slices.iter().map(|slice| &slice.source);
        let first = sources.min_by_key(|source| (source.instance_number, &source.sop_instance_uid));
        first.expect("a series that was judged has a slice")
    }

    /// Every instance once, in the order of the slices: class and identifier.
    pub(crate) fn instances(&self) -> Vec<(&str, &str)> {
        let mut known = BTreeSet::new();
        let sources = self.slices.iter().map(|slice| &slice.source);
        sources
            .filter(|source| known.insert(&source.sop_instance_uid))
            .map(|source| {
                (
                    source.sop_class_uid.as_str(),
                    source.sop_instance_uid.as_str(),
                )
            })
            .collect()
    }

    /// The slice that a piece of evidence of the answer is.
    pub(crate) fn slice_of(&self, evidence: &hilum_experiment::Evidence) -> Option<&JudgedSlice> {
        self.slices.iter().find(|slice| {
            slice.prediction.path == evidence.path && slice.prediction.frame == evidence.frame
        })
    }
}
