//! A square panel with one line a class and a legend: ROC and precision-recall.

use crate::axes::{Axis, CAPTION_LINE, CAPTION_SIZE, Panel, draw_caption};
use crate::palette::{FRAME, MUTED, SERIES};
use crate::room::{NARROW_WIDTH, Room};
use crate::svg::{
    Anchor, Stroke, Svg, TEXT_SIZE, TextStyle, shortened, shortened_to, text_width, wrapped,
};

/// The line of one class.
pub(crate) struct ClassCurve {
    pub(crate) class: String,
    /// Horizontal and vertical values in `0.0..=1.0`; `None` where the curve is undefined.
    pub(crate) points: Option<Vec<(f64, f64)>>,
    /// The area that the legend gives.
    pub(crate) area: Option<f64>,
}

/// What distinguishes the two plots.
pub(crate) struct ClassCurvesPlot<'a> {
    pub(crate) title: &'static str,
    pub(crate) x_label: &'static str,
    pub(crate) y_label: &'static str,
    /// What the area is called: `AUROC`.
    pub(crate) area_name: &'static str,
    pub(crate) macro_area: Option<f64>,
    /// Ends of the line that a guess would give, and its name.
    pub(crate) chance: Option<([(f64, f64); 2], &'static str)>,
    pub(crate) caption: &'a str,
}

const TOP: f64 = 48.0;
const LEGEND_ROW: f64 = 22.0;
/// What stands behind a title where there is room.
const AGAINST: &str = ", one class against all others";

/// Where everything stands.
struct Layout {
    left: f64,
    side: f64,
    width: f64,
    legend: Legend,
    caption_left: f64,
    caption_top: f64,
}

#[derive(Clone, Copy)]
struct Legend {
    left: f64,
    top: f64,
    /// Where the areas end.
    right: f64,
}

impl Layout {
    fn new(room: Room, names: &[String], row_count: usize) -> Self {
        let legend_height = row_count as f64 * LEGEND_ROW;
        match room {
            Room::Wide => {
                let (left, side) = (72.0, 420.0);
                let widest = names.iter().map(|name| text_width(name, TEXT_SIZE));
                let name_width = widest.fold(text_width("macro average", TEXT_SIZE), f64::max);
                let legend_left = left + side + 28.0;
                let right = legend_left + 44.0 + name_width + 60.0;
                Self {
                    left,
                    side,
                    width: right + 24.0,
                    legend: Legend {
                        left: legend_left,
                        top: TOP + 6.0,
                        right,
                    },
                    caption_left: left,
                    caption_top: TOP + (side + 56.0).max(legend_height),
                }
            }
            Room::Narrow => {
                let (left, right) = (56.0, NARROW_WIDTH - 14.0);
                let side = right - left;
                let top = TOP + side + 62.0;
                Self {
                    left,
                    side,
                    width: NARROW_WIDTH,
                    legend: Legend {
                        left: 8.0,
                        top,
                        right,
                    },
                    caption_left: 8.0,
                    caption_top: top + legend_height,
                }
            }
        }
    }
}

pub(crate) fn draw(room: Room, plot: &ClassCurvesPlot<'_>, curves: &[ClassCurve]) -> String {
    let name = |curve: &ClassCurve| match room {
        Room::Wide => shortened(&curve.class),
        Room::Narrow => shortened_to(&curve.class, TEXT_SIZE, NARROW_WIDTH - 112.0),
    };
    let names: Vec<String> = curves.iter().map(name).collect();
    let row_count = curves.len() + 2 + usize::from(plot.chance.is_some());
    let layout = Layout::new(room, &names, row_count);
    let caption_width = layout.width - layout.caption_left - 8.0;
    let caption = wrapped(plot.caption, CAPTION_SIZE, caption_width);
    let height = layout.caption_top + caption.len() as f64 * CAPTION_LINE + 12.0;

    let mut svg = Svg::new(layout.width, height);
    let panel = Panel {
        left: layout.left,
        top: TOP,
        width: layout.side,
        height: layout.side,
        x: Axis::fraction(plot.x_label),
        y: Axis::fraction(plot.y_label),
    };
    match room {
        Room::Wide => panel.draw(&mut svg, &[plot.title, AGAINST].concat()),
        Room::Narrow => panel.draw(&mut svg, plot.title),
    }
    if let Some((ends, _)) = plot.chance {
        let [from, to] = ends.map(|(x, y)| panel.place(x, y));
        svg.line(from, to, CHANCE);
    }
    for (at, curve) in curves.iter().enumerate() {
        if let Some(points) = &curve.points {
            let places: Vec<_> = points.iter().map(|&(x, y)| panel.place(x, y)).collect();
            svg.polyline(&places, class_line(at));
        }
    }
    draw_legend(&mut svg, plot, curves, &names, layout.legend);
    let (left, top) = (layout.caption_left, layout.caption_top);
    draw_caption(&mut svg, left, top, &caption);
    svg.finish(&[plot.title, AGAINST].concat(), &in_words(plot, curves))
}

fn in_words(plot: &ClassCurvesPlot<'_>, curves: &[ClassCurve]) -> String {
    let classes = curves
        .iter()
        .map(|curve| format!("{} {}", curve.class, area(curve.area)));
    let classes: Vec<String> = classes.collect();
    let average = area(plot.macro_area);
    format!(
        "{}: {}; macro average {average}.",
        plot.area_name,
        classes.join(", ")
    )
}

/// A stroke a class beside its colour, so that nobody has to tell colours apart.
const DASHES: [&str; 4] = ["", "7 3", "2 3", "9 3 2 3"];

/// The line of the class at `position`.
fn class_line(position: usize) -> Stroke {
    Stroke {
        color: SERIES[position % SERIES.len()],
        width: 2.0,
        dash: DASHES[position % DASHES.len()],
    }
}

const CHANCE: Stroke = Stroke {
    color: FRAME,
    width: 1.5,
    dash: "4 4",
};

fn draw_legend(
    svg: &mut Svg,
    plot: &ClassCurvesPlot<'_>,
    curves: &[ClassCurve],
    names: &[String],
    Legend { left, top, right }: Legend,
) {
    let text_left = left + 36.0;
    let mut y = top;
    let heading = TextStyle::PLAIN.size(12.0).color(MUTED);
    svg.text((text_left, y), "class", heading);
    svg.text((right, y), plot.area_name, heading.anchor(Anchor::End));
    let number = TextStyle::PLAIN.anchor(Anchor::End);
    for ((at, curve), name) in curves.iter().enumerate().zip(names) {
        y += LEGEND_ROW;
        let color = if curve.points.is_some() {
            svg.line((left, y), (left + 28.0, y), class_line(at));
            TextStyle::PLAIN.color
        } else {
            MUTED
        };
        svg.text((text_left, y), name, TextStyle::PLAIN.color(color));
        svg.text((right, y), &area(curve.area), number.color(color));
    }
    y += LEGEND_ROW;
    svg.text((text_left, y), "macro average", TextStyle::PLAIN.bold());
    svg.text((right, y), &area(plot.macro_area), number.bold());
    if let Some((_, name)) = plot.chance {
        y += LEGEND_ROW;
        svg.line((left, y), (left + 28.0, y), CHANCE);
        svg.text((text_left, y), name, TextStyle::PLAIN.color(MUTED));
    }
}

/// Three decimals, a dash for what is undefined.
fn area(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"))
}
