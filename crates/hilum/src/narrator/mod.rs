//! What a person reads and sees while a call of the library goes on: its events in words, on the
//! screen.

mod answers;
mod bars;
mod epochs;
mod evaluation;
mod folds;
mod training;

use std::fmt::Display;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hilum_core::{AuditSummary, Grouping};
use hilum_dataset::Ignored;
use hilum_experiment::{Event, Group, Grouped, ModelOrigin, Observer, chain};

use hilum_weights::ModelFile;

use crate::screen::{DISCLAIMER, Screen, stderr_width};
use crate::summary::{class_table, stamp};
use answers::{calibrated, held_against, worth_of_answers};
use bars::Bars;
use evaluation::{brittle, divided, known_slices};
use training::RunProgress;

/// Tells the screen.
pub(crate) struct Narrator<'a> {
    screen: &'a Screen,
    bars: Mutex<Bars>,
    run: Mutex<RunProgress>,
}

impl<'a> Narrator<'a> {
    pub(crate) fn new(screen: &'a Screen) -> Self {
        Self {
            screen,
            bars: Mutex::default(),
            run: Mutex::new(RunProgress::new()),
        }
    }

    fn bars(&self) -> MutexGuard<'_, Bars> {
        self.bars.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) -> MutexGuard<'_, RunProgress> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, message: impl Display) {
        self.screen.note(message);
    }
}

impl Observer for Narrator<'_> {
    fn notice(&self, event: &Event<'_>) {
        let screen = self.screen;
        match event {
            Event::Begins { task, total } => self.bars().begin(*task, *total, screen),
            Event::Advances { task, done } => self.bars().advance(*task, *done),
            Event::Ends { task } => self.bars().end(*task),
            Event::Fetch(progress) => self.bars().fetch(progress, screen),
            Event::FetchEnds => self.bars().fetch_ends(),
            Event::TrainingStarted(run) => self.run().started(run, screen),
            Event::BatchDone(batch) => self.run().batch_done(batch, screen),
            Event::EpochDone(epoch) => self.run().epoch_done(epoch, screen),
            Event::TrainingStopped(reason) => self.run().stopped(*reason, screen),
            Event::CurvesNotWritten(error) => screen.warn(chain(*error)),
            Event::FoldAdvances(progress) => folds::advance(progress, &self.bars(), screen),
            Event::FoldDone {
                fold,
                scores,
                seconds,
            } => {
                self.note(folds::fold_done(*fold, scores, *seconds));
            }
            Event::FoldsBySlice { slices, of_groups } => {
                self.note(folds::by_slice(*slices, *of_groups));
            }
            Event::RungBegins {
                number,
                count,
                trials,
                done_before,
                folds,
            } => {
                self.note(folds::rung(*number, *count, *trials, *done_before, *folds));
            }
            Event::TrialDone(record) => self.note(folds::trial_done(record)),
            event => self.data_or_file(event),
        }
    }
}

impl Narrator<'_> {
    /// What is said of data, models and files.
    fn data_or_file(&self, event: &Event<'_>) {
        let screen = self.screen;
        match event {
            Event::ClassRenamed { from, to } => {
                self.note(format_args!("`{from}` is read as class `{to}`"));
            }
            Event::FilesIgnored(files) => ignored(files, screen),
            Event::FilesLeftOut(files) => list(files, screen),
            Event::DatasetRead(dataset) => {
                self.note(class_table(dataset).within(stderr_width()));
            }
            Event::Mended(line) => self.note(format_args!("mended: {line}")),
            Event::Audited(summary) => audited(summary, screen),
            Event::UnreadableAllowed(files) => screen.warn(files.describe()),
            Event::ValidSetAside {
                slices,
                of,
                seed,
                keeps_scans,
            } => {
                let scans = if *keeps_scans {
                    "scans whole"
                } else {
                    "scans not kept whole, since the slices of a class all look alike: its figures may flatter"
                };
                self.note(format_args!(
                    "the data has no `valid`: {slices} of {of} `train` slices are set aside for \
                     it (split seed {seed}, {scans})"
                ));
            }
            Event::SplitDropped => {
                screen.warn("the data has a split of its own, which is not kept");
            }
            Event::Grouped(grouped) => grouped_folds(grouped, screen),
            Event::GroupsInferred(grouped) => grouped_split(grouped, screen),
            Event::BundledHeadLeftOut => {
                self.note("the bundled model tells other classes apart than the data has");
            }
            Event::WeightsInOrder { source, unfolded } => self.note(format_args!(
                "`{source}` has names of its own: its layers are taken in their order, by kind and shape; {unfolded} batch norms were folded into convolutions, and begin as what adds their bias"
            )),
            Event::WeightsApplied { source, report } => {
                self.note(format_args!("weights of `{source}`: {report}"));
            }
            Event::ModelOpened { origin, file } => introduce(origin, file, screen),
            Event::JudgedOnOwnSlices(split) => screen.warn(format_args!(
                "this model learnt from `{split}` slices: if they are these, its figures say nothing"
            )),
            Event::ValidationFarBelow(gap) => screen.warn(training::far_below(gap)),
            Event::Divided(division) => divided(division, screen),
            Event::JudgedOnKnownSlices { split, files, of } => {
                known_slices(*split, files, *of, screen);
            }
            Event::LeaksUnknown => screen.warn(
                "this model, of another program or of an older hilum, does not say what it learned from: slices that it knows cannot be told from others",
            ),
            Event::Brittle(table) => brittle(table, screen),
            Event::HeldAgainstCalibration(found) => held_against(found, screen),
            Event::Calibrated {
                record,
                differences,
            } => calibrated(record, differences, screen),
            Event::DetectorFitted(detector) => {
                self.note(format_args!("its detector {detector}"));
            }
            Event::Rounded(record) => self.note(answers::rounded(record)),
            Event::NoDetector(reason) => self.note(answers::no_detector(reason)),
            Event::NotCalibrated(reason) => self.note(answers::not_calibrated(reason)),
            Event::GoesOnIn(path) => self.note(format_args!("going on in `{}`", path.display())),
            Event::WroteResult { path } => {
                screen.detail(format_args!("wrote `{}`", path.display()));
            }
            Event::Wrote { path } => self.note(format_args!("wrote `{}`", path.display())),
            Event::ResultsIn(path) => {
                self.note(format_args!("results are in `{}`", path.display()));
            }
            // Commands say it when they have said everything else.
            _ => {}
        }
    }
}

