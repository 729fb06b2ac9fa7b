//! `reliability.svg`: whether confidence is deserved.

use hilum_metrics::{ECE, Evaluation, ReliabilityBin};

use crate::axes::{Axis, CAPTION_LINE, CAPTION_SIZE, Panel, draw_caption};
use crate::caption::slice_count;
use crate::figures::short;
use crate::palette::{BAR, FRAME, MUTED, PAPER, SERIES, TRAIN, VALID};
use crate::room::{NARROW_WIDTH, Room};
use crate::svg::{Stroke, Svg, TextStyle, wrapped};

const TOP: f64 = 48.0;

const IDEAL: Stroke = Stroke {
    color: FRAME,
    width: 1.5,
    dash: "4 4",
};

const EDGE: Stroke = Stroke {
    color: TRAIN,
    width: 2.5,
    dash: "",
};

/// What the probabilities were before they were calibrated.
const BEFORE: Stroke = Stroke {
    color: SERIES[3],
    width: 1.5,
    dash: "2 3",
};

/// What is drawn: bins and their mean gap, perhaps also as they were before calibration.
pub(crate) struct Reliability<'a> {
    bins: &'a [ReliabilityBin],
    ece: Option<f64>,
    before: Option<(&'a [ReliabilityBin], Option<f64>)>,
}

impl<'a> Reliability<'a> {
    pub(crate) fn of(evaluation: &'a Evaluation) -> Self {
        let before = evaluation.reliability_before.as_deref();
        Self {
            bins: &evaluation.reliability,
            ece: evaluation.scores.ece,
            before: before.map(|bins| (bins, evaluation.ece_before)),
        }
    }
}

/// Where everything stands.
struct Layout {
    left: f64,
    side: f64,
    width: f64,
    counts_top: f64,
    counts_height: f64,
    counts_label: &'static str,
    legend: (f64, f64),
    caption_left: f64,
    caption_top: f64,
}

impl Layout {
    fn new(room: Room) -> Self {
        match room {
            Room::Wide => {
                let (left, side) = (76.0, 380.0);
                let (counts_top, counts_height) = (TOP + side + 62.0, 90.0);
                Self {
                    left,
                    side,
                    width: left + side + 250.0,
                    counts_top,
                    counts_height,
                    counts_label: "confidence: probability of the predicted class",
                    legend: (left + side + 28.0, TOP + 8.0),
                    caption_left: left,
                    caption_top: counts_top + counts_height + 54.0,
                }
            }
            Room::Narrow => {
                let left = 64.0;
                let side = NARROW_WIDTH - 12.0 - left;
                let (counts_top, counts_height) = (TOP + side + 46.0, 56.0);
                let legend_top = counts_top + counts_height + 66.0;
                Self {
                    left,
                    side,
                    width: NARROW_WIDTH,
                    counts_top,
                    counts_height,
                    counts_label: "confidence",
                    legend: (8.0, legend_top),
                    caption_left: 8.0,
                    caption_top: legend_top + 210.0,
                }
            }
        }
    }
}

/// Draws, as SVG, the accuracy of the slices in each bin of confidence (the probability of the
/// predicted class) with the mean confidence there, and how many slices each bin holds.
///
/// `ece` is the expected calibration error, which the legend gives. `caption` stands below:
/// what the numbers are of, and what the audit said of it.
pub fn reliability(bins: &[ReliabilityBin], ece: Option<f64>, caption: &str) -> String {
    let before = None;
    reliability_in(Room::Wide, &Reliability { bins, ece, before }, caption)
}

/// [`reliability`] in so much room.
pub(crate) fn reliability_in(room: Room, shown: &Reliability<'_>, caption: &str) -> String {
    let layout = Layout::new(room);
    let caption_width = layout.width - layout.caption_left - 8.0;
    let caption = wrapped(caption, CAPTION_SIZE, caption_width);
    let height = layout.caption_top + caption.len() as f64 * CAPTION_LINE + 12.0;
    let mut svg = Svg::new(layout.width, height);
    draw_accuracy(&mut svg, &layout, shown);
    draw_counts(&mut svg, &layout, shown.bins);
    draw_legend(&mut svg, layout.legend, shown);
    let (left, top) = (layout.caption_left, layout.caption_top);
    draw_caption(&mut svg, left, top, &caption);
    svg.finish("Reliability", &in_words(shown))
}

fn in_words(shown: &Reliability<'_>) -> String {
    let name = ECE.symbol.unwrap_or(ECE.title);
    let before = shown.before.map_or_else(String::new, |(_, ece)| {
        format!(", before calibration {}", short(ece))
    });
    let filled = shown.bins.iter().filter(|bin| bin.count > 0);
    let bins = filled.map(|bin| {
        format!(
            "{:.1} to {:.1}: accuracy {} of {}",
            bin.low,
            bin.high,
            short(bin.accuracy),
            slice_count(bin.count as usize)
        )
    });
    let bins: Vec<String> = bins.collect();
    format!(
        "{name} {}{before}. By confidence: {}.",
        short(shown.ece),
        bins.join("; ")
    )
}

