//! Slices as another scanner, window or program may show them: what is not to be flagged.

use crate::augment::draws::Draws;
use crate::{FillMode, Interpolation, Pixels, Transform};

/// How far a slice is varied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Showing {
    /// In tones and resolution, within a quarter or so.
    Toned,
    /// In these, in the field of view, and in where the body lies.
    Framed,
}

impl Showing {
    /// The slice, so varied, in its own size; equal seeds vary alike.
    #[must_use]
    pub fn of(self, pixels: &Pixels, seed: u64) -> Pixels {
        let mut random = Draws::new(*b"showing\0", seed, 0, 0);
        let mut values: Vec<f32> = match self {
            Self::Toned => pixels
                .data()
                .iter()
                .map(|value| f32::from(*value))
                .collect(),
            Self::Framed => framed(pixels, &mut random),
        };
        let [width, height] = [pixels.width(), pixels.height()];
        tone(&mut values, self, &mut random);
        let grey = |value: f32| (value * 255.0).clamp(0.0, 255.0).round() as u8;
        let data = values.into_iter().map(grey).collect();
        let toned = Pixels::new(width, height, pixels.channels(), data);
        if !random.half() {
            return toned;
        }
        let share = random.between(0.55, 1.0);
        let side = |side: usize| ((side as f64 * share).round() as usize).max(1);
        toned
            .resize(side(width), side(height), Interpolation::Bilinear)
            .resize(width, height, Interpolation::Bilinear)
    }
}

/// Zoomed to `0.6..1.25` of its size, shifted, a little turned, in half of the draws mirrored.
fn framed(pixels: &Pixels, random: &mut Draws) -> Vec<f32> {
    let seen = random.log_between(0.8, 1.7);
    let aspect = random.log_between(0.9, 1.1);
    let [width, height] = [pixels.width(), pixels.height()].map(|side| side as f64);
    let transform = Transform {
        rotation_degrees: random.about_zero(15.0),
        shift_x_pixels: random.about_zero(0.08) * width,
        shift_y_pixels: random.about_zero(0.08) * height,
        zoom_x: seen * aspect,
        zoom_y: seen / aspect,
        horizontal_flip: random.half(),
        fill_mode: if random.unit() < 0.7 {
            FillMode::Constant
        } else {
            FillMode::Nearest
        },
        // Air, where the slice has some in its corner.
        cval: f32::from(pixels.data()[0]),
        ..Transform::identity()
    };
    let mut values = vec![0.0; pixels.data().len()];
    transform.apply(pixels, &mut values);
    values
}

/// From `0.0..=255.0` to about `0.0..=1.0`, in other tones.
fn tone(values: &mut [f32], showing: Showing, random: &mut Draws) {
    let gamma = random.log_between(0.72, 1.39) as f32;
    let gain = random.between(0.72, 1.28) as f32;
    let contrast = random.between(0.72, 1.28) as f32;
    let lift = random.between(0.0, 0.22) as f32;
    let which = (random.unit() * 5.0) as usize;
    let mean = values.iter().sum::<f32>() / 255.0 / values.len() as f32;
    let about = |middle: f32| move |x: f32| (x - middle) * contrast + middle;
    let change = |x: f32| match which {
        0 => x * gain,
        1 => about(0.5)(x),
        2 => about(mean)(x),
        3 => x.max(0.0).powf(gamma),
        _ => lift + x * gain * (1.0 - lift),
    };
    let both = showing == Showing::Framed;
    for value in values {
        let x = *value / 255.0;
        let x = if both {
            x.max(0.0).powf(gamma) * gain
        } else {
            x
        };
        *value = change(x).clamp(0.0, 1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Lesion, Phantom};

    #[test]
    fn a_slice_is_varied_by_its_seed_and_keeps_its_size() {
        let phantom = Phantom {
            size: 64,
            patient_seed: 3,
            slice_index: 0,
            lesion: Lesion::None,
        };
        let slice = phantom.render().windowed(-600.0, 1500.0);
        for showing in [Showing::Toned, Showing::Framed] {
            let found = showing.of(&slice, 1);
            assert_eq!((found.width(), found.height()), (64, 64));
            assert_eq!(found, showing.of(&slice, 1));
            assert_ne!(found, showing.of(&slice, 2));
        }
    }
}
