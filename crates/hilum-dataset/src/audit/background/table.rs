//! What lies outside of bodies, as numbers side by side.

use crate::audit::facts::{Body, THUMBNAIL_SIDE, Thumbnail};

/// Cells per side.
pub(in crate::audit) const CELLS: usize = 16;
const CELL_SIDE: usize = THUMBNAIL_SIDE / CELLS;
/// A cell with fewer pixels outside of the body, of its 16, is body.
const LEAST_OUTSIDE: u32 = 5;

/// A row a slice, a column a cell of 16x16: the mean grey level of what lies outside of the body,
/// less the mean of all slices, or 0 where there is body. Cells without any difference are left out.
pub(in crate::audit) struct Table {
    pub(super) row_count: usize,
    pub(super) columns: Vec<Column>,
}

/// One cell of every slice.
pub(super) struct Column {
    /// Its place, row by row.
    pub(super) cell: usize,
    pub(super) values: Vec<f32>,
}

impl Table {
    pub(in crate::audit) fn of(slices: &[(&Thumbnail, &Body)]) -> Self {
        let levels: Vec<_> = slices
            .iter()
            .map(|(thumbnail, body)| outside_levels(thumbnail, body))
            .collect();
        let column = |cell: usize| {
            let seen = || levels.iter().filter_map(|levels| levels[cell]);
            let mean = seen().sum::<f32>() / seen().count().max(1) as f32;
            let values: Vec<f32> = levels
                .iter()
                .map(|levels| levels[cell].map_or(0.0, |level| level - mean))
                .collect();
            let is_constant = values.iter().all(|value| *value == values[0]);
            (!is_constant).then_some(Column { cell, values })
        };
        Self {
            row_count: slices.len(),
            columns: (0..CELLS * CELLS).filter_map(column).collect(),
        }
    }
}

/// The mean level of each cell outside of the body; `None` where there is body.
fn outside_levels(thumbnail: &Thumbnail, body: &Body) -> Vec<Option<f32>> {
    let (mut sums, mut counts) = ([0_u32; CELLS * CELLS], [0_u32; CELLS * CELLS]);
    let pixels = thumbnail.levels().iter().zip(body.outside());
    for (at, (level, is_outside)) in pixels.enumerate() {
        if is_outside {
            let (row, column) = (at / THUMBNAIL_SIDE, at % THUMBNAIL_SIDE);
            let cell = row / CELL_SIDE * CELLS + column / CELL_SIDE;
            sums[cell] += u32::from(*level);
            counts[cell] += 1;
        }
    }
    sums.iter()
        .zip(counts)
        .map(|(sum, count)| (count >= LEAST_OUTSIDE).then(|| *sum as f32 / count as f32))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: of two slices with air at 10 and 30 around a body over the middle half, whatever
    /// that shows, the cells outside stand at -10 and 10, and those inside are left out.
    #[test]
    fn what_is_inside_of_a_body_is_not_seen() {
        let rows = (0..THUMBNAIL_SIDE as u8).map(|row| {
            if (16..48).contains(&row) {
                (16, 48)
            } else {
                (0, 0)
            }
        });
        let body = Body::try_from(rows.collect::<Vec<_>>()).unwrap();
        let slice = |air: u8, seed: usize| {
            let pixels = body.outside().enumerate();
            let level = |(at, is_outside): (usize, bool)| {
                if is_outside { air } else { (at * seed) as u8 }
            };
            Thumbnail::new(pixels.map(level).collect())
        };
        let (a, b) = (slice(10, 7), slice(30, 13));
        let table = Table::of(&[(&a, &body), (&b, &body)]);
        assert_eq!(table.row_count, 2);
        assert_eq!(table.columns.len(), CELLS * CELLS * 3 / 4);
        for column in &table.columns {
            assert_eq!(column.values, [-10.0, 10.0]);
            let (row, place) = (column.cell / CELLS, column.cell % CELLS);
            assert!(!((4..12).contains(&row) && (4..12).contains(&place)));
        }
    }
}
