//! What changes of the pictures do, for a person at a terminal.

use hilum_metrics::{GroupedPart, StressRow, StressTable};

use super::figures::{range, show};

/// How many changes of how many slices were tried, and the worst of them.
pub(super) fn stress(table: &StressTable) -> String {
    let part = match table.of {
        GroupedPart::Clean => "clean ",
        GroupedPart::AsIs => "",
    };
    let of = match table.out_of {
        all if all > table.count => format!(" of {all}"),
        _ => String::new(),
    };
    let tried = format!(
        "stress: {} changes of {}{of} {part}slices",
        table.rows.len(),
        table.count
    );
    match table.worst() {
        Some(row) => format!("{tried}; the worst:\n  {}", cost(row, table)),
        None => format!("{tried}: none costs macro-F1 ({})", show(table.macro_f1)),
    }
}

/// `sharpness x 2: macro-F1 0.919 becomes 0.569, -0.350 (-0.460 to -0.240)`
pub(crate) fn cost(row: &StressRow, table: &StressTable) -> String {
    let difference = row.macro_f1_difference.unwrap_or(0.0);
    let interval = match range(row.interval) {
        text if text.is_empty() => text,
        text => format!(" ({text})"),
    };
    format!(
        "{}: macro-F1 {} becomes {}, {difference:+.3}{interval}",
        row.says,
        show(table.macro_f1),
        show(row.macro_f1),
    )
}
