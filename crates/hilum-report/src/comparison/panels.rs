//! Panels beside and below one another, with a line a model in each, and one legend for all.

use crate::axes::{Axis, CAPTION_LINE, CAPTION_SIZE, Panel, draw_caption};
use crate::palette::{FRAME, MUTED, SERIES};
use crate::room::{NARROW_WIDTH, Room};
use crate::svg::{Anchor, Stroke, Svg, TEXT_SIZE, TextStyle, shortened, shortened_to, wrapped};

/// A panel and the lines in it, one a model; empty where a model has none.
pub(super) struct PanelOf {
    pub(super) title: String,
    pub(super) x: Axis,
    pub(super) y: Axis,
    pub(super) lines: Vec<Line>,
    /// Whether a line goes from corner to corner.
    pub(super) has_diagonal: bool,
}

/// Points of a model; what is undefined ends one run of them and begins another.
#[derive(Default)]
pub(super) struct Line {
    pub(super) runs: Vec<Vec<(f64, f64)>>,
    /// Whether each point is marked.
    pub(super) is_marked: bool,
}

/// What is drawn.
pub(super) struct Panels<'a> {
    pub(super) title: &'static str,
    /// What a person who does not see it must know.
    pub(super) says: String,
    pub(super) grid: Vec<PanelOf>,
    /// A name a model, and a figure.
    pub(super) legend: Vec<(&'a str, String)>,
    /// What the figure is.
    pub(super) figure: &'static str,
    /// What the diagonal is.
    pub(super) diagonal: &'static str,
    pub(super) caption: &'a str,
}

/// Where everything stands.
struct Layout {
    columns: usize,
    panel: (f64, f64),
    pitch: (f64, f64),
    left: f64,
    width: f64,
    margin: f64,
}

const TOP: f64 = 48.0;
const LEGEND_ROW: f64 = 22.0;
/// Models are told apart by colour and stroke.
const DASHES: [&str; 4] = ["", "8 4", "2 4", "10 3 2 3"];
const DIAGONAL: Stroke = Stroke {
    color: FRAME,
    width: 1.5,
    dash: "4 4",
};

impl Layout {
    fn new(room: Room, count: usize) -> Self {
        match room {
            Room::Wide => {
                let (left, panel) = (76.0, (360.0, 280.0));
                let columns = count.clamp(1, 2);
                let pitch = (panel.0 + 96.0, panel.1 + 96.0);
                Self {
                    columns,
                    panel,
                    pitch,
                    left,
                    width: left + (columns - 1) as f64 * pitch.0 + panel.0 + 28.0,
                    margin: left,
                }
            }
            Room::Narrow => {
                let left = 62.0;
                let panel = (NARROW_WIDTH - 14.0 - left, 210.0);
                Self {
                    columns: 1,
                    panel,
                    pitch: (0.0, panel.1 + 92.0),
                    left,
                    width: NARROW_WIDTH,
                    margin: 8.0,
                }
            }
        }
    }

    fn corner(&self, at: usize) -> (f64, f64) {
        let (column, row) = (at % self.columns, at / self.columns);
        (
            self.left + column as f64 * self.pitch.0,
            TOP + row as f64 * self.pitch.1,
        )
    }

    fn legend_top(&self, count: usize) -> f64 {
        TOP + count.div_ceil(self.columns) as f64 * self.pitch.1 - 24.0
    }
}

/// Draws all of it, as SVG.
pub(super) fn draw(room: Room, drawn: &Panels<'_>) -> String {
    let layout = Layout::new(room, drawn.grid.len());
    let has_diagonal = drawn.grid.iter().any(|panel| panel.has_diagonal);
    let row_count = drawn.legend.len() + 1 + usize::from(has_diagonal);
    let legend_top = layout.legend_top(drawn.grid.len());
    let caption_top = legend_top + row_count as f64 * LEGEND_ROW;
    let caption_width = layout.width - layout.margin - 8.0;
    let caption = wrapped(drawn.caption, CAPTION_SIZE, caption_width);
    let height = caption_top + caption.len() as f64 * CAPTION_LINE + 12.0;
    let mut svg = Svg::new(layout.width, height);
    for (at, panel) in drawn.grid.iter().enumerate() {
        draw_panel(&mut svg, panel, layout.corner(at), layout.panel);
    }
    draw_legend(&mut svg, drawn, &layout, legend_top, has_diagonal);
    draw_caption(&mut svg, layout.margin, caption_top, &caption);
    svg.finish(drawn.title, &drawn.says)
}

fn draw_panel(svg: &mut Svg, of: &PanelOf, (left, top): (f64, f64), (width, height): (f64, f64)) {
    let panel = Panel {
        left,
        top,
        width,
        height,
        x: of.x.clone(),
        y: of.y.clone(),
    };
    panel.draw(svg, &shortened_to(&of.title, 15.0, width));
    if of.has_diagonal {
        svg.line(panel.place(0.0, 0.0), panel.place(1.0, 1.0), DIAGONAL);
    }
    for (model, line) in of.lines.iter().enumerate() {
        let stroke = stroke(model);
        for run in &line.runs {
            let places: Vec<_> = run.iter().map(|(x, y)| panel.place(*x, *y)).collect();
            if places.len() > 1 {
                svg.polyline(&places, stroke);
            }
            if line.is_marked || places.len() == 1 {
                for place in places {
                    svg.circle(place, 3.0, stroke.color, stroke.color);
                }
            }
        }
    }
}

/// The line of the model at `position`.
fn stroke(position: usize) -> Stroke {
    Stroke {
        color: SERIES[position % SERIES.len()],
        width: 2.0,
        dash: DASHES[position % DASHES.len()],
    }
}

fn draw_legend(svg: &mut Svg, drawn: &Panels<'_>, layout: &Layout, top: f64, has_diagonal: bool) {
    let left = layout.margin;
    let right = (layout.width - 14.0).min(left + 420.0);
    let text_left = left + 44.0;
    let mut y = top;
    let heading = TextStyle::PLAIN.size(12.0).color(MUTED);
    svg.text((text_left, y), "model", heading);
    svg.text((right, y), drawn.figure, heading.anchor(Anchor::End));
    for (model, (name, figure)) in drawn.legend.iter().enumerate() {
        y += LEGEND_ROW;
        svg.line((left, y), (left + 36.0, y), stroke(model));
        let name = shortened_to(&shortened(name), TEXT_SIZE, right - text_left - 76.0);
        svg.text((text_left, y), &name, TextStyle::PLAIN);
        svg.text((right, y), figure, TextStyle::PLAIN.anchor(Anchor::End));
    }
    if has_diagonal {
        y += LEGEND_ROW;
        svg.line((left, y), (left + 36.0, y), DIAGONAL);
        let style = TextStyle::PLAIN.color(MUTED);
        svg.text((text_left, y), drawn.diagonal, style);
    }
}

/// Three decimals, a dash for what is undefined.
pub(super) fn figure(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"))
}

/// `a: 0.981; b: 0.975`
pub(super) fn listed(legend: &[(&str, String)]) -> String {
    let each = legend
        .iter()
        .map(|(name, figure)| format!("{name}: {figure}"));
    each.collect::<Vec<_>>().join("; ")
}
