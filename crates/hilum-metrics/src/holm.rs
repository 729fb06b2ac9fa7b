//! What is left of p-values where there are several.

/// P-values for as many tests at once, in the same order: below a level, the chance of even one
/// false alarm among all of them is below it.
///
/// Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics
/// 6, 1979. Same as statsmodels' `multipletests(method="holm")`.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|one, other| p_values[*one].total_cmp(&p_values[*other]));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut largest: f64 = 0.0;
    for (rank, at) in order.into_iter().enumerate() {
        let left = (p_values.len() - rank) as f64;
        largest = largest.max((left * p_values[at]).min(1.0));
        adjusted[at] = largest;
    }
    adjusted
}
