//! Rank correlation.

/// Spearman's rank correlation, in `-1.0..=1.0`: Pearson's of the ranks, where equal values share the
/// mean of theirs. `None` where one side has no two different values. Same as SciPy's `spearmanr`.
///
/// # Panics
/// If there are not as many values on both sides.
pub fn rank_correlation(one: &[f32], other: &[f32]) -> Option<f64> {
    assert_eq!(one.len(), other.len(), "pairs of values");
    let (one, other) = (ranks(one), ranks(other));
    let mean = (one.len() + 1) as f64 / 2.0;
    let (mut product, mut first, mut second) = (0.0, 0.0, 0.0);
    for (a, b) in one.iter().zip(&other) {
        let (a, b) = (a - mean, b - mean);
        product += a * b;
        first += a * a;
        second += b * b;
    }
    (first > 0.0 && second > 0.0).then(|| product / (first * second).sqrt())
}

/// From 1, in the order of the values.
fn ranks(values: &[f32]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for equal in order.chunk_by(|a, b| values[*a] == values[*b]) {
        let mean = before as f64 + (equal.len() + 1) as f64 / 2.0;
        for at in equal {
            ranks[*at] = mean;
        }
        before += equal.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_share_their_rank_as_in_scipy() {
        // scipy.stats.spearmanr([1, 2, 2, 3, 0], [5, 4, 4, 1, 9]) and (..., [2, 1, 4, 4, 0]).
        let rho = rank_correlation(&[1.0, 2.0, 2.0, 3.0, 0.0], &[5.0, 4.0, 4.0, 1.0, 9.0]);
        assert!((rho.unwrap() + 1.0).abs() < 1e-12);
        let rho = rank_correlation(&[1.0, 2.0, 2.0, 3.0, 0.0], &[2.0, 1.0, 4.0, 4.0, 0.0]);
        assert!((rho.unwrap() - 0.763_157_894_736_842_1).abs() < 1e-12);
    }

    #[test]
    fn without_two_values_there_is_none() {
        assert_eq!(rank_correlation(&[1.0, 1.0], &[1.0, 2.0]), None);
    }
}
