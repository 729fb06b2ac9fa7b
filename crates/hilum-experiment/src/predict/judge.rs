//! Slices through the network, a chunk at a time, and an answer for each.

use std::mem;
use std::path::PathBuf;

use hilum_core::{ClassIndex, Classes};
use hilum_dataset::{IgnoreReason, Ignored};
use hilum_imaging::{Concern, DecodeError, DecodeProblem, DicomProblem, Pixels, place_mm};
use hilum_trust::{Answer, Answering, Judgement};
use rayon::prelude::*;

use super::batch::Batch;
use super::in_order::in_order;
use super::reading::{Opened, no_such_frame, read_slice};
use super::slice_order::{Read, ReadSlice, arrange};
use super::{Doubtful, FileAnswer, FileCounts, Predict, Prediction};
use crate::inputs::{Fetched, Input};
use crate::judging::Judging;
use crate::session::Session;
use crate::{Event, ExperimentError, Passage, Task, chain};

/// Slices that are decoded before the network sees the first of them: a long CT series, so that
/// its slices can be put in order, and a bound to the memory.
pub(crate) const CHUNK: usize = 1024;

/// The same where pixels are kept.
pub(crate) const KEPT_CHUNK: usize = 128;

/// What an empty set says.
const EMPTY_SET: &str =
    "its set is empty: no class is as likely as it takes; `--sets aps` holds the most likely one";

/// What answers go through, a chunk of slices at a time.
pub(crate) struct Judge<'call, 'session, 'model> {
    pub(crate) model: &'call mut Judging<'model>,
    pub(crate) request: &'call Predict,
    pub(crate) session: &'call Session<'session>,
    /// Is given every chunk of answers, and the model between two of them.
    pub(crate) take: Take<'call>,
    /// Whether answers come with the pixels that they are of.
    pub(crate) keeps_pixels: bool,
    /// Whether they come with what the head of the network reads.
    pub(crate) keeps_features: bool,
    /// Objects that are fetched ahead, in the order in which files come.
    pub(crate) fetched: Option<&'call Fetched>,
    pub(crate) progress: Progress,
}

/// How far a call is.
#[derive(Default)]
pub(crate) struct Progress {
    /// Files that were opened.
    opened: usize,
    pub(crate) counts: FileCounts,
    /// All that was answered, to be held against the slices of the calibration.
    pub(crate) batch: Batch,
}

/// What becomes of answers.
pub(crate) type Take<'a> =
    &'a mut dyn FnMut(&mut Judging<'_>, Vec<JudgedFile>) -> Result<(), ExperimentError>;

/// An answer, and the pixels that it is of if they were to be kept.
pub(crate) struct JudgedFile {
    pub(crate) answer: FileAnswer,
    pub(crate) pixels: Option<JudgedPixels>,
    /// What the head of the network reads of the slice's first view, if that was to be kept.
    pub(crate) features: Option<Vec<f32>>,
}

/// A slice in two forms.
pub(crate) struct JudgedPixels {
    /// As its file holds it.
    pub(crate) decoded: Pixels,
    /// As the network's input is made of it.
    pub(crate) prepared: Pixels,
    /// The class that is most likely, also where there is no answer.
    pub(crate) most_likely: ClassIndex,
}

