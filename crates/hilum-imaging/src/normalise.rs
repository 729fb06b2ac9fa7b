//! From bytes to the numbers that a network sees.

use crate::{Channels, Normalisation, Pixels, Recipe, Transform};

/// Values that are repeated over three channels together.
const BLOCK: usize = 64;

/// Turns every row of pixels round.
fn mirror<T>(values: &mut [T], width: usize, channels: usize) {
    for row in values.chunks_exact_mut(width * channels) {
        row.reverse();
        // The channels of each pixel are turned round as well now.
        if channels > 1 {
            row.chunks_exact_mut(channels).for_each(<[T]>::reverse);
        }
    }
}

impl Recipe {
    /// Writes a prepared slice as the network sees it: `height x width x channels`, channels
    /// innermost. Grey pixels are repeated where the recipe has three channels.
    ///
    /// # Panics
    /// If `pixels` were not prepared by this recipe, or `out` has another length than
    /// [`Recipe::value_count`].
    pub fn normalise(&self, pixels: &Pixels, out: &mut [f32]) {
        self.check(pixels, out);
        match (self.channels, pixels.channels()) {
            (Channels::Grey, _) => {
                let [table] = self.tables();
                for (value, byte) in out.iter_mut().zip(pixels.data()) {
                    *value = table[usize::from(*byte)];
                }
            }
            (Channels::Rgb, Channels::Grey) => {
                let [red, green, blue] = self.tables();
                let table: [[f32; 3]; 256] =
                    std::array::from_fn(|byte| [red[byte], green[byte], blue[byte]]);
                for (pixel, byte) in out.as_chunks_mut().0.iter_mut().zip(pixels.data()) {
                    *pixel = table[usize::from(*byte)];
                }
            }
            (Channels::Rgb, Channels::Rgb) => {
                let tables: [_; 3] = self.tables();
                let bytes = pixels.data().as_chunks::<3>().0;
                for (pixel, bytes) in out.as_chunks_mut::<3>().0.iter_mut().zip(bytes) {
                    *pixel =
                        std::array::from_fn(|channel| tables[channel][usize::from(bytes[channel])]);
                }
            }
        }
    }

    /// Writes view number `view` of [`Recipe::views`] of a prepared slice; 0 is the slice as
    /// [`Recipe::normalise`] writes it.
    ///
    /// # Panics
    /// As [`Recipe::normalise`], and if there is no such view.
    pub fn normalise_view(&self, pixels: &Pixels, view: usize, out: &mut [f32]) {
        assert!(view < self.views.count(), "a view of this recipe");
        if view == 0 {
            return self.normalise(pixels, out);
        }
        // Bytes are fewer than what becomes of them.
        let (width, height, channels) = (pixels.width(), pixels.height(), pixels.channels());
        let mut bytes = pixels.data().to_vec();
        mirror(&mut bytes, width, channels.count());
        self.normalise(&Pixels::new(width, height, channels, bytes), out);
    }

    /// Writes view number `view` of [`Recipe::views`] of what [`Recipe::normalise`] made.
    ///
    /// # Panics
    /// If there is no such view, or a length is not [`Recipe::value_count`].
    pub fn view_values(&self, values: &[f32], view: usize, out: &mut [f32]) {
        assert!(view < self.views.count(), "a view of this recipe");
        assert_eq!(values.len(), self.value_count(), "one slice of this recipe");
        out.copy_from_slice(values);
        if view == 1 {
            mirror(out, self.width, self.channels.count());
        }
    }

    /// The pixels that [`Recipe::normalise`] makes `values` of; of other values, the nearest ones.
    ///
    /// # Panics
    /// If `values` are not [`Recipe::value_count`].
    pub fn pixels_of(&self, values: &[f32]) -> Pixels {
        assert_eq!(values.len(), self.value_count(), "one slice of this recipe");
        let count = self.channels.count();
        let byte = |(index, value): (usize, &f32)| {
            let ChannelSteps { mean, std } = self.normalisation.of_channel(index % count);
            // Out of range and not a number saturate.
            ((value * std + mean) * 255.0).round() as u8
        };
        let bytes = values.iter().enumerate().map(byte).collect();
        Pixels::new(self.width, self.height, self.channels, bytes)
    }

