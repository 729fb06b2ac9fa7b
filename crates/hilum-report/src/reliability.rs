//! `reliability.svg`: whether confidence is deserved.

use hilum_metrics::{ECE, ReliabilityBin};

use crate::axes::{Axis, CAPTION_LINE, CAPTION_SIZE, Panel, draw_caption};
use crate::palette::{FRAME, MUTED, TRAIN, VALID};
use crate::svg::{Stroke, Svg, TextStyle, wrapped};

const LEFT: f64 = 76.0;
const TOP: f64 = 48.0;
const SIDE: f64 = 380.0;
const COUNTS_TOP: f64 = TOP + SIDE + 62.0;
const COUNTS_HEIGHT: f64 = 90.0;
const WIDTH: f64 = LEFT + SIDE + 250.0;

const IDEAL: Stroke = Stroke {
    color: FRAME,
    width: 1.5,
    dash: "4 4",
};

/// Draws, as SVG, the accuracy of the slices in each bin of confidence (the probability of the
/// predicted class) with the mean confidence there, and how many slices each bin holds.
///
/// `ece` is the expected calibration error, which the legend gives. `caption` stands below:
/// what the numbers are of, and what the audit said of it.
pub fn reliability(bins: &[ReliabilityBin], ece: Option<f64>, caption: &str) -> String {
    let caption = wrapped(caption, CAPTION_SIZE, WIDTH - LEFT - 20.0);
    let caption_top = COUNTS_TOP + COUNTS_HEIGHT + 54.0;
    let height = caption_top + caption.len() as f64 * CAPTION_LINE + 12.0;
    let mut svg = Svg::new(WIDTH, height);
    draw_accuracy(&mut svg, bins);
    draw_counts(&mut svg, bins);
    draw_legend(&mut svg, ece);
    draw_caption(&mut svg, LEFT, caption_top, &caption);
    svg.finish("Reliability")
}

fn draw_accuracy(svg: &mut Svg, bins: &[ReliabilityBin]) {
    let mut x = Axis::fraction("confidence");
    x.label = "";
    let panel = Panel {
        left: LEFT,
        top: TOP,
        width: SIDE,
        height: SIDE,
        x,
        y: Axis::fraction("accuracy"),
    };
    panel.draw(svg, "Is the confidence deserved?");
    for bin in bins {
        let (Some(accuracy), Some(confidence)) = (bin.accuracy, bin.confidence) else {
            continue;
        };
        let (left, top) = panel.place(bin.low, accuracy);
        let (right, bottom) = panel.place(bin.high, 0.0);
        let bar = (left + 1.5, top.min(bottom - 2.0));
        svg.rectangle(bar, right - left - 3.0, bottom - bar.1, "#9ecae1");
        let color = TRAIN;
        let edge = Stroke {
            color,
            width: 2.5,
            dash: "",
        };
        svg.line((left + 1.5, bar.1), (right - 1.5, bar.1), edge);
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
}

fn draw_counts(svg: &mut Svg, bins: &[ReliabilityBin]) {
    let largest = bins.iter().map(|bin| bin.count).max().unwrap_or(0);
    let panel = Panel {
        left: LEFT,
        top: COUNTS_TOP,
        width: SIDE,
        height: COUNTS_HEIGHT,
        x: Axis::fraction("confidence: probability of the predicted class"),
        y: Axis::from_zero(largest as f64, "slices").only_ends(),
    };
    panel.draw(svg, "");
    for bin in bins.iter().filter(|bin| bin.count > 0) {
        let (left, top) = panel.place(bin.low, bin.count as f64);
        let (right, bottom) = panel.place(bin.high, 0.0);
        svg.rectangle((left + 1.5, top), right - left - 3.0, bottom - top, FRAME);
    }
}

fn draw_legend(svg: &mut Svg, ece: Option<f64>) {
    let (left, text_left) = (LEFT + SIDE + 28.0, LEFT + SIDE + 64.0);
    let rows = ["accuracy in the bin", "mean confidence", "ideal"];
    let middle = |row: usize| TOP + 8.0 + row as f64 * 26.0;
    svg.rectangle((left, middle(0) - 6.0), 26.0, 13.0, "#9ecae1");
    let edge = Stroke {
        color: TRAIN,
        width: 2.5,
        dash: "",
    };
    svg.line(
        (left, middle(0) - 6.0),
        (left + 26.0, middle(0) - 6.0),
        edge,
    );
    svg.circle((left + 13.0, middle(1)), 3.5, VALID, VALID);
    svg.line((left, middle(2)), (left + 26.0, middle(2)), IDEAL);
    for (row, text) in rows.iter().enumerate() {
        svg.text((text_left, middle(row)), text, TextStyle::PLAIN);
    }
    let ece = ece.map_or_else(|| "–".to_owned(), |ece| format!("{ece:.3}"));
    let heading = TextStyle::PLAIN.size(15.0).bold();
    let name = ECE.symbol.unwrap_or(ECE.title);
    svg.text((left, middle(4)), &format!("{name} {ece}"), heading);
    let note = TextStyle::PLAIN.size(12.0).color(MUTED);
    svg.text((left, middle(4) + 22.0), "mean gap between the two,", note);
    svg.text(
        (left, middle(4) + 39.0),
        "weighted by slices; 0 is best",
        note,
    );
}
