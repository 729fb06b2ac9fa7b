//! Deletion and insertion (Petsiuk, Das & Saenko, BMVC 2018): what the class is without the hottest
//! places, and what it is by them alone.
//!
//! What is blotted out is blurred, not blackened: a hole in a lung would be a finding of its own.
//! The random ranking is drawn on the map's own grid: single pixels taken out here and there ruin a
//! picture more than a hole does, whatever is in it.

use hilum_core::{Cancel, ClassIndex};
use hilum_graph::{Batch, Engine, Shape};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::{AgainstRandom, probabilities};
use crate::{ExplainError, HeatMap};

/// Whose maps are checked, and how.
pub(super) struct Subject<'a> {
    pub(super) images: &'a Batch,
    /// Above zero is heat.
    pub(super) maps: &'a [HeatMap],
    pub(super) classes: &'a [ClassIndex],
    pub(super) batch: usize,
    /// Shares of the image that are blotted out.
    pub(super) shares: &'a [f64],
}

/// Both curves of one map, as means over the shares.
pub(super) struct Removal {
    pub(super) deletion: AgainstRandom,
    pub(super) insertion: AgainstRandom,
}

/// Seeds random rankings, and the order of places that are equally hot.
const SEED: u64 = 0xD1CE;

/// Rows and columns of a random ranking where a map is as fine as the image.
const GRID: usize = 14;

/// Both curves of every map.
pub(super) fn curves(
    engine: &mut dyn Engine,
    subject: &Subject<'_>,
    cancel: &Cancel,
) -> Result<Vec<Removal>, ExplainError> {
    let shape = subject.images.shape;
    let images = subject.images.data.chunks_exact(shape.value_count());
    let mut found = Vec::with_capacity(subject.maps.len());
    for ((image, map), class) in images.zip(subject.maps).zip(subject.classes) {
        let blurred = blurred(image, shape);
        let heat = ranking(map, shape);
        let random = ranking(&random_map(map, shape), shape);
        let mut changed = Vec::new();
        for order in [&heat, &random] {
            for share in subject.shares {
                let count = (share * order.len() as f64).round() as usize;
                changed.push(mixed(image, &blurred, shape, &order[..count]));
                changed.push(mixed(&blurred, image, shape, &order[..count]));
            }
        }
        let mut values = Vec::with_capacity(changed.len());
        for part in changed.chunks(subject.batch.max(1)) {
            cancel.check()?;
            let logits = engine.forward(&Batch::new(part.len(), shape, part.concat()))?;
            values.extend(probabilities(&logits, part.iter().map(|_| *class)));
        }
        found.push(means(&values));
    }
    Ok(found)
}

/// Of deletion and insertion in turn, first by heat, then at random.
fn means(values: &[f64]) -> Removal {
    let (heat, random) = values.split_at(values.len() / 2);
    let mean = |values: &[f64], first: usize| {
        let own = values.iter().skip(first).step_by(2);
        own.sum::<f64>() * 2.0 / values.len() as f64
    };
    let of = |first: usize| AgainstRandom {
        heat: mean(heat, first),
        random: mean(random, first),
    };
    Removal {
        deletion: of(0),
        insertion: of(1),
    }
}

/// Pixels from the hottest to the coolest; those that are equally hot in an order drawn at random.
fn ranking(map: &HeatMap, shape: Shape) -> Vec<usize> {
    let large = map.resized(shape.width, shape.height);
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let mut order: Vec<(usize, u32)> = (0..large.values().len())
        .map(|at| (at, random.random()))
        .collect();
    order.sort_unstable_by(|(a, first), (b, second)| {
        let by_heat = large.values()[*b].total_cmp(&large.values()[*a]);
        by_heat.then(first.cmp(second))
    });
    order.into_iter().map(|(at, _)| at).collect()
}

/// As fine as `map`, but at random.
fn random_map(map: &HeatMap, shape: Shape) -> HeatMap {
    let is_fine = (map.width(), map.height()) == (shape.width, shape.height);
    let (width, height) = if is_fine {
        (GRID, GRID)
    } else {
        (map.width(), map.height())
    };
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let values = (0..width * height).map(|_| random.random());
    HeatMap::new(width, height, values.collect())
}

/// `image` with the pixels at `places` of another one.
fn mixed(image: &[f32], other: &[f32], shape: Shape, places: &[usize]) -> Vec<f32> {
    let mut mixed = image.to_vec();
    for place in places {
        let part = place * shape.channels..(place + 1) * shape.channels;
        mixed[part.clone()].copy_from_slice(&other[part]);
    }
    mixed
}

/// Three means over windows of a fifth of the side, close to a Gaussian.
fn blurred(image: &[f32], shape: Shape) -> Vec<f32> {
    let mut values = image.to_vec();
    let (row_len, channels) = (shape.width * shape.channels, shape.channels);
    for _ in 0..3 {
        for row in values.chunks_exact_mut(row_len) {
            for channel in 0..channels {
                mean_over(&mut row[channel..], channels, shape.width, shape.width / 10);
            }
        }
        for column in 0..row_len {
            mean_over(
                &mut values[column..],
                row_len,
                shape.height,
                shape.height / 10,
            );
        }
    }
    values
}

/// Replaces `count` values, `step` apart, by means over `reach` neighbours on either side.
fn mean_over(values: &mut [f32], step: usize, count: usize, reach: usize) {
    let mut sums = Vec::with_capacity(count + 1);
    let mut sum = 0.0_f64;
    sums.push(sum);
    for at in 0..count {
        sum += f64::from(values[at * step]);
        sums.push(sum);
    }
    for at in 0..count {
        let (from, to) = (at.saturating_sub(reach), (at + reach + 1).min(count));
        values[at * step] = ((sums[to] - sums[from]) / (to - from) as f64) as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hottest_come_first_and_every_pixel_once() {
        let map = HeatMap::new(2, 2, vec![0.0, 3.0, 1.0, 0.0]);
        let order = ranking(&map, Shape::new(2, 2, 1));
        assert_eq!(order[..2], [1, 2]);
        let mut all = order;
        all.sort_unstable();
        assert_eq!(all, [0, 1, 2, 3]);
    }

    #[test]
    fn a_blur_leaves_what_is_even() {
        let shape = Shape::new(20, 30, 2);
        let even = [1.0, -2.0].repeat(600);
        assert_eq!(blurred(&even, shape), even);
    }

    #[test]
    fn deletion_and_insertion_take_turns() {
        let found = means(&[0.1, 0.9, 0.3, 0.7, 0.5, 0.6, 0.7, 0.2]);
        let [deletion, insertion] = [found.deletion, found.insertion];
        let all = [
            deletion.heat,
            insertion.heat,
            deletion.random,
            insertion.random,
        ];
        for (found, expected) in all.into_iter().zip([0.2, 0.8, 0.6, 0.4]) {
            assert!((found - expected).abs() < 1e-12);
        }
    }
}
