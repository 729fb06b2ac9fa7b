//! `stress.svg`: what each change of the pictures does to macro-F1.

use hilum_metrics::{StressRow, StressTable};

use crate::axes::{Axis, CAPTION_LINE, CAPTION_SIZE, draw_caption};
use crate::figures::{short, with_sign};
use crate::palette::{FRAME, GRID, MUTED, PAPER, TRAIN, VALID};
use crate::room::{NARROW_WIDTH, Room};
use crate::stress_section::in_words;
use crate::svg::{Anchor, Stroke, Svg, TEXT_SIZE, TextStyle, shortened_to, text_width, wrapped};

const TITLE: &str = "What changes of the pictures do to macro-F1";
/// Where everything stands.
struct Layout {
    /// Ends of the axis.
    left: f64,
    right: f64,
    top: f64,
    width: f64,
    margin: f64,
    row: f64,
    row_count: usize,
    /// How far below a row's name its interval is: beside it, where there is room.
    drop: f64,
}

impl Layout {
    fn new(room: Room, rows: &[StressRow], title_lines: usize) -> Self {
        let top = 28.0 + title_lines as f64 * 20.0;
        let row_count = rows.len();
        match room {
            Room::Wide => {
                let widest = rows.iter().map(|row| text_width(&row.says, TEXT_SIZE));
                let widest = widest.fold(0.0, f64::max);
                let left = 24.0 + widest.clamp(120.0, 260.0) + 14.0;
                Self {
                    left,
                    right: left + 420.0,
                    top,
                    width: left + 420.0 + 84.0,
                    margin: 24.0,
                    row: 22.0,
                    row_count,
                    drop: 0.0,
                }
            }
            Room::Narrow => Self {
                left: 14.0,
                right: NARROW_WIDTH - 14.0,
                top,
                width: NARROW_WIDTH,
                margin: 8.0,
                row: 40.0,
                row_count,
                drop: 17.0,
            },
        }
    }

    /// The middle of a row's name.
    fn line(&self, row: usize) -> f64 {
        self.top + row as f64 * self.row + 11.0
    }

    fn bottom(&self) -> f64 {
        self.top + self.row_count as f64 * self.row + 6.0
    }
}

/// Draws, as SVG, the difference that each change makes to macro-F1, with its interval, against the
/// same slices without a change. A small change that costs much is marked with a ring and a `!`.
///
/// `caption` stands below: what the numbers are of, and what the audit said of it.
pub fn stress(table: &StressTable, caption: &str) -> String {
    stress_in(Room::Wide, table, caption)
}

/// [`stress`] in so much room.
pub(crate) fn stress_in(room: Room, table: &StressTable, caption: &str) -> String {
    let title_room = match room {
        Room::Wide => f64::INFINITY,
        Room::Narrow => NARROW_WIDTH - 16.0,
    };
    let title = wrapped(TITLE, 15.0, title_room);
    let layout = Layout::new(room, &table.rows, title.len());
    let caption = wrapped(caption, CAPTION_SIZE, layout.width - 2.0 * layout.margin);
    let caption_top = layout.bottom() + 72.0;
    let height = caption_top + caption.len() as f64 * CAPTION_LINE + 12.0;
    let mut svg = Svg::new(layout.width, height);
    let heading = TextStyle::PLAIN.size(15.0).bold();
    for (at, line) in title.iter().enumerate() {
        svg.text((layout.margin, 22.0 + at as f64 * 20.0), line, heading);
    }
    let axis = axis(room, table);
    draw_axis(&mut svg, room, &layout, &axis, table);
    let brittle = table.brittle();
    for (at, row) in table.rows.iter().enumerate() {
        let is_brittle = brittle.contains(&row);
        draw_row(&mut svg, &layout, &axis, at, row, is_brittle);
    }
    draw_caption(&mut svg, layout.margin, caption_top, &caption);
    svg.finish(TITLE, &in_words(table))
}

