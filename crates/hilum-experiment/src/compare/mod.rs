//! Several models side by side, on the same slices.

mod disagreements;
mod error;
mod evaluation_folder;
mod figures;
mod pairing;
mod settings;
mod side;
mod subject;
mod words;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use hilum_core::{ClassIndex, Probabilities, Split};
use hilum_imaging::DecodeLimits;
use hilum_metrics::{
    Bootstrap, ComparedModel, ComparedSlices, ComparisonReport, Drawn, GroupedPart, PairedBy,
};
use hilum_report::{Compared, ComparedCurves, write_comparison};

use crate::session::{Session, workers};
use crate::settings::{DataSettings, MachineSettings};
use crate::{Event, ExperimentError, Predict};
use figures::{Answers, Computed};
use pairing::{Shared, pair};
use side::Side;

pub use error::CompareError;
pub use subject::Subject;

/// The version of `compare.json`.
const VERSION: u32 = 1;

/// What is compared, and on what.
#[derive(Debug, Clone, PartialEq)]
pub struct Compare {
    /// Two or more.
    pub subjects: Vec<Subject>,
    /// What every model is asked anew; if absent, what their evaluations say is compared.
    pub data: Option<ComparedData>,
    /// Of runs without new data, the split whose evaluation is meant; the last evaluation, if
    /// absent.
    pub split: Option<Split>,
    /// Whether slices that not all have judged are left out; otherwise they stop the comparison.
    pub on_shared: bool,
    /// What models run on.
    pub machine: MachineSettings,
    /// Slices that go through a network at once.
    pub batch: NonZeroUsize,
    /// How intervals and differences are drawn.
    pub bootstrap: Bootstrap,
    /// Larger images are not shown.
    pub max_pixels: u64,
    /// Where the results go; nowhere, if absent.
    pub out: Option<ComparisonPlace>,
}

/// Slices that every model is asked about.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparedData {
    /// Which data, and how it is read.
    pub settings: DataSettings,
    /// The slices of it.
    pub split: Split,
    /// How data without a split of its own is divided; as each model was trained, if absent.
    pub split_seed: Option<u64>,
}

/// Where the results of a comparison go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ComparisonPlace {
    /// This folder, which holds no comparison yet.
    At(PathBuf),
    /// This folder, whatever it holds.
    Over(PathBuf),
}

impl Compare {
    /// What the evaluations of `subjects` say, written nowhere.
    pub fn new(subjects: Vec<Subject>, machine: MachineSettings) -> Self {
        Self {
            subjects,
            data: None,
            split: None,
            on_shared: false,
            machine,
            batch: Predict::BATCH,
            bootstrap: Bootstrap::default(),
            max_pixels: DecodeLimits::default().max_pixels,
            out: None,
        }
    }
}

impl ComparisonPlace {
    fn check(&self) -> Result<&Path, CompareError> {
        match self {
            Self::At(path) if path.join("compare.json").exists() => {
                Err(CompareError::Taken { path: path.clone() })
            }
            Self::At(path) | Self::Over(path) => Ok(path),
        }
    }
}

/// Puts models side by side on the slices that all of them judged: figures with intervals,
/// differences with what tells them from luck, settings that differ, slices that they call
/// otherwise.
///
/// Slices that any of them knows, copies and repeats leave the comparison; where nothing is left,
/// all are compared and that is said.
///
/// # Errors
/// [`ExperimentError`] if a model or an evaluation cannot be read, or they are not of the same
/// slices and classes.
pub fn compare(
    request: &Compare,
    session: &Session<'_>,
) -> Result<ComparisonReport, ExperimentError> {
    if request.subjects.len() < 2 {
        return Err(CompareError::Alone.into());
    }
    let place = request
        .out
        .as_ref()
        .map(ComparisonPlace::check)
        .transpose()?;
    let names = subject::names(&request.subjects);
    let sides = request
        .subjects
        .iter()
        .map(|subject| Side::of(subject, request, session));
    let sides = sides.collect::<Result<Vec<Side>, _>>()?;
    let shared = pair(&sides, &names, request.on_shared)?;
    let workers = workers(request.machine.threads)?;
    let compared = workers.install(|| Comparison::of(&sides, &names, &shared, request));
    if let Some(folder) = place {
        let written = workers.install(|| compared.write(folder, &sides, request))?;
        for path in &written {
            session.tell(&Event::WroteResult { path });
        }
        session.tell(&Event::ResultsIn(folder));
    }
    Ok(compared.report)
}

/// A comparison with what its figures were computed from.
struct Comparison {
    report: ComparisonReport,
    truth: Vec<ClassIndex>,
    /// By model, then slice.
    probabilities: Vec<Vec<Probabilities>>,
}

