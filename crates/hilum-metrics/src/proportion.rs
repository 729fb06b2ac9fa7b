//! What a count says of the share behind it.

/// The standard normal's quantile of 0.975.
const Z: f64 = 1.959_963_984_540_054;

/// The 95% interval of a share of which `held` of `count` were seen; `None` of nothing.
///
/// Wilson, Probable inference, the law of succession, and statistical inference, 1927; without
/// correction for continuity, as SciPy's `binomtest(held, count).proportion_ci(method="wilson")`.
/// It takes every one for independent: of slices of one patient the true interval is wider.
pub fn wilson_interval(held: u64, count: u64) -> Option<(f64, f64)> {
    if count == 0 || held > count {
        return None;
    }
    let (n, share) = (count as f64, held as f64 / count as f64);
    let square = Z * Z / n;
    let centre = (share + square / 2.0) / (1.0 + square);
    let spread = (share * (1.0 - share) / n + square / (4.0 * n)).sqrt();
    let half = Z / (1.0 + square) * spread;
    // At the ends rounding may leave the range by a last digit.
    Some(((centre - half).max(0.0), (centre + half).min(1.0)))
}
