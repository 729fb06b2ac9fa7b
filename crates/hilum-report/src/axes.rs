//! A framed panel with ticks, grid and labels, and the way from values to places in it.

use crate::palette::{FRAME, GRID, MUTED};
use crate::svg::{Anchor, Stroke, Svg, TextStyle};

const TICK_SIZE: f64 = 12.0;

/// One axis: which values it spans, where the ticks are, what they count.
#[derive(Debug, Clone)]
pub(crate) struct Axis {
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) ticks: Vec<f64>,
    pub(crate) label: &'static str,
    decimals: usize,
    /// What stands at the ticks, if that is not their values.
    names: Vec<String>,
}

impl Axis {
    /// From 0 to 1 in fifths.
    pub(crate) fn fraction(label: &'static str) -> Self {
        Self {
            low: 0.0,
            high: 1.0,
            ticks: (0..=5).map(|fifth| f64::from(fifth) / 5.0).collect(),
            label,
            decimals: 1,
            names: Vec::new(),
        }
    }

    /// From 0 to a round number from `largest` upwards, in about four steps.
    pub(crate) fn from_zero(largest: f64, label: &'static str) -> Self {
        let largest = if largest > 0.0 { largest } else { 1.0 };
        let step = round_step(largest / 4.0);
        let count = (largest / step - 1e-9).ceil().max(1.0);
        Self {
            low: 0.0,
            high: count * step,
            ticks: (0..=count as usize).map(|at| at as f64 * step).collect(),
            label,
            decimals: decimals(step),
            names: Vec::new(),
        }
    }

    /// The same axis with ticks at its two ends only, for a low panel.
    pub(crate) fn only_ends(self) -> Self {
        Self {
            ticks: vec![self.low, self.high],
            decimals: decimals(self.high),
            ..self
        }
    }

    /// Whole numbers from `first` to `last`, half a step of room on both sides.
    pub(crate) fn counting(first: usize, last: usize, label: &'static str) -> Self {
        let step = (round_step(((last - first) as f64 / 6.0).max(1.0)).ceil() as usize).max(1);
        let mut ticks: Vec<f64> = (first..=last)
            .filter(|value| value % step == 0)
            .map(|value| value as f64)
            .collect();
        if ticks.first() != Some(&(first as f64)) && step > 1 && first + step / 2 <= last {
            ticks.insert(0, first as f64);
        }
        let room = ((last - first) as f64 * 0.03).max(0.5);
        Self {
            low: first as f64 - room,
            high: last as f64 + room,
            ticks,
            label,
            decimals: 0,
            names: Vec::new(),
        }
    }

    /// From `low` to `high` with a little room on both sides, in about four round steps.
    pub(crate) fn spanning(low: f64, high: f64, label: &'static str) -> Self {
        Self::spanning_in(4, low, high, label)
    }

    /// The same in about so many steps.
    pub(crate) fn spanning_in(steps: usize, low: f64, high: f64, label: &'static str) -> Self {
        let (low, high) = with_room(low, high);
        let step = round_step((high - low) / steps as f64);
        let first = (low / step).ceil() as i64;
        let last = (high / step).floor() as i64;
        Self {
            low,
            high,
            ticks: (first..=last).map(|at| at as f64 * step).collect(),
            label,
            decimals: decimals(step),
            names: Vec::new(),
        }
    }

    /// Ticks with names of their own, at values between `low` and `high`.
    pub(crate) fn named(low: f64, high: f64, ticks: Vec<(f64, String)>) -> Self {
        let (low, high) = with_room(low, high);
        let (ticks, names) = ticks.into_iter().unzip();
        Self {
            low,
            high,
            ticks,
            label: "",
            decimals: 0,
            names,
        }
    }

    /// What stands at a tick.
    pub(crate) fn tick_label(&self, value: f64) -> String {
        let tick = self.ticks.iter().position(|tick| *tick == value);
        if let Some(name) = tick.and_then(|tick| self.names.get(tick)) {
            return name.clone();
        }
        if self.high >= 1e6 || (self.high < 1e-4 && value != 0.0) {
            format!("{value:.1e}")
        } else {
            format!("{value:.*}", self.decimals)
        }
    }

