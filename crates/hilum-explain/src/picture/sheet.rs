//! Many slices on sheets.

use hilum_imaging::Pixels;

use super::canvas::Canvas;
use super::caption::Caption;
use super::page::{BAR_HEIGHT, GAP, Grid, MARGIN, bar_width, draw_bar};
use super::thumbnail::{SIDE, Thumbnail};

const COLUMNS: usize = 6;
const ROWS: usize = 5;
/// Least room for names.
const NARROWEST: usize = 160;
const COOLEST: &str = "coolest place of a slice";
const HOTTEST: &str = "its hottest; each slice has a scale of its own";

/// Overlays in a grid with their names, at most 30 a sheet; as many sheets as it takes, of one
/// width. RGB; none for no slices.
///
/// Each map is drawn on its own scale: how hot slices are cannot be compared here.
pub fn sheets(caption: &Caption, thumbnails: &[Thumbnail]) -> Vec<Pixels> {
    let pages: Vec<&[Thumbnail]> = thumbnails.chunks(COLUMNS * ROWS).collect();
    let widths = thumbnails
        .iter()
        .map(|thumbnail| thumbnail.drawn_size(SIDE).0);
    let widest = widths.max().unwrap_or(SIDE);
    let has_problems = thumbnails
        .iter()
        .any(|thumbnail| thumbnail.problem_count > 0);
    let grid = Grid {
        // As good as square, if all fit on one sheet.
        column_count: (1..COLUMNS)
            .find(|count| count * count >= thumbnails.len())
            .unwrap_or(COLUMNS),
        side: SIDE,
        column_width: widest.max(NARROWEST),
        line_count: if has_problems { 3 } else { 2 },
    };
    let draw = |(index, page): (usize, &&[Thumbnail])| {
        let mut caption = caption.clone();
        if pages.len() > 1 {
            caption.title = format!("{}, sheet {} of {}", caption.title, index + 1, pages.len());
        }
        sheet(&caption, page, &grid)
    };
    pages.iter().enumerate().map(draw).collect()
}

fn sheet(caption: &Caption, thumbnails: &[Thumbnail], grid: &Grid) -> Pixels {
    let room = grid.width().max(bar_width(COOLEST, HOTTEST));
    let words = caption.lay(room);
    let bar_top = MARGIN + words.height() + GAP;
    let grid_top = bar_top + BAR_HEIGHT + GAP;
    let height = grid_top + grid.height(thumbnails) + MARGIN;
    let mut canvas = Canvas::new(room + 2 * MARGIN, height);
    words.draw(&mut canvas, MARGIN, MARGIN);
    draw_bar(&mut canvas, MARGIN, bar_top, COOLEST, HOTTEST);
    let cells = thumbnails.iter().map(|thumbnail| {
        let problems = problems(thumbnail.problem_count);
        (
            thumbnail,
            vec![thumbnail.name.clone(), thumbnail.words.clone(), problems],
        )
    });
    grid.draw(&mut canvas, grid_top, None, cells);
    canvas.into_pixels()
}

fn problems(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => "a sanity check failed".to_owned(),
        count => format!("{count} sanity checks failed"),
    }
}
