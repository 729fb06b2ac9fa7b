//! SmoothGrad: the mean gradient of copies with noise.

use hilum_core::{Cancel, ClassIndex};
use hilum_graph::{Batch, Engine, NodeIndex};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::{ExplainError, Settings, gradient};
use crate::HeatMap;

/// The noise.
#[derive(Debug, Clone, PartialEq)]
pub struct SmoothGrad {
    /// Noisy copies; at least 1.
    pub samples: usize,
    /// The noise's standard deviation, as a share of the image's range of values.
    pub noise: f64,
    /// Seeds the noise; each image has its own, whichever images it comes with.
    pub seed: u64,
}

impl Default for SmoothGrad {
    /// Twenty-five copies with 15% noise, amid what the paper found good.
    fn default() -> Self {
        Self {
            samples: 25,
            noise: 0.15,
            seed: 32,
        }
    }
}

impl SmoothGrad {
    /// Noise for every value of every copy of an image, copy after copy.
    fn drawn(&self, image: &[f32]) -> Vec<f32> {
        let start = (f32::INFINITY, f32::NEG_INFINITY);
        let (low, high) = image.iter().fold(start, |(low, high), value| {
            (low.min(*value), high.max(*value))
        });
        let deviation = self.noise as f32 * (high - low);
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        let count = self.samples.max(1) * image.len();
        let draw = |_| deviation * random.sample::<f32, _>(StandardNormal);
        (0..count).map(draw).collect()
    }
}

/// A map of each image; channels are summed up.
pub(super) fn maps(
    engine: &mut dyn Engine,
    images: &Batch,
    settings: &Settings,
    classes: &[ClassIndex],
    cancel: &Cancel,
) -> Result<Vec<HeatMap>, ExplainError> {
    let each = images
        .data
        .chunks_exact(images.shape.value_count())
        .zip(classes);
    let maps = each.map(|(image, class)| {
        let noise = settings.smooth_grad.drawn(image);
        let image = Batch::new(1, images.shape, image.to_vec());
        mean_gradient(engine, &image, &noise, *class, settings.batch, cancel)
    });
    maps.collect()
}

/// The mean gradient over copies of one image, each with its own part of `noise` added.
pub(crate) fn mean_gradient(
    engine: &mut dyn Engine,
    image: &Batch,
    noise: &[f32],
    class: ClassIndex,
    batch: usize,
    cancel: &Cancel,
) -> Result<HeatMap, ExplainError> {
    let (shape, len) = (image.shape, image.data.len());
    let mut sums = vec![0.0_f64; len];
    for part in noise.chunks(batch.max(1) * len) {
        cancel.check()?;
        let values = image.data.iter().cycle();
        let noisy = part.iter().zip(values).map(|(noise, value)| value + noise);
        let copies = Batch::new(part.len() / len, shape, noisy.collect());
        let found = gradient(engine, &copies, NodeIndex(0), &|_, _| class)?;
        for slopes in found.gradient.data.chunks_exact(len) {
            for (sum, slope) in sums.iter_mut().zip(slopes) {
                *sum += f64::from(*slope);
            }
        }
    }
    let count = (noise.len() / len) as f64;
    let pixels = sums.chunks_exact(shape.channels);
    let values = pixels.map(|pixel| (pixel.iter().sum::<f64>() / count) as f32);
    Ok(HeatMap::new(shape.width, shape.height, values.collect()))
}
