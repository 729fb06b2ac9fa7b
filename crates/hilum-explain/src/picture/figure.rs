//! A slice beside its heat, with a bar and words.

use hilum_font::{Weight, line_height, shorten, wrap};
use hilum_imaging::{Interpolation, Pixels};

use super::canvas::{Area, Canvas, Letters, MUTED, NIGHT, PAPER, SMALL, TEXT};
use super::caption::Caption;
use super::color_bar::{ColorBar, SHORTEST};
use super::contour::Contours;
use super::overlay::{assert_same_size, overlay, without_heat};
use super::scale::{Scale, Silence};
use crate::HeatMap;

/// Pixels around everything, and between pictures.
const MARGIN: usize = 12;
const GAP: usize = 10;
/// Slices smaller than this are drawn larger, by a whole factor.
const SMALLEST: usize = 200;
/// Least room for words.
const NARROWEST: usize = 380;

/// A way to show a slice and its map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// The slice as it is.
    Slice,
    /// Heat over the slice.
    Overlay,
    /// The slice, with lines around what is hot.
    Contour,
}

impl View {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Slice, Self::Overlay, Self::Contour];

    fn heading(self, heat: Option<&Heat>) -> String {
        let smoothed_by = heat.and_then(|heat| heat.contours.smoothed_by);
        match (self, smoothed_by) {
            (Self::Slice, _) => "slice".to_owned(),
            (Self::Overlay, _) => "heat".to_owned(),
            (Self::Contour, None) => "contours: 50% dashed, 80%".to_owned(),
            (Self::Contour, Some(sigma)) => {
                format!("contours: 50% dashed, 80% of the map smoothed (σ {sigma} px)")
            }
        }
    }
}

/// What there is to draw of a map that has heat.
struct Heat {
    scale: Scale,
    contours: Contours,
}

/// The slice in each of `views`, side by side, with a colour bar to the right and the caption
/// below; RGB.
///
/// Each picture has the slice's own size, pixel for pixel; slices whose longer side is below 200
/// are enlarged by a whole factor. A map [without heat](Silence) is drawn grey, with words.
///
/// # Panics
/// If slice and map differ in size, or there is no view.
pub fn figure(views: &[View], slice: &Pixels, map: &HeatMap, caption: &Caption) -> Pixels {
    assert_same_size(slice, map);
    assert!(!views.is_empty(), "a figure shows something");
    let zoom = zoom(slice);
    let (width, height) = (slice.width() * zoom, slice.height() * zoom);
    let shows_heat = views.iter().any(|view| *view != View::Slice);
    let heat = Scale::of(map).map(|scale| Heat {
        scale,
        contours: Contours::of(map, &scale),
    });
    let bar = heat.as_ref().ok().filter(|_| shows_heat);
    let bar = bar.map(|heat| ColorBar::new(&heat.scale));
    let bar_room = bar.as_ref().map_or(0, |bar| GAP + bar.width());
    let panes = views.len() * width + (views.len() - 1) * GAP;
    let room = (panes + bar_room).max(NARROWEST);
    let caption = with_silence(caption, heat.as_ref().err().filter(|_| shows_heat));
    let words = caption.lay(room);
    let head = line_height(SMALL) + 4;
    let tall = height.max(if bar.is_some() { SHORTEST } else { 0 });
    let below = MARGIN + head + tall + GAP;
    let mut canvas = Canvas::new(room + 2 * MARGIN, below + words.height() + MARGIN);
    for (index, view) in views.iter().enumerate() {
        let left = MARGIN + index * (width + GAP);
        // One picture alone may be narrower than its heading.
        let heading_room = if views.len() == 1 { room } else { width };
        let heading = view.heading(heat.as_ref().ok());
        let text = shorten(&heading, Weight::Regular, SMALL, heading_room as f32);
        canvas.write(&text, Letters::new(SMALL, MUTED), left, MARGIN);
        let pane = pane(*view, slice, map, &heat, zoom, &caption);
        canvas.paste(&pane, left, MARGIN + head);
    }
    if let Some(bar) = bar {
        bar.draw(&mut canvas, MARGIN + panes + GAP, MARGIN + head, tall);
    }
    words.draw(&mut canvas, MARGIN, below);
    canvas.into_pixels()
}

fn zoom(slice: &Pixels) -> usize {
    SMALLEST.div_ceil(slice.width().max(slice.height()))
}

/// What is written over the picture may not fit there: it is said below as well.
fn with_silence(caption: &Caption, silence: Option<&Silence>) -> Caption {
    let mut caption = caption.clone();
    if let Some(silence) = silence {
        caption.problems.insert(0, caption.words(*silence));
    }
    caption
}

fn pane(
    view: View,
    slice: &Pixels,
    map: &HeatMap,
    heat: &Result<Heat, Silence>,
    zoom: usize,
    caption: &Caption,
) -> Pixels {
    let enlarged = |pixels: &Pixels| {
        let (width, height) = (pixels.width() * zoom, pixels.height() * zoom);
        pixels.resize(width, height, Interpolation::Nearest)
    };
    match (view, heat) {
        (View::Slice, _) => enlarged(slice),
        (View::Overlay, Ok(heat)) => enlarged(&overlay(slice, map, &heat.scale)),
        (View::Contour, Ok(heat)) => heat.contours.over(&slice.to_grey(), zoom),
        (_, Err(silence)) => silent(&enlarged(&without_heat(slice)), &caption.words(*silence)),
    }
}

/// Words in the middle of a picture, on a dark ground.
fn silent(picture: &Pixels, words: &str) -> Pixels {
    let letters = Letters::new(TEXT, PAPER);
    let room = picture.width().saturating_sub(4 * GAP);
    let lines = wrap(words, letters.weight, TEXT, room as f32);
    let row = line_height(TEXT);
    let block = lines.len() * row + GAP;
    let mut canvas = Canvas::of(picture);
    let fits = lines.iter().all(|line| !line.is_empty()) && block <= picture.height();
    if !fits {
        return canvas.into_pixels();
    }
    let top = (picture.height() - block) / 2;
    let ground = Area {
        left: 0,
        top,
        width: picture.width(),
        height: block,
    };
    canvas.fill(ground, NIGHT);
    for (index, line) in lines.iter().enumerate() {
        let width = hilum_font::width(line, letters.weight, TEXT).ceil() as usize;
        let left = picture.width().saturating_sub(width) / 2;
        canvas.write(line, letters, left, top + GAP / 2 + index * row);
    }
    canvas.into_pixels()
}