impl Comparison {
    fn of(sides: &[Side], names: &[String], shared: &Shared, request: &Compare) -> Self {
        let classes = &sides[0].report.as_is.confusion.classes;
        let (slices, part) = judged_slices(shared);
        let of_side = |number: usize, side: &Side| -> Vec<Probabilities> {
            let rows = slices.iter().map(|slice| shared.positions[*slice][number]);
            rows.map(|at| side.rows[at].probabilities.clone()).collect()
        };
        let probabilities = sides.iter().enumerate().map(|(at, side)| of_side(at, side));
        let probabilities: Vec<Vec<Probabilities>> = probabilities.collect();
        let truth = slices.iter().map(|slice| shared.positions[*slice][0]);
        let truth: Vec<ClassIndex> = truth.map(|at| sides[0].rows[at].truth).collect();
        let groups = pairing::without_gaps(slices.iter().map(|slice| shared.groups[*slice]));
        let answers = Answers {
            names,
            class_count: classes.len(),
            truth: &truth,
            probabilities: &probabilities,
            groups: &groups,
            drawn: shared.drawn,
        };
        let Computed {
            figures,
            pairs,
            tests,
        } = answers.compute(&request.bootstrap);
        let slices_of = ComparedSlices {
            split: sides[0].report.split,
            count: slices.len(),
            part,
            shared: shared.positions.len(),
            unclean: shared
                .is_clean
                .iter()
                .filter(|is| **is == Some(false))
                .count(),
            groups: groups.iter().max().map_or(0, |last| last + 1),
            drawn: shared.drawn,
            paired_by: shared.by,
            classes: classes.clone(),
        };
        let models = sides.iter().zip(names).zip(figures);
        let models = models.map(|((side, name), figures)| ComparedModel {
            name: name.clone(),
            kind: side.subject.kind(),
            source: side.source.clone(),
            model: side.report.model.clone(),
            audit: side.report.audit.clone(),
            leaked: side.report.leaked.clone(),
            figures,
        });
        let report = ComparisonReport {
            version: VERSION,
            hilum: env!("CARGO_PKG_VERSION").to_owned(),
            models: models.collect(),
            tests,
            pairs,
            settings: settings::differing(sides),
            disagreements: disagreements::disagreements(sides, classes, shared, &slices),
            notes: notes(sides, names, shared, &slices_of),
            slices: slices_of,
        };
        Self {
            report,
            truth,
            probabilities,
        }
    }

    fn write(
        &self,
        folder: &Path,
        sides: &[Side],
        request: &Compare,
    ) -> Result<Vec<PathBuf>, ExperimentError> {
        let report = &self.report;
        let names: Vec<String> = report
            .models
            .iter()
            .map(|model| model.name.clone())
            .collect();
        let limits = DecodeLimits {
            max_pixels: request.max_pixels,
        };
        let pictures = disagreements::pictures(&report.disagreements, &names, limits);
        let curves = sides.iter().zip(&self.probabilities);
        let curves = curves.map(|(side, probabilities)| ComparedCurves {
            probabilities,
            training: side.training.as_ref().map(|(history, _)| history),
        });
        let compared = Compared {
            report,
            truth: &self.truth,
            models: &curves.collect::<Vec<_>>(),
            pictures: &pictures,
        };
        Ok(write_comparison(folder, &compared)?)
    }
}

/// The slices that are compared: those that are clean for every model, or all, where none is or
/// where a model does not say which are.
fn judged_slices(shared: &Shared) -> (Vec<usize>, GroupedPart) {
    let all: Vec<usize> = (0..shared.positions.len()).collect();
    if shared.is_clean.contains(&None) {
        return (all, GroupedPart::AsIs);
    }
    let clean = all.iter().copied();
    let clean: Vec<usize> = clean
        .filter(|at| shared.is_clean[*at] == Some(true))
        .collect();
    if clean.is_empty() {
        (all, GroupedPart::AsIs)
    } else {
        (clean, GroupedPart::Clean)
    }
}

/// What a reader must know besides the figures.
fn notes(
    sides: &[Side],
    names: &[String],
    shared: &Shared,
    slices: &ComparedSlices,
) -> Vec<String> {
    let mut notes = Vec::new();
    let says_nothing = |says: fn(&evaluation_folder::JudgedRow) -> bool| -> Vec<&str> {
        let silent = sides.iter().zip(names);
        let silent = silent.filter(|(side, _)| !side.rows.iter().all(says));
        silent.map(|(_, name)| name.as_str()).collect()
    };
    let unsure = says_nothing(|row| row.is_clean.is_some());
    if !unsure.is_empty() {
        notes.push(format!(
            "Which slices are clean is not recorded for {}, whose evaluation an earlier hilum wrote: \
             all are compared, copies and slices that a model knows among them. Evaluate again.",
            unsure.join(", ")
        ));
    } else if slices.part == GroupedPart::AsIs {
        notes.push(
            "No slice is clean for every model: these figures say how well the models do on slices \
             that one of them learned from or was chosen by, or on copies; of others they say less."
                .to_owned(),
        );
    }
    let left_out: Vec<String> = sides
        .iter()
        .zip(names)
        .filter(|(side, _)| side.rows.len() > shared.positions.len())
        .map(|(side, name)| format!("{} of {name}", side.rows.len() - shared.positions.len()))
        .collect();
    if !left_out.is_empty() {
        notes.push(format!(
            "Slices that not all have judged are left out: {}.",
            left_out.join(", ")
        ));
    }
    if shared.by == PairedBy::Path {
        notes.push(
            "Slices were found by the names of their files, since an earlier hilum wrote an \
             evaluation and did not record their content: make sure that it is the same data."
                .to_owned(),
        );
    }
    if shared.drawn == Drawn::Slices && !says_nothing(|row| row.group.is_some()).is_empty() {
        notes.push(
            "Which slices belong together is not recorded: each is drawn by itself, and with several \
             slices a patient the true intervals are wider."
                .to_owned(),
        );
    }
    notes
}
