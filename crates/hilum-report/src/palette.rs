//! Colours that people with a colour-vision deficiency tell apart, on white and on black.

use std::fmt;

/// A colour of a light drawing, and what it is where the reader's screen is dark.
///
/// **Invariant**: what is one colour in the light is one in the dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Color {
    light: u32,
    dark: u32,
}

impl Color {
    const fn new(light: u32, dark: u32) -> Self {
        Self { light, dark }
    }

    /// The rule of a style sheet that makes this colour its dark one.
    pub(crate) fn dark_rule(self) -> String {
        let Self { light, dark } = self;
        ["fill", "stroke"]
            .map(|place| format!("[{place}=\"#{light:06x}\"]{{{place}:#{dark:06x}}}"))
            .concat()
    }
}

impl fmt::Display for Color {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "#{:06x}", self.light)
    }
}

pub(crate) const PAPER: Color = Color::new(0xffffff, 0x161b22);
pub(crate) const INK: Color = Color::new(0x1f2933, 0xe6edf3);
/// For captions, ticks and what matters less.
pub(crate) const MUTED: Color = Color::new(0x5c6874, 0x9aa6b2);
pub(crate) const GRID: Color = Color::new(0xe4e8ec, 0x2a313a);
pub(crate) const FRAME: Color = Color::new(0xaab4be, 0x57616c);
pub(crate) const TRAIN: Color = Color::new(0x0072b2, 0x4aa3df);
pub(crate) const VALID: Color = Color::new(0xd55e00, 0xff8c42);
/// The body of a bar whose edge is [`TRAIN`].
pub(crate) const BAR: Color = Color::new(0x9ecae1, 0x1f4a6b);
/// Text on a deep [`shade`].
const ON_SHADE: Color = Color::new(0xfefefe, 0x0d1117);

/// Okabe and Ito's, without the yellow that fades on white and the black of the text.
pub(crate) const SERIES: [Color; 7] = [
    TRAIN,
    VALID,
    Color::new(0x009e73, 0x2fc99a),
    Color::new(0xcc79a7, 0xe093c0),
    Color::new(0xe69f00, 0xf0b429),
    Color::new(0x56b4e9, 0x9ad4f7),
    Color::new(0x5b5b5b, 0xb8b8b8),
];

/// The paper for 0 to the strongest blue for 1, and the colour of text that reads on it.
pub(crate) fn shade(share: f64) -> (Color, Color) {
    const LIGHT: [u32; 4] = [PAPER.light, 0xc6dbef, 0x4292c6, 0x084594];
    const DARK: [u32; 4] = [PAPER.dark, 0x1f4a77, 0x4f94d4, 0xb6dcff];
    let text = if share > 0.625 { ON_SHADE } else { INK };
    (
        Color::new(between(LIGHT, share), between(DARK, share)),
        text,
    )
}

/// The colour at `share` of the way over evenly spaced `stops`.
fn between(stops: [u32; 4], share: f64) -> u32 {
    let position = share.clamp(0.0, 1.0) * (stops.len() - 1) as f64;
    let below = (position.floor() as usize).min(stops.len() - 2);
    let part = position - below as f64;
    let channel = |shift: u32| {
        let level = |stop: u32| f64::from(stop >> shift & 0xff);
        let (from, to) = (level(stops[below]), level(stops[below + 1]));
        ((from + part * (to - from)).round() as u32) << shift
    };
    channel(16) | channel(8) | channel(0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn one_colour_in_the_light_is_one_in_the_dark() {
        let shades = (0..=10_000).map(|step| shade(f64::from(step) / 10_000.0).0);
        let fixed = [PAPER, INK, MUTED, GRID, FRAME, BAR, ON_SHADE];
        let mut dark_of = BTreeMap::new();
        for color in shades.chain(fixed).chain(SERIES) {
            let known = *dark_of.entry(color.light).or_insert(color.dark);
            // Neighbouring shades round to one colour in the light: a level apart in the dark.
            let distance =
                |shift: u32| (known >> shift & 0xff).abs_diff(color.dark >> shift & 0xff);
            assert!(
                [16, 8, 0].map(distance).into_iter().max() <= Some(2),
                "{color}"
            );
        }
    }

    /// WCAG 2.2, success criterion 1.4.3, with its formula of relative luminance.
    #[test]
    fn text_stands_out_from_what_is_behind_it() {
        let linear = |level: f64| {
            if level <= 0.04045 {
                level / 12.92
            } else {
                ((level + 0.055) / 1.055).powf(2.4)
            }
        };
        let luminance = |color: u32| {
            let channel = |shift: u32| linear(f64::from(color >> shift & 0xff) / 255.0);
            0.2126 * channel(16) + 0.7152 * channel(8) + 0.0722 * channel(0)
        };
        let contrast = |one: u32, other: u32| {
            let (one, other) = (luminance(one), luminance(other));
            (one.max(other) + 0.05) / (one.min(other) + 0.05)
        };
        for text in [INK, MUTED] {
            assert!(contrast(text.light, PAPER.light) >= 4.5);
            assert!(contrast(text.dark, PAPER.dark) >= 4.5);
        }
        for step in 0..=100 {
            let (behind, text) = shade(f64::from(step) / 100.0);
            // Numbers in cells are large.
            assert!(
                contrast(text.light, behind.light) >= 3.0,
                "{step}% in the light"
            );
            assert!(
                contrast(text.dark, behind.dark) >= 3.0,
                "{step}% in the dark"
            );
        }
    }
}
