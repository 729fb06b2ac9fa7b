//! The frame of a page with many slices: words above, pictures in a grid.

use hilum_font::{line_height, shorten};

use super::canvas::{ALARM, Area, Canvas, INK, Letters, MUTED, SMALL};
use super::overlay::over_grey;
use super::scale::Scale;
use super::thumbnail::Thumbnail;

/// Pixels around everything, and between cells.
pub(super) const MARGIN: usize = 14;
pub(super) const GAP: usize = 10;
/// Rows of a horizontal bar.
pub(super) const BAR_HEIGHT: usize = 12;
const BAR_WIDTH: usize = 220;
/// What the bar's heat lies over: neither dark nor bright.
const MIDDLE: u8 = 90;

/// Cells side by side, each with a picture and lines of text below it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grid {
    pub(super) column_count: usize,
    /// The longer side of a picture.
    pub(super) side: usize,
    /// Lines of text below a picture.
    pub(super) line_count: usize,
}

impl Grid {
    pub(super) fn cell_height(&self) -> usize {
        self.side + 2 + self.line_count * line_height(SMALL) + GAP
    }

    pub(super) fn width(&self) -> usize {
        self.column_count * (self.side + GAP) - GAP
    }

    pub(super) fn height(&self, count: usize) -> usize {
        count.div_ceil(self.column_count) * self.cell_height()
    }

    /// Draws a cell: the picture, then as many lines as there is room for.
    pub(super) fn draw(
        &self,
        canvas: &mut Canvas,
        top: usize,
        index: usize,
        thumbnail: &Thumbnail,
        common: Option<&Scale>,
        lines: &[String],
    ) {
        let left = MARGIN + index % self.column_count * (self.side + GAP);
        let top = top + index / self.column_count * self.cell_height();
        let picture = thumbnail.picture(common, self.side);
        let middle = |side: usize| (self.side - side) / 2;
        canvas.paste(
            &picture,
            left + middle(picture.width()),
            top + middle(picture.height()),
        );
        let has_problems = thumbnail.problem_count > 0;
        for (row, text) in lines.iter().take(self.line_count).enumerate() {
            let letters = match row {
                0 if has_problems => Letters::bold(SMALL, ALARM),
                0 => Letters::new(SMALL, INK),
                _ => Letters::new(SMALL, MUTED),
            };
            let mark = if row == 0 && has_problems { "▲ " } else { "" };
            let text = shorten(
                &format!("{mark}{text}"),
                letters.weight,
                SMALL,
                self.side as f32,
            );
            let line_top = top + self.side + 2 + row * line_height(SMALL);
            canvas.write(&text, letters, left, line_top);
        }
    }
}

/// A lying bar of heat with words at both its ends.
pub(super) fn draw_bar(canvas: &mut Canvas, left: usize, top: usize, low: &str, high: &str) {
    let letters = Letters::new(SMALL, MUTED);
    let text_top = (top + BAR_HEIGHT / 2).saturating_sub(line_height(SMALL) / 2);
    canvas.write(low, letters, left, text_top);
    let bar_left = left + text_width(low) + 6;
    for column in 0..BAR_WIDTH {
        let area = Area {
            left: bar_left + column,
            top,
            width: 1,
            height: BAR_HEIGHT,
        };
        canvas.fill(
            area,
            over_grey(MIDDLE, column as f32 / (BAR_WIDTH - 1) as f32),
        );
    }
    canvas.write(high, letters, bar_left + BAR_WIDTH + 6, text_top);
}

/// How far a lying bar with its words goes.
pub(super) fn bar_width(low: &str, high: &str) -> usize {
    text_width(low) + 6 + BAR_WIDTH + 6 + text_width(high)
}

fn text_width(text: &str) -> usize {
    hilum_font::width(text, hilum_font::Weight::Regular, SMALL).ceil() as usize
}
