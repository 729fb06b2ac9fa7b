//! A whole series on one page.

use hilum_imaging::Pixels;

use super::canvas::Canvas;
use super::caption::Caption;
use super::numbers::{millimetres, number};
use super::page::{BAR_HEIGHT, GAP, Grid, MARGIN, bar_width, draw_bar};
use super::profile::{self, Profile};
use super::scale::Scale;
use super::thumbnail::{SIDE, Thumbnail};

/// The page is as wide as this allows, and tries not to be longer than it is wide.
const WIDEST: usize = 1600;
const LONGEST: usize = 1600;
/// Cells narrower than this have one line below them.
const NARROW: usize = 110;
/// The narrowest cells; a page of more slices than these fill grows longer.
const NARROWEST: usize = 56;

/// A slice of a series with its heat.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesSlice {
    /// Slice and map.
    pub thumbnail: Thumbnail,
    /// Its number in the series, if the file says one.
    pub instance_number: Option<i64>,
    /// Where it lies along the body, if the file says so.
    pub position_mm: Option<f64>,
    /// How probable the class of the page is here; `None` without an answer.
    pub probability: Option<f64>,
}

/// All slices of a series in the order given, with a profile of the class's probability; RGB.
///
/// All maps are drawn on one scale, so that a slice without heat looks like one. The more
/// slices, the smaller each is.
///
/// # Panics
/// If there are no slices.
pub fn series_page(caption: &Caption, slices: &[SeriesSlice]) -> Pixels {
    assert!(!slices.is_empty(), "a series has slices");
    let grid = grid(slices);
    let scales = slices
        .iter()
        .filter_map(|slice| slice.thumbnail.scale().ok());
    let common = Scale::over(scales);
    let (low, high) = common
        .as_ref()
        .map_or_else(|| ("no slice has heat".to_owned(), String::new()), ends);
    let room = grid
        .width()
        .max(bar_width(&low, &high))
        .max(profile::NARROWEST);
    let words = caption.lay(room);
    let profile_top = MARGIN + words.height() + GAP;
    let bar_top = profile_top + profile::HEIGHT + GAP;
    let grid_top = bar_top + BAR_HEIGHT + GAP;
    let height = grid_top + grid.height(thumbnails(slices)) + MARGIN;
    let mut canvas = Canvas::new(room + 2 * MARGIN, height);
    words.draw(&mut canvas, MARGIN, MARGIN);
    let heading = format!("probability of {}", caption.class);
    profile(&heading, slices).draw(&mut canvas, MARGIN, profile_top, room);
    draw_bar(&mut canvas, MARGIN, bar_top, &low, &high);
    let cells = slices.iter().enumerate();
    let cells =
        cells.map(|(index, slice)| (&slice.thumbnail, slice.lines(index, grid.column_width)));
    grid.draw(&mut canvas, grid_top, common.as_ref(), cells);
    canvas.into_pixels()
}

fn profile<'a>(heading: &'a str, slices: &[SeriesSlice]) -> Profile<'a> {
    let places: Option<Vec<f64>> = slices.iter().map(|slice| slice.position_mm).collect();
    let is_in_order = |places: &Vec<f64>| places.is_sorted() || places.is_sorted_by(|a, b| a >= b);
    Profile {
        heading,
        places_mm: places.filter(is_in_order),
        probabilities: slices.iter().map(|slice| slice.probability).collect(),
    }
}

fn thumbnails(slices: &[SeriesSlice]) -> impl Iterator<Item = &Thumbnail> {
    slices.iter().map(|slice| &slice.thumbnail)
}

/// The widest cells with which the page does not get too long.
fn grid(slices: &[SeriesSlice]) -> Grid {
    let of_side = |side: usize| {
        let widths = thumbnails(slices).map(|thumbnail| thumbnail.drawn_size(side).0);
        let column_width = widths.max().unwrap_or(side).max(NARROWEST);
        let fitting = (WIDEST + GAP) / (column_width + GAP);
        Grid {
            column_count: fitting.min(slices.len()),
            side,
            column_width,
            line_count: if column_width < NARROW { 1 } else { 2 },
        }
    };
    let mut grids = (NARROWEST..=SIDE).rev().step_by(8).map(of_side);
    let fits = |grid: &Grid| grid.height(thumbnails(slices)) <= LONGEST;
    grids.find(fits).unwrap_or_else(|| of_side(NARROWEST))
}

/// What stands at both ends of the bar.
fn ends(scale: &Scale) -> (String, String) {
    let text = |value: f32| number(value, scale.high - scale.low);
    let up_to = if scale.most > scale.high {
        format!(" (up to {})", text(scale.most))
    } else {
        String::new()
    };
    (
        text(scale.low),
        format!("{}{up_to}; one scale for all slices", text(scale.high)),
    )
}

impl SeriesSlice {
    fn lines(&self, index: usize, room: usize) -> Vec<String> {
        let number = self
            .instance_number
            .map_or_else(|| format!("{}", index + 1), |number| format!("#{number}"));
        let probability = self
            .probability
            .map_or_else(|| "–".to_owned(), |value| format!("{value:.2}"));
        if room < NARROW {
            return vec![format!("{number}  {probability}")];
        }
        let place = self.position_mm.map_or_else(String::new, |position| {
            format!("  {}", millimetres(position))
        });
        // Words that a slice brings along say the probability themselves.
        let words = if self.thumbnail.words.is_empty() {
            probability
        } else {
            self.thumbnail.words.clone()
        };
        vec![format!("{number}{place}"), words]
    }
}
