//! One sample's variation: drawn once, applied in one resampling.

use super::affine::Affine;
use super::draws::{Draws, unit};
use super::resample::resample;
use super::{Augmentation, FillMode, RandomErasing, tone};
use crate::Pixels;

/// A rectangle that is painted over, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Erasure {
    /// First row.
    pub top: usize,
    /// First column.
    pub left: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// The grey value, in `0.0..=255.0`.
    pub fill: f32,
}

/// How one sample is varied in one epoch.
///
/// Applied in Keras's order: one affine resampling (rotation, shift, shear, zoom, flips),
/// channel shift, brightness; then contrast, noise, erasing.
#[derive(Debug, Clone, PartialEq)]
pub struct Transform {
    /// Degrees; positive turns the image counter-clockwise as seen.
    pub rotation_degrees: f64,
    /// Pixels by which columns are read further right (Keras's `tx`).
    pub shift_x_pixels: f64,
    /// Pixels by which rows are read further down (Keras's `ty`).
    pub shift_y_pixels: f64,
    /// Degrees of shear.
    pub shear_degrees: f64,
    /// How much of the width is seen; below 1 enlarges.
    pub zoom_x: f64,
    /// How much of the height is seen; below 1 enlarges.
    pub zoom_y: f64,
    /// Mirrors left to right.
    pub horizontal_flip: bool,
    /// Mirrors top to bottom.
    pub vertical_flip: bool,
    /// What stands beyond the edge.
    pub fill_mode: FillMode,
    /// The grey value for [`FillMode::Constant`].
    pub cval: f32,
    /// Grey levels added, clipped to the image's own range.
    pub channel_shift: Option<f32>,
    /// Factor of the grey values.
    pub brightness: Option<f32>,
    /// Factor about the mean grey.
    pub contrast: Option<f32>,
    /// Standard deviation of the noise in grey levels; 0 for none.
    pub noise_std: f32,
    /// Keys the noise.
    pub noise_seed: u64,
    /// A rectangle that is painted over.
    pub erasure: Option<Erasure>,
}

impl Transform {
    /// Changes nothing.
    pub fn identity() -> Self {
        Self {
            rotation_degrees: 0.0,
            shift_x_pixels: 0.0,
            shift_y_pixels: 0.0,
            shear_degrees: 0.0,
            zoom_x: 1.0,
            zoom_y: 1.0,
            horizontal_flip: false,
            vertical_flip: false,
            fill_mode: FillMode::Nearest,
            cval: 0.0,
            channel_shift: None,
            brightness: None,
            contrast: None,
            noise_std: 0.0,
            noise_seed: 0,
            erasure: None,
        }
    }

    /// Writes the varied `pixels` to `out`: `height x width x channels`, in `0.0..=255.0`.
    ///
    /// Bilinear. Pixels that the affine leaves where they are stay exactly what they are.
    ///
    /// # Panics
    /// If `out` does not hold `height * width * channels` values.
    pub fn apply(&self, pixels: &Pixels, out: &mut [f32]) {
        assert_eq!(
            out.len(),
            pixels.data().len(),
            "one output value for every byte of the image"
        );
        let affine = Affine::new(self, pixels.height(), pixels.width());
        resample(pixels, &affine, self.fill_mode, self.cval, out);
        if let Some(shift) = self.channel_shift {
            tone::shift_channels(out, shift);
        }
        if let Some(factor) = self.brightness {
            tone::scale_brightness(out, factor);
        }
        if let Some(factor) = self.contrast {
            tone::scale_contrast(out, pixels.channels(), factor);
        }
        if self.noise_std > 0.0 {
            tone::add_noise(out, pixels.channels(), self.noise_std, self.noise_seed);
        }
        if let Some(erasure) = &self.erasure {
            tone::erase(out, pixels, erasure);
        }
    }
}

impl Augmentation {
    /// The variation of one sample in one epoch, for an image of `height x width` pixels.
    ///
    /// A pure function of its arguments, so nothing depends on which thread asks first.
    /// Switching one variation on or off leaves what the others draw as it was.
    pub fn draw(
        &self,
        seed: u64,
        epoch: usize,
        sample_index: usize,
        height: usize,
        width: usize,
    ) -> Transform {
        let mut random = Draws::new(*b"augment\0", seed, epoch, sample_index);
        let [zoom_low, zoom_high] = self.zoom_range.factors();
        let mut transform = Transform {
            rotation_degrees: random.about_zero(self.rotation_range),
            shift_y_pixels: random.about_zero(self.height_shift_range) * height as f64,
            shift_x_pixels: random.about_zero(self.width_shift_range) * width as f64,
            shear_degrees: random.about_zero(self.shear_range),
            zoom_x: random.between(zoom_low, zoom_high),
            zoom_y: random.between(zoom_low, zoom_high),
            horizontal_flip: random.half() && self.horizontal_flip,
            vertical_flip: random.half() && self.vertical_flip,
            fill_mode: self.fill_mode,
            cval: self.cval as f32,
            channel_shift: {
                let shift = random.about_zero(self.channel_shift_range) as f32;
                (self.channel_shift_range > 0.0).then_some(shift)
            },
            brightness: random.factor(self.brightness_range),
            contrast: random.factor(self.contrast_range),
            noise_std: 0.0,
            noise_seed: random.word(),
            erasure: self
                .random_erasing
                .and_then(|erasing| random.erasure(&erasing, height, width)),
        };
        // No draw of its own: what is drawn after it would change for runs without noise.
        transform.noise_std = (self.noise_std * unit(transform.noise_seed)) as f32;
        transform
    }
}

impl Draws {
    /// As in the paper: area and aspect are drawn anew until the rectangle fits.
    fn erasure(&mut self, erasing: &RandomErasing, height: usize, width: usize) -> Option<Erasure> {
        const ATTEMPT_COUNT: usize = 100;
        if self.unit() >= erasing.probability {
            return None;
        }
        for _ in 0..ATTEMPT_COUNT {
            let share = self.between(erasing.area_range[0], erasing.area_range[1]);
            let area = share * (height * width) as f64;
            let aspect = self.between(erasing.aspect_range[0], erasing.aspect_range[1]);
            let tall = (area * aspect).sqrt() as usize;
            let wide = (area / aspect).sqrt() as usize;
            if (1..=height).contains(&tall) && (1..=width).contains(&wide) {
                return Some(Erasure {
                    top: (self.unit() * (height - tall + 1) as f64) as usize,
                    left: (self.unit() * (width - wide + 1) as f64) as usize,
                    height: tall,
                    width: wide,
                    fill: erasing.fill as f32,
                });
            }
        }
        None
    }
}
