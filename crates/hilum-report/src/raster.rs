//! A drawing as PNG, for papers and slides.

use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::Database;
use resvg::usvg::{Options, Tree};

/// Pixels a point of the drawing.
const SCALE: f32 = 2.0;
/// Points an inch, as CSS counts them.
const POINTS_PER_INCH: f32 = 96.0;
/// A matrix of a thousand classes gets fewer pixels a point: no viewer opens more.
const MAX_SIDE: f32 = 16384.0;
const INCHES_PER_METRE: f32 = 1.0 / 0.0254;

/// The font that comes with hilum, and no other: the same pixels on every machine.
static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    for font in [hilum_font::SANS, hilum_font::SANS_BOLD] {
        fonts.load_font_data(font.to_vec());
    }
    fonts.set_sans_serif_family(hilum_font::FAMILY);
    Arc::new(fonts)
});

/// `drawing`, one of this crate's, as a PNG file: twice as many pixels as it has points, which is
/// 192 an inch, as the file says.
///
/// # Panics
/// If `drawing` is no SVG.
pub fn raster(drawing: &str) -> Vec<u8> {
    let options = Options {
        font_family: hilum_font::FAMILY.to_owned(),
        fontdb: FONTS.clone(),
        ..Options::default()
    };
    let tree = Tree::from_str(without_style(drawing).as_ref(), &options)
        .expect("it is a drawing of this crate");
    let size = tree.size();
    let scale = SCALE.min(MAX_SIDE / size.width().max(size.height()));
    let side = |points: f32| ((points * scale).round() as u32).max(1);
    let mut pixels =
        Pixmap::new(side(size.width()), side(size.height())).expect("a side is at least 1");
    let transform = Transform::from_scale(scale, scale);
    resvg::render(&tree, transform, &mut pixels.as_mut());
    encoded(&pixels, scale * POINTS_PER_INCH)
}

/// The only rules are those for dark screens.
fn without_style(drawing: &str) -> String {
    let split = drawing
        .split_once("<style>")
        .and_then(|(before, rest)| Some((before, rest.split_once("</style>")?.1)));
    split.map_or_else(
        || drawing.to_owned(),
        |(before, after)| [before, after].concat(),
    )
}

/// The paper is opaque, and so is everything on it.
fn encoded(pixels: &Pixmap, dots_per_inch: f32) -> Vec<u8> {
    let (width, height) = (pixels.width(), pixels.height());
    let colors: Vec<u8> = pixels
        .data()
        .chunks_exact(4)
        .flat_map(|pixel| [pixel[0], pixel[1], pixel[2]])
        .collect();
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let per_metre = (dots_per_inch * INCHES_PER_METRE).round() as u32;
    encoder.set_pixel_dims(Some(png::PixelDimensions {
        xppu: per_metre,
        yppu: per_metre,
        unit: png::Unit::Meter,
    }));
    let written = encoder
        .write_header()
        .and_then(|mut writer| writer.write_image_data(&colors));
    written.expect("memory takes all bytes");
    file
}
