//! Answers for slices, series and patients, with heat where it is wanted, in one pass.

use std::io;
use std::sync::Arc;

use hilum_core::{ClassIndex, ClassName};
use hilum_explain::sanity::{Checks, Placement};
use hilum_explain::{Method, Signal};
use hilum_imaging::{Channels, Pixels};
use serde::Serialize;

use super::input_files::InputFolder;
use super::judge::{CHUNK, Judge, JudgedFile, KEPT_CHUNK, Progress};
use super::units::{Collected, Unit, UnitPrediction, Whole, units};
use super::{FileAnswer, FileCounts, Predict};
use crate::explain::{Heat, HeatPlan, HeatRequest, Subject, class_of};
use crate::inputs::{self, Fetched, Input};
use crate::judging::Judging;
use crate::session::Session;
use crate::{Event, ExperimentError, Task};

/// What is wanted besides an answer for each slice.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wishes {
    /// An answer for each series or patient.
    pub by: Option<Whole>,
    /// Where the model looked.
    pub heat: Option<HeatRequest>,
    /// The class that heat speaks for; each slice's most likely one, if absent.
    pub class: Option<String>,
    /// What the head of the network reads of each slice.
    pub features: Features,
}

/// Whether answers come with what the head of the network reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Features {
    /// They do not.
    #[default]
    LeftOut,
    /// They do.
    Given,
}

/// One answer of many.
#[derive(Debug, Clone)]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly every answer is of a slice: a box would be one for each"
)]
pub enum GivenAnswer {
    /// For a slice, or a file that could not be read.
    Slice {
        /// What the model says.
        answer: FileAnswer,
        /// Where it looked, if that was wanted and the slice was judged.
        heat: Option<Box<GivenHeat>>,
        /// What the head of the network reads of its first view, if that was wanted and the slice
        /// was judged: the means of the last layer's channels, where it has places.
        features: Option<Vec<f32>>,
    },
    /// For a series or patient, after its slices.
    Unit(Box<UnitPrediction>),
}

/// Where the model looked in one slice.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GivenHeat {
    /// The class that the heat speaks for.
    pub class: ClassName,
    /// How it was found.
    pub method: Method,
    /// The layer that was read; `None` for methods that look at the image alone.
    pub layer: Option<String>,
    /// Whether the map says anything.
    pub signal: Signal,
    /// Where in the chest the heat lies.
    #[serde(flatten)]
    pub placement: Placement,
    /// What checks found; nothing where there is no signal.
    pub sanity: Checks,
    /// The heat over the file's own pixels, grey: 0 where it is coolest, 255 where it is hottest.
    #[serde(skip)]
    pub map: Pixels,
}

/// Judges every slice and hands all answers to `take` as they come: slice by slice, and after the
/// last one of a series or patient the answer for the whole, if that is wanted.
///
/// # Errors
/// As [`predict_each`](super::predict_each); [`ExperimentError::Layer`] if the network has no such
/// layer, [`ExperimentError::NoSuchClass`].
pub fn answer_each<'m>(
    model: impl Into<Judging<'m>>,
    request: &Predict,
    wishes: &Wishes,
    session: &Session<'_>,
    take: &mut dyn FnMut(GivenAnswer) -> io::Result<()>,
) -> Result<FileCounts, ExperimentError> {
    let mut model = model.into();
    let mut pass = Pass::new(&model, request, wishes, session)?;
    let mut inputs = inputs::list(request, session)?;
    let shard = request.shard;
    if wishes.by.is_none() {
        inputs.retain(|input| shard.holds(&input.name()));
    }
    let inputs: Arc<[Input]> = inputs.into();
    let units = match wishes.by {
        Some(whole) => {
            let all = units(&inputs, whole, request.limits, model.readers(), session)?;
            let is_here = |unit: &Unit| shard.holds(&unit.shard_name(&inputs));
            all.into_iter().filter(is_here).collect()
        }
        None => vec![Unit::of(0..inputs.len())],
    };
    pass.units(&mut model, &inputs, units, take, &mut |_| Ok(()))
}

/// One call over many slices.
pub(super) struct Pass<'a> {
    request: &'a Predict,
    session: &'a Session<'a>,
    by: Option<Whole>,
    looking: Option<Looking>,
    written: Option<InputFolder>,
    features: Features,
}

impl<'a> Pass<'a> {
    /// Refuses what cannot be done, before anything is listed.
    pub(super) fn new(
        model: &Judging<'_>,
        request: &'a Predict,
        wishes: &Wishes,
        session: &'a Session<'a>,
    ) -> Result<Self, ExperimentError> {
        request.policy.check()?;
        let asked = wishes.heat.as_ref();
        let looking = asked.map(|heat| Looking::new(model, heat, wishes.class.as_deref(), request));
        let looking = looking.transpose()?;
        let folder = request.inputs_out.as_deref();
        let written = folder.map(InputFolder::new).transpose()?;
        Ok(Self {
            request,
            session,
            by: wishes.by,
            looking,
            written,
            features: wishes.features,
        })
    }

