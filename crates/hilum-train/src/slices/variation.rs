//! How training slices are varied, and what that makes of their class.

use hilum_core::{ClassIndex, Classes};
use hilum_imaging::{Augmentation, Finding, Staging, Transform};

use super::training_data::LabelledSlice;

/// How slices are varied in one epoch; a function of nothing else.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Variation<'a> {
    pub(crate) augmentation: &'a Augmentation,
    pub(crate) seed: u64,
    /// The epoch, the first of which is 1, or the number of a variation that is kept.
    pub(crate) epoch: usize,
    pub(crate) classes: &'a Classes,
}

impl Variation<'_> {
    /// How a slice is moved and toned.
    pub(super) fn transform(&self, slice: &LabelledSlice) -> Transform {
        let (height, width) = (slice.pixels.height(), slice.pixels.width());
        self.augmentation
            .draw(self.seed, self.epoch, slice.number, height, width)
    }

    /// What is changed of a slice by its anatomy; `None` if nothing is, ever.
    pub(super) fn staging(&self, slice: &LabelledSlice) -> Option<Staging> {
        let finding = match self.classes.free_of_tumours() {
            Some(class) if class == slice.truth => Finding::Absent,
            Some(_) => Finding::Present,
            None => Finding::OtherThanLesions,
        };
        let augmentation = self.augmentation;
        augmentation
            .is_staged()
            .then(|| augmentation.stage(self.seed, self.epoch, slice.number, finding))
    }

    /// What a slice is of as it is varied: with a lesion drawn into a slice without a finding, one
    /// of the other classes, each as often.
    pub(crate) fn truth(&self, slice: &LabelledSlice) -> ClassIndex {
        if self.classes.free_of_tumours() != Some(slice.truth) {
            return slice.truth;
        }
        let others = self.classes.len() - 1;
        let staging = self.staging(slice);
        let planted = staging.and_then(|staging| staging.other_class(slice.anatomy(), others));
        planted.map_or(slice.truth, |other| {
            let mut others = self.classes.indices().filter(|class| *class != slice.truth);
            others.nth(other).unwrap_or(slice.truth)
        })
    }
}
