//! The distance of Cramér and von Mises between two samples.

/// The values of two samples, sorted once for all ways to divide them.
pub(super) struct Pooled {
    /// How many values are equal, by rising value.
    equals: Vec<usize>,
    /// Of each value, whether it is of the first sample.
    is_first: Vec<bool>,
}

impl Pooled {
    pub(super) fn new(first: &[f64], second: &[f64]) -> Self {
        let mut values: Vec<(f64, bool)> = first.iter().map(|value| (*value, true)).collect();
        values.extend(second.iter().map(|value| (*value, false)));
        values.sort_by(|one, other| one.0.total_cmp(&other.0));
        let equals = values.chunk_by(|one, other| one.0 == other.0);
        Self {
            equals: equals.map(<[_]>::len).collect(),
            is_first: values.iter().map(|(_, is_first)| *is_first).collect(),
        }
    }

    /// Which values are of the first sample, to be divided anew.
    pub(super) fn division(&mut self) -> &mut [bool] {
        &mut self.is_first
    }

    /// `n m / (n + m)^2` times the sum, over all values, of the squared distance between the shares
    /// of either sample that do not exceed the value. T. W. Anderson, On the distribution of the
    /// two-sample Cramér-von Mises criterion, 1962, equation 2. Same as the statistic of SciPy's
    /// `cramervonmises_2samp` where no two values are equal.
    pub(super) fn distance(&self) -> f64 {
        let all = self.is_first.len() as f64;
        let first = self.is_first.iter().filter(|is_first| **is_first).count() as f64;
        let second = all - first;
        let (mut end, mut reached, mut sum) = (0, 0.0, 0.0);
        for count in &self.equals {
            let values = &self.is_first[end..end + count];
            end += count;
            reached += values.iter().filter(|is_first| **is_first).count() as f64;
            let gap = reached / first - (end as f64 - reached) / second;
            sum += *count as f64 * gap * gap;
        }
        first * second / (all * all) * sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_is_that_of_scipy() {
        // scipy.stats.cramervonmises_2samp([.1, .4, .7, .8], [.2, .3, .9, .95, .99]).statistic
        let pooled = Pooled::new(&[0.1, 0.4, 0.7, 0.8], &[0.2, 0.3, 0.9, 0.95, 0.99]);
        assert!((pooled.distance() - 0.19259259259259243).abs() < 1e-12);
    }

    #[test]
    fn equal_values_are_no_distance() {
        assert_eq!(Pooled::new(&[0.5; 3], &[0.5; 4]).distance(), 0.0);
    }
}
