//! What a network says of slices that it is not trained on, in all their views.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;

use hilum_graph::{Batch, Engine, EngineError, Logits, NodeIndex};
use hilum_imaging::Pixels;

use crate::slices::{Preparation, batches};

/// A row of logits a slice, and what the taps hold, row after row.
type LogitsAndTaps = (Vec<Vec<f32>>, Vec<f32>);

/// Slices to be judged, and how they are shown.
pub(crate) struct Judged<'a> {
    pub(crate) slices: &'a [&'a Pixels],
    pub(crate) preparation: Preparation<'a>,
    /// Images that go through the network together.
    pub(crate) batch_size: NonZeroUsize,
}

impl Judged<'_> {
    /// The logits of each slice, in order; finite. `done` is told after each batch how many slices
    /// are done, and may break off: then there is no result.
    ///
    /// # Errors
    /// What the engine says, and [`EngineError::NotFinite`].
    pub(crate) fn logits(
        &self,
        engine: &mut dyn Engine,
        done: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Option<Vec<Vec<f32>>>, EngineError> {
        let mut rows = Vec::with_capacity(self.image_count());
        let flow = self.for_each_batch(|images| {
            let logits = engine.forward(images).and_then(finite)?;
            rows.extend(logits.rows().map(<[f32]>::to_vec));
            Ok(done(rows.len() / self.view_count()))
        })?;
        Ok(flow.is_continue().then(|| self.of_slices(&rows)))
    }

    /// The logits of each slice, and what the taps hold of its first view, a row each. `done` as in
    /// [`logits`](Self::logits).
    ///
    /// # Errors
    /// What the engine says, and [`EngineError::NotFinite`].
    pub(crate) fn tapped(
        &self,
        engine: &mut dyn Engine,
        done: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Option<LogitsAndTaps>, EngineError> {
        let width = engine.graph().tapped_shape().value_count();
        let mut rows = Vec::with_capacity(self.image_count());
        let mut taps = Vec::with_capacity(self.slices.len() * width);
        let flow = self.for_each_batch(|images| {
            let (logits, tapped) = engine.forward_tapped(images)?;
            for tapped in tapped.data.chunks_exact(width) {
                if taps.len() / width * self.view_count() == rows.len() {
                    taps.extend_from_slice(tapped);
                }
                rows.push(Vec::new());
            }
            let first = rows.len() - images.count;
            let of_batch = finite(logits)?;
            for (row, logits) in rows[first..].iter_mut().zip(of_batch.rows()) {
                *row = logits.to_vec();
            }
            Ok(done(rows.len() / self.view_count()))
        })?;
        Ok(flow.is_continue().then(|| (self.of_slices(&rows), taps)))
    }

    /// What the layers before `first` make of each view, a row each. `done` may break off, as in
    /// [`logits`](Self::logits).
    ///
    /// # Errors
    /// What the engine says.
    pub(crate) fn features(
        &self,
        engine: &mut dyn Engine,
        first: NodeIndex,
        done: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<Option<Batch>, EngineError> {
        let shape = engine.graph().border_shape(first);
        let mut values = Vec::with_capacity(self.image_count() * shape.value_count());
        let flow = self.for_each_batch(|images| {
            values.extend(engine.features(images, first)?.data);
            Ok(done())
        })?;
        let features = || Batch::new(self.image_count(), shape, values);
        Ok(flow.is_continue().then(features))
    }

    /// The same as [`logits`](Self::logits), from `features` that [`features`](Self::features)
    /// made.
    ///
    /// # Errors
    /// What the engine says, and [`EngineError::NotFinite`].
    pub(crate) fn logits_of_features(
        &self,
        engine: &mut dyn Engine,
        features: &Batch,
        first: NodeIndex,
    ) -> Result<Vec<Vec<f32>>, EngineError> {
        let logits = engine.forward_features(features, first).and_then(finite)?;
        let rows: Vec<Vec<f32>> = logits.rows().map(<[f32]>::to_vec).collect();
        Ok(self.of_slices(&rows))
    }

    fn for_each_batch(
        &self,
        consume: impl FnMut(&Batch) -> Result<ControlFlow<()>, EngineError>,
    ) -> Result<ControlFlow<()>, EngineError> {
        let order: Vec<usize> = (0..self.image_count()).collect();
        let batches = batches::for_inference(&order, self.batch_size);
        let (preparation, view_count) = (&self.preparation, self.view_count());
        let fill = |index: usize, values: &mut [f32]| {
            let (slice, view) = (index / view_count, index % view_count);
            preparation.fill_view(self.slices[slice], view, values);
        };
        let prepare = |indices: &[usize], buffer| {
            batches::prepare(indices, preparation.shape(), buffer, &fill)
        };
        let mut consume = consume;
        batches::for_each(&batches, prepare, |_, images| consume(images))
    }

    /// The mean over the views of each slice.
    fn of_slices(&self, rows: &[Vec<f32>]) -> Vec<Vec<f32>> {
        let view_count = self.view_count();
        let mean = |views: &[Vec<f32>]| {
            let sum = |class: usize| views.iter().map(|row| row[class]).sum::<f32>();
            let classes = 0..views[0].len();
            classes
                .map(|class| sum(class) / view_count as f32)
                .collect()
        };
        rows.chunks_exact(view_count).map(mean).collect()
    }

    /// Slices times views.
    pub(crate) fn image_count(&self) -> usize {
        self.slices.len() * self.view_count()
    }

    fn view_count(&self) -> usize {
        self.preparation.view_count()
    }
}

/// The logits, if they can be made into probabilities.
pub(crate) fn finite(logits: Logits) -> Result<Logits, EngineError> {
    if logits.as_slice().iter().all(|value| value.is_finite()) {
        return Ok(logits);
    }
    Err(EngineError::NotFinite { what: "logits" })
}
