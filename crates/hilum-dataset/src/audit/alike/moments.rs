//! Sums over the grey levels of two pictures.

/// Sums over two lists of equal length.
pub(super) struct Moments {
    count: f64,
    first: f64,
    second: f64,
    first_squares: f64,
    second_squares: f64,
    products: f64,
}

impl Moments {
    pub(super) fn of(first: &[f32], second: &[f32]) -> Self {
        Self {
            count: first.len() as f64,
            first: sum(first),
            second: sum(second),
            first_squares: dot(first, first),
            second_squares: dot(second, second),
            products: dot(first, second),
        }
    }

    pub(super) fn covariance(&self) -> f64 {
        self.products - self.first * self.second / self.count
    }

    pub(super) fn first_variance(&self) -> f64 {
        self.first_squares - self.first * self.first / self.count
    }

    pub(super) fn second_variance(&self) -> f64 {
        self.second_squares - self.second * self.second / self.count
    }
}

/// Numbers that are added side by side, so that a processor's vectors are used.
const LANES: usize = 16;

/// The sum of products.
#[inline]
pub(super) fn dot(a: &[f32], b: &[f32]) -> f64 {
    let (a, b) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut sums = [0.0_f32; LANES];
    for (a, b) in a.0.iter().zip(b.0) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f32 = a.1.iter().zip(b.1).map(|(a, b)| a * b).sum();
    f64::from(sums.iter().sum::<f32>() + rest)
}

fn sum(values: &[f32]) -> f64 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut sums = [0.0_f32; LANES];
    for chunk in chunks {
        for lane in 0..LANES {
            sums[lane] += chunk[lane];
        }
    }
    f64::from(sums.iter().chain(rest).sum::<f32>())
}
