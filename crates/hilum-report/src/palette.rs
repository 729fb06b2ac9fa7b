//! Colours that people with a colour-vision deficiency tell apart, on white.

pub(crate) const PAPER: &str = "#ffffff";
pub(crate) const INK: &str = "#1f2933";
/// For captions, ticks and what matters less.
pub(crate) const MUTED: &str = "#5c6874";
pub(crate) const GRID: &str = "#e4e8ec";
pub(crate) const FRAME: &str = "#aab4be";
pub(crate) const TRAIN: &str = "#0072b2";
pub(crate) const VALID: &str = "#d55e00";

/// Okabe and Ito's, without the yellow that fades on white and the black of the text.
pub(crate) const SERIES: [&str; 7] = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#5b5b5b",
];

/// White for 0 to deep blue for 1, and the colour of text that reads on it.
pub(crate) fn shade(share: f64) -> (String, &'static str) {
    const STOPS: [[f64; 3]; 4] = [
        [255.0, 255.0, 255.0],
        [198.0, 219.0, 239.0],
        [66.0, 146.0, 198.0],
        [8.0, 69.0, 148.0],
    ];
    let position = share.clamp(0.0, 1.0) * (STOPS.len() - 1) as f64;
    let below = (position.floor() as usize).min(STOPS.len() - 2);
    let part = position - below as f64;
    let [red, green, blue] = std::array::from_fn(|channel| {
        let (from, to) = (STOPS[below][channel], STOPS[below + 1][channel]);
        (from + part * (to - from)).round() as u8
    });
    let text = if share > 0.55 { PAPER } else { INK };
    (format!("#{red:02x}{green:02x}{blue:02x}"), text)
}