/// Over all differences and their intervals, and nothing.
fn axis(room: Room, table: &StressTable) -> Axis {
    let ends = table.rows.iter().flat_map(|row| {
        let ends = row.interval.map(|interval| [interval.low, interval.high]);
        let ends = ends.into_iter().flatten();
        ends.chain(row.macro_f1_difference)
    });
    let (low, high) = ends.fold((0.0_f64, 0.0_f64), |(low, high), end| {
        (low.min(end), high.max(end))
    });
    let steps = match room {
        Room::Wide => 8,
        Room::Narrow => 5,
    };
    Axis::spanning_in(
        steps,
        low.min(-0.05),
        high.max(0.05),
        "difference in macro-F1",
    )
}

fn place(layout: &Layout, axis: &Axis, value: f64) -> f64 {
    let share = (value - axis.low) / (axis.high - axis.low);
    layout.left + share.clamp(0.0, 1.0) * (layout.right - layout.left)
}

fn draw_axis(svg: &mut Svg, room: Room, layout: &Layout, axis: &Axis, table: &StressTable) {
    let line = |color, width, dash| Stroke { color, width, dash };
    let tick = TextStyle::PLAIN.size(12.0).color(MUTED);
    let (top, bottom) = (layout.top, layout.bottom());
    for &value in &axis.ticks {
        let x = place(layout, axis, value);
        svg.line((x, top), (x, bottom), line(GRID, 1.0, ""));
        let label = axis.tick_label(value).replace('-', "−");
        svg.text((x, bottom + 14.0), &label, tick.anchor(Anchor::Middle));
    }
    let zero = place(layout, axis, 0.0);
    svg.line((zero, top), (zero, bottom), line(FRAME, 1.5, "4 4"));
    let frame = [(layout.left, bottom), (layout.right, bottom)];
    svg.line(frame[0], frame[1], line(FRAME, 1.2, ""));
    // The labels are wider than a narrow panel.
    let center = match room {
        Room::Wide => f64::midpoint(layout.left, layout.right),
        Room::Narrow => layout.width / 2.0,
    };
    let middle = TextStyle::PLAIN.anchor(Anchor::Middle);
    svg.text((center, bottom + 36.0), axis.label, middle);
    let unchanged = format!("{} without a change", short(table.macro_f1));
    svg.text(
        (center, bottom + 54.0),
        &unchanged,
        middle.size(12.0).color(MUTED),
    );
}

fn draw_row(
    svg: &mut Svg,
    layout: &Layout,
    axis: &Axis,
    at: usize,
    row: &StressRow,
    is_brittle: bool,
) {
    let line = layout.line(at);
    let y = line + layout.drop;
    let plain = TextStyle::PLAIN;
    let beside = layout.drop == 0.0;
    if beside {
        let name = shortened_to(&row.says, TEXT_SIZE, layout.left - layout.margin - 8.0);
        let place = (layout.left - 10.0, line);
        svg.text(place, &name, plain.anchor(Anchor::End));
    } else {
        let name = shortened_to(&row.says, TEXT_SIZE, layout.width - 90.0);
        svg.text((layout.margin, line), &name, plain);
    }
    let (figure, end) = if beside {
        (layout.right + 10.0, Anchor::Start)
    } else {
        (layout.width - layout.margin, Anchor::End)
    };
    let color = if is_brittle { VALID } else { TRAIN };
    if let Some(interval) = row.interval {
        let ends = [interval.low, interval.high].map(|end| (place(layout, axis, end), y));
        let width = 2.0;
        svg.line(
            ends[0],
            ends[1],
            Stroke {
                color,
                width,
                dash: "",
            },
        );
    }
    let number = plain.size(12.0).anchor(end);
    let Some(difference) = row.macro_f1_difference else {
        svg.text((figure, line), "–", number.color(MUTED));
        return;
    };
    let fill = if is_brittle { PAPER } else { color };
    svg.circle((place(layout, axis, difference), y), 4.0, fill, color);
    let text = with_sign(difference);
    if is_brittle {
        svg.text((figure, line), &format!("{text} !"), number.bold());
    } else {
        svg.text((figure, line), &text, number);
    }
}
