//! Mirror images.

/// Whether a picture is mirrored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Flip {
    pub(super) columns: bool,
    pub(super) rows: bool,
}

impl Flip {
    pub(super) const ALL: [Self; 4] = [
        Self {
            columns: false,
            rows: false,
        },
        Self {
            columns: true,
            rows: false,
        },
        Self {
            columns: false,
            rows: true,
        },
        Self {
            columns: true,
            rows: true,
        },
    ];

    pub(super) fn is_none(self) -> bool {
        !self.columns && !self.rows
    }

    /// The values of a square, row by row, turned over.
    pub(super) fn turned<T: Copy>(self, values: &[T], side: usize) -> Vec<T> {
        let mut turned = Vec::with_capacity(values.len());
        for row in 0..side {
            let row = if self.rows { side - 1 - row } else { row };
            let line = &values[row * side..(row + 1) * side];
            if self.columns {
                turned.extend(line.iter().rev());
            } else {
                turned.extend(line);
            }
        }
        turned
    }
}