    /// Writes a prepared slice as `transform` varies it and the network sees it; without
    /// variation the same as [`Recipe::normalise`] but for the last digit.
    ///
    /// Allocates nothing; a slice without colour is varied once, not once per channel.
    ///
    /// # Panics
    /// If `pixels` were not prepared by this recipe, or `out` has another length than
    /// [`Recipe::value_count`].
    pub fn normalise_varied(&self, pixels: &Pixels, transform: &Transform, out: &mut [f32]) {
        self.check(pixels, out);
        match (self.channels, pixels.channels()) {
            (Channels::Grey, _) => {
                transform.apply(pixels, out);
                let line = self.normalisation.of_channel(0).line();
                for value in out {
                    *value = line.at(*value);
                }
            }
            (Channels::Rgb, Channels::Grey) => {
                // Varied in the last third of where it goes, then spread from there.
                let (_, last_third) = out.split_at_mut(2 * pixels.data().len());
                transform.apply(pixels, last_third);
                repeat_last_third(&self.lines(), out);
            }
            (Channels::Rgb, Channels::Rgb) => {
                transform.apply(pixels, out);
                let lines = self.lines();
                for pixel in out.as_chunks_mut::<3>().0 {
                    *pixel = std::array::from_fn(|channel| lines[channel].at(pixel[channel]));
                }
            }
        }
    }

    fn check(&self, pixels: &Pixels, out: &[f32]) {
        assert!(self.fits(pixels), "pixels prepared by this recipe");
        assert_eq!(out.len(), self.value_count(), "one slice of this recipe");
    }

    /// Whether `pixels` have the shape that [`Recipe::prepare`] gives: this recipe's height and
    /// width, and its channels or grey.
    pub fn fits(&self, pixels: &Pixels) -> bool {
        (pixels.height(), pixels.width()) == (self.height, self.width)
            && (pixels.channels() == self.channels || pixels.channels() == Channels::Grey)
    }

    /// What each byte becomes in each channel.
    fn tables<const CHANNELS: usize>(&self) -> [[f32; 256]; CHANNELS] {
        std::array::from_fn(|channel| {
            let steps = self.normalisation.of_channel(channel);
            std::array::from_fn(|byte| steps.apply(byte as f32))
        })
    }

    fn lines(&self) -> [Line; 3] {
        std::array::from_fn(|channel| self.normalisation.of_channel(channel).line())
    }
}

/// Fills `out` with pixels of three channels from the grey values in its last third.
fn repeat_last_third(lines: &[Line; 3], out: &mut [f32]) {
    let count = out.len() / 3;
    let mut greys = [0.0; BLOCK];
    for start in (0..count).step_by(BLOCK) {
        let greys = &mut greys[..BLOCK.min(count - start)];
        greys.copy_from_slice(&out[2 * count + start..][..greys.len()]);
        // Ends at `3 * (start + greys.len())` at most, where every grey value was read.
        let (pixels, _) = out[3 * start..][..3 * greys.len()].as_chunks_mut::<3>();
        for (pixel, grey) in pixels.iter_mut().zip(greys) {
            *pixel = lines.each_ref().map(|line| line.at(*grey));
        }
    }
}

/// What one channel goes through: `(value / 255 - mean) / std`.
struct ChannelSteps {
    mean: f32,
    std: f32,
}

impl ChannelSteps {
    fn apply(&self, value: f32) -> f32 {
        (value / 255.0 - self.mean) / self.std
    }

    fn line(&self) -> Line {
        Line {
            slope: (1.0 / (255.0 * f64::from(self.std))) as f32,
            start: (-f64::from(self.mean) / f64::from(self.std)) as f32,
        }
    }
}

/// The same with one multiplication and one addition.
struct Line {
    slope: f32,
    start: f32,
}

impl Line {
    fn at(&self, value: f32) -> f32 {
        value * self.slope + self.start
    }
}

impl Normalisation {
    fn of_channel(&self, channel: usize) -> ChannelSteps {
        match self {
            Self::Scale => ChannelSteps {
                mean: 0.0,
                std: 1.0,
            },
            Self::MeanStd { mean, std } => ChannelSteps {
                mean: mean[channel],
                std: std[channel],
            },
        }
    }
}