fn draw_accuracy(svg: &mut Svg, layout: &Layout, shown: &Reliability<'_>) {
    let panel = Panel {
        left: layout.left,
        top: TOP,
        width: layout.side,
        height: layout.side,
        x: Axis::fraction(""),
        y: Axis::fraction("accuracy"),
    };
    panel.draw(svg, "Is the confidence deserved?");
    for bin in shown.bins {
        let (Some(accuracy), Some(confidence)) = (bin.accuracy, bin.confidence) else {
            continue;
        };
        let (left, top) = panel.place(bin.low, accuracy);
        let (right, bottom) = panel.place(bin.high, 0.0);
        let bar = (left + 1.5, top.min(bottom - 2.0));
        svg.rectangle(bar, right - left - 3.0, bottom - bar.1, BAR);
        svg.line((left + 1.5, bar.1), (right - 1.5, bar.1), EDGE);
        let point = panel.place(confidence, confidence);
        let foot = panel.place(confidence, accuracy);
        let gap = Stroke {
            color: VALID,
            width: 2.0,
            dash: "",
        };
        svg.line(point, foot, gap);
        svg.circle(point, 3.5, VALID, VALID);
    }
    svg.line(panel.place(0.0, 0.0), panel.place(1.0, 1.0), IDEAL);
    let before = shown.before.iter().flat_map(|(bins, _)| bins.iter());
    let before: Vec<(f64, f64)> = before
        .filter_map(|bin| Some(panel.place(bin.confidence?, bin.accuracy?)))
        .collect();
    if !before.is_empty() {
        svg.polyline(&before, BEFORE);
    }
    for point in before {
        svg.circle(point, 3.0, PAPER, BEFORE.color);
    }
}

fn draw_counts(svg: &mut Svg, layout: &Layout, bins: &[ReliabilityBin]) {
    let largest = bins.iter().map(|bin| bin.count).max().unwrap_or(0);
    let panel = Panel {
        left: layout.left,
        top: layout.counts_top,
        width: layout.side,
        height: layout.counts_height,
        x: Axis::fraction(layout.counts_label),
        y: Axis::from_zero(largest as f64, "slices").only_ends(),
    };
    panel.draw(svg, "");
    for bin in bins.iter().filter(|bin| bin.count > 0) {
        let (left, top) = panel.place(bin.low, bin.count as f64);
        let (right, bottom) = panel.place(bin.high, 0.0);
        svg.rectangle((left + 1.5, top), right - left - 3.0, bottom - top, FRAME);
    }
}

fn draw_legend(svg: &mut Svg, (left, top): (f64, f64), shown: &Reliability<'_>) {
    let text_left = left + 36.0;
    let rows = ["accuracy in the bin", "mean confidence", "ideal"];
    let middle = |row: usize| top + row as f64 * 26.0;
    svg.rectangle((left, middle(0) - 6.0), 26.0, 13.0, BAR);
    let edge = [left, left + 26.0].map(|x| (x, middle(0) - 6.0));
    svg.line(edge[0], edge[1], EDGE);
    svg.circle((left + 13.0, middle(1)), 3.5, VALID, VALID);
    svg.line((left, middle(2)), (left + 26.0, middle(2)), IDEAL);
    for (row, text) in rows.iter().enumerate() {
        svg.text((text_left, middle(row)), text, TextStyle::PLAIN);
    }
    if shown.before.is_some() {
        svg.line((left, middle(3)), (left + 26.0, middle(3)), BEFORE);
        svg.circle((left + 13.0, middle(3)), 3.0, PAPER, BEFORE.color);
        svg.text(
            (text_left, middle(3)),
            "before calibration",
            TextStyle::PLAIN,
        );
    }
    let heading = TextStyle::PLAIN.size(15.0).bold();
    let name = ECE.symbol.unwrap_or(ECE.title);
    let first = middle(4) + 4.0;
    svg.text(
        (left, first),
        &format!("{name} {}", short(shown.ece)),
        heading,
    );
    let note = TextStyle::PLAIN.size(12.0).color(MUTED);
    let mut notes = vec![
        "mean gap between the two,".to_owned(),
        "weighted by slices; 0 is best".to_owned(),
    ];
    if let Some((_, ece)) = shown.before {
        notes.push(format!("{} before calibration", short(ece)));
    }
    for (row, text) in notes.iter().enumerate() {
        svg.text((left, first + 22.0 + row as f64 * 17.0), text, note);
    }
}