impl Judge<'_, '_, '_> {
    /// Files of one slice are judged together; one of several is read by itself, a chunk of its
    /// slices at a time.
    pub(crate) fn files(&mut self, inputs: &[&Input]) -> Result<(), ExperimentError> {
        self.session.cancel().check()?;
        let opened = self.opened(inputs);
        self.progress.opened += inputs.len();
        let mut single = Vec::new();
        for (input, opened) in inputs.iter().zip(opened) {
            match opened {
                Opened::One(read) => single.push(*read),
                Opened::Several => {
                    self.slices(mem::take(&mut single))?;
                    self.stack(input)?;
                }
            }
        }
        self.slices(single)
    }

    /// Looks at files: one on this thread, several on as many as read.
    fn opened(&self, inputs: &[&Input]) -> Vec<Opened> {
        let (model, request, keeps) = (self.model.file(), self.request, self.keeps_pixels);
        let readers = self.model.readers();
        let look = |input: &Input, file| Opened::of(input, file, model, request, keeps);
        if let Some(fetched) = self.fetched {
            let before = self.progress.opened;
            return in_order(readers, inputs.len(), |at| {
                let input = inputs[at];
                look(input, fetched.open(before + at, input, request.limits))
            });
        }
        let open = |input: &&Input| look(input, input.open(request.limits));
        match inputs {
            [input] => vec![self.model.read_here(|| open(input))],
            _ => readers.install(|| inputs.par_iter().map(open).collect()),
        }
    }

    /// Every slice of a file that holds several.
    fn stack(&mut self, input: &Input) -> Result<(), ExperimentError> {
        let before = self.progress.counts.files;
        let file = match input.open(self.request.limits) {
            Ok(file) => file,
            Err(error) => return self.slices(vec![Err(error)]),
        };
        let frames = self.request.frames.of(file.count());
        if frames.is_empty() {
            return self.slices(vec![Err(no_such_frame(input, &file, self.request))]);
        }
        let most = if self.keeps_pixels { KEPT_CHUNK } else { CHUNK };
        for frames in frames.chunks(most) {
            let (model, keeps) = (self.model.file(), self.keeps_pixels);
            let read = |index: &usize| read_slice(input, &file, *index, model, keeps);
            let read = self
                .model
                .readers()
                .install(|| frames.par_iter().map(read).collect());
            self.slices(read)?;
            // They are one file, however many there are.
            self.progress.counts.files = before + 1;
        }
        Ok(())
    }

    /// Judges slices, or says why there is none.
    fn slices(&mut self, mut read: Vec<Read>) -> Result<(), ExperimentError> {
        self.session.cancel().check()?;
        pass_over_indices(&mut read, self.session);
        let read = arrange(read);
        let mut found = self.judgements(&read)?.into_iter();
        self.progress.counts.files += read.len();
        let answering = self.model.answering(&self.request.policy);
        let mut judged = Vec::with_capacity(read.len());
        for one in read {
            judged.push(match one {
                Ok(one) => {
                    let found = found.next().expect("one for each slice");
                    let progress = &mut self.progress;
                    answered(self.model, self.request, &answering, one, found, progress)
                }
                Err(error) => {
                    self.progress.counts.unreadable += 1;
                    self.session.tell(&Event::FileUnreadable(&error));
                    let (error, path) = (chain(&error), error.path);
                    JudgedFile::unreadable(path, None, error)
                }
            });
        }
        (self.take)(self.model, judged)
    }

    /// What network and detector say of all that was read, with features where they are kept.
    fn judgements(&mut self, read: &[Read]) -> Result<Vec<Found>, ExperimentError> {
        let (task, session) = (Task::Predict, self.session);
        let slices = read.iter().flatten();
        let pixels: Vec<_> = slices.map(|one| &one.slice.pixels).collect();
        let (before, count) = (self.progress.counts.files, read.len());
        let told = |passage: Passage| {
            session.tell(&Event::Network(passage));
            if let Passage::Passed { done, .. } = passage {
                let done = before + count * done / pixels.len();
                session.tell(&Event::Advances { task, done });
            }
        };
        let (batch, policy, cancel) = (self.request.batch, &self.request.policy, session.cancel());
        let model = &mut *self.model;
        if self.keeps_features {
            let found = model.judgements_and_features(&pixels, batch, policy, &told, cancel)?;
            let features = found.1.into_iter().map(Some);
            return Ok(found.0.into_iter().zip(features).collect());
        }
        let judgements = model.judgements(&pixels, batch, policy, &told, cancel)?;
        Ok(judgements.into_iter().map(|one| (one, None)).collect())
    }
}

/// What was found of a slice, and what the head reads of it, if that is kept.
type Found = (Judgement, Option<Vec<f32>>);

impl JudgedFile {
    fn unreadable(path: PathBuf, frame: Option<usize>, error: String) -> Self {
        Self {
            answer: FileAnswer::Unreadable { path, frame, error },
            pixels: None,
            features: None,
        }
    }
}

