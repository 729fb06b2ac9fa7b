//! ROAD, Remove and Debias (Rong et al., ICML 2022): what the logit loses by the hottest places and
//! by the coolest, where what is taken out is filled in from around it.
//!
//! As in pytorch-grad-cam: a pixel is a weighted mean of its eight neighbours, a sixth beside and
//! above, a twelfth across; the noise that is added there to the filling is left out, so that a
//! figure is the same every time.

use hilum_core::Cancel;
use hilum_graph::{Batch, Engine, Shape};

use super::removal::Subject;
use crate::{ExplainError, HeatMap, Signal};

/// The score of each map: half of the difference of the mean losses.
pub(super) fn scores(
    engine: &mut dyn Engine,
    subject: &Subject<'_>,
    cancel: &Cancel,
) -> Result<Vec<Option<f64>>, ExplainError> {
    let shape = subject.images.shape;
    let images = subject.images.data.chunks_exact(shape.value_count());
    let mut scores = Vec::with_capacity(subject.maps.len());
    for ((image, map), class) in images.zip(subject.maps).zip(subject.classes) {
        if map.signal() != Signal::Present {
            scores.push(None);
            continue;
        }
        let map = map.resized(shape.width, shape.height);
        let hottest = map.normalised();
        let coolest: Vec<f32> = hottest.values().iter().map(|value| 1.0 - value).collect();
        let coolest = HeatMap::new(map.width(), map.height(), coolest);
        let mut filled = Vec::new();
        for map in [&coolest, &hottest] {
            for tenth in 1..10 {
                let threshold = percentile(map.values(), f64::from(tenth) / 10.0);
                let removed: Vec<bool> = map.values().iter().map(|v| *v >= threshold).collect();
                filled.push(impute(image, shape, &removed));
            }
        }
        let mut logits = Vec::with_capacity(filled.len());
        for part in filled.chunks(subject.batch.max(1)) {
            cancel.check()?;
            let found = engine.forward(&Batch::new(part.len(), shape, part.concat()))?;
            logits.extend(found.rows().map(|row| f64::from(row[class.get()])));
        }
        let (least, most) = logits.split_at(9);
        let mean = |values: &[f64]| values.iter().sum::<f64>() / 9.0;
        scores.push(Some((mean(least) - mean(most)) / 2.0));
    }
    Ok(scores)
}

/// As `numpy.percentile` with linear interpolation; `share` in `0.0..=1.0`.
pub(super) fn percentile(values: &[f32], share: f64) -> f32 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f32::total_cmp);
    let place = share * (sorted.len() - 1) as f64;
    let (below, above) = (
        sorted[place.floor() as usize],
        sorted[place.ceil() as usize],
    );
    (f64::from(below) + place.fract() * (f64::from(above) - f64::from(below))) as f32
}

/// Neighbours: rows and columns away, and their weight.
const NEIGHBOURS: [(isize, isize, f64); 8] = [
    (-1, 0, 1.0 / 6.0),
    (1, 0, 1.0 / 6.0),
    (0, -1, 1.0 / 6.0),
    (0, 1, 1.0 / 6.0),
    (-1, -1, 1.0 / 12.0),
    (-1, 1, 1.0 / 12.0),
    (1, -1, 1.0 / 12.0),
    (1, 1, 1.0 / 12.0),
];

/// Sweeps over what is filled in, at most, and the change at which they end.
const MOST_SWEEPS: usize = 400;
const SETTLED: f64 = 1e-4;

