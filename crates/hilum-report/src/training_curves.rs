//! `curves.svg`: how training went.

use hilum_metrics::{ACCURACY, Direction, History, LOG_COSH, MACRO_F1, Metric, SplitRow};

use crate::axes::{Axis, CAPTION_LINE, CAPTION_SIZE, Panel, draw_caption};
use crate::caption::capitalised;
use crate::palette::{MUTED, PAPER, TRAIN, VALID};
use crate::svg::{Anchor, Stroke, Svg, TextStyle, wrapped};

/// One panel: a figure of [`SplitRow`] over the epochs.
enum Figure {
    Loss,
    Score(Metric),
}

const FIGURES: [Figure; 4] = [
    Figure::Loss,
    Figure::Score(ACCURACY),
    Figure::Score(MACRO_F1),
    Figure::Score(LOG_COSH),
];

impl Figure {
    fn title(&self) -> String {
        match self {
            Self::Loss => "Loss".to_owned(),
            Self::Score(metric) => capitalised(metric.title),
        }
    }

    fn value(&self, row: &SplitRow) -> Option<f64> {
        let value = match self {
            Self::Loss => row.loss,
            Self::Score(metric) => row.get(metric).flatten(),
        };
        value.filter(|value| value.is_finite())
    }

    /// Scores fill their range; losses and distances go from 0 to the `largest` value.
    fn axis(&self, largest: f64) -> Axis {
        match self {
            Self::Loss => Axis::from_zero(largest, "nats"),
            Self::Score(metric) => match metric.direction {
                Direction::HigherIsBetter => Axis::fraction(metric.says),
                Direction::LowerIsBetter => Axis::from_zero(largest, metric.says),
            },
        }
    }
}

const PANEL_WIDTH: f64 = 400.0;
const PANEL_HEIGHT: f64 = 220.0;
const LEFT: f64 = 84.0;
const TOP: f64 = 84.0;
const COLUMN: f64 = PANEL_WIDTH + 104.0;
const ROW: f64 = PANEL_HEIGHT + 96.0;
const WIDTH: f64 = LEFT + COLUMN + PANEL_WIDTH + 28.0;

/// Draws loss, accuracy, macro-F1 and log-cosh of training and validation over the epochs, as
/// SVG, the epoch whose weights were kept marked. A value that is undefined leaves a gap.
///
/// `caption` stands below: which run it is, and what the audit said of its data.
pub fn training_curves(history: &History, caption: &str) -> String {
    let caption = wrapped(caption, CAPTION_SIZE, WIDTH - LEFT - 20.0);
    let caption_top = TOP + 2.0 * ROW - 32.0;
    let height = caption_top + caption.len() as f64 * CAPTION_LINE + 14.0;
    let mut svg = Svg::new(WIDTH, height);
    draw_legend(&mut svg, history);
    for (at, figure) in FIGURES.iter().enumerate() {
        let corner = (LEFT + (at % 2) as f64 * COLUMN, TOP + (at / 2) as f64 * ROW);
        draw_figure(&mut svg, history, figure, corner);
    }
    draw_caption(&mut svg, LEFT, caption_top, &caption);
    svg.finish("Training curves")
}

fn line(color: &'static str) -> Stroke {
    Stroke {
        color,
        width: 2.0,
        dash: "",
    }
}

const BEST: Stroke = Stroke {
    color: MUTED,
    width: 1.5,
    dash: "4 4",
};

fn draw_legend(svg: &mut Svg, history: &History) {
    let y = 28.0;
    for (x, name, color) in [(LEFT, "train", TRAIN), (LEFT + 110.0, "valid", VALID)] {
        svg.line((x, y), (x + 28.0, y), line(color));
        svg.text((x + 36.0, y), name, TextStyle::PLAIN);
    }
    if let Some(best) = history.best() {
        let x = LEFT + 220.0;
        svg.line((x, y), (x + 28.0, y), BEST);
        let text = format!("best epoch, kept as the model: {}", best.epoch);
        svg.text((x + 36.0, y), &text, TextStyle::PLAIN);
    }
}

fn draw_figure(svg: &mut Svg, history: &History, figure: &Figure, (left, top): (f64, f64)) {
    let rows = &history.rows;
    let value = |row: &SplitRow| figure.value(row);
    let first = rows.first().map_or(1, |row| row.epoch);
    let last = rows.last().map_or(first, |row| row.epoch);
    let values = rows
        .iter()
        .flat_map(|row| [value(&row.train), value(&row.valid)]);
    let largest = values.flatten().fold(0.0, f64::max);
    let panel = Panel {
        left,
        top,
        width: PANEL_WIDTH,
        height: PANEL_HEIGHT,
        x: Axis::counting(first, last, "epoch"),
        y: figure.axis(largest),
    };
    panel.draw(svg, &figure.title());
    let best = history.best();
    if let Some(best) = best {
        let (x, _) = panel.place(best.epoch as f64, 0.0);
        svg.line((x, panel.top), (x, panel.bottom()), BEST);
    }
    let train = rows.iter().map(|row| (row.epoch, value(&row.train)));
    draw_series(svg, &panel, train, TRAIN);
    let valid = rows.iter().map(|row| (row.epoch, value(&row.valid)));
    draw_series(svg, &panel, valid, VALID);
    if let Some((best, found)) = best.and_then(|row| Some((row, value(&row.valid)?))) {
        let place = panel.place(best.epoch as f64, found);
        svg.circle(place, 4.5, PAPER, VALID);
        let above = value(&best.train).is_some_and(|train| found > train);
        draw_best_value(svg, &panel, place, &format!("{found:.3}"), above);
    }
}

/// Writes the best epoch's value beside its ring: away from the train line, inside the panel.
fn draw_best_value(svg: &mut Svg, panel: &Panel, (x, y): (f64, f64), text: &str, above: bool) {
    let style = TextStyle::PLAIN.size(12.0).color(VALID).bold();
    let (x, anchor) = if x + 56.0 > panel.right() {
        (x - 9.0, Anchor::End)
    } else {
        (x + 9.0, Anchor::Start)
    };
    let room = panel.top + 8.0..=panel.bottom() - 8.0;
    let wanted = if above { y - 14.0 } else { y + 14.0 };
    let y = wanted.clamp(*room.start(), *room.end());
    svg.text((x, y), text, style.anchor(anchor));
}

/// Lines through neighbours that are both defined; a dot where a value stands alone.
fn draw_series(
    svg: &mut Svg,
    panel: &Panel,
    values: impl Iterator<Item = (usize, Option<f64>)>,
    color: &'static str,
) {
    let mut run: Vec<(f64, f64)> = Vec::new();
    let mut finish = |run: &mut Vec<(f64, f64)>| {
        match run.as_slice() {
            [] => {}
            [alone] => svg.circle(*alone, 3.0, color, color),
            points => svg.polyline(points, line(color)),
        }
        run.clear();
    };
    for (epoch, value) in values {
        match value {
            Some(value) => run.push(panel.place(epoch as f64, value)),
            None => finish(&mut run),
        }
    }
    finish(&mut run);
}
