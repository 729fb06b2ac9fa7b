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
    /// The longer side of the largest picture.
    pub(super) side: usize,
    /// Room for a picture and the lines below it.
    pub(super) column_width: usize,
    /// Lines of text below a picture.
    pub(super) line_count: usize,
}

impl Grid {
    pub(super) fn width(&self) -> usize {
        self.column_count * (self.column_width + GAP) - GAP
    }

    pub(super) fn height<'a>(&self, thumbnails: impl IntoIterator<Item = &'a Thumbnail>) -> usize {
        let heights = self.picture_heights(thumbnails);
        heights.iter().map(|height| self.row_height(*height)).sum()
    }

    /// Draws all cells, each with as many lines as there is room for.
    pub(super) fn draw<'a>(
        &self,
        canvas: &mut Canvas,
        top: usize,
        common: Option<&Scale>,
        cells: impl IntoIterator<Item = (&'a Thumbnail, Vec<String>)>,
    ) {
        let cells: Vec<_> = cells.into_iter().collect();
        let mut top = top;
        let heights = self.picture_heights(cells.iter().map(|(thumbnail, _)| *thumbnail));
        for (row, height) in cells.chunks(self.column_count).zip(heights) {
            for (column, (thumbnail, lines)) in row.iter().enumerate() {
                let left = MARGIN + column * (self.column_width + GAP);
                let picture = thumbnail.picture(common, self.side);
                let inwards = (self.column_width - picture.width()) / 2;
                let down = (height - picture.height()) / 2;
                canvas.paste(&picture, left + inwards, top + down);
                self.write(
                    canvas,
                    left,
                    top + height + 2,
                    thumbnail.problem_count,
                    lines,
                );
            }
            top += self.row_height(height);
        }
    }

    fn write(
        &self,
        canvas: &mut Canvas,
        left: usize,
        top: usize,
        problem_count: usize,
        lines: &[String],
    ) {
        for (row, text) in lines.iter().take(self.line_count).enumerate() {
            let (letters, mark) = match row {
                0 if problem_count > 0 => (Letters::bold(SMALL, ALARM), "▲ "),
                0 => (Letters::new(SMALL, INK), ""),
                _ => (Letters::new(SMALL, MUTED), ""),
            };
            let text = shorten(
                &format!("{mark}{text}"),
                letters.weight,
                SMALL,
                self.column_width as f32,
            );
            canvas.write(&text, letters, left, top + row * line_height(SMALL));
        }
    }

    /// The highest picture of each row.
    fn picture_heights<'a>(
        &self,
        thumbnails: impl IntoIterator<Item = &'a Thumbnail>,
    ) -> Vec<usize> {
        let heights = thumbnails
            .into_iter()
            .map(|thumbnail| thumbnail.drawn_size(self.side).1);
        let heights: Vec<usize> = heights.collect();
        let highest = |row: &[usize]| row.iter().copied().max().unwrap_or(0);
        heights.chunks(self.column_count).map(highest).collect()
    }

    fn row_height(&self, picture_height: usize) -> usize {
        picture_height + 2 + self.line_count * line_height(SMALL) + GAP
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