    /// Answers for all slices of `units`, one unit after the other; `ended` is told after each
    /// which one it was.
    pub(super) fn units(
        &mut self,
        model: &mut Judging<'_>,
        inputs: &Arc<[Input]>,
        units: Vec<Unit>,
        take: &mut dyn FnMut(GivenAnswer) -> io::Result<()>,
        ended: &mut dyn FnMut(usize) -> io::Result<()>,
    ) -> Result<FileCounts, ExperimentError> {
        let (request, session, task) = (self.request, self.session, Task::Predict);
        let order: Vec<usize> = units.iter().flat_map(|unit| unit.members.clone()).collect();
        let total = order.len();
        session.tell(&Event::Begins { task, total });
        let fetched = Fetched::begin(inputs, order, session.cancel());
        let keeps_pixels = self.looking.is_some() || self.written.is_some();
        let keeps_features = self.features == Features::Given;
        let mut progress = Progress::default();
        for (number, Unit { name, members }) in units.into_iter().enumerate() {
            let whole = self.by.zip(name);
            let named = (&*model).into();
            let mut collected =
                whole.map(|(whole, name)| Collected::new(&named, request.policy, whole, name));
            let mut take_judged = |model: &mut Judging<'_>, judged: Vec<JudgedFile>| {
                self.give(model, judged, collected.as_mut(), take)
            };
            let mut judge = Judge {
                model,
                request,
                session,
                take: &mut take_judged,
                keeps_pixels,
                keeps_features,
                fetched: fetched.as_ref(),
                progress,
            };
            let most = if keeps_pixels { KEPT_CHUNK } else { CHUNK };
            for chunk in members.chunks(most) {
                let chunk: Vec<&Input> = chunk.iter().map(|member| &inputs[*member]).collect();
                judge.files(&chunk)?;
            }
            progress = judge.progress;
            if let Some(prediction) = collected.and_then(Collected::answer) {
                take(GivenAnswer::Unit(Box::new(prediction)))?;
            }
            ended(number)?;
        }
        session.tell(&Event::Ends { task });
        if let Some(found) = progress.batch.held_against(model.file()) {
            session.tell(&Event::HeldAgainstCalibration(&found));
        }
        Ok(progress.counts)
    }

    /// Hands on the answers of a chunk, with what is wanted besides.
    fn give(
        &mut self,
        model: &mut Judging<'_>,
        judged: Vec<JudgedFile>,
        mut collected: Option<&mut Collected>,
        take: &mut dyn FnMut(GivenAnswer) -> io::Result<()>,
    ) -> Result<(), ExperimentError> {
        let looking = self.looking.as_ref();
        let heat = looking.map(|one| one.at(model, &judged, self.session));
        let mut heat = heat.transpose()?.unwrap_or_default().into_iter();
        for mut file in judged {
            if let Some(written) = &mut self.written {
                written.write(&model.file().recipe, &mut file)?;
            }
            let JudgedFile {
                answer,
                pixels,
                features,
            } = file;
            if let Some(collected) = &mut collected {
                collected.answer_of_file(&answer);
            }
            let heat = pixels.and_then(|_| heat.next()).map(Box::new);
            take(GivenAnswer::Slice {
                answer,
                heat,
                features,
            })?;
        }
        Ok(())
    }
}

/// How heat is found, of this model.
struct Looking {
    plan: HeatPlan,
    method: Method,
    class: Option<ClassIndex>,
}

impl Looking {
    fn new(
        model: &Judging<'_>,
        heat: &HeatRequest,
        class: Option<&str>,
        request: &Predict,
    ) -> Result<Self, ExperimentError> {
        let file = model.file();
        let class = class.map(|name| class_of(&file.classes, name));
        let graph = file.graph()?;
        Ok(Self {
            plan: HeatPlan::new(heat, &graph, &file.recipe, request.batch.get())?,
            method: heat.method,
            class: class.transpose()?,
        })
    }

    /// The heat of those slices that were judged.
    fn at(
        &self,
        model: &mut Judging<'_>,
        judged: &[JudgedFile],
        session: &Session<'_>,
    ) -> Result<Vec<GivenHeat>, ExperimentError> {
        let pixels = judged.iter().filter_map(|file| file.pixels.as_ref());
        let subjects: Vec<Subject<'_>> = pixels
            .map(|pixels| Subject {
                decoded: &pixels.decoded,
                prepared: &pixels.prepared,
                class: self.class.unwrap_or(pixels.most_likely),
            })
            .collect();
        let heat = model.heat(&self.plan, &subjects, &[], session.cancel())?;
        let classes = &model.file().classes;
        let found = subjects.iter().zip(heat).map(|(subject, heat)| GivenHeat {
            class: classes.name(subject.class).clone(),
            method: self.method,
            layer: self.plan.layer.clone(),
            signal: heat.map.signal(),
            map: grey(&heat),
            placement: heat.placement,
            sanity: heat.checks,
        });
        Ok(found.collect())
    }
}

fn grey(heat: &Heat) -> Pixels {
    let map = heat.map.normalised();
    let bytes = map
        .values()
        .iter()
        .map(|value| (value * 255.0).round() as u8);
    Pixels::new(map.width(), map.height(), Channels::Grey, bytes.collect())
}