    fn share(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }
}

/// A twentieth of the way more on both sides; something around a single value.
fn with_room(low: f64, high: f64) -> (f64, f64) {
    let room = if high > low {
        (high - low) * 0.05
    } else {
        low.abs().max(0.1) * 0.5
    };
    (low - room, high + room)
}

/// 1, 2, 2.5 or 5 times a power of ten, the first that is no smaller than `value`.
fn round_step(value: f64) -> f64 {
    let power = 10_f64.powf(value.log10().floor());
    let factor = [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .find(|factor| factor * power >= value * (1.0 - 1e-9));
    factor.unwrap_or(10.0) * power
}

/// How many decimals tell multiples of `step` apart.
fn decimals(step: f64) -> usize {
    (0..8)
        .find(|decimals| {
            let scaled = step * 10_f64.powi(*decimals);
            (scaled - scaled.round()).abs() < 1e-6 * scaled
        })
        .map_or(8, |decimals| decimals as usize)
}

/// A panel on the drawing.
#[derive(Debug)]
pub(crate) struct Panel {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
}

impl Panel {
    /// Where a pair of values stands on the drawing; values outside stand on the frame.
    pub(crate) fn place(&self, x: f64, y: f64) -> (f64, f64) {
        (
            self.left + self.x.share(x).clamp(0.0, 1.0) * self.width,
            self.bottom() - self.y.share(y).clamp(0.0, 1.0) * self.height,
        )
    }

    pub(crate) fn bottom(&self) -> f64 {
        self.top + self.height
    }

    pub(crate) fn right(&self) -> f64 {
        self.left + self.width
    }

    /// Grid, frame, ticks, the axes' labels, and a title above.
    pub(crate) fn draw(&self, svg: &mut Svg, title: &str) {
        let line = |color, width| Stroke {
            color,
            width,
            dash: "",
        };
        let tick = TextStyle::PLAIN.size(TICK_SIZE).color(MUTED);
        for &value in &self.y.ticks {
            let (_, y) = self.place(self.x.low, value);
            svg.line((self.left, y), (self.right(), y), line(GRID, 1.0));
            let label = self.y.tick_label(value);
            svg.text((self.left - 8.0, y), &label, tick.anchor(Anchor::End));
        }
        for &value in &self.x.ticks {
            let (x, _) = self.place(value, self.y.low);
            svg.line((x, self.top), (x, self.bottom()), line(GRID, 1.0));
            let label = self.x.tick_label(value);
            let place = (x, self.bottom() + 14.0);
            svg.text(place, &label, tick.anchor(Anchor::Middle));
        }
        let (top_left, bottom_left) = ((self.left, self.top), (self.left, self.bottom()));
        let bottom_right = (self.right(), self.bottom());
        let frame = [top_left, bottom_left, bottom_right];
        svg.polyline(&frame, line(FRAME, 1.2));
        let middle = TextStyle::PLAIN.anchor(Anchor::Middle);
        let center = self.left + self.width / 2.0;
        svg.text((center, self.bottom() + 36.0), self.x.label, middle);
        let widest = self
            .y
            .ticks
            .iter()
            .map(|value| self.y.tick_label(*value).len());
        let away = 24.0 + 7.0 * widest.max().unwrap_or(0) as f64;
        let place = (self.left - away, self.top + self.height / 2.0);
        svg.text(place, self.y.label, middle.angle_degrees(-90.0));
        svg.text(
            (self.left, self.top - 16.0),
            title,
            TextStyle::PLAIN.size(15.0).bold(),
        );
    }
}

/// Lines of a caption from `top` downwards; how high they are together.
pub(crate) fn draw_caption(svg: &mut Svg, left: f64, top: f64, lines: &[String]) {
    let style = TextStyle::PLAIN.size(CAPTION_SIZE).color(MUTED);
    for (at, line) in lines.iter().enumerate() {
        svg.text((left, top + 8.0 + at as f64 * CAPTION_LINE), line, style);
    }
}

/// The size of a caption's letters.
pub(crate) const CAPTION_SIZE: f64 = 12.0;
/// How far apart a caption's lines are.
pub(crate) const CAPTION_LINE: f64 = 17.0;
