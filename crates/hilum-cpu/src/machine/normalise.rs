//! Batch norm of whole tensors: folding, statistics of a batch, and what backward needs of them.

mod batch;

use crate::memory::Buffer;
use crate::program::Norm;

pub(super) use batch::{Bending, Blocks, Tally, moments_of};

/// Scale and shift of a folded batch norm with a bias before it: `scale = weight /
/// sqrt(variance + epsilon)`, `shift = (bias - mean) * scale + shift`; without batch norm 1 and
/// the bias.
pub(super) fn fold<'a>(
    norm: Option<Norm>,
    bias: Option<usize>,
    part: &impl Fn(usize) -> &'a [f32],
    shift: &mut [f32],
    scale: &mut [f32],
) {
    shift.fill(0.0);
    if let Some(bias) = bias {
        shift.copy_from_slice(part(bias));
    }
    scale.fill(1.0);
    let Some(norm) = norm else { return };
    let (weight, add) = (part(norm.scale), part(norm.shift));
    let (mean, variance) = (part(norm.mean), part(norm.variance));
    for channel in 0..scale.len() {
        let factor = f64::from(weight[channel])
            / (f64::from(variance[channel]) + f64::from(norm.epsilon)).sqrt();
        let centered = f64::from(shift[channel]) - f64::from(mean[channel]);
        shift[channel] = (centered * factor + f64::from(add[channel])) as f32;
        scale[channel] = factor as f32;
    }
}

/// What the batch norm of a value is in the present batch.
pub(crate) struct Coefficients {
    pub(super) norm: Norm,
    stride: usize,
    /// Seven rows: scale, shift, mean, and the line from `g` and `z` to `dL/dz`, and zeros.
    rows: Buffer,
    /// The biased variance.
    pub(super) variance: Vec<f64>,
    pub(super) mean: Vec<f64>,
}

const SCALE: usize = 0;
const SHIFT: usize = 1;
const MEAN: usize = 2;
const LINE: usize = 3;

impl Coefficients {
    pub(super) fn new(norm: Norm, stride: usize) -> Self {
        Self {
            norm,
            stride,
            rows: Buffer::zeroed(6 * stride),
            variance: vec![0.0; stride],
            mean: vec![0.0; stride],
        }
    }

    fn row(&self, index: usize) -> *const f32 {
        self.rows[index * self.stride..].as_ptr()
    }

    pub(super) fn scale(&self) -> *const f32 {
        self.row(SCALE)
    }

    pub(super) fn shift(&self) -> *const f32 {
        self.row(SHIFT)
    }

    pub(super) fn mean(&self) -> *const f32 {
        self.row(MEAN)
    }

    pub(super) fn line(&self) -> crate::kernel::norm::Linear {
        crate::kernel::norm::Linear {
            a: self.row(LINE),
            b: self.row(LINE + 1),
            c: self.row(LINE + 2),
        }
    }

    /// Takes the batch's moments in, with the norm's own scale and shift.
    pub(super) fn normalise(&mut self, scale: &[f32], shift: &[f32]) {
        let stride = self.stride;
        for channel in 0..stride {
            let root = (self.variance[channel] + f64::from(self.norm.epsilon)).sqrt();
            let factor = f64::from(scale[channel]) / root;
            let mean = self.mean[channel];
            self.rows[SCALE * stride + channel] = factor as f32;
            self.rows[SHIFT * stride + channel] =
                (f64::from(shift[channel]) - mean * factor) as f32;
            self.rows[MEAN * stride + channel] = mean as f32;
        }
    }

    /// From `sum g` and `sum g (z - mean)` over `count` pixels: the gradients of scale and shift,
    /// and the line from `g` and `z` to `dL/dz`.
    pub(super) fn differentiate(
        &mut self,
        count: f64,
        first: &[f64],
        second: &[f64],
        scale: &[f32],
        scale_gradient: &mut [f32],
        shift_gradient: &mut [f32],
    ) {
        let stride = self.stride;
        for channel in 0..stride {
            let root = (self.variance[channel] + f64::from(self.norm.epsilon)).sqrt();
            // `second` is around the mean as the kernel knows it, in single precision.
            let mean = f64::from(self.rows[MEAN * stride + channel]);
            let correction = mean - self.mean[channel];
            let product = (second[channel] + correction * first[channel]) / root;
            scale_gradient[channel] = product as f32;
            shift_gradient[channel] = first[channel] as f32;
            let a = f64::from(scale[channel]) / root;
            let b = -a * product / (count * root);
            let c = -a * first[channel] / count - b * self.mean[channel];
            self.rows[LINE * stride + channel] = a as f32;
            self.rows[(LINE + 1) * stride + channel] = b as f32;
            self.rows[(LINE + 2) * stride + channel] = c as f32;
        }
    }
}

/// The moments of pixels that were counted block by block, merged in the order of the blocks
/// (Chan, Golub & LeVeque, 1983).
pub(super) struct Moments {
    pub(super) count: f64,
    pub(super) mean: Vec<f64>,
    /// Sum of squared distances from the mean.
    pub(super) squares: Vec<f64>,
}

impl Moments {
    pub(super) fn new(stride: usize) -> Self {
        Self {
            count: 0.0,
            mean: vec![0.0; stride],
            squares: vec![0.0; stride],
        }
    }

    /// Adds a block of `count` pixels with its sums around `origin`.
    pub(super) fn merge(&mut self, count: f64, origin: &[f32], first: &[f32], second: &[f32]) {
        let total = self.count + count;
        let share = count / total;
        let weight = self.count * share;
        for channel in 0..self.mean.len() {
            let offset = f64::from(first[channel]) / count;
            let mean = f64::from(origin[channel]) + offset;
            let squares = f64::from(second[channel]) - offset * f64::from(first[channel]);
            let distance = mean - self.mean[channel];
            self.mean[channel] += distance * share;
            self.squares[channel] += squares.max(0.0) + distance * distance * weight;
        }
        self.count = total;
    }
}