/// An image (height, width, channels) whose `removed` pixels are weighted means of their neighbours:
/// successive over-relaxation, in both directions in turn, until nothing moves by more than a
/// ten-thousandth of the image's range. Where everything is removed nothing is known, and all is the
/// mean.
pub fn impute(image: &[f32], shape: Shape, removed: &[bool]) -> Vec<f32> {
    let places: Vec<usize> = (0..removed.len()).filter(|at| removed[*at]).collect();
    let neighbours: Vec<Vec<(usize, f64)>> =
        places.iter().map(|at| neighbours_of(*at, shape)).collect();
    let mut filled = image.to_vec();
    for channel in 0..shape.channels {
        let mut values: Vec<f64> = image[channel..]
            .iter()
            .step_by(shape.channels)
            .map(|value| f64::from(*value))
            .collect();
        relax(&mut values, removed, &places, &neighbours);
        let to = filled[channel..].iter_mut().step_by(shape.channels);
        for (to, value) in to.zip(values) {
            *to = value as f32;
        }
    }
    filled
}

fn relax(values: &mut [f64], removed: &[bool], places: &[usize], neighbours: &[Vec<(usize, f64)>]) {
    let known = || values.iter().zip(removed).filter(|(_, removed)| !**removed);
    let count = known().count();
    let all = values.iter().sum::<f64>() / values.len() as f64;
    let mean = if count > 0 {
        known().map(|(value, _)| value).sum::<f64>() / count as f64
    } else {
        all
    };
    let start = (f64::INFINITY, f64::NEG_INFINITY);
    let (low, high) = values.iter().fold(start, |(low, high), value| {
        (low.min(*value), high.max(*value))
    });
    for at in places {
        values[*at] = mean;
    }
    if count == 0 {
        return;
    }
    let least_move = SETTLED * (high - low);
    for sweep in 0..MOST_SWEEPS {
        let mut largest = 0.0_f64;
        let mut visit = |index: usize| {
            let (sum, weight) = neighbours[index]
                .iter()
                .fold((0.0, 0.0), |(sum, all), (at, weight)| {
                    (sum + weight * values[*at], all + weight)
                });
            let change = 1.9 * (sum / weight - values[places[index]]);
            values[places[index]] += change;
            largest = largest.max(change.abs());
        };
        if sweep % 2 == 0 {
            (0..places.len()).for_each(&mut visit);
        } else {
            (0..places.len()).rev().for_each(&mut visit);
        }
        if largest <= least_move {
            break;
        }
    }
}

fn neighbours_of(at: usize, shape: Shape) -> Vec<(usize, f64)> {
    let (row, column) = (at / shape.width, at % shape.width);
    let inside = |(down, across, weight): (isize, isize, f64)| {
        let row = row
            .checked_add_signed(down)
            .filter(|row| *row < shape.height)?;
        let column = column
            .checked_add_signed(across)
            .filter(|column| *column < shape.width)?;
        Some((row * shape.width + column, weight))
    };
    NEIGHBOURS.into_iter().filter_map(inside).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plane_with_a_hole_is_a_plane_again() {
        let shape = Shape::new(9, 11, 1);
        let plane: Vec<f32> = (0..99).map(|at| (at / 11 * 2 + at % 11) as f32).collect();
        let is_inside = |at: usize| (3..6).contains(&(at / 11)) && (3..8).contains(&(at % 11));
        let removed: Vec<bool> = (0..99).map(is_inside).collect();
        let filled = impute(&plane, shape, &removed);
        for (found, expected) in filled.iter().zip(&plane) {
            assert!((found - expected).abs() < 0.02, "{found} for {expected}");
        }
    }

    #[test]
    fn percentiles_lie_between_values_as_in_numpy() {
        // numpy.percentile([4, 1, 2, 8], [10, 50, 90]).
        let found = [0.1, 0.5, 0.9].map(|share| percentile(&[4.0, 1.0, 2.0, 8.0], share));
        for (found, expected) in found.into_iter().zip([1.3, 3.0, 6.8]) {
            assert!((found - expected).abs() < 1e-6);
        }
    }

    #[test]
    fn where_nothing_is_known_there_is_the_mean() {
        let shape = Shape::new(1, 2, 1);
        assert_eq!(impute(&[1.0, 3.0], shape, &[true, true]), [2.0, 2.0]);
    }
}
