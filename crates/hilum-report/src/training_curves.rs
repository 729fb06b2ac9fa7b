//! `curves.svg`: how training went.

use hilum_metrics::{
    ACCURACY, Direction, EpochRow, History, LOG_COSH, MACRO_AUROC, MACRO_F1, Metric, SplitRow,
};

use crate::axes::{Axis, CAPTION_LINE, CAPTION_SIZE, Panel, draw_caption};
use crate::caption::capitalised;
use crate::palette::{Color, MUTED, PAPER, TRAIN, VALID};
use crate::room::{NARROW_WIDTH, Room};
use crate::svg::{Anchor, Stroke, Svg, TEXT_SIZE, TextStyle, text_width, wrapped};
use crate::training_context::TrainingContext;

/// One panel: a figure over the epochs.
enum Figure {
    Loss,
    Score(Metric),
    LearningRate,
}

const FIGURES: [Figure; 6] = [
    Figure::Loss,
    Figure::Score(ACCURACY),
    Figure::Score(MACRO_F1),
    Figure::Score(MACRO_AUROC),
    Figure::Score(LOG_COSH),
    Figure::LearningRate,
];

impl Figure {
    fn title(&self) -> String {
        match self {
            Self::Loss => "Loss".to_owned(),
            Self::Score(metric) => capitalised(metric.title),
            Self::LearningRate => "Learning rate".to_owned(),
        }
    }

    /// On the training slices, and on those of validation.
    fn values(&self, row: &EpochRow) -> [Option<f64>; 2] {
        let of = |split: &SplitRow| match self {
            Self::Loss => split.loss,
            Self::Score(metric) => split.get(metric).flatten(),
            Self::LearningRate => None,
        };
        let values = match self {
            Self::LearningRate => [Some(row.learning_rate), None],
            _ => [of(&row.train), of(&row.valid)],
        };
        values.map(|value| value.filter(|value| value.is_finite()))
    }

    /// Scores fill their range; losses and distances go from 0 to the `largest` value. What a
    /// score says stands beside a panel of `height` if it is no longer.
    fn axis(&self, largest: f64, height: f64) -> Axis {
        let fitting = |says| {
            if text_width(says, TEXT_SIZE) <= height {
                says
            } else {
                ""
            }
        };
        match self {
            Self::Loss => Axis::from_zero(largest, "nats"),
            Self::Score(metric) => match metric.direction {
                Direction::HigherIsBetter => Axis::fraction(fitting(metric.says)),
                Direction::LowerIsBetter => Axis::from_zero(largest, fitting(metric.says)),
            },
            Self::LearningRate => Axis::from_zero(largest, ""),
        }
    }
}

/// Where everything stands.
struct Layout {
    columns: usize,
    panel: (f64, f64),
    /// From one panel to the next, to the right and down.
    pitch: (f64, f64),
    left: f64,
    top: f64,
    width: f64,
    /// Where the sample of the kept epoch stands in the legend.
    kept: (f64, f64),
    caption_left: f64,
}

const LEGEND_TOP: f64 = 28.0;

impl Layout {
    fn new(room: Room) -> Self {
        match room {
            Room::Wide => {
                let (panel, left) = ((400.0, 220.0), 84.0);
                let pitch = (panel.0 + 104.0, panel.1 + 96.0);
                Self {
                    columns: 2,
                    panel,
                    pitch,
                    left,
                    top: 84.0,
                    width: left + pitch.0 + panel.0 + 28.0,
                    kept: (left + 220.0, LEGEND_TOP),
                    caption_left: left,
                }
            }
            Room::Narrow => {
                let left = 68.0;
                let panel = (NARROW_WIDTH - 12.0 - left, 150.0);
                Self {
                    columns: 1,
                    panel,
                    pitch: (0.0, panel.1 + 86.0),
                    left,
                    top: 104.0,
                    width: NARROW_WIDTH,
                    kept: (8.0, LEGEND_TOP + 24.0),
                    caption_left: 8.0,
                }
            }
        }
    }

    fn corner(&self, at: usize) -> (f64, f64) {
        let (column, row) = (at % self.columns, at / self.columns);
        let x = self.left + column as f64 * self.pitch.0;
        (x, self.top + row as f64 * self.pitch.1)
    }

    fn caption_top(&self) -> f64 {
        let rows = FIGURES.len().div_ceil(self.columns);
        self.top + rows as f64 * self.pitch.1 - 32.0
    }
}

/// Draws loss, accuracy, macro-F1, macro-AUROC and log-cosh of training and validation over the
/// epochs, and the learning rate, as SVG; the epoch whose weights were kept is marked. A value
/// that is undefined leaves a gap.
///
/// Below stands what `context` says: how the epoch was chosen, and what the audit said of the
/// data.
pub fn training_curves(history: &History, context: &TrainingContext) -> String {
    training_curves_in(Room::Wide, history, context)
}

