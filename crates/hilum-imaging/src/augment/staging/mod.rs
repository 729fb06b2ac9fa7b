//! What is varied by what is known of the anatomy, before anything is moved: tones, what lies
//! outside of the body, planted lesions, sharpness.
//!
//! A network that has seen every class in every tone, on every table, with and without a lesion
//! put in, has less to go by than what the class is about.

mod background;
mod lesion;
mod sharpness;
mod tone_curve;

use std::borrow::Cow;

use super::Augmentation;
use super::draws::Draws;
use crate::{Anatomy, Pixels};
use background::Background;
use lesion::Lesion;
use tone_curve::ToneCurve;

/// How one sample is staged in one epoch; drawn once, a pure function of seed, epoch and sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Staging {
    tone: Option<ToneCurve>,
    background: Option<Background>,
    /// Too small to be a finding; so that paint alone tells nothing.
    speck: Option<Lesion>,
    lesion: Option<Lesion>,
    /// Which of the other classes a planted lesion stands for, in `0.0..1.0`.
    stands_for: f64,
    sharpness: f64,
}

/// Whether a slice shows a finding of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// It does: a lesion more changes nothing.
    Present,
    /// It shows none: with a planted lesion it is of another class.
    Absent,
    /// The classes are not told by lesions: none is planted.
    OtherThanLesions,
}

impl Augmentation {
    /// Whether anything is varied by anatomy.
    pub fn is_staged(&self) -> bool {
        self.tone_change > 0.0
            || self.background_change > 0.0
            || self.planted_lesions > 0.0
            || self.sharpness_range > 0.0
    }

    /// How a sample is staged.
    ///
    /// Always the same numbers are drawn, so that switching one variation on or off leaves the
    /// others as they were.
    pub fn stage(&self, seed: u64, epoch: usize, sample_index: usize, finding: Finding) -> Staging {
        let mut draws = Draws::new(*b"staging\0", seed, epoch, sample_index);
        let happens = |unit: f64, probability: f64| unit < probability;
        let [specks, lesions] = match finding {
            Finding::Absent => [self.planted_lesions; 2],
            Finding::Present => [self.planted_lesions, self.planted_lesions / 2.0],
            Finding::OtherThanLesions => [0.0; 2],
        };
        let tone = happens(draws.unit(), self.tone_change);
        let background = happens(draws.unit(), self.background_change);
        let speck = happens(draws.unit(), specks);
        let lesion = happens(draws.unit(), lesions);
        let stands_for = draws.unit();
        let sharpness = draws.about_zero(self.sharpness_range);
        let (curve, ground) = (ToneCurve::draw(&mut draws), Background::draw(&mut draws));
        let (small, large) = (Lesion::speck(&mut draws), Lesion::draw(&mut draws));
        Staging {
            tone: tone.then_some(curve),
            background: background.then_some(ground),
            speck: speck.then_some(small),
            lesion: lesion.then_some(large),
            stands_for,
            sharpness,
        }
    }
}

impl Staging {
    /// Which of `count` other classes a lesion that was planted in a slice without a finding
    /// stands for; `None` if none is planted.
    pub fn other_class(&self, anatomy: Option<&Anatomy>, count: usize) -> Option<usize> {
        self.lesion.as_ref()?;
        anatomy?.tones()?;
        (count > 0).then(|| ((self.stands_for * count as f64) as usize).min(count - 1))
    }

    /// The slice as it is staged; where no body or no lungs were found, what needs them is left out.
    pub fn apply<'a>(&self, pixels: &'a Pixels, anatomy: Option<&Anatomy>) -> Cow<'a, Pixels> {
        let mut staged = Cow::Borrowed(pixels);
        if let Some(anatomy) = anatomy {
            for lesion in [&self.speck, &self.lesion].into_iter().flatten() {
                lesion.plant(staged.to_mut(), anatomy);
            }
            if let Some(background) = &self.background {
                background.lay(staged.to_mut(), anatomy);
            }
        }
        if self.sharpness != 0.0 {
            sharpness::change(staged.to_mut(), self.sharpness);
        }
        if let Some(curve) = &self.tone {
            let tones = anatomy.and_then(Anatomy::tones);
            curve.apply(staged.to_mut(), tones);
        }
        staged
    }
}
