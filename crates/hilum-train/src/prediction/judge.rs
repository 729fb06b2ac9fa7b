//! What a network says of slices that it is not trained on, in all their views.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;

use hilum_graph::{Batch, Engine, EngineError, Logits, NodeIndex};
use hilum_imaging::Pixels;

use super::views::{is_settled, of_two_views};
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

/// A view of a slice.
#[derive(Clone, Copy)]
struct Shown {
    slice: usize,
    view: usize,
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
        let mut forward = |images: &Batch| engine.forward(images).and_then(finite);
        self.views(&mut |_, images| forward(images), done)
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
        let mut taps = Vec::with_capacity(self.slices.len() * width);
        let mut forward = |view: usize, images: &Batch| {
            let (logits, tapped) = engine.forward_tapped(images)?;
            if view == 0 {
                taps.extend(tapped.data);
            }
            finite(logits)
        };
        let logits = self.views(&mut forward, done)?;
        Ok(logits.map(|logits| (logits, taps)))
    }

    /// The first view of each slice, and others of those that it does not settle, a batch of them
    /// at a time. `forward` is told which view the images are.
    fn views(
        &self,
        forward: &mut dyn FnMut(usize, &Batch) -> Result<Logits, EngineError>,
        done: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Option<Vec<Vec<f32>>>, EngineError> {
        let (count, most) = (self.slices.len(), self.batch_size.get());
        let mut rows: Vec<Vec<f32>> = Vec::with_capacity(count);
        let mut unsettled = Vec::new();
        let mut buffer = Vec::new();
        let first = (0..count).map(|slice| Shown { slice, view: 0 });
        let flow = self.for_each_batch(&first.collect::<Vec<_>>(), |images| {
            for row in forward(0, images)?.rows() {
                if !is_settled(self.preparation.views(), row) {
                    unsettled.push(rows.len());
                }
                rows.push(row.to_vec());
            }
            let waits = if rows.len() == count { 1 } else { most };
            while unsettled.len() >= waits {
                let slices: Vec<usize> = unsettled.drain(..most.min(unsettled.len())).collect();
                let second: Vec<Shown> = slices
                    .iter()
                    .map(|slice| Shown {
                        slice: *slice,
                        view: 1,
                    })
                    .collect();
                let images = self.prepare(&second, std::mem::take(&mut buffer));
                for (slice, row) in slices.iter().zip(forward(1, &images)?.rows()) {
                    rows[*slice] = of_two_views(self.preparation.views(), &rows[*slice], row);
                }
                buffer = images.data;
            }
            Ok(done(rows.len() - unsettled.len()))
        })?;
        Ok(flow.is_continue().then_some(rows))
    }

    /// What the layers before `first` make of each view, a row each, whether it will be asked or
    /// not. `done` may break off, as in [`logits`](Self::logits).
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
        let views = self.preparation.views().count();
        let slices = 0..self.slices.len();
        let all = slices.flat_map(|slice| (0..views).map(move |view| Shown { slice, view }));
        let flow = self.for_each_batch(&all.collect::<Vec<_>>(), |images| {
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
        let rows: Vec<&[f32]> = logits.rows().collect();
        let views = self.preparation.views();
        let of_slice = |rows: &[&[f32]]| match rows {
            [first, second] => of_two_views(views, first, second),
            _ => rows[0].to_vec(),
        };
        Ok(rows.chunks_exact(views.count()).map(of_slice).collect())
    }

    fn for_each_batch(
        &self,
        order: &[Shown],
        mut consume: impl FnMut(&Batch) -> Result<ControlFlow<()>, EngineError>,
    ) -> Result<ControlFlow<()>, EngineError> {
        let numbers: Vec<usize> = (0..order.len()).collect();
        let batches = batches::for_inference(&numbers, self.batch_size);
        let prepare = |numbers: &[usize], buffer| {
            let shown: Vec<Shown> = numbers.iter().map(|number| order[*number]).collect();
            self.prepare(&shown, buffer)
        };
        batches::for_each(&batches, prepare, |_, images| consume(images))
    }

    fn prepare(&self, shown: &[Shown], buffer: Vec<f32>) -> Batch {
        let numbers: Vec<usize> = (0..shown.len()).collect();
        let fill = |number: usize, values: &mut [f32]| {
            let Shown { slice, view } = shown[number];
            self.preparation.fill_view(self.slices[slice], view, values);
        };
        batches::prepare(&numbers, self.preparation.shape(), buffer, &fill)
    }

    /// Slices times views.
    pub(crate) fn image_count(&self) -> usize {
        self.slices.len() * self.preparation.views().count()
    }
}

/// The logits, if they can be made into probabilities.
pub(crate) fn finite(logits: Logits) -> Result<Logits, EngineError> {
    if logits.as_slice().iter().all(|value| value.is_finite()) {
        return Ok(logits);
    }
    Err(EngineError::NotFinite { what: "logits" })
}
