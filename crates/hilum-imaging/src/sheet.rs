//! A contact sheet: rows of small pictures with labels.

use font8x8::legacy::BASIC_LEGACY;

use crate::{Channels, Interpolation, Pixels};

/// Pixels around every picture.
const GAP: usize = 6;
/// Rows of a letter, and columns.
const GLYPH: usize = 8;
/// Pixels of the sheet for one pixel of a letter, across; letters are twice as tall as wide.
const GLYPH_SCALE_X: usize = 1;
const GLYPH_SCALE_Y: usize = 2;
const TEXT_HEIGHT: usize = GLYPH * GLYPH_SCALE_Y + GAP;
const TEXT_WIDTH: usize = GLYPH * GLYPH_SCALE_X;

const PAPER: u8 = 24;
const INK: u8 = 235;
const PALE_INK: u8 = 150;

/// A labelled row of a contact sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetRow {
    /// What the row shows, such as a class; ASCII, anything else becomes `?`.
    pub label: String,
    /// The pictures from left to right, of any size.
    pub pictures: Vec<Pixels>,
}

/// Lays rows of pictures out on one sheet, each row under its label, columns under `headings`.
///
/// Pictures are brought to `cell_width x cell_height` (Pillow's `BILINEAR`). The sheet is grey
/// if all pictures are, and RGB otherwise. Text that does not fit is cut.
///
/// # Panics
/// If there is no picture at all, or a cell has no pixels.
pub fn sheet(
    headings: &[String],
    rows: &[SheetRow],
    cell_width: usize,
    cell_height: usize,
) -> Pixels {
    assert!(cell_width > 0 && cell_height > 0, "a cell has pixels");
    let column_count = rows.iter().map(|row| row.pictures.len()).max().unwrap_or(0);
    assert!(column_count > 0, "a sheet shows at least one picture");
    let mut paper = Paper::new(rows, column_count, cell_width, cell_height);
    let left = |column: usize| GAP + column * (cell_width + GAP);
    for (column, heading) in headings.iter().take(column_count).enumerate() {
        paper.write(heading, left(column), GAP, cell_width, PALE_INK);
    }
    for (index, row) in rows.iter().enumerate() {
        let top = GAP + TEXT_HEIGHT + index * (TEXT_HEIGHT + cell_height + GAP);
        let room = paper.width - 2 * GAP;
        paper.write(&row.label, GAP, top, room, INK);
        for (column, picture) in row.pictures.iter().enumerate() {
            let small = picture.resize(cell_width, cell_height, Interpolation::Bilinear);
            paper.paste(&small, left(column), top + TEXT_HEIGHT);
        }
    }
    Pixels::new(paper.width, paper.height, paper.channels, paper.data)
}

struct Paper {
    width: usize,
    height: usize,
    channels: Channels,
    data: Vec<u8>,
}

impl Paper {
    fn new(rows: &[SheetRow], column_count: usize, cell_width: usize, cell_height: usize) -> Self {
        let grey = |picture: &Pixels| picture.channels() == Channels::Grey;
        let channels = if rows.iter().flat_map(|row| &row.pictures).all(grey) {
            Channels::Grey
        } else {
            Channels::Rgb
        };
        let width = GAP + column_count * (cell_width + GAP);
        let height = GAP + TEXT_HEIGHT + rows.len() * (TEXT_HEIGHT + cell_height + GAP);
        Self {
            width,
            height,
            channels,
            data: vec![PAPER; width * height * channels.count()],
        }
    }

    fn paste(&mut self, picture: &Pixels, left: usize, top: usize) {
        let picture = match self.channels {
            Channels::Grey => picture.clone(),
            Channels::Rgb => picture.to_rgb(),
        };
        let count = self.channels.count();
        let length = picture.width() * count;
        for (row, line) in picture.data().chunks_exact(length).enumerate() {
            let start = ((top + row) * self.width + left) * count;
            self.data[start..start + length].copy_from_slice(line);
        }
    }

    fn write(&mut self, text: &str, left: usize, top: usize, room: usize, ink: u8) {
        for (index, character) in text.chars().take(room / TEXT_WIDTH).enumerate() {
            let code = if character.is_ascii() {
                character as usize
            } else {
                usize::from(b'?')
            };
            self.write_glyph(BASIC_LEGACY[code], left + index * TEXT_WIDTH, top, ink);
        }
    }

    /// Bit 0 of a byte of the font is the leftmost pixel of its row.
    fn write_glyph(&mut self, glyph: [u8; GLYPH], left: usize, top: usize, ink: u8) {
        let count = self.channels.count();
        for row in 0..GLYPH * GLYPH_SCALE_Y {
            for column in 0..TEXT_WIDTH {
                if glyph[row / GLYPH_SCALE_Y] >> (column / GLYPH_SCALE_X) & 1 == 1 {
                    let start = ((top + row) * self.width + left + column) * count;
                    self.data[start..start + count].fill(ink);
                }
            }
        }
    }
}
