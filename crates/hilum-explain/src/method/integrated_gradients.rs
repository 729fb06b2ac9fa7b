//! Integrated gradients: the gradient along the straight way from a black image.
//!
//! The sum of a map is what the logit gained on that way (completeness), as exactly as the steps
//! allow. Steps and weights are Gauss and Legendre's, as in Captum.

use hilum_core::{Cancel, ClassIndex};
use hilum_graph::{Batch, Engine, NodeIndex};

use super::{ExplainError, Settings, gradient};
use crate::HeatMap;

/// How finely the way is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntegratedGradients {
    /// Images on the way; at least 1.
    pub steps: usize,
}

impl Default for IntegratedGradients {
    /// Fifty, as Captum.
    fn default() -> Self {
        Self { steps: 50 }
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
    let shape = images.shape;
    let steps = gauss_legendre(settings.integrated_gradients.steps);
    let each = images.data.chunks_exact(shape.value_count()).zip(classes);
    let mut maps = Vec::with_capacity(images.count);
    for (image, class) in each {
        let black = || settings.black.iter().cycle();
        let mut sums = vec![0.0_f64; image.len()];
        for part in steps.chunks(settings.batch.max(1)) {
            cancel.check()?;
            let between = part.iter().flat_map(|(share, _)| {
                let pairs = image.iter().zip(black());
                pairs.map(move |(value, black)| black + *share as f32 * (value - black))
            });
            let batch = Batch::new(part.len(), shape, between.collect());
            let found = gradient(engine, &batch, NodeIndex(0), &|_, _| *class)?;
            let slopes = found.gradient.data.chunks_exact(image.len());
            for ((_, weight), slopes) in part.iter().zip(slopes) {
                for (sum, slope) in sums.iter_mut().zip(slopes) {
                    *sum += weight * f64::from(*slope);
                }
            }
        }
        let gains = sums.iter().zip(image).zip(black());
        let gains: Vec<f64> = gains
            .map(|((sum, value), black)| sum * f64::from(value - black))
            .collect();
        let pixels = gains.chunks_exact(shape.channels);
        let values = pixels
            .map(|pixel| pixel.iter().sum::<f64>() as f32)
            .collect();
        maps.push(HeatMap::new(shape.width, shape.height, values));
    }
    Ok(maps)
}

/// Places in `0.0..1.0` and weights that sum to 1 of a Gauss-Legendre quadrature with `count`
/// places: the roots of Legendre's polynomial by Newton's method (Press et al., Numerical Recipes,
/// section 4.6).
///
/// # Panics
/// If `count` is zero.
pub fn gauss_legendre(count: usize) -> Vec<(f64, f64)> {
    assert!(count > 0, "a quadrature has places");
    let of_root = |index: usize| {
        let mut x = -(std::f64::consts::PI * (index as f64 + 0.75) / (count as f64 + 0.5)).cos();
        let mut slope = 1.0;
        for _ in 0..100 {
            let (value, found) = legendre(count, x);
            slope = found;
            let step = value / slope;
            x -= step;
            if step.abs() < 1e-15 {
                break;
            }
        }
        let weight = 2.0 / ((1.0 - x * x) * slope * slope);
        (x.midpoint(1.0), weight / 2.0)
    };
    (0..count).map(of_root).collect()
}

/// Legendre's polynomial of degree `count` at `x`, and its slope.
fn legendre(count: usize, x: f64) -> (f64, f64) {
    let (mut last, mut value) = (0.0, 1.0);
    for degree in 1..=count {
        let degree = degree as f64;
        let next = ((2.0 * degree - 1.0) * x * value - (degree - 1.0) * last) / degree;
        (last, value) = (value, next);
    }
    let slope = count as f64 * (x * value - last) / (x * x - 1.0);
    (value, slope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_places_are_those_of_the_tables() {
        // numpy.polynomial.legendre.leggauss(3): -sqrt(3/5), 0, sqrt(3/5) by 5/9, 8/9, 5/9.
        let root = (3.0_f64 / 5.0).sqrt();
        let expected = [
            ((1.0 - root) / 2.0, 5.0 / 18.0),
            (0.5, 8.0 / 18.0),
            (root.midpoint(1.0), 5.0 / 18.0),
        ];
        for ((x, weight), (place, share)) in gauss_legendre(3).into_iter().zip(expected) {
            assert!((x - place).abs() < 1e-14 && (weight - share).abs() < 1e-14);
        }
    }

    #[test]
    fn polynomials_are_integrated_exactly() {
        for count in [1, 2, 5, 50] {
            let degree = 2 * count as i32 - 1;
            let sum: f64 = gauss_legendre(count)
                .into_iter()
                .map(|(x, weight)| weight * x.powi(degree))
                .sum();
            assert!((sum * f64::from(degree + 1) - 1.0).abs() < 1e-12, "{count}");
        }
    }
}
