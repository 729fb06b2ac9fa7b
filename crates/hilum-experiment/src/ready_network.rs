//! An engine with what the model's file says: all that judging takes.

use std::num::NonZeroUsize;

use hilum_core::Cancel;
use hilum_graph::{Batch, Engine, EngineError, Logits};
use hilum_imaging::{Pixels, Recipe, Views};
use hilum_train::{is_settled, of_two_views};
use hilum_trust::Judgement;
use hilum_trust::detector::Rows;
use hilum_weights::ModelFile;
use rayon::ThreadPool;
use rayon::prelude::*;

use crate::ExperimentError;
use crate::detector::seen_body;
use crate::model::{logits, tapped};

/// Slices whose values go through the network at once.
pub(crate) const VALUE_SLICES: usize = 16;

/// A row of logits an image, and what the taps hold, row after row.
type LogitsAndTaps = (Vec<Vec<f32>>, Option<Vec<f32>>);

/// An engine, what the model's file says, and the pool for all else.
pub(crate) struct ReadyNetwork<'a> {
    pub(crate) engine: &'a mut dyn Engine,
    pub(crate) file: &'a ModelFile,
    pub(crate) workers: &'a ThreadPool,
}

impl ReadyNetwork<'_> {
    /// What network and detector say of slices that the model's recipe prepared; tells how many
    /// are done. `ood_share` is that of [`Policy`](hilum_trust::Policy).
    ///
    /// # Errors
    /// [`ExperimentError::Predict`], or [`ExperimentError::Cancelled`].
    pub(crate) fn judgements(
        &mut self,
        slices: &[&Pixels],
        batch_size: NonZeroUsize,
        ood_share: Option<f64>,
        told: &(dyn Fn(usize) + Sync),
        cancel: &Cancel,
    ) -> Result<Vec<Judgement>, ExperimentError> {
        let judged = self.judgements_and_taps(slices, batch_size, ood_share, told, cancel);
        Ok(judged?.0)
    }

    /// The same, and of each slice what the head reads of its first view: the last of the taps.
    /// The judgements are those of [`judgements`](Self::judgements) to the bit.
    ///
    /// # Errors
    /// As [`judgements`](Self::judgements).
    pub(crate) fn judgements_and_features(
        &mut self,
        slices: &[&Pixels],
        batch_size: NonZeroUsize,
        ood_share: Option<f64>,
        told: &(dyn Fn(usize) + Sync),
        cancel: &Cancel,
    ) -> Result<(Vec<Judgement>, Vec<Vec<f32>>), ExperimentError> {
        let (judgements, taps) =
            self.judgements_and_taps(slices, batch_size, ood_share, told, cancel)?;
        let taps = if let Some(taps) = taps {
            taps
        } else {
            // Without a detector nobody has asked the taps: logits beside them may be rounded
            // otherwise, so that they take a pass of their own.
            let recipe = Recipe {
                views: Views::Single,
                ..self.file.recipe.clone()
            };
            let engine = &mut *self.engine;
            let found = self
                .workers
                .install(|| tapped(engine, slices, &recipe, batch_size, &|_| {}, cancel));
            found?.taps
        };
        let graph = self.engine.graph();
        let width = graph.tapped_shape().value_count();
        let last = graph
            .taps()
            .last()
            .map_or(0, |tap| graph.tap_value_count(*tap));
        let rows = taps.chunks_exact(width);
        let features = rows.map(|row| row[width - last..].to_vec()).collect();
        Ok((judgements, features))
    }

    /// The same, and what the taps hold of each slice where a detector looks at that, row after
    /// row.
    fn judgements_and_taps(
        &mut self,
        slices: &[&Pixels],
        batch_size: NonZeroUsize,
        ood_share: Option<f64>,
        told: &(dyn Fn(usize) + Sync),
        cancel: &Cancel,
    ) -> Result<(Vec<Judgement>, Option<Vec<f32>>), ExperimentError> {
        let Self {
            engine,
            file,
            workers,
        } = self;
        let recipe = &file.recipe;
        let Some(detector) = &file.detector else {
            let logits =
                workers.install(|| logits(*engine, slices, recipe, batch_size, told, cancel))?;
            return Ok((logits.into_iter().map(Judgement::from).collect(), None));
        };
        let detector = detector.with_share(ood_share);
        workers.install(|| {
            let found = tapped(*engine, slices, recipe, batch_size, told, cancel)?;
            let looks = detector.body.is_some();
            let bodies = slices
                .par_iter()
                .map(|slice| looks.then(|| seen_body(slice)));
            let bodies: Vec<_> = bodies.collect();
            let rows = found.taps.chunks_exact(detector.tapped_width);
            let judged = found.logits.into_iter().zip(rows).zip(bodies);
            let judged = judged.map(|((logits, row), seen)| Judgement {
                logits,
                typicality: Some(detector.judge(row, seen)),
            });
            Ok((judged.collect(), Some(found.taps)))
        })
    }

    /// The same of values that the network reads, those of whole slices.
    ///
    /// # Errors
    /// [`ExperimentError::Engine`], or [`ExperimentError::Cancelled`].
    pub(crate) fn judgements_of_values(
        &mut self,
        values: &[f32],
        ood_share: Option<f64>,
        cancel: &Cancel,
    ) -> Result<Vec<Judgement>, ExperimentError> {
        let size = self.file.recipe.value_count();
        assert!(values.len().is_multiple_of(size), "values of whole slices");
        let mut judged = Vec::with_capacity(values.len() / size);
        for values in values.chunks(size * VALUE_SLICES) {
            cancel.check()?;
            judged.extend(self.batch_of_values(values, ood_share)?);
        }
        Ok(judged)
    }

    fn batch_of_values(
        &mut self,
        values: &[f32],
        ood_share: Option<f64>,
    ) -> Result<Vec<Judgement>, ExperimentError> {
        let recipe = &self.file.recipe;
        let size = recipe.value_count();
        let (mut logits, taps) = self.forward(values.to_vec())?;
        let unsettled: Vec<usize> = (0..logits.len())
            .filter(|slice| !is_settled(recipe.views, &logits[*slice]))
            .collect();
        if !unsettled.is_empty() {
            let mut second = vec![0.0; unsettled.len() * size];
            for (slice, view) in unsettled.iter().zip(second.chunks_exact_mut(size)) {
                recipe.view_values(&values[slice * size..][..size], 1, view);
            }
            let (second, _) = self.forward(second)?;
            for (slice, second) in unsettled.into_iter().zip(second) {
                logits[slice] = of_two_views(recipe.views, &logits[slice], &second);
            }
        }
        let Some((detector, taps)) = self.file.detector.as_ref().zip(taps) else {
            return Ok(logits.into_iter().map(Judgement::from).collect());
        };
        let detector = detector.with_share(ood_share);
        let rows = Rows::new(detector.tapped_width, taps);
        let looks = detector.body.is_some();
        let judged = logits.into_iter().zip(rows.iter());
        let judged = judged.zip(values.chunks_exact(size));
        Ok(judged
            .map(|((logits, row), values)| {
                let seen = looks.then(|| seen_body(&recipe.pixels_of(values)));
                Judgement {
                    logits,
                    typicality: Some(detector.judge(row, seen)),
                }
            })
            .collect())
    }

    /// The logits of each image, and what the taps hold of it where a detector looks at that.
    fn forward(&mut self, values: Vec<f32>) -> Result<LogitsAndTaps, EngineError> {
        let shape = self.engine.graph().input_shape();
        let images = Batch::new(values.len() / shape.value_count(), shape, values);
        let (logits, taps) = if self.file.detector.is_some() {
            let (logits, taps) = self.engine.forward_tapped(&images)?;
            (logits, Some(taps.data))
        } else {
            (self.engine.forward(&images)?, None)
        };
        let logits = finite(logits)?;
        Ok((logits.rows().map(<[f32]>::to_vec).collect(), taps))
    }
}

/// The logits, if they can be made into probabilities.
fn finite(logits: Logits) -> Result<Logits, EngineError> {
    if logits.as_slice().iter().all(|value| value.is_finite()) {
        Ok(logits)
    } else {
        Err(EngineError::NotFinite { what: "logits" })
    }
}
