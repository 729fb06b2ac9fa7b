//! Training on what frozen layers made of slices.

use std::ops::ControlFlow;

use hilum_graph::Entry;

use super::error::TrainError;
use super::observer::Phase;
use super::pass::{Pass, Tally, varied_images};
use crate::slices::batches;

impl Pass<'_> {
    /// Trains on what frozen layers made of slices, now or in an earlier epoch.
    pub(super) fn train_on_kept(
        &mut self,
        batches: &[Vec<usize>],
        tally: &mut Tally<'_>,
    ) -> Result<ControlFlow<()>, TrainError> {
        let view = self.variation_number();
        if self.keep_features(view)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
        for indices in batches {
            if self.is_stopped() {
                return Ok(ControlFlow::Break(()));
            }
            let frozen = self.frozen.as_ref().expect("layers are frozen");
            let features = frozen.batch(self.training.data.train, indices, view);
            let features = features.map_err(|source| TrainError::Features { source })?;
            self.step(&features, Entry::Features, indices, tally)?;
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Computes what is missing of variation `view`.
    fn keep_features(&mut self, view: usize) -> Result<ControlFlow<()>, TrainError> {
        let slices = self.training.data.train;
        let frozen = self.frozen.as_ref().expect("layers are frozen");
        let (first, missing) = (frozen.first, frozen.missing(slices, view));
        let batches = batches::for_inference(&missing, self.batch_size());
        let images = varied_images(self.training, self.engine.graph(), view);
        let mut done = 0;
        batches::for_each(&batches, images, |indices, images| {
            if self.is_stopped() {
                return Ok(ControlFlow::Break(()));
            }
            let features = self.features_of(images, first)?;
            let frozen = self.frozen.as_ref().expect("layers are frozen");
            let kept = frozen.add(slices, indices, view, &features);
            kept.map_err(|source| TrainError::Features { source })?;
            done += 1;
            self.tell(Phase::Features, [done, batches.len()], indices.len(), None);
            Ok(ControlFlow::Continue(()))
        })
    }
}
