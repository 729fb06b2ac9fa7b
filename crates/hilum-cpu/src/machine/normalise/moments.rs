//! Means and variances of pixels that were counted block by block.

/// The moments of pixels that were counted block by block, merged in the order of the blocks
/// (Chan, Golub & LeVeque, 1983).
pub(crate) struct Moments {
    pub(crate) count: f64,
    pub(crate) mean: Vec<f64>,
    /// Sum of squared distances from the mean.
    pub(crate) squares: Vec<f64>,
}

impl Moments {
    pub(crate) fn new(stride: usize) -> Self {
        Self {
            count: 0.0,
            mean: vec![0.0; stride],
            squares: vec![0.0; stride],
        }
    }

    /// Adds a block of `count` pixels with its sums around `origin`.
    pub(crate) fn merge(&mut self, count: f64, origin: &[f32], first: &[f32], second: &[f32]) {
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