/// [`training_curves`] in so much room.
pub(crate) fn training_curves_in(
    room: Room,
    history: &History,
    context: &TrainingContext,
) -> String {
    let layout = Layout::new(room);
    let caption_width = layout.width - layout.caption_left - 8.0;
    let caption = wrapped(&context.caption(history), CAPTION_SIZE, caption_width);
    let height = layout.caption_top() + caption.len() as f64 * CAPTION_LINE + 14.0;
    let mut svg = Svg::new(layout.width, height);
    draw_legend(&mut svg, &layout, history, context);
    for (at, figure) in FIGURES.iter().enumerate() {
        draw_figure(&mut svg, &layout, history, figure, layout.corner(at));
    }
    let (left, top) = (layout.caption_left, layout.caption_top());
    draw_caption(&mut svg, left, top, &caption);
    svg.finish("Training curves", &in_words(history))
}

/// The figures of the epoch that was kept.
fn in_words(history: &History) -> String {
    let count = history.rows.len();
    let Some(kept) = history.best() else {
        return format!("{count} epochs, none kept.");
    };
    let figures = FIGURES.iter().filter_map(|figure| {
        let [train, valid] = figure.values(kept);
        let values = match (train, valid) {
            (Some(train), Some(valid)) => format!("{train:.3} on train, {valid:.3} on valid"),
            (Some(rate), _) if matches!(figure, Figure::LearningRate) => format!("{rate:e}"),
            (Some(alone), None) | (None, Some(alone)) => format!("{alone:.3}"),
            (None, None) => return None,
        };
        Some(format!("{} {values}", figure.title()))
    });
    let figures: Vec<String> = figures.collect();
    format!(
        "Epoch {} of {count} was kept: {}.",
        kept.epoch,
        figures.join("; ")
    )
}

/// Validation is dashed, so that nobody has to tell colours apart.
fn line(color: Color) -> Stroke {
    Stroke {
        color,
        width: 2.0,
        dash: if color == VALID { "7 3" } else { "" },
    }
}

const KEPT: Stroke = Stroke {
    color: MUTED,
    width: 1.5,
    dash: "4 4",
};

fn draw_legend(svg: &mut Svg, layout: &Layout, history: &History, context: &TrainingContext) {
    let (left, y) = (layout.caption_left, LEGEND_TOP);
    for (x, name, color) in [(left, "train", TRAIN), (left + 110.0, "valid", VALID)] {
        svg.line((x, y), (x + 28.0, y), line(color));
        svg.text((x + 36.0, y), name, TextStyle::PLAIN);
    }
    if let Some(kept) = history.best() {
        let (x, y) = layout.kept;
        svg.line((x, y), (x + 28.0, y), KEPT);
        let text = format!("{}: {}", context.kept_epoch(), kept.epoch);
        svg.text((x + 36.0, y), &text, TextStyle::PLAIN);
    }
}

fn draw_figure(
    svg: &mut Svg,
    layout: &Layout,
    history: &History,
    figure: &Figure,
    (left, top): (f64, f64),
) {
    let rows = &history.rows;
    let first = rows.first().map_or(1, |row| row.epoch);
    let last = rows.last().map_or(first, |row| row.epoch);
    let values = rows.iter().flat_map(|row| figure.values(row));
    let largest = values.flatten().fold(0.0, f64::max);
    let panel = Panel {
        left,
        top,
        width: layout.panel.0,
        height: layout.panel.1,
        x: Axis::counting(first, last, "epoch"),
        y: figure.axis(largest, layout.panel.1),
    };
    panel.draw(svg, &figure.title());
    let kept = history.best();
    if let Some(kept) = kept {
        let (x, _) = panel.place(kept.epoch as f64, 0.0);
        svg.line((x, panel.top), (x, panel.bottom()), KEPT);
    }
    for (split, color) in [TRAIN, VALID].into_iter().enumerate() {
        let values = rows
            .iter()
            .map(|row| (row.epoch, figure.values(row)[split]));
        draw_series(svg, &panel, values, color);
    }
    let Some(kept) = kept else { return };
    if let [train, Some(found)] = figure.values(kept) {
        let place = panel.place(kept.epoch as f64, found);
        svg.circle(place, 4.5, PAPER, VALID);
        let above = train.is_some_and(|train| found > train);
        draw_kept_value(svg, &panel, place, &format!("{found:.3}"), above);
    }
}

/// Writes the kept epoch's value beside its ring: away from the train line, inside the panel.
fn draw_kept_value(svg: &mut Svg, panel: &Panel, (x, y): (f64, f64), text: &str, above: bool) {
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
    color: Color,
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
