//! `confusion-matrix.svg`: which class was taken for which, counted and as shares of the truth.

use hilum_core::ClassName;
use hilum_metrics::ConfusionTable;

use crate::axes::{CAPTION_LINE, CAPTION_SIZE, draw_caption};
use crate::palette::{FRAME, GRID, MUTED, shade};
use crate::room::{NARROW_WIDTH, Room};
use crate::svg::{
    Anchor, Stroke, Svg, TEXT_SIZE, TextStyle, shortened, shortened_to, text_width, wrapped,
};

/// The columns' names lean by this much.
const LEAN_DEGREES: f64 = 40.0;
const TOP: f64 = 60.0;
const TITLE: &str = "Confusion matrix";
const TITLE_SIZE: f64 = 15.0;
/// Where a narrow matrix begins, and its smallest and largest cells.
const NARROW_LEFT: f64 = 56.0;
const NARROW_CELLS: (f64, f64) = (21.0, 56.0);
/// From one line of the key to the next.
const KEY_ROW: f64 = 21.0;

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
        let title_width = Shown::BOTH.map(|shown| text_width(shown.title(), TITLE_SIZE));
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
}

/// Draws the table twice, as SVG: the counts, and each row divided by its sum. Both are shaded
/// by the share, so that small classes are seen as well as large ones.
///
/// A class without slices has an empty row. `caption` stands below: what the numbers are of,
/// and what the audit said of it.
pub fn confusion_matrix(table: &ConfusionTable, caption: &str) -> String {
    confusion_matrix_in(Room::Wide, table, caption)
}

/// [`confusion_matrix`] in so much room.
pub(crate) fn confusion_matrix_in(room: Room, table: &ConfusionTable, caption: &str) -> String {
    match room {
        Room::Wide => wide(table, caption),
        Room::Narrow => narrow(table, caption),
    }
}

/// How many slices each class has.
fn supports(table: &ConfusionTable) -> Vec<u64> {
    table.counts.iter().map(|row| row.iter().sum()).collect()
}

/// What was called what, the true classes in order; nothing is left out but what never happened.
fn in_words(table: &ConfusionTable) -> String {
    let names = table.classes.names();
    let rows = table.counts.iter().zip(names).zip(supports(table));
    let row = |((counts, truth), support): ((&Vec<u64>, &ClassName), u64)| {
        let called = counts.iter().zip(names).filter(|(count, _)| **count > 0);
        let called: Vec<String> = called
            .map(|(count, name)| {
                let word = if name == truth {
                    "right"
                } else {
                    name.as_str()
                };
                format!("{count} called {word}")
            })
            .collect();
        if called.is_empty() {
            format!("{truth}: no slices")
        } else {
            format!("{truth}, {support}: {}", called.join(", "))
        }
    };
    let rows: Vec<String> = rows.map(row).collect();
    format!("{}.", rows.join("; "))
}

/// Panels beside each other, with the classes' names along both axes.
fn wide(table: &ConfusionTable, caption: &str) -> String {
    let names = table.classes.names().iter();
    let names: Vec<String> = names.map(|name| shortened(name.as_str())).collect();
    let row_labels: Vec<String> = names
        .iter()
        .zip(supports(table))
        .map(|(name, support)| format!("{name} ({support})"))
        .collect();
    let layout = Layout::new(&names, &row_labels);
    let caption = wrapped(caption, CAPTION_SIZE, layout.width() - 48.0);
    let caption_top = TOP + layout.side() + layout.name_drop + 30.0;
    let height = caption_top + caption.len() as f64 * CAPTION_LINE + 14.0;

    let mut svg = Svg::new(layout.width(), height);
    draw_row_labels(&mut svg, &layout, &row_labels);
    for (shown, left) in Shown::BOTH.into_iter().zip(layout.panel_lefts) {
        let title = TextStyle::PLAIN.size(TITLE_SIZE).bold();
        svg.text((left, 28.0), shown.title(), title);
        let corner = (left, TOP);
        draw_cells(&mut svg, table, shown, layout.cell, corner);
        draw_column_labels(&mut svg, &layout, left, &names);
    }
    draw_caption(&mut svg, 24.0, caption_top, &caption);
    svg.finish(TITLE, &in_words(table))
}

/// Whether a matrix of so many classes needs more than [`NARROW_WIDTH`].
pub(crate) fn is_wider_than_narrow(class_count: usize) -> bool {
    NARROW_LEFT + class_count as f64 * NARROW_CELLS.0 + 8.0 > NARROW_WIDTH
}

