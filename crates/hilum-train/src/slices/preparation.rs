//! From prepared pixels to what a network reads.

use std::borrow::Cow;

use hilum_graph::{Graph, Shape};
use hilum_imaging::{Pixels, Recipe, Views};

use super::training_data::LabelledSlice;
use super::variation::Variation;

/// Writes slices as a network reads them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Preparation<'a> {
    recipe: &'a Recipe,
    shape: Shape,
}

impl<'a> Preparation<'a> {
    pub(crate) fn new(recipe: &'a Recipe, graph: &Graph) -> Self {
        Self {
            recipe,
            shape: graph.input_shape(),
        }
    }

    /// What the network reads.
    pub(crate) fn shape(&self) -> Shape {
        self.shape
    }

    /// In which views a slice is judged.
    pub(crate) fn views(&self) -> Views {
        self.recipe.views
    }

    /// What the recipe makes.
    pub(crate) fn recipe_shape(&self) -> Shape {
        let recipe = self.recipe;
        Shape::new(recipe.height, recipe.width, recipe.channels.count())
    }

    /// The shape of `pixels`, if the recipe did not make them.
    pub(crate) fn foreign_shape(&self, pixels: &Pixels) -> Option<Shape> {
        let (height, width) = (pixels.height(), pixels.width());
        let shape = Shape::new(height, width, pixels.channels().count());
        (!self.recipe.fits(pixels)).then_some(shape)
    }

    /// Writes `pixels` in one of the views in which they are judged.
    pub(crate) fn fill_view(&self, pixels: &Pixels, view: usize, out: &mut [f32]) {
        self.recipe.normalise_view(pixels, view, out);
    }

    /// Writes a training slice as `variation` has it.
    pub(crate) fn fill_varied(
        &self,
        slice: &LabelledSlice,
        variation: Variation<'_>,
        out: &mut [f32],
    ) {
        let augmentation = variation.augmentation;
        if augmentation.is_none() {
            return self.recipe.normalise(&slice.pixels, out);
        }
        let pixels = match variation.staging(slice) {
            Some(staging) => staging.apply(&slice.pixels, slice.anatomy()),
            None => Cow::Borrowed(&slice.pixels),
        };
        self.recipe
            .normalise_varied(&pixels, &variation.transform(slice), out);
    }
}
