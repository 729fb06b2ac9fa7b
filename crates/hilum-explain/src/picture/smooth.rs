//! A map without its specks.

use crate::HeatMap;

/// Passes of a running mean that come close to a Gaussian.
const PASSES: usize = 3;

/// The map after three running means along rows and columns, which together come close to a
/// Gaussian of deviation `sigma` pixels (Wells, PAMI 1986). At the border the mean is over what
/// there is.
pub(super) fn smoothed(map: &HeatMap, sigma: usize) -> HeatMap {
    // Three means of `w` values have the variance `3 (w^2 - 1) / 12`: `w` is about twice `sigma`.
    let reach = sigma.max(1);
    let (width, height) = (map.width(), map.height());
    let mut values: Vec<f64> = map.values().iter().map(|value| f64::from(*value)).collect();
    for _ in 0..PASSES {
        // A row becomes a column, and the second time a row again.
        values = transposed_means(&values, width, reach);
        values = transposed_means(&values, height, reach);
    }
    let values = values.into_iter().map(|value| value as f32).collect();
    HeatMap::new(width, height, values)
}

/// The running means of all lines of `length`, each line as a column.
fn transposed_means(values: &[f64], length: usize, reach: usize) -> Vec<f64> {
    let count = values.len() / length;
    let mut turned = vec![0.0; values.len()];
    for (line, values) in values.chunks_exact(length).enumerate() {
        let mut sums = Vec::with_capacity(length + 1);
        sums.push(0.0);
        for value in values {
            sums.push(sums[sums.len() - 1] + value);
        }
        for place in 0..length {
            let (from, to) = (place.saturating_sub(reach), (place + reach + 1).min(length));
            turned[place * count + line] = (sums[to] - sums[from]) / (to - from) as f64;
        }
    }
    turned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_becomes_a_bell_of_the_deviation_that_was_asked_for() {
        let mut values = vec![0.0; 101 * 81];
        values[40 * 101 + 50] = 1.0;
        let bell = smoothed(&HeatMap::new(101, 81, values), 5);
        let moment = |power: i32| -> f64 {
            let weigh = |(index, value): (usize, &f32)| {
                f64::from(*value) * ((index % 101) as f64 - 50.0).powi(power)
            };
            bell.values().iter().enumerate().map(weigh).sum()
        };
        assert!((moment(0) - 1.0).abs() < 1e-4);
        assert!(moment(1).abs() < 1e-4);
        assert!((moment(2).sqrt() - 5.0).abs() < 0.5);
        // Of a Gaussian, the middle is 1 / (2 pi sigma^2); three means are an eighth lower: each
        // axis gives 3 / 4 of 1 / w instead of 1 / sqrt(2 pi (w^2 - 1) / 4).
        let middle = 1.0 / (std::f64::consts::TAU * moment(2));
        assert!((f64::from(bell.values()[40 * 101 + 50]) - middle).abs() < 0.15 * middle);
    }

    #[test]
    fn what_is_even_stays_even_up_to_the_border() {
        let even = smoothed(&HeatMap::new(7, 3, vec![0.25; 21]), 4);
        assert!(
            even.values()
                .iter()
                .all(|value| (value - 0.25).abs() < 1e-6)
        );
    }
}
