//! The bar that says which colour is which value.

use hilum_font::{Weight, line_height, width};

use super::canvas::{Area, Canvas, INK, Letters, MUTED, SMALL};
use super::contour::LEVELS;
use super::numbers::number;
use super::overlay::over_grey;
use super::scale::Scale;

/// Pixels of each half of the bar: heat over what is dark, and over what is bright.
const HALF: usize = 9;
const DARK: u8 = 20;
const BRIGHT: u8 = 200;
/// A tick, and the gap on both its sides.
const TICK: usize = 4;
const GAP: usize = 3;
const NUMBERS_LEFT: usize = 2 * HALF + TICK + GAP;
/// Least rows between whose ends no two numbers meet.
pub(super) const SHORTEST: usize = 130;

/// A bar from the least heat, below, to the most.
pub(super) struct ColorBar {
    scale: Scale,
    /// Shares of the range, with what is written there.
    ticks: Vec<(f32, String, String)>,
}

impl ColorBar {
    pub(super) fn new(scale: &Scale) -> Self {
        let range = scale.high - scale.low;
        let text = |share: f32| number(scale.value(share), range);
        let marks = LEVELS.map(|level| {
            let percent = format!("{:.0}%", level * 100.0);
            (level, text(level), percent)
        });
        let mut low = (0.0, text(0.0), "coolest".to_owned());
        if scale.least < scale.low {
            (low.1, low.2) = (
                format!("≤ {}", low.1),
                format!("down to {}", number(scale.least, range)),
            );
        }
        let mut high = (1.0, text(1.0), "hottest".to_owned());
        if scale.most > scale.high {
            (high.1, high.2) = (
                format!("≥ {}", high.1),
                format!("up to {}", number(scale.most, range)),
            );
        }
        Self {
            scale: *scale,
            ticks: [low].into_iter().chain(marks).chain([high]).collect(),
        }
    }

    pub(super) fn width(&self) -> usize {
        let widths = self.ticks.iter().map(|tick| {
            let gap = 2.0 * GAP as f32;
            let text = |text: &str| width(text, Weight::Regular, SMALL);
            (text(&tick.1) + gap + text(&tick.2)).ceil() as usize
        });
        NUMBERS_LEFT + widths.max().unwrap_or(0)
    }

    pub(super) fn draw(&self, canvas: &mut Canvas, left: usize, top: usize, height: usize) {
        for row in 0..height {
            let share = self.share_of_row(row, height);
            for (half, grey) in [DARK, BRIGHT].into_iter().enumerate() {
                let area = Area {
                    left: left + half * HALF,
                    top: top + row,
                    width: HALF,
                    height: 1,
                };
                canvas.fill(area, over_grey(grey, share));
            }
        }
        for (share, value, meaning) in &self.ticks {
            let row = ((1.0 - share) * (height - 1) as f32).round() as usize;
            let tick = Area {
                left: left + 2 * HALF,
                top: top + row,
                width: TICK,
                height: 1,
            };
            canvas.fill(tick, INK);
            let letters = line_height(SMALL);
            let text_top = (top + row)
                .saturating_sub(letters / 2)
                .clamp(top, top + height.saturating_sub(letters));
            let text_left = left + NUMBERS_LEFT;
            canvas.write(value, Letters::new(SMALL, INK), text_left, text_top);
            let after = width(value, Weight::Regular, SMALL).ceil() as usize + 2 * GAP;
            canvas.write(
                meaning,
                Letters::new(SMALL, MUTED),
                text_left + after,
                text_top,
            );
        }
    }

    fn share_of_row(&self, row: usize, height: usize) -> f32 {
        let share = 1.0 - row as f32 / (height - 1).max(1) as f32;
        self.scale.share(self.scale.value(share))
    }
}
