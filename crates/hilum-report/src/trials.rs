//! `trials.svg`: what each searched setting did to the score.

use hilum_core::AuditSummary;

use crate::axes::{Axis, CAPTION_LINE, CAPTION_SIZE, Panel, draw_caption};
use crate::figures::short;
use crate::palette::{Color, GRID, INK, MUTED, PAPER, TRAIN, VALID};
use crate::svg::{Anchor, Svg, TextStyle, shortened, text_width, wrapped};

/// The trials of a search, as they are drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct TrialsPlot {
    /// A panel each.
    pub settings: Vec<SearchedSetting>,
    /// What the trials are judged by, such as `macro-F1`.
    pub score_name: String,
    /// The score of each trial; `None` for one that failed, which is not drawn.
    pub scores: Vec<Option<f64>>,
    /// Whether each trial had all epochs; those that did not are pale.
    pub is_whole: Vec<bool>,
    /// Which trial is the best.
    pub best: Option<usize>,
    /// What was searched, such as the run's folder and how it was judged.
    pub what: String,
    /// What the audit said of the data.
    pub audit: AuditSummary,
}

/// A setting, its scale, and its value in each trial.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchedSetting {
    /// What it is called.
    pub name: String,
    /// Its value in each trial.
    pub values: SettingValues,
}

/// The values of a setting, one a trial.
#[derive(Debug, Clone, PartialEq)]
pub enum SettingValues {
    /// Drawn to scale.
    Linear(Vec<f64>),
    /// Positive, drawn with equal room for each order of magnitude.
    Logarithmic(Vec<f64>),
    /// Positions in a list of names.
    Choices {
        /// All that could be chosen.
        names: Vec<String>,
        /// Which one was.
        chosen: Vec<usize>,
    },
}

const PANEL_WIDTH: f64 = 250.0;
const PANEL_HEIGHT: f64 = 170.0;
const LEFT: f64 = 76.0;
const TOP: f64 = 84.0;
const COLUMN: f64 = PANEL_WIDTH + 70.0;
const ROW: f64 = PANEL_HEIGHT + 84.0;
const COLUMN_COUNT: usize = 3;

/// Draws the score of every trial against each searched setting, a panel a setting, the best
/// trial ringed in each, as SVG.
pub fn trials(plot: &TrialsPlot) -> String {
    let columns = plot.settings.len().clamp(1, COLUMN_COUNT);
    let rows = plot.settings.len().div_ceil(columns).max(1);
    // The legend needs the room of two panels.
    let width = LEFT + columns.max(2) as f64 * COLUMN - 40.0;
    let caption = wrapped(
        &format!("{}; {}", plot.what, plot.audit),
        CAPTION_SIZE,
        width - LEFT - 20.0,
    );
    let caption_top = TOP + rows as f64 * ROW - 36.0;
    let height = caption_top + caption.len() as f64 * CAPTION_LINE + 14.0;
    let mut svg = Svg::new(width, height);
    draw_legend(&mut svg, plot);
    let y_axis = score_axis(plot);
    for (at, setting) in plot.settings.iter().enumerate() {
        let panel = Panel {
            left: LEFT + (at % columns) as f64 * COLUMN,
            top: TOP + (at / columns) as f64 * ROW,
            width: PANEL_WIDTH,
            height: PANEL_HEIGHT,
            x: setting.values.axis(),
            y: y_axis.clone(),
        };
        panel.draw(&mut svg, &shortened(&setting.name));
        draw_points(&mut svg, &panel, plot, &setting.values);
    }
    draw_caption(&mut svg, LEFT, caption_top, &caption);
    svg.finish("Trials of a search", &in_words(plot))
}

fn in_words(plot: &TrialsPlot) -> String {
    let judged = plot.scores.iter().flatten().count();
    let best = plot.best.and_then(|best| plot.scores[best]);
    format!(
        "{judged} of {} trials have a {}; the best {}.",
        plot.scores.len(),
        plot.score_name,
        short(best)
    )
}

fn score_axis(plot: &TrialsPlot) -> Axis {
    let scores = || plot.scores.iter().flatten().copied();
    let low = scores().fold(f64::INFINITY, f64::min);
    let high = scores().fold(f64::NEG_INFINITY, f64::max);
    if low <= high {
        Axis::spanning(low, high, "")
    } else {
        Axis::fraction("")
    }
}

fn draw_legend(svg: &mut Svg, plot: &TrialsPlot) {
    let y = 30.0;
    let mut x = LEFT;
    let mut entry = |text: &str, radius: f64, [fill, stroke]: [Color; 2]| {
        svg.circle((x + 6.0, y), radius, fill, stroke);
        svg.text((x + 18.0, y), text, TextStyle::PLAIN);
        x += 44.0 + text_width(text, TextStyle::PLAIN.size);
    };
    let trial = format!("{} of a trial, mean over folds", plot.score_name);
    entry(&trial, 3.5, [TRAIN, TRAIN]);
    if plot.is_whole.iter().any(|is_whole| !is_whole) {
        entry("not all epochs", 3.0, [GRID, MUTED]);
    }
    if let Some(score) = plot.best.and_then(|best| plot.scores[best]) {
        entry(&format!("best: {score:.3}"), 5.5, [PAPER, VALID]);
    }
}

