//! `risk-coverage.svg`: how often the model errs on the slices that it is surest of.

use hilum_core::{ClassIndex, Probabilities};
use hilum_metrics::{RiskPoint, Selective, risk_coverage as risk_points};

use crate::axes::{Axis, CAPTION_LINE, CAPTION_SIZE, Panel, draw_caption};
use crate::figures::short;
use crate::palette::{FRAME, MUTED, SERIES, TRAIN};
use crate::room::{NARROW_WIDTH, Room};
use crate::svg::{Stroke, Svg, TextStyle, wrapped};

const TOP: f64 = 48.0;

const MODEL: Stroke = Stroke {
    color: TRAIN,
    width: 2.5,
    dash: "",
};
const BEST: Stroke = Stroke {
    color: SERIES[2],
    width: 1.5,
    dash: "6 4",
};
const CHANCE: Stroke = Stroke {
    color: FRAME,
    width: 1.5,
    dash: "4 4",
};

/// Where everything stands.
struct Layout {
    left: f64,
    side: f64,
    height: f64,
    width: f64,
    legend: (f64, f64),
    caption_left: f64,
    caption_top: f64,
}

impl Layout {
    fn new(room: Room) -> Self {
        match room {
            Room::Wide => {
                let (left, side, height) = (84.0, 420.0, 300.0);
                Self {
                    left,
                    side,
                    height,
                    width: left + side + 250.0,
                    legend: (left + side + 28.0, TOP + 8.0),
                    caption_left: left,
                    caption_top: TOP + height + 56.0,
                }
            }
            Room::Narrow => {
                let left = 68.0;
                let side = NARROW_WIDTH - 12.0 - left;
                let legend_top = TOP + side + 66.0;
                Self {
                    left,
                    side,
                    height: side,
                    width: NARROW_WIDTH,
                    legend: (8.0, legend_top),
                    caption_left: 8.0,
                    caption_top: legend_top + 188.0,
                }
            }
        }
    }
}

/// Draws, as SVG, the share of errors among the slices that the model is surest of, against how
/// many of them it answers; beside it the best order of the same slices, and none at all.
///
/// `caption` stands below: what the numbers are of, and what the audit said of it.
pub fn risk_coverage(
    truth: &[ClassIndex],
    probabilities: &[Probabilities],
    caption: &str,
) -> String {
    risk_coverage_in(Room::Wide, truth, probabilities, caption)
}

/// [`risk_coverage`] in so much room.
pub(crate) fn risk_coverage_in(
    room: Room,
    truth: &[ClassIndex],
    probabilities: &[Probabilities],
    caption: &str,
) -> String {
    let layout = Layout::new(room);
    let caption_width = layout.width - layout.caption_left - 8.0;
    let caption = wrapped(caption, CAPTION_SIZE, caption_width);
    let height = layout.caption_top + caption.len() as f64 * CAPTION_LINE + 12.0;
    let mut svg = Svg::new(layout.width, height);
    let points = risk_points(truth, probabilities);
    draw_curves(&mut svg, &layout, &points);
    let selective = Selective::compute(truth, probabilities);
    draw_legend(&mut svg, layout.legend, &selective);
    draw_caption(&mut svg, layout.caption_left, layout.caption_top, &caption);
    svg.finish("Risk against coverage", &in_words(&points, &selective))
}

/// The area, and what is wrong of the surest tenths.
fn in_words(points: &[RiskPoint], selective: &Selective) -> String {
    let at = |coverage: f64| {
        let reached = points
            .iter()
            .find(|point| point.coverage >= coverage - 1e-9);
        let risk = short(reached.map(|point| point.risk));
        format!("{risk} of the surest {:.0}%", coverage * 100.0)
    };
    let shares = [0.5, 0.7, 0.9, 1.0].map(at);
    format!(
        "AURC {}. Share called wrong: {}.",
        short(selective.aurc),
        shares.join(", ")
    )
}

fn draw_curves(svg: &mut Svg, layout: &Layout, points: &[RiskPoint]) {
    let largest = points.iter().map(|point| point.risk).fold(0.0, f64::max);
    let panel = Panel {
        left: layout.left,
        top: TOP,
        width: layout.side,
        height: layout.height,
        x: Axis::fraction("share of slices that are answered"),
        y: Axis::from_zero(largest, "share of them called wrong"),
    };
    panel.draw(svg, "Is it right where it is sure?");
    let Some(last) = points.last() else { return };
    let flat = [0.0, 1.0].map(|coverage| panel.place(coverage, last.risk));
    svg.line(flat[0], flat[1], CHANCE);
    let places = |risk: &dyn Fn(&RiskPoint) -> f64| -> Vec<(f64, f64)> {
        let place = |point: &RiskPoint| panel.place(point.coverage, risk(point));
        points.iter().map(place).collect()
    };
    // All errors last: of k answered slices those beyond the right ones are wrong.
    let best = |point: &RiskPoint| (1.0 - (1.0 - last.risk) / point.coverage).max(0.0);
    svg.polyline(&places(&best), BEST);
    svg.polyline(&places(&|point| point.risk), MODEL);
}

fn draw_legend(svg: &mut Svg, (left, top): (f64, f64), selective: &Selective) {
    let rows = [
        (MODEL, "the surest slices first"),
        (BEST, "all errors last"),
        (CHANCE, "in any order"),
    ];
    let middle = |row: usize| top + row as f64 * 26.0;
    for (row, (stroke, text)) in rows.into_iter().enumerate() {
        svg.line((left, middle(row)), (left + 26.0, middle(row)), stroke);
        svg.text((left + 36.0, middle(row)), text, TextStyle::PLAIN);
    }
    let heading = TextStyle::PLAIN.size(15.0).bold();
    let note = TextStyle::PLAIN.size(12.0).color(MUTED);
    let at_90 = selective.accuracy_at.get("0.9").copied().flatten();
    let lines = [
        (format!("AURC {}", short(selective.aurc)), heading),
        ("area under the curve; 0 is best".to_owned(), note),
        (
            format!("{} above all errors last", short(selective.e_aurc)),
            note,
        ),
        (format!("accuracy {} of the surest 90%", short(at_90)), note),
    ];
    for (row, (text, style)) in lines.iter().enumerate() {
        svg.text((left, middle(4) + row as f64 * 20.0), text, *style);
    }
}
