//! Class activation maps: a layer's channels, weighed by how the class answers to them.
//!
//! Formulas as in pytorch-grad-cam, whose Grad-CAM++ takes powers of the gradient for its second
//! and third derivatives. What is below zero is cut off: it speaks for other classes.

use super::{Layer, Method};
use crate::HeatMap;

/// The map of a layer.
pub(super) fn map(method: Method, layer: &Layer<'_>) -> HeatMap {
    let values = match method {
        Method::HiresCam => by_place(layer, |gradient| gradient),
        Method::LayerCam => by_place(layer, |gradient| gradient.max(0.0)),
        Method::GradCamPlusPlus => by_channel(layer, &plus_plus_weights(layer)),
        _ => by_channel(layer, &mean_gradients(layer)),
    };
    // Not `max`, which would make a number of what is none.
    let positive = |value: f64| if value < 0.0 { 0.0 } else { value as f32 };
    layer.map(values.into_iter().map(positive).collect())
}

/// At each place, the sum of activation times gradient over channels.
fn by_place(layer: &Layer<'_>, of_gradient: impl Fn(f64) -> f64) -> Vec<f64> {
    let places = layer.places();
    let sum = |(results, gradient): (&[f32], &[f32])| {
        let products = results.iter().zip(gradient);
        products
            .map(|(result, slope)| f64::from(*result) * of_gradient(f64::from(*slope)))
            .sum()
    };
    places.map(sum).collect()
}

/// At each place, the weighted sum of activations over channels.
fn by_channel(layer: &Layer<'_>, weights: &[f64]) -> Vec<f64> {
    let sum = |(results, _): (&[f32], &[f32])| {
        let products = results.iter().zip(weights);
        products
            .map(|(result, weight)| f64::from(*result) * weight)
            .sum()
    };
    layer.places().map(sum).collect()
}

/// The mean of each channel's gradient over all places.
fn mean_gradients(layer: &Layer<'_>) -> Vec<f64> {
    let mut sums = vec![0.0; layer.shape.channels];
    for (_, gradient) in layer.places() {
        for (sum, slope) in sums.iter_mut().zip(gradient) {
            *sum += f64::from(*slope);
        }
    }
    let count = (layer.shape.height * layer.shape.width) as f64;
    sums.into_iter().map(|sum| sum / count).collect()
}

/// Added to the denominator of Grad-CAM++.
const EPSILON: f64 = 1e-6;

/// The sum over places of `alpha * max(gradient, 0)`, where `alpha` is `g^2 / (2 g^2 + s g^3)` with
/// the sum `s` of the channel's activations.
fn plus_plus_weights(layer: &Layer<'_>) -> Vec<f64> {
    let channels = layer.shape.channels;
    let mut activations = vec![0.0; channels];
    for (results, _) in layer.places() {
        for (sum, result) in activations.iter_mut().zip(results) {
            *sum += f64::from(*result);
        }
    }
    let mut weights = vec![0.0; channels];
    for (_, gradient) in layer.places() {
        for ((weight, slope), sum) in weights.iter_mut().zip(gradient).zip(&activations) {
            let slope = f64::from(*slope);
            if slope > 0.0 {
                let square = slope * slope;
                *weight += square * slope / (2.0 * square + sum * square * slope + EPSILON);
            }
        }
    }
    weights
}

#[cfg(test)]
mod tests {
    use hilum_graph::Shape;

    use super::*;

    #[test]
    fn where_the_gradient_is_even_grad_cam_is_hires_cam() {
        let shape = Shape::new(2, 3, 2);
        let results: Vec<f32> = (0..12_u8).map(|at| f32::from(at * 5 % 7)).collect();
        let gradient = [0.5, -0.25].repeat(6);
        let layer = Layer {
            shape,
            results: &results,
            gradient: &gradient,
        };
        let map = map(Method::GradCam, &layer);
        assert_eq!(map, super::map(Method::HiresCam, &layer));
        assert_eq!((map.width(), map.height()), (3, 2));
        // 0.5 * 0 - 0.25 * 5 is cut off; 0.5 * 3 - 0.25 * 1.
        assert_eq!(map.values()[..2], [0.0, 1.25]);
    }

    #[test]
    fn what_is_no_number_stays_none() {
        let layer = Layer {
            shape: Shape::new(1, 2, 1),
            results: &[f32::NAN, 1.0],
            gradient: &[1.0, 1.0],
        };
        for method in [Method::GradCam, Method::LayerCam] {
            assert!(map(method, &layer).values()[0].is_nan(), "of {method}");
        }
    }
}