fn draw_points(svg: &mut Svg, panel: &Panel, plot: &TrialsPlot, values: &SettingValues) {
    let trials = plot.scores.iter().enumerate();
    let points: Vec<(usize, f64)> = trials
        .filter_map(|(trial, score)| Some((trial, (*score)?)))
        .collect();
    // The pale ones below, the best on top.
    let layer = |trial: usize| match plot.best {
        Some(best) if best == trial => 2,
        _ => u8::from(plot.is_whole[trial]),
    };
    for wanted in 0..=2 {
        for (trial, score) in points.iter().filter(|(trial, _)| layer(*trial) == wanted) {
            let place = panel.place(values.position(*trial), *score);
            match wanted {
                0 => svg.circle(place, 3.0, GRID, MUTED),
                1 => svg.circle(place, 3.5, TRAIN, TRAIN),
                _ => draw_best(svg, panel, place, &values.text(*trial)),
            }
        }
    }
}

fn draw_best(svg: &mut Svg, panel: &Panel, (x, y): (f64, f64), value: &str) {
    svg.circle((x, y), 5.5, PAPER, VALID);
    let is_right = x > panel.left + panel.width / 2.0;
    let (x, anchor) = if is_right {
        (x - 11.0, Anchor::End)
    } else {
        (x + 11.0, Anchor::Start)
    };
    let y = y.clamp(panel.top + 8.0, panel.bottom() - 8.0);
    let style = TextStyle::PLAIN.size(12.0).color(INK).bold();
    svg.text((x, y), value, style.anchor(anchor));
}

impl SettingValues {
    fn axis(&self) -> Axis {
        let (low, high) = (self.lowest(), self.highest());
        match self {
            Self::Linear(_) => Axis::spanning(low, high, ""),
            Self::Logarithmic(_) => Axis::named(low, high, powers_of_ten(low, high)),
            Self::Choices { names, .. } => {
                let ticks = names.iter().enumerate();
                let ticks = ticks.map(|(at, name)| (at as f64, fitting(name, names.len())));
                let room = 0.4;
                Axis::named(-room, names.len() as f64 - 1.0 + room, ticks.collect())
            }
        }
    }

    /// Where a trial stands along the axis.
    fn position(&self, trial: usize) -> f64 {
        match self {
            Self::Linear(values) => values[trial],
            Self::Logarithmic(values) => values[trial].log10(),
            Self::Choices { chosen, .. } => chosen[trial] as f64,
        }
    }

    fn text(&self, trial: usize) -> String {
        match self {
            Self::Linear(values) | Self::Logarithmic(values) => values[trial].to_string(),
            Self::Choices { names, chosen } => names[chosen[trial]].clone(),
        }
    }

    fn count(&self) -> usize {
        match self {
            Self::Linear(values) | Self::Logarithmic(values) => values.len(),
            Self::Choices { chosen, .. } => chosen.len(),
        }
    }

    fn lowest(&self) -> f64 {
        let positions = (0..self.count()).map(|trial| self.position(trial));
        let lowest = positions.fold(f64::INFINITY, f64::min);
        if lowest.is_finite() { lowest } else { 0.0 }
    }

    fn highest(&self) -> f64 {
        let positions = (0..self.count()).map(|trial| self.position(trial));
        let highest = positions.fold(f64::NEG_INFINITY, f64::max);
        if highest.is_finite() { highest } else { 1.0 }
    }
}

/// Ticks at 1, and between few orders of magnitude also at 2 and 5, times powers of ten; places
/// are logarithms.
fn powers_of_ten(low: f64, high: f64) -> Vec<(f64, String)> {
    let factors: &[f64] = if high - low > 1.6 {
        &[1.0]
    } else {
        &[1.0, 2.0, 5.0]
    };
    let powers = low.floor() as i32..=high.ceil() as i32;
    let ticks = powers.flat_map(|power| {
        factors.iter().map(move |factor| {
            let value = factor * 10_f64.powi(power);
            (value.log10(), format!("{value:e}"))
        })
    });
    ticks
        .filter(|(place, _)| (low - 0.02..=high + 0.02).contains(place))
        .collect()
}

/// `name`, shortened to the room that one of `count` has below a panel.
fn fitting(name: &str, count: usize) -> String {
    let room = PANEL_WIDTH / count as f64 - 6.0;
    if text_width(name, 12.0) <= room {
        return name.to_owned();
    }
    let mut short = String::new();
    for character in name.chars() {
        if text_width(&short, 12.0) + 18.0 > room {
            break;
        }
        short.push(character);
    }
    format!("{short}…")
}