/// The answer for a slice, or why it is refused.
fn answered(
    model: &Judging<'_>,
    request: &Predict,
    answering: &Answering<'_>,
    mut one: ReadSlice,
    (judgement, features): Found,
    progress: &mut Progress,
) -> JudgedFile {
    let is_strict = request.doubtful == Doubtful::Refuse;
    if let Some(error) = refusal(&one).filter(|_| is_strict) {
        progress.counts.refused += 1;
        return JudgedFile::unreadable(one.path, one.frame, error);
    }
    let answer = answering.answer(&judgement);
    progress.batch.add(&one, &answer.probabilities);
    let pixels = one.decoded.take().map(|decoded| JudgedPixels {
        decoded,
        prepared: one.slice.pixels.clone(),
        most_likely: answer.probabilities.most_likely(),
    });
    JudgedFile {
        answer: FileAnswer::Predicted(prediction(model, one, &answer, judgement.logits)),
        pixels,
        features,
    }
}

fn prediction(
    model: &Judging<'_>,
    read: ReadSlice,
    answer: &Answer,
    logits: Vec<f32>,
) -> Prediction {
    let ReadSlice {
        path,
        frame,
        slice,
        warnings,
        known,
        decoded: _,
    } = read;
    let dicom = slice.info.dicom.as_deref();
    let classes: &Classes = &model.file().classes;
    let name = |class| classes.name(class).clone();
    let of_class = |class| (name(class), answer.probabilities.of(class));
    let set = |set: &Vec<_>| set.iter().map(|class| name(*class)).collect();
    let mut warnings = warnings;
    if answer.set.as_ref().is_some_and(Vec::is_empty) {
        warnings.push(EMPTY_SET.to_owned());
    }
    let departure = answer.typicality.and_then(|found| found.departure);
    warnings.extend(departure.map(|departure| departure.to_string()));
    Prediction {
        path,
        class: answer.class().map(name),
        abstained: answer.reason.is_some(),
        reason: answer.reason,
        probabilities: classes.indices().map(of_class).collect(),
        logits,
        calibrated: answer.is_calibrated,
        set: answer.set.as_ref().map(set),
        as_unlike: answer.typicality.map(|found| found.share),
        model: model.name(),
        warnings,
        known,
        study_uid: dicom.and_then(|dicom| dicom.study_uid.clone()),
        series_uid: dicom.and_then(|dicom| dicom.series_uid.clone()),
        instance_number: dicom.and_then(|dicom| dicom.instance_number),
        position_mm: dicom.and_then(place_mm),
        frame,
        input: None,
    }
}

/// Leaves out files that are the index of a medium.
fn pass_over_indices(read: &mut Vec<Read>, session: &Session<'_>) {
    let is_index = |error: &DecodeError| {
        matches!(error.problem, DecodeProblem::Dicom(DicomProblem::Directory))
    };
    let mut left_out = Vec::new();
    read.retain(|one| match one {
        Err(error) if is_index(error) => {
            left_out.push(Ignored {
                path: error.path.clone(),
                reason: IgnoreReason::Index,
            });
            false
        }
        _ => true,
    });
    if !left_out.is_empty() {
        session.tell(&Event::FilesLeftOut(&left_out));
    }
}

/// Why a slice is not classified under `--strict`; `None` if it is.
fn refusal(one: &ReadSlice) -> Option<String> {
    let concerns = one.dicom()?.concerns();
    // A file that departs from the standard may be a good slice all the same.
    let counts = |concern: &&Concern| !matches!(concern, Concern::Nonconforming(_));
    let said: Vec<String> = concerns
        .iter()
        .filter(counts)
        .map(ToString::to_string)
        .collect();
    if said.is_empty() {
        return None;
    }
    let path = one.path.display();
    let frame = one.frame.map(|frame| format!(" frame {frame}"));
    let frame = frame.unwrap_or_default();
    Some(format!("refused `{path}`{frame}: {}", said.join("; ")))
}
