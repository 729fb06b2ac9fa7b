//! Who judges slices: a model of one's own, or one that several ask at once.

use std::num::NonZeroUsize;
use std::time::Instant;

use hilum_core::Cancel;
use hilum_imaging::{LesionDisc, Pixels};
use hilum_trust::{Answering, Judgement, Policy};
use hilum_weights::ModelFile;
use rayon::ThreadPool;

use crate::explain::{Heat, HeatPlan, OwnSubject, Subject};
use crate::model::answering;
use crate::ready_network::{ReadyNetwork, VALUE_SLICES};
use crate::shared::SharedModel;
use crate::{ExperimentError, Model, Passage};

/// Who judges slices.
#[derive(Debug)]
pub enum Judging<'a> {
    /// A model of the caller's own.
    Own(&'a mut Model),
    /// One that several ask at once. It makes its own batches.
    Shared(&'a SharedModel),
}

impl<'a> From<&'a mut Model> for Judging<'a> {
    fn from(model: &'a mut Model) -> Self {
        Self::Own(model)
    }
}

impl<'a> From<&'a SharedModel> for Judging<'a> {
    fn from(model: &'a SharedModel) -> Self {
        Self::Shared(model)
    }
}

impl Judging<'_> {
    /// The same, for one call of several.
    pub fn reborrow(&mut self) -> Judging<'_> {
        match self {
            Self::Own(model) => Judging::Own(model),
            Self::Shared(model) => Judging::Shared(model),
        }
    }

    /// What answers call the model.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Own(model) => model.origin.to_string(),
            Self::Shared(model) => model.name().to_owned(),
        }
    }

    /// What the model's file says.
    pub(crate) fn file(&self) -> &ModelFile {
        match self {
            Self::Own(model) => &model.file,
            Self::Shared(model) => model.file(),
        }
    }

    /// The pool that reads files.
    pub(crate) fn readers(&self) -> &ThreadPool {
        match self {
            Self::Own(model) => &model.workers,
            Self::Shared(model) => model.readers(),
        }
    }

    /// Reads a single file on the caller's thread.
    pub(crate) fn read_here<T>(&self, read: impl FnOnce() -> T) -> T {
        match self {
            Self::Own(_) => read(),
            Self::Shared(model) => model.read_here(read),
        }
    }

    /// What network and detector say of slices that the model's recipe prepared; tells how far
    /// they are.
    ///
    /// # Errors
    /// [`ExperimentError::Predict`], [`ExperimentError::SharedModel`] or
    /// [`ExperimentError::Cancelled`].
    pub(crate) fn judgements(
        &mut self,
        slices: &[&Pixels],
        batch_size: NonZeroUsize,
        policy: &Policy,
        told: &(dyn Fn(Passage) + Sync),
        cancel: &Cancel,
    ) -> Result<Vec<Judgement>, ExperimentError> {
        match self {
            Self::Own(model) => {
                let told = passed(told);
                model.judgements(slices, batch_size, policy, &told, cancel)
            }
            Self::Shared(model) => model.judgements(slices, policy.ood_share, told, cancel),
        }
    }

    /// The same, and of each slice what the head reads of it, in one pass where the model has a
    /// detector.
    ///
    /// # Errors
    /// As [`judgements`](Self::judgements).
    pub(crate) fn judgements_and_features(
        &mut self,
        slices: &[&Pixels],
        batch_size: NonZeroUsize,
        policy: &Policy,
        told: &(dyn Fn(Passage) + Sync),
        cancel: &Cancel,
    ) -> Result<(Vec<Judgement>, Vec<Vec<f32>>), ExperimentError> {
        let share = policy.ood_share;
        match self {
            Self::Own(model) => {
                let told = passed(told);
                let mut network = model.network();
                network.judgements_and_features(slices, batch_size, share, &told, cancel)
            }
            Self::Shared(model) => {
                let slices: Vec<Pixels> = slices.iter().map(|slice| (*slice).clone()).collect();
                let asked = cancel.clone();
                let judge = move |mut network: ReadyNetwork<'_>| {
                    let slices: Vec<&Pixels> = slices.iter().collect();
                    network.judgements_and_features(&slices, batch_size, share, &|_| {}, &asked)
                };
                model.with_network(judge, cancel)
            }
        }
    }

    /// The same of values that the network reads, those of whole slices.
    ///
    /// # Errors
    /// [`ExperimentError::Engine`], [`ExperimentError::SharedModel`] or
    /// [`ExperimentError::Cancelled`].
    pub(crate) fn judgements_of_values(
        &mut self,
        values: &[f32],
        policy: &Policy,
        cancel: &Cancel,
    ) -> Result<Vec<Judgement>, ExperimentError> {
        let share = policy.ood_share;
        match self {
            Self::Own(model) => model.network().judgements_of_values(values, share, cancel),
            // A turn for each batch, so that others are not kept waiting by a large request.
            Self::Shared(model) => {
                let size = model.file().recipe.value_count() * VALUE_SLICES;
                let mut judged = Vec::new();
                for values in values.chunks(size) {
                    let (values, asked) = (values.to_vec(), cancel.clone());
                    let judge = move |mut network: ReadyNetwork<'_>| {
                        network.judgements_of_values(&values, share, &asked)
                    };
                    judged.extend(model.with_network(judge, cancel)?);
                }
                Ok(judged)
            }
        }
    }

    /// How judgements become answers under `policy`.
    pub(crate) fn answering<'a>(&'a self, policy: &'a Policy) -> Answering<'a> {
        answering(self.file(), policy)
    }

    /// The heat of each slice; `lesions` are those of the slices, or empty.
    ///
    /// # Errors
    /// As [`HeatPlan::of`], and [`ExperimentError::SharedModel`].
    pub(crate) fn heat(
        &mut self,
        plan: &HeatPlan,
        slices: &[Subject<'_>],
        lesions: &[Option<LesionDisc>],
        cancel: &Cancel,
    ) -> Result<Vec<Heat>, ExperimentError> {
        match self {
            Self::Own(model) => Ok(plan.of(model.network(), slices, lesions, cancel)?),
            Self::Shared(model) => {
                let (plan, asked) = (plan.clone(), cancel.clone());
                let lesions = lesions.to_vec();
                let slices: Vec<OwnSubject> = slices.iter().map(OwnSubject::from).collect();
                let heat = move |network: crate::ready_network::ReadyNetwork<'_>| {
                    let slices: Vec<_> = slices.iter().map(OwnSubject::borrowed).collect();
                    Ok(plan.of(network, &slices, &lesions, &asked)?)
                };
                model.with_network(heat, cancel)
            }
        }
    }
}

/// Tells of slices that nobody else's go with: they began when they were handed over.
fn passed(told: &(dyn Fn(Passage) + Sync)) -> impl Fn(usize) + Sync {
    let begun = Instant::now();
    move |done| told(Passage::Passed { begun, done })
}
