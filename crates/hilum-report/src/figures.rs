//! How figures are written.

use hilum_metrics::Interval;

/// What is undefined.
const DASH: &str = "–";

/// Three decimals, where a figure is talked about; a dash for what is undefined.
pub(crate) fn short(value: Option<f64>) -> String {
    value.map_or_else(|| DASH.to_owned(), |value| format!("{value:.3}"))
}

/// Four decimals, as scikit-learn's users compare them; a dash for what is undefined.
pub(crate) fn exact(value: Option<f64>) -> String {
    value.map_or_else(|| DASH.to_owned(), |value| format!("{value:.4}"))
}

/// A share in percent, with one decimal; a dash for what is undefined.
pub(crate) fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| DASH.to_owned(), |share| format!("{:.1}%", share * 100.0))
}

/// With its sign, a true minus included; a dash for what is undefined.
pub(crate) fn signed(value: Option<f64>) -> String {
    value.map_or_else(|| DASH.to_owned(), with_sign)
}

pub(crate) fn with_sign(value: f64) -> String {
    let text = format!("{:.3}", value.abs());
    if text == "0.000" {
        return text;
    }
    let sign = if value < 0.0 { '−' } else { '+' };
    format!("{sign}{text}")
}

/// `0.701 to 0.899`.
pub(crate) fn range(interval: Interval) -> String {
    format!("{:.3} to {:.3}", interval.low, interval.high)
}

/// `0.701 to 0.899 (95%)`.
pub(crate) fn range_with_level(interval: Interval) -> String {
    format!("{} ({})", range(interval), level(interval))
}

/// `95%`.
pub(crate) fn level(interval: Interval) -> String {
    format!("{:.0}%", interval.level * 100.0)
}

/// `, with 95% intervals`, for a caption of figures of which some have one.
pub(crate) fn with_intervals(interval: Option<Interval>) -> String {
    interval.map_or_else(String::new, |interval| {
        format!(", with {} intervals", level(interval))
    })
}

/// `−0.101 to +0.020`.
pub(crate) fn signed_range(interval: Interval) -> String {
    format!(
        "{} to {}",
        with_sign(interval.low),
        with_sign(interval.high)
    )
}
