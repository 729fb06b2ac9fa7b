//! Occlusion: what the logit loses when a window is blacked out.
//!
//! As Captum's `Occlusion`: the last window of a row is cut off at the edge, and places under
//! several windows get the mean of what these cost. A window that is black already costs nothing
//! and is not run.

use hilum_core::{Cancel, ClassIndex};
use hilum_graph::{Batch, Engine, Logits, Shape};

use super::{ExplainError, Settings};
use crate::HeatMap;

/// The windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occlusion {
    /// Rows and columns of a window, in pixels of the network's input; at least 1.
    pub window: [usize; 2],
    /// Rows and columns from window to window; at least 1, and at most the window's.
    pub stride: [usize; 2],
}

impl Occlusion {
    /// Windows of an eighth of the side, each half over its neighbour.
    pub fn of(input: Shape) -> Self {
        let window = [input.height, input.width].map(|side| (side / 8).max(1));
        Self {
            window,
            stride: window.map(|side| side.div_ceil(2)),
        }
    }

    /// All windows of an image: rows and columns, from and to.
    fn windows(self, shape: Shape) -> Vec<[std::ops::Range<usize>; 2]> {
        let spans = |size: usize, axis: usize| {
            let window = self.window[axis].clamp(1, size);
            let stride = self.stride[axis].clamp(1, window);
            let count = (size - window).div_ceil(stride) + 1;
            (0..count).map(move |at| at * stride..(at * stride + window).min(size))
        };
        spans(shape.height, 0)
            .flat_map(|rows| spans(shape.width, 1).map(move |columns| [rows.clone(), columns]))
            .collect()
    }
}

/// A map of each image.
pub(super) fn maps(
    engine: &mut dyn Engine,
    images: &Batch,
    settings: &Settings,
    logits: &Logits,
    classes: &[ClassIndex],
    cancel: &Cancel,
) -> Result<Vec<HeatMap>, ExplainError> {
    let shape = images.shape;
    let windows = settings.occlusion.windows(shape);
    let each = images.data.chunks_exact(shape.value_count());
    let mut maps = Vec::with_capacity(images.count);
    for ((image, row), class) in each.zip(logits.rows()).zip(classes) {
        let before = f64::from(row[class.get()]);
        let is_changed =
            |index: &usize| is_changed(image, shape, &windows[*index], &settings.black);
        let changed: Vec<usize> = (0..windows.len()).filter(is_changed).collect();
        let mut losses = vec![0.0; windows.len()];
        for part in changed.chunks(settings.batch.max(1)) {
            cancel.check()?;
            let mut data = Vec::with_capacity(part.len() * image.len());
            for index in part {
                let start = data.len();
                data.extend_from_slice(image);
                black_out(&mut data[start..], shape, &windows[*index], &settings.black);
            }
            let found = engine.forward(&Batch::new(part.len(), shape, data))?;
            for (index, row) in part.iter().zip(found.rows()) {
                losses[*index] = before - f64::from(row[class.get()]);
            }
        }
        maps.push(mean_losses(shape, &windows, &losses));
    }
    Ok(maps)
}

type Window = [std::ops::Range<usize>; 2];

fn pixels_of(
    shape: Shape,
    [rows, columns]: &Window,
) -> impl Iterator<Item = std::ops::Range<usize>> {
    let channels = shape.channels;
    let columns = columns.clone();
    rows.clone().map(move |row| {
        let start = row * shape.width * channels;
        start + columns.start * channels..start + columns.end * channels
    })
}

fn is_changed(image: &[f32], shape: Shape, window: &Window, black: &[f32]) -> bool {
    let mut rows = pixels_of(shape, window);
    rows.any(|row| {
        image[row]
            .chunks_exact(shape.channels)
            .any(|pixel| pixel != black)
    })
}

fn black_out(image: &mut [f32], shape: Shape, window: &Window, black: &[f32]) {
    for row in pixels_of(shape, window) {
        for pixel in image[row].chunks_exact_mut(shape.channels) {
            pixel.copy_from_slice(black);
        }
    }
}

fn mean_losses(shape: Shape, windows: &[Window], losses: &[f64]) -> HeatMap {
    let mut sums = vec![0.0; shape.height * shape.width];
    let mut counts = vec![0_u32; sums.len()];
    for ([rows, columns], loss) in windows.iter().zip(losses) {
        for row in rows.clone() {
            let part = row * shape.width + columns.start..row * shape.width + columns.end;
            sums[part.clone()].iter_mut().for_each(|sum| *sum += loss);
            counts[part].iter_mut().for_each(|count| *count += 1);
        }
    }
    let means = sums
        .iter()
        .zip(counts)
        .map(|(sum, count)| (sum / f64::from(count)) as f32);
    HeatMap::new(shape.width, shape.height, means.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_reach_every_pixel_and_the_last_is_cut_off() {
        let occlusion = Occlusion {
            window: [4, 4],
            stride: [3, 3],
        };
        let windows = occlusion.windows(Shape::new(13, 9, 1));
        let rows: Vec<_> = windows
            .iter()
            .step_by(3)
            .map(|[rows, _]| rows.clone())
            .collect();
        assert_eq!(rows, [0..4, 3..7, 6..10, 9..13]);
        let columns: Vec<_> = windows[..3]
            .iter()
            .map(|[_, columns]| columns.clone())
            .collect();
        assert_eq!(columns, [0..4, 3..7, 6..9]);
    }

    #[test]
    fn a_window_larger_than_the_image_is_the_image() {
        let occlusion = Occlusion {
            window: [40, 40],
            stride: [0, 99],
        };
        assert_eq!(occlusion.windows(Shape::new(2, 3, 1)), [[0..2, 0..3]]);
    }
}
