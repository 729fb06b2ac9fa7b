//! Score-CAM: channels by the logit of the image that they mask.
//!
//! As pytorch-grad-cam has it: masks are a channel's activations, enlarged and brought to 0 to 1;
//! weights are the softmax of the logits over all channels, with nothing subtracted. What is masked
//! becomes 0 in the network's own scale.

use hilum_core::{Cancel, ClassIndex};
use hilum_graph::{Batch, Engine, Gradient};

use super::{ExplainError, Layer, Settings};
use crate::HeatMap;

/// Added to the range of a mask.
const EPSILON: f32 = 1e-8;

/// A map of each image.
pub(super) fn maps(
    engine: &mut dyn Engine,
    images: &Batch,
    settings: &Settings,
    found: &Gradient,
    classes: &[ClassIndex],
    cancel: &Cancel,
) -> Result<Vec<HeatMap>, ExplainError> {
    let per_image = images.shape.value_count();
    let each = images.data.chunks_exact(per_image).zip(classes).enumerate();
    each.map(|(number, (image, class))| {
        let layer = Layer::of(found, number);
        let scores = scores(engine, image, images, settings, &layer, *class, cancel)?;
        let weights = softmax(&scores);
        let sum = |(results, _): (&[f32], &[f32])| {
            let products = results.iter().zip(&weights);
            let sum: f64 = products
                .map(|(result, weight)| f64::from(*result) * weight)
                .sum();
            if sum < 0.0 { 0.0 } else { sum as f32 }
        };
        Ok(layer.map(layer.places().map(sum).collect()))
    })
    .collect()
}

/// The logit of the image under each channel's mask.
fn scores(
    engine: &mut dyn Engine,
    image: &[f32],
    images: &Batch,
    settings: &Settings,
    layer: &Layer<'_>,
    class: ClassIndex,
    cancel: &Cancel,
) -> Result<Vec<f32>, ExplainError> {
    let channels = layer.shape.channels;
    let mut scores = Vec::with_capacity(channels);
    let all: Vec<usize> = (0..channels).collect();
    for channels in all.chunks(settings.batch.max(1)) {
        cancel.check()?;
        let mut masked = Vec::with_capacity(channels.len() * image.len());
        for channel in channels {
            let mask = mask(layer, *channel, images.shape.width, images.shape.height);
            let pixels = image.chunks_exact(images.shape.channels).zip(mask);
            masked.extend(
                pixels.flat_map(|(pixel, share)| pixel.iter().map(move |value| value * share)),
            );
        }
        let batch = Batch::new(channels.len(), images.shape, masked);
        let logits = engine.forward(&batch)?;
        scores.extend(logits.rows().map(|row| row[class.get()]));
    }
    Ok(scores)
}

/// A channel's activations over the whole image, from 0 to 1.
fn mask(layer: &Layer<'_>, channel: usize, width: usize, height: usize) -> Vec<f32> {
    let results = layer.results.iter().skip(channel);
    let values = results.step_by(layer.shape.channels).copied().collect();
    let large = layer.map(values).spread_to(width, height);
    let (low, high) = large.range();
    let share = |value: &f32| (value - low) / (high - low + EPSILON);
    large.values().iter().map(share).collect()
}

fn softmax(scores: &[f32]) -> Vec<f64> {
    let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exponentials = scores.iter().map(|score| f64::from(score - largest).exp());
    let sum: f64 = exponentials.clone().sum();
    exponentials.map(|value| value / sum).collect()
}
