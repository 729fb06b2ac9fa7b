//! From prepared pixels to what a network reads.

use hilum_graph::{Graph, Shape};
use hilum_imaging::{Augmentation, Pixels, Recipe, Transform};

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

    /// In how many views a slice is judged.
    pub(crate) fn view_count(&self) -> usize {
        self.recipe.views.count()
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

    /// Writes `pixels` as `variation` has them.
    pub(crate) fn fill_varied(&self, pixels: &Pixels, variation: Variation<'_>, out: &mut [f32]) {
        if variation.augmentation.is_none() {
            return self.recipe.normalise(pixels, out);
        }
        self.recipe
            .normalise_varied(pixels, &variation.draw(pixels), out);
    }
}

/// How one slice is varied in one epoch; a function of nothing else.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Variation<'a> {
    pub(crate) augmentation: &'a Augmentation,
    pub(crate) seed: u64,
    /// The epoch, the first of which is 1, or the number of a variation that is kept.
    pub(crate) epoch: usize,
    /// [`LabelledSlice::number`](super::LabelledSlice::number).
    pub(crate) number: usize,
}

impl Variation<'_> {
    fn draw(&self, pixels: &Pixels) -> Transform {
        let (height, width) = (pixels.height(), pixels.width());
        self.augmentation
            .draw(self.seed, self.epoch, self.number, height, width)
    }
}
