//! How probable a class is along a series.

use hilum_font::{Weight, line_height, width};
use tiny_skia::PathBuilder;

use super::canvas::{Area, Canvas, GRID, INK, Letters, MUTED, Pen, SMALL};
use super::numbers::millimetres;

/// Rows of a profile with its heading and axis.
pub(super) const HEIGHT: usize = 150;
/// Least columns.
pub(super) const NARROWEST: usize = 420;
/// Room for the numbers of the axis of probability.
const LEFT: usize = 30;
/// Room on the right, so that the last dot is whole.
const RIGHT: usize = 8;
const DOT: usize = 5;
const LINE: [u8; 3] = [0x00, 0x72, 0xb2];

/// A curve over the slices of a series, in the order in which they are shown.
pub(super) struct Profile<'a> {
    pub(super) heading: &'a str,
    /// Where each slice lies; `None` if that is not known of all, and they are counted instead.
    pub(super) places_mm: Option<Vec<f64>>,
    /// A gap in the curve where there is no answer.
    pub(super) probabilities: Vec<Option<f64>>,
}

impl Profile<'_> {
    pub(super) fn draw(&self, canvas: &mut Canvas, left: usize, top: usize, room: usize) {
        canvas.write(self.heading, Letters::new(SMALL, INK), left, top);
        let row = line_height(SMALL);
        let area = Area {
            left: left + LEFT,
            top: top + row + 6,
            width: room - LEFT - RIGHT,
            height: HEIGHT - 2 * row - 12,
        };
        draw_frame(canvas, area);
        self.draw_ends(canvas, area);
        self.draw_curve(canvas, area);
    }

    /// Columns of the slices' dots, counted from the left edge of the area.
    fn columns(&self, area: Area) -> Vec<f64> {
        let counted: Vec<f64> = (0..self.probabilities.len())
            .map(|index| index as f64)
            .collect();
        let places = self.places_mm.as_ref().unwrap_or(&counted);
        let (first, last) = (places[0], places[places.len() - 1]);
        let span = if last == first { 1.0 } else { last - first };
        let half = (DOT / 2) as f64;
        let reach = area.width as f64 - 2.0 * half - 1.0;
        places
            .iter()
            .map(|place| half + (place - first) / span * reach)
            .collect()
    }

    fn draw_ends(&self, canvas: &mut Canvas, area: Area) {
        let (first, last) = match &self.places_mm {
            Some(places) => (
                millimetres(places[0]),
                millimetres(places[places.len() - 1]),
            ),
            None => ("first slice".to_owned(), "last".to_owned()),
        };
        let below = area.top + area.height + 3;
        canvas.write(&first, Letters::new(SMALL, MUTED), area.left, below);
        if self.probabilities.len() > 1 {
            let text_width = width(&last, Weight::Regular, SMALL).ceil() as usize;
            canvas.write(
                &last,
                Letters::new(SMALL, MUTED),
                area.left + area.width - text_width,
                below,
            );
        }
    }

    fn draw_curve(&self, canvas: &mut Canvas, area: Area) {
        let mut curve = PathBuilder::new();
        let mut is_drawing = false;
        let mut dots = Vec::new();
        for (column, probability) in self.columns(area).into_iter().zip(&self.probabilities) {
            let Some(probability) = probability.filter(|value| value.is_finite()) else {
                is_drawing = false;
                continue;
            };
            let row = (1.0 - probability.clamp(0.0, 1.0)) * (area.height - 1) as f64;
            let (x, y) = (column as f32 + 0.5, row as f32 + 0.5);
            if is_drawing {
                curve.line_to(x, y);
            } else {
                curve.move_to(x, y);
            }
            is_drawing = true;
            dots.push((column, row));
        }
        if let Some(path) = curve.finish() {
            let pen = Pen {
                color: LINE,
                width: 1.5,
                dash: None,
            };
            canvas.stroke(&path, &pen, area);
        }
        for (column, row) in dots {
            let dot = Area {
                left: area.left + (column.round() as usize).saturating_sub(DOT / 2),
                top: area.top + (row.round() as usize).saturating_sub(DOT / 2),
                width: DOT,
                height: DOT,
            };
            canvas.fill(dot, LINE);
        }
    }
}

/// Lines at none, half and all, with their numbers.
fn draw_frame(canvas: &mut Canvas, area: Area) {
    for (share, text) in [(0.0, "1"), (0.5, "0.5"), (1.0, "0")] {
        let top = area.top + (share * (area.height - 1) as f64).round() as usize;
        let line = Area {
            top,
            height: 1,
            ..area
        };
        canvas.fill(line, GRID);
        let text_width = width(text, Weight::Regular, SMALL).ceil() as usize;
        let text_left = area.left - text_width - 6;
        let text_top = top - line_height(SMALL) / 2;
        canvas.write(text, Letters::new(SMALL, MUTED), text_left, text_top);
    }
}
