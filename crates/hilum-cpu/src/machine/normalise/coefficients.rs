//! What a batch norm amounts to: a factor and a summand per channel, and the line of its
//! derivative.

use crate::program::Norm;

/// Scale and shift of a folded batch norm with a bias before it: `scale = weight /
/// sqrt(variance + epsilon)`, `shift = (bias - mean) * scale + shift`; without batch norm 1 and
/// the bias.
pub(crate) fn fold<'a>(
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

/// What the batch norm of a value is in the present batch. Its rows, one value per channel each,
/// lie in memory of the machine.
pub(crate) struct Coefficients {
    pub(crate) norm: Norm,
    stride: usize,
    /// Where the rows begin.
    start: usize,
    /// The biased variance.
    pub(crate) variance: Vec<f64>,
    pub(crate) mean: Vec<f64>,
}

/// A row.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Line {
    Scale,
    Shift,
    Mean,
    /// `A`, `B` and `C` are the line from `g` and `z` to `dL/dz`.
    A,
    B,
    C,
}

/// How many rows there are.
const ROWS: usize = 6;

impl Coefficients {
    /// Of `stride` channels, with rows from `start` on.
    pub(crate) fn new(norm: Norm, stride: usize, start: usize) -> Self {
        Self {
            norm,
            stride,
            start,
            variance: vec![0.0; stride],
            mean: vec![0.0; stride],
        }
    }

    /// Where the rows end.
    pub(crate) fn end(&self) -> usize {
        self.start + ROWS * self.stride
    }

    /// Where a row lies.
    pub(crate) fn part(&self, line: Line) -> std::ops::Range<usize> {
        let start = self.start + line as usize * self.stride;
        start..start + self.stride
    }

    /// Takes the batch's moments in, with the norm's own scale and shift.
    pub(crate) fn normalise(&self, scale: &[f32], shift: &[f32], rows: &mut [f32]) {
        let [scales, shifts, means] =
            [Line::Scale, Line::Shift, Line::Mean].map(|line| self.part(line).start);
        for channel in 0..self.stride {
            let root = (self.variance[channel] + f64::from(self.norm.epsilon)).sqrt();
            let factor = f64::from(scale[channel]) / root;
            let mean = self.mean[channel];
            rows[scales + channel] = factor as f32;
            rows[shifts + channel] = (f64::from(shift[channel]) - mean * factor) as f32;
            rows[means + channel] = mean as f32;
        }
    }

    /// The line from `g` to `dL/dz` where mean and variance are given and follow nothing.
    pub(crate) fn differentiate_as_ever(&self, scale: &[f32], rows: &mut [f32]) {
        let line = [Line::A, Line::B, Line::C].map(|line| self.part(line).start);
        for (channel, scale) in scale.iter().enumerate() {
            let root = (self.variance[channel] + f64::from(self.norm.epsilon)).sqrt();
            let a = (f64::from(*scale) / root) as f32;
            for (start, value) in line.into_iter().zip([a, 0.0, 0.0]) {
                rows[start + channel] = value;
            }
        }
    }

    /// From `sum g` and `sum g (z - mean)` over `count` pixels: the gradients of scale and shift,
    /// and the line from `g` and `z` to `dL/dz`.
    pub(crate) fn differentiate(
        &self,
        count: f64,
        [first, second]: &[Vec<f64>; 2],
        scale: &[f32],
        [scale_gradient, shift_gradient]: [&mut [f32]; 2],
        rows: &mut [f32],
    ) {
        let means = self.part(Line::Mean).start;
        let line = [Line::A, Line::B, Line::C].map(|line| self.part(line).start);
        for channel in 0..self.stride {
            let root = (self.variance[channel] + f64::from(self.norm.epsilon)).sqrt();
            // `second` is around the mean as the kernel knows it, in single precision.
            let mean = f64::from(rows[means + channel]);
            let correction = mean - self.mean[channel];
            let product = (second[channel] + correction * first[channel]) / root;
            scale_gradient[channel] = product as f32;
            shift_gradient[channel] = first[channel] as f32;
            let a = f64::from(scale[channel]) / root;
            let b = -a * product / (count * root);
            let c = -a * first[channel] / count - b * self.mean[channel];
            for (start, value) in line.into_iter().zip([a, b, c]) {
                rows[start + channel] = value as f32;
            }
        }
    }
}
