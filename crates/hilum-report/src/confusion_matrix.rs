//! `confusion-matrix.svg`: who was taken for whom, counted and as shares of the truth.

use hilum_metrics::ConfusionTable;

use crate::axes::{CAPTION_LINE, CAPTION_SIZE, draw_caption};
use crate::palette::{FRAME, GRID, MUTED, shade};
use crate::svg::{Anchor, Stroke, Svg, TEXT_SIZE, TextStyle, shortened, text_width, wrapped};

/// The columns' names lean by this much.
const LEAN_DEGREES: f64 = 40.0;
const TOP: f64 = 60.0;
const TITLES: [&str; 2] = ["Counts", "Share of the true class, %"];
const TITLE_SIZE: f64 = 15.0;

/// Where everything stands.
struct Layout {
    cell: f64,
    class_count: usize,
    label_width: f64,
    /// What the right panel takes, its title included.
    panel_width: f64,
    panel_lefts: [f64; 2],
    /// How far the leaning names reach down.
    name_drop: f64,
}

impl Layout {
    fn new(names: &[String], row_labels: &[String]) -> Self {
        let class_count = names.len();
        let cell = match class_count {
            0..=6 => 72.0,
            7..=10 => 54.0,
            11..=14 => 46.0,
            _ => 40.0,
        };
        let widest = |labels: &[String]| {
            let widths = labels.iter().map(|label| text_width(label, TEXT_SIZE));
            widths.fold(0.0, f64::max)
        };
        let (name_width, lean) = (widest(names), LEAN_DEGREES.to_radians());
        // The first column's leaning name reaches to the left, too.
        let label_width = widest(row_labels).max(name_width * lean.cos() - cell / 2.0);
        let left = 48.0 + label_width + 10.0;
        let title_width = TITLES.map(|title| text_width(title, TITLE_SIZE));
        let side = class_count as f64 * cell;
        // A small matrix is narrower than its title.
        let pitch = (side + cell.clamp(40.0, 60.0)).max(title_width[0] + 30.0);
        Self {
            cell,
            class_count,
            label_width,
            panel_width: side.max(title_width[1]),
            panel_lefts: [left, left + pitch],
            name_drop: name_width * lean.sin() + 22.0,
        }
    }

    fn side(&self) -> f64 {
        self.cell * self.class_count as f64
    }

    fn width(&self) -> f64 {
        self.panel_lefts[1] + self.panel_width + 28.0
    }

    fn number_size(&self) -> f64 {
        if self.cell > 60.0 { 17.0 } else { 12.5 }
    }
}

/// Draws the table twice, as SVG: the counts, and each row divided by its sum. Both are shaded
/// by the share, so that small classes are seen as well as large ones.
///
/// A class without slices has an empty row. `caption` stands below: what the numbers are of,
/// and what the audit said of it.
pub fn confusion_matrix(table: &ConfusionTable, caption: &str) -> String {
    let names: Vec<String> = table
        .classes
        .names()
        .iter()
        .map(|name| shortened(name.as_str()))
        .collect();
    let supports: Vec<u64> = table.counts.iter().map(|row| row.iter().sum()).collect();
    let row_labels: Vec<String> = names
        .iter()
        .zip(&supports)
        .map(|(name, support)| format!("{name} ({support})"))
        .collect();
    let layout = Layout::new(&names, &row_labels);
    let caption = wrapped(caption, CAPTION_SIZE, layout.width() - 48.0);
    let caption_top = TOP + layout.side() + layout.name_drop + 30.0;
    let height = caption_top + caption.len() as f64 * CAPTION_LINE + 14.0;

    let mut svg = Svg::new(layout.width(), height);
    draw_row_labels(&mut svg, &layout, &row_labels);
    for (panel, title) in TITLES.iter().enumerate() {
        let left = layout.panel_lefts[panel];
        svg.text(
            (left, 28.0),
            title,
            TextStyle::PLAIN.size(TITLE_SIZE).bold(),
        );
        for (row, support) in supports.iter().enumerate() {
            for column in 0..layout.class_count {
                let count = table.counts[row][column];
                let share = (*support > 0).then(|| count as f64 / *support as f64);
                let number = match (panel, share) {
                    (_, None) => "–".to_owned(),
                    (0, _) => count.to_string(),
                    (_, Some(share)) => percent(share),
                };
                draw_cell(&mut svg, &layout, (panel, row, column), share, &number);
            }
        }
        draw_grid(&mut svg, &layout, left);
        draw_column_labels(&mut svg, &layout, left, &names);
    }
    draw_caption(&mut svg, 24.0, caption_top, &caption);
    svg.finish("Confusion matrix")
}