/// Which model it is and what is known of it.
fn introduce(origin: &ModelOrigin, file: &ModelFile, screen: &Screen) {
    let classes = file.classes.len();
    screen.note(format_args!(
        "{origin}: {}, {classes} classes\n{}\n{}\n{DISCLAIMER}",
        file.architecture.name,
        stamp(&file.audit, stderr_width()),
        worth_of_answers(file),
    ));
}

fn audited(summary: &AuditSummary, screen: &Screen) {
    let is_clean = matches!(summary, AuditSummary::Audited { findings, .. } if findings.is_empty());
    if is_clean {
        screen.note(summary);
        return;
    }
    let (before, behind) = ("warning: ", "; `hilum audit` says more");
    // Where there is no room for both, the pointer goes.
    let room = |width: usize| width.saturating_sub(before.len());
    let stamp = stamp(summary, stderr_width().map(room));
    let fits = |width: usize| stamp.chars().count() + behind.len() <= room(width);
    let behind = if stderr_width().is_none_or(fits) {
        behind
    } else {
        ""
    };
    screen.warn(format_args!("{stamp}{behind}"));
}

fn ignored(files: &[Ignored], screen: &Screen) {
    let Some(first) = files.first() else { return };
    let others = match files.len() - 1 {
        0 => String::new(),
        count => format!(" and {count} more"),
    };
    screen.note(format_args!(
        "ignored `{}` ({}){others}; `--verbose` lists all",
        first.path.display(),
        first.reason
    ));
    list(files, screen);
}

fn list(files: &[Ignored], screen: &Screen) {
    for one in files {
        let path = one.path.display();
        screen.detail(format_args!("ignored `{path}`: {}", one.reason));
    }
}

/// What folds keep together, and what that is worth.
fn grouped_folds(grouped: &Grouped, screen: &Screen) {
    let Grouped {
        named, inferred, ..
    } = grouped;
    if named.count > 0 {
        screen.note(format_args!(
            "{} slices are kept together in {} groups that the data names",
            named.slices, named.count
        ));
    }
    if inferred.count > 0 {
        screen.warn(format_args!(
            "{} of {} slices are kept together in {} inferred groups: a guess from how alike \
             slices are; unlike slices of one patient are not among them, so the figures may \
             flatter",
            inferred.slices, grouped.slices, inferred.count
        ));
    }
    if [named, inferred]
        .iter()
        .all(|groups| **groups == Group::default())
    {
        let why = match grouped.grouping {
            Grouping::None => "`--group none` keeps nothing together",
            _ => "no patient is named and no slices look like one scan",
        };
        screen.warn(format_args!(
            "{why}: if patients have several slices, the figures flatter"
        ));
    }
}

/// What a split keeps together, and that it is a guess.
fn grouped_split(grouped: &Grouped, screen: &Screen) {
    let inferred = grouped.inferred;
    if inferred.count == 0 {
        screen.note("no slices look like one scan, so no groups are inferred");
    } else {
        screen.warn(format_args!(
            "{} slices are kept together in {} inferred groups: they look alike, \
             which is no proof that they are of one patient, and unlike slices of one patient \
             are not among them",
            inferred.slices, inferred.count
        ));
    }
}
