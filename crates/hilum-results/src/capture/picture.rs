//! The picture of a capture: the slice, its heat, and words in a band above and below.
//!
//! Light letters on black, as a viewer shows images; no word covers a pixel of the slice.

use hilum_explain::{Scale, overlay};
use hilum_font::{LineMask, Weight, line, line_height, wrap};
use hilum_imaging::{Channels, Interpolation, Pixels};

use super::Captured;
use crate::modules::NOT_FOR_DIAGNOSIS;

/// Around everything, and between pictures.
const MARGIN: usize = 8;
/// Between two lines.
const LEADING: usize = 3;
/// Slices whose longer side is smaller are drawn larger, by a whole factor.
const SMALLEST: usize = 256;
/// The longest side of a picture; larger slices are drawn smaller, as a capture is looked at and
/// not measured in.
const LARGEST: usize = 1024;

const INK: [u8; 3] = [0xd8, 0xd8, 0xd8];
const WARNING: [u8; 3] = [0xff, 0xc1, 0x4d];

/// A line of words.
struct Words {
    text: String,
    weight: Weight,
    size: f32,
    color: [u8; 3],
}

pub(super) fn draw(captured: &Captured<'_>) -> Pixels {
    let heat = captured.heat;
    let slice = sized(&heat.pixels.to_rgb());
    let shown = match Scale::of(&heat.map) {
        Ok(scale) => sized(&overlay(&heat.pixels, &heat.map, &scale)),
        Err(_) => slice.clone(),
    };
    let width = 2 * slice.width() + 3 * MARGIN;
    let room = width - 2 * MARGIN;
    let head = broken(vec![warning(NOT_FOR_DIAGNOSIS)], room);
    let foot = broken(words(captured), room);
    let height = |lines: &[Words]| -> usize { lines.iter().map(Words::height).sum() };
    let (top, bottom) = (MARGIN + height(&head), height(&foot) + MARGIN);
    let mut canvas = Canvas::black(width, top + MARGIN + slice.height() + MARGIN + bottom);
    canvas.write(&head, MARGIN);
    canvas.paste(&slice, MARGIN, top + MARGIN);
    canvas.paste(&shown, 2 * MARGIN + slice.width(), top + MARGIN);
    canvas.write(&foot, top + MARGIN + slice.height() + MARGIN);
    Pixels::new(canvas.width, canvas.height, Channels::Rgb, canvas.data)
}

/// What is said below the pictures.
fn words(captured: &Captured<'_>) -> Vec<Words> {
    let (heat, prediction) = (captured.heat, &captured.slice.prediction);
    let model = captured.identifiers.model;
    let probability = prediction.probabilities.get(&heat.class);
    let probability = probability.copied().unwrap_or_default();
    let calibrated = if prediction.calibrated {
        "calibrated"
    } else {
        "not calibrated"
    };
    let answer = match (&prediction.class, prediction.reason) {
        (Some(class), _) => class.to_string(),
        (None, Some(reason)) => format!("I don't know: {reason}"),
        (None, None) => "I don't know".to_owned(),
    };
    let layer = heat.layer.as_ref();
    let layer = layer.map_or_else(String::new, |layer| format!(" at {layer}"));
    let method = captured.settings.heat.method.title();
    let mut lines = vec![
        Words::new(
            &format!("{}: {answer}", captured.slice.name()),
            Weight::Bold,
            16.0,
            INK,
        ),
        plain(&format!(
            "{method}{layer}, heat for {} (probability {probability:.2}, {calibrated})",
            heat.class
        )),
        plain(&format!(
            "{} {}, hilum {}",
            model.name,
            model.version,
            env!("CARGO_PKG_VERSION")
        )),
    ];
    if let Err(silence) = Scale::of(&heat.map) {
        lines.push(warning(
            &silence.words(heat.class.as_str(), heat.layer.as_deref()),
        ));
    }
    lines.extend(heat.sanity.failed.iter().map(|failed| warning(failed)));
    lines.extend(
        heat.placement
            .concern()
            .iter()
            .map(|concern| warning(concern)),
    );
    lines
}

fn plain(text: &str) -> Words {
    Words::new(text, Weight::Regular, 13.0, INK)
}

fn warning(text: &str) -> Words {
    Words::new(text, Weight::Bold, 13.0, WARNING)
}

impl Words {
    fn new(text: &str, weight: Weight, size: f32, color: [u8; 3]) -> Self {
        Self {
            text: text.to_owned(),
            weight,
            size,
            color,
        }
    }

    fn height(&self) -> usize {
        line_height(self.size) + LEADING
    }
}

/// Lines that fit the room.
fn broken(lines: Vec<Words>, room: usize) -> Vec<Words> {
    let parts = lines.into_iter().flat_map(|words| {
        let parts = wrap(&words.text, words.weight, words.size, room as f32);
        let of_part = move |part: String| Words {
            text: part,
            ..words
        };
        parts.into_iter().map(of_part)
    });
    parts.collect()
}

/// Small slices larger by a whole factor, large ones smaller.
fn sized(picture: &Pixels) -> Pixels {
    let (width, height) = (picture.width(), picture.height());
    let longest = width.max(height).max(1);
    if longest > LARGEST {
        let shrunk = |side: usize| (side * LARGEST / longest).max(1);
        return picture.resize(shrunk(width), shrunk(height), Interpolation::Bilinear);
    }
    match SMALLEST.div_ceil(longest) {
        1 => picture.clone(),
        zoom => picture.resize(width * zoom, height * zoom, Interpolation::Nearest),
    }
}

/// RGB pixels that are drawn on.
struct Canvas {
    width: usize,
    height: usize,
    data: Vec<u8>,
}

impl Canvas {
    fn black(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            data: vec![0; 3 * width * height],
        }
    }

    fn paste(&mut self, picture: &Pixels, left: usize, top: usize) {
        let row_length = 3 * picture.width();
        for (row, line) in picture.data().chunks_exact(row_length).enumerate() {
            let begin = 3 * ((top + row) * self.width + left);
            self.data[begin..begin + row_length].copy_from_slice(line);
        }
    }

    fn write(&mut self, lines: &[Words], top: usize) {
        let mut top = top;
        for words in lines {
            let mask = line(&words.text, words.weight, words.size);
            self.ink(&mask, words.color, top);
            top += words.height();
        }
    }

    fn ink(&mut self, mask: &LineMask, color: [u8; 3], top: usize) {
        let seen = mask.width.min(self.width.saturating_sub(MARGIN));
        for (row, coverage) in mask.coverage.chunks_exact(mask.width).enumerate() {
            if top + row >= self.height {
                return;
            }
            for (column, cover) in coverage[..seen].iter().enumerate() {
                let begin = 3 * ((top + row) * self.width + MARGIN + column);
                let pixel = &mut self.data[begin..begin + 3];
                for (value, ink) in pixel.iter_mut().zip(color) {
                    let mixed = u16::from(*value) * (255 - u16::from(*cover))
                        + u16::from(ink) * u16::from(*cover);
                    *value = (mixed / 255) as u8;
                }
            }
        }
    }
}