/// Panels below each other; classes have numbers, and a key below says whose they are.
fn narrow(table: &ConfusionTable, caption: &str) -> String {
    let class_count = table.counts.len();
    let side = NARROW_WIDTH - 8.0 - NARROW_LEFT;
    let cell = (side / class_count as f64).clamp(NARROW_CELLS.0, NARROW_CELLS.1);
    let width = NARROW_WIDTH.max(NARROW_LEFT + class_count as f64 * cell + 8.0);
    let pitch = TOP + class_count as f64 * cell + 44.0;
    let key_top = 2.0 * pitch + 16.0;
    let caption_top = key_top + class_count as f64 * KEY_ROW + 10.0;
    let caption = wrapped(caption, CAPTION_SIZE, width - 16.0);
    let height = caption_top + caption.len() as f64 * CAPTION_LINE + 14.0;

    let mut svg = Svg::new(width, height);
    for (at, shown) in Shown::BOTH.into_iter().enumerate() {
        let top = at as f64 * pitch;
        let title = TextStyle::PLAIN.size(TITLE_SIZE).bold();
        svg.text((8.0, top + 28.0), shown.title(), title);
        let corner = (NARROW_LEFT, top + TOP);
        draw_cells(&mut svg, table, shown, cell, corner);
        draw_numbers(&mut svg, class_count, cell, corner);
    }
    let names = table.classes.names().iter().zip(supports(table));
    for (at, (name, support)) in names.enumerate() {
        let y = key_top + at as f64 * KEY_ROW;
        let number = TextStyle::PLAIN.anchor(Anchor::End).color(MUTED);
        svg.text((28.0, y), &(at + 1).to_string(), number);
        let room = width - 44.0 - text_width(" (10000)", TEXT_SIZE);
        let name = shortened_to(name.as_str(), TEXT_SIZE, room);
        let place = (36.0, y);
        svg.text(place, &format!("{name} ({support})"), TextStyle::PLAIN);
    }
    draw_caption(&mut svg, 8.0, caption_top, &caption);
    svg.finish(TITLE, &in_words(table))
}

/// Numbers of the classes along both axes.
fn draw_numbers(svg: &mut Svg, class_count: usize, cell: f64, (left, top): (f64, f64)) {
    let side = class_count as f64 * cell;
    let style = TextStyle::PLAIN.color(MUTED);
    for at in 0..class_count {
        let number = (at + 1).to_string();
        let middle = (at as f64 + 0.5) * cell;
        let row = (left - 8.0, top + middle);
        svg.text(row, &number, style.anchor(Anchor::End));
        let column = (left + middle, top + side + 14.0);
        svg.text(column, &number, style.anchor(Anchor::Middle));
    }
    let axis = style.anchor(Anchor::Middle);
    let truth = (16.0, top + side / 2.0);
    svg.text(truth, "truth", axis.angle_degrees(-90.0));
    let predicted = (left + side / 2.0, top + side + 34.0);
    svg.text(predicted, "predicted", axis);
}

/// What a panel shows of each cell.
#[derive(Clone, Copy)]
enum Shown {
    Counts,
    Shares,
}

impl Shown {
    const BOTH: [Self; 2] = [Self::Counts, Self::Shares];

    fn title(self) -> &'static str {
        match self {
            Self::Counts => "Counts",
            Self::Shares => "Share of the true class, %",
        }
    }

    fn number(self, count: u64, share: Option<f64>) -> String {
        match (self, share) {
            (_, None) => "–".to_owned(),
            (Self::Counts, _) => count.to_string(),
            (Self::Shares, Some(share)) => percent(share),
        }
    }
}

/// The cells of a panel and the lines between them.
fn draw_cells(svg: &mut Svg, table: &ConfusionTable, shown: Shown, cell: f64, corner: (f64, f64)) {
    for (row, counts) in table.counts.iter().enumerate() {
        let support: u64 = counts.iter().sum();
        for (column, count) in counts.iter().enumerate() {
            let share = (support > 0).then(|| *count as f64 / support as f64);
            let x = corner.0 + column as f64 * cell;
            let y = corner.1 + row as f64 * cell;
            draw_cell(svg, cell, (x, y), share, &shown.number(*count, share));
        }
    }
    draw_grid(svg, table.counts.len(), cell, corner);
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

fn draw_cell(svg: &mut Svg, cell: f64, (x, y): (f64, f64), share: Option<f64>, number: &str) {
    let (fill, ink) = shade(share.unwrap_or(0.0));
    svg.rectangle((x, y), cell, cell, fill);
    // Zeros step back, so that the mistakes are what the eye finds.
    let color = if share.is_none_or(|share| share == 0.0) {
        MUTED
    } else {
        ink
    };
    let largest = if cell > 60.0 { 17.0 } else { 12.5 };
    let fitting = 0.86 * cell / text_width(number, 1.0);
    let style = TextStyle::PLAIN
        .anchor(Anchor::Middle)
        .size(fitting.min(largest))
        .color(color);
    svg.text((x + cell / 2.0, y + cell / 2.0), number, style);
}

fn draw_grid(svg: &mut Svg, class_count: usize, cell: f64, (left, top): (f64, f64)) {
    let side = class_count as f64 * cell;
    for at in 0..=class_count {
        let away = at as f64 * cell;
        let color = if at == 0 || at == class_count {
            FRAME
        } else {
            GRID
        };
        let stroke = Stroke {
            color,
            width: 1.0,
            dash: "",
        };
        svg.line((left, top + away), (left + side, top + away), stroke);
        svg.line((left + away, top), (left + away, top + side), stroke);
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