/// Whole percent, but never 0 or 100 for what is not exactly that.
fn percent(share: f64) -> String {
    if share > 0.0 && share < 0.005 {
        "<1".to_owned()
    } else if (0.995..1.0).contains(&share) {
        ">99".to_owned()
    } else {
        format!("{:.0}", share * 100.0)
    }
}

fn draw_row_labels(svg: &mut Svg, layout: &Layout, labels: &[String]) {
    let axis = TextStyle::PLAIN.anchor(Anchor::Middle).color(MUTED);
    let middle = TOP + layout.side() / 2.0;
    svg.text((24.0, middle), "truth (slices)", axis.angle_degrees(-90.0));
    for (row, label) in labels.iter().enumerate() {
        let place = (
            48.0 + layout.label_width,
            TOP + (row as f64 + 0.5) * layout.cell,
        );
        svg.text(place, label, TextStyle::PLAIN.anchor(Anchor::End));
    }
}

fn draw_cell(
    svg: &mut Svg,
    layout: &Layout,
    (panel, row, column): (usize, usize, usize),
    share: Option<f64>,
    number: &str,
) {
    let (fill, ink) = shade(share.unwrap_or(0.0));
    let x = layout.panel_lefts[panel] + column as f64 * layout.cell;
    let y = TOP + row as f64 * layout.cell;
    svg.rectangle((x, y), layout.cell, layout.cell, &fill);
    // Zeros step back, so that the mistakes are what the eye finds.
    let color = if share.is_none_or(|share| share == 0.0) {
        FRAME
    } else {
        ink
    };
    let fitting = 0.86 * layout.cell / text_width(number, 1.0);
    let style = TextStyle::PLAIN
        .anchor(Anchor::Middle)
        .size(layout.number_size().min(fitting))
        .color(color);
    svg.text(
        (x + layout.cell / 2.0, y + layout.cell / 2.0),
        number,
        style,
    );
}

fn draw_grid(svg: &mut Svg, layout: &Layout, left: f64) {
    for at in 0..=layout.class_count {
        let away = at as f64 * layout.cell;
        let color = if at == 0 || at == layout.class_count {
            FRAME
        } else {
            GRID
        };
        let stroke = Stroke {
            color,
            width: 1.0,
            dash: "",
        };
        let side = layout.side();
        svg.line((left, TOP + away), (left + side, TOP + away), stroke);
        svg.line((left + away, TOP), (left + away, TOP + side), stroke);
    }
}

fn draw_column_labels(svg: &mut Svg, layout: &Layout, left: f64, names: &[String]) {
    let bottom = TOP + layout.side();
    let style = TextStyle::PLAIN
        .anchor(Anchor::End)
        .angle_degrees(-LEAN_DEGREES);
    for (column, name) in names.iter().enumerate() {
        let x = left + (column as f64 + 0.5) * layout.cell + 4.0;
        svg.text((x, bottom + 12.0), name, style);
    }
    let axis = TextStyle::PLAIN.anchor(Anchor::Middle).color(MUTED);
    let place = (left + layout.side() / 2.0, bottom + layout.name_drop + 12.0);
    svg.text(place, "predicted", axis);
}
