//! A network whose taps are looked at.

use std::num::NonZeroUsize;

use hilum_graph::Engine;
use hilum_imaging::{Pixels, Recipe, Views};
use hilum_trust::detector::Rows;
use rayon::prelude::*;

use crate::ExperimentError;
use crate::model::tapped;
use crate::session::Session;

/// What a detector is fitted with.
pub(crate) struct Network<'a, 'session> {
    /// With the weights that the detector is for.
    pub(crate) engine: &'a mut dyn Engine,
    pub(crate) recipe: Recipe,
    pub(crate) batch_size: NonZeroUsize,
    pub(crate) session: &'a Session<'session>,
}

impl<'a, 'session> Network<'a, 'session> {
    /// Slices are seen in their first view.
    pub(crate) fn new(
        engine: &'a mut dyn Engine,
        recipe: &Recipe,
        batch_size: NonZeroUsize,
        session: &'a Session<'session>,
    ) -> Self {
        Self {
            engine,
            recipe: Recipe {
                views: Views::Single,
                ..recipe.clone()
            },
            batch_size,
            session,
        }
    }

    /// What the taps hold of prepared slices.
    pub(super) fn rows(&mut self, slices: &[&Pixels]) -> Result<Rows, ExperimentError> {
        let width = self.engine.graph().tapped_shape().value_count();
        let cancel = self.session.cancel();
        let (recipe, batch) = (&self.recipe, self.batch_size);
        let found = tapped(self.engine, slices, recipe, batch, &|_| {}, cancel)?;
        Ok(Rows::new(width, found.taps))
    }

    /// The same of slices that are made when they are asked for, on all threads of the pool that
    /// this is called in.
    pub(super) fn rows_of(
        &mut self,
        count: usize,
        make: impl Fn(usize, &Recipe) -> Pixels + Sync,
    ) -> Result<Rows, ExperimentError> {
        let recipe = &self.recipe;
        let made: Vec<Pixels> = (0..count)
            .into_par_iter()
            .map(|index| make(index, recipe))
            .collect();
        self.rows(&made.iter().collect::<Vec<_>>())
    }
}
