//! The differences of each pair with their intervals.

use hilum_metrics::{ComparedPair, Metric, TestedDifference, TestedDifferences, Verdict};

use super::{Compared, caption};
use crate::axes::{Axis, CAPTION_LINE, CAPTION_SIZE, Panel, draw_caption};
use crate::palette::{FRAME, INK, PAPER, TRAIN};
use crate::room::{NARROW_WIDTH, Room};
use crate::svg::{Anchor, Stroke, Svg, TextStyle, shortened_to, wrapped};

const TOP: f64 = 52.0;
const ROW: f64 = 26.0;
/// Below each panel: ticks and the axis's label.
const BELOW: f64 = 96.0;
/// Where the panel begins: names of figures stand left of it.
const LEFT: f64 = 140.0;

const ZERO: Stroke = Stroke {
    color: INK,
    width: 1.2,
    dash: "4 3",
};

/// Draws a panel a pair, as SVG: a row a figure, its difference as a dot, filled where it is told
/// from luck, with its interval.
pub(super) fn differences(room: Room, compared: &Compared<'_>) -> String {
    let report = compared.report;
    let width = match room {
        Room::Wide => 640.0,
        Room::Narrow => NARROW_WIDTH,
    };
    let rows = TestedDifferences::METRICS.len() as f64;
    let pitch = rows * ROW + BELOW;
    let caption_top = TOP + report.pairs.len() as f64 * pitch - 30.0;
    let told = "A filled dot is told from luck, a hollow one is not; lines are 95% intervals";
    let caption = format!("{told}. {}", caption(report));
    let caption = wrapped(&caption, CAPTION_SIZE, width - 16.0);
    let height = caption_top + caption.len() as f64 * CAPTION_LINE + 12.0;
    let mut svg = Svg::new(width, height);
    for (at, pair) in report.pairs.iter().enumerate() {
        draw_pair(&mut svg, pair, TOP + at as f64 * pitch, width);
    }
    draw_caption(&mut svg, 8.0, caption_top, &caption);
    let says = report.pairs.iter().map(|pair| pair.says.as_str());
    svg.finish("Differences", &says.collect::<Vec<_>>().join(". "))
}

fn draw_pair(svg: &mut Svg, pair: &ComparedPair, top: f64, width: f64) {
    let found: Vec<(&Metric, TestedDifference)> = pair
        .differences
        .iter()
        .filter_map(|(metric, one)| Some((metric, one?)))
        .collect();
    let of = |one: &TestedDifference| {
        let paired = one.paired;
        [
            paired.low.unwrap_or(paired.difference),
            paired.difference,
            paired.high.unwrap_or(paired.difference),
        ]
    };
    let ends = || found.iter().flat_map(|(_, one)| of(one));
    let low = ends().fold(0.0, f64::min);
    let high = ends().fold(0.0, f64::max);
    let names: Vec<(f64, String)> = Vec::new();
    let panel = Panel {
        left: LEFT,
        top,
        width: width - LEFT - 16.0,
        height: TestedDifferences::METRICS.len() as f64 * ROW,
        x: Axis::spanning(low, high, "difference"),
        y: Axis::named(0.0, TestedDifferences::METRICS.len() as f64, names),
    };
    let (first, second) = (&pair.first, &pair.second);
    let title = shortened_to(&format!("{first} less {second}"), 15.0, width - 20.0);
    panel.draw(svg, "");
    svg.text(
        (8.0, top - 22.0),
        &title,
        TextStyle::PLAIN.size(15.0).bold(),
    );
    let across = |value: f64| panel.place(value, 0.0).0;
    let zero = across(0.0);
    svg.line((zero, top), (zero, panel.bottom()), ZERO);
    let style = TextStyle::PLAIN.anchor(Anchor::End);
    for (row, metric) in TestedDifferences::METRICS.iter().enumerate() {
        let y = top + (row as f64 + 0.5) * ROW;
        let name = metric.symbol.unwrap_or(metric.title);
        svg.text((LEFT - 10.0, y), name, style);
        let Some((_, one)) = found.iter().find(|(other, _)| *other == metric) else {
            svg.text((LEFT + 10.0, y), "undefined", TextStyle::PLAIN);
            continue;
        };
        let is_told = one.verdict != Verdict::NoDifferenceShown;
        let color = if is_told { TRAIN } else { FRAME };
        let line = Stroke {
            color,
            width: 2.5,
            dash: "",
        };
        let [low, middle, high] = of(one).map(across);
        svg.line((low, y), (high, y), line);
        for end in [low, high] {
            svg.line((end, y - 4.0), (end, y + 4.0), line);
        }
        svg.circle((middle, y), 4.5, if is_told { color } else { PAPER }, color);
    }
}
