//! What a run learns from.

use std::sync::OnceLock;

use blake3::Hasher;
use hilum_core::{ClassIndex, Classes, Split};
use hilum_imaging::{Anatomy, Pixels};

/// A decoded slice and what it shows.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelledSlice {
    /// What the recipe made of the file: resized, 8 bit.
    pub pixels: Pixels,
    /// Its class.
    pub truth: ClassIndex,
    /// What its variations are drawn by: its position in its split, or in all slices where folds
    /// of them take turns.
    pub number: usize,
    /// Where body and lungs lie; looked for when it is first asked for.
    anatomy: OnceLock<Option<Anatomy>>,
}

impl LabelledSlice {
    /// A slice and its class; see the fields.
    pub fn new(pixels: Pixels, truth: ClassIndex, number: usize) -> Self {
        Self {
            pixels,
            truth,
            number,
            anatomy: OnceLock::new(),
        }
    }

    /// Where body and lungs lie, if there are any.
    pub(crate) fn anatomy(&self) -> Option<&Anatomy> {
        let found = self.anatomy.get_or_init(|| Anatomy::of(&self.pixels));
        found.as_ref()
    }
}

/// What a run learns from and is judged by. There is no test split here.
#[derive(Debug, Clone, Copy)]
pub struct TrainingData<'a> {
    /// The classes, in order.
    pub classes: &'a Classes,
    /// Fits the weights.
    pub train: &'a [LabelledSlice],
    /// Chooses: best epoch, learning rate, the end of the run. May be empty where the settings
    /// choose nothing ([`Settings::chooses_by_validation`](crate::Settings::chooses_by_validation)).
    pub valid: &'a [LabelledSlice],
}

impl<'a> TrainingData<'a> {
    /// BLAKE3 over class names, pixels and truths, in order: what two runs must share to be one.
    pub fn fingerprint(&self) -> String {
        let mut hasher = Hasher::new();
        for name in self.classes.names() {
            number(&mut hasher, name.as_str().len());
            hasher.update(name.as_str().as_bytes());
        }
        for (_, slices) in self.splits() {
            number(&mut hasher, slices.len());
            for slice in slices {
                number(&mut hasher, slice.truth.get());
                number(&mut hasher, slice.pixels.width());
                number(&mut hasher, slice.pixels.data().len());
                hasher.update(slice.pixels.data());
            }
        }
        format!("blake3:{}", hasher.finalize().to_hex())
    }

    /// The two splits with their names.
    pub(crate) fn splits(&self) -> [(Split, &'a [LabelledSlice]); 2] {
        [(Split::Train, self.train), (Split::Valid, self.valid)]
    }
}

fn number(hasher: &mut Hasher, value: usize) {
    hasher.update(&(value as u64).to_le_bytes());
}
