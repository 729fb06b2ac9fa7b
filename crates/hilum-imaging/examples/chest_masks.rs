//! Draws the outlines of body (green) and lungs (blue) into copies of slices, and prints shares:
//! `cargo run --release -p hilum-imaging --example chest_masks -- OUT FILE...`.
#![expect(clippy::print_stdout, reason = "an example shows its results")]

use std::path::{Path, PathBuf};
use std::time::Instant;

use hilum_imaging::{
    Channels, ChestMasks, DecodeLimits, Mask, Pixels, Window, decode_file, write_png,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let folder = arguments.next().ok_or("name a folder for the pictures")?;
    fs_err::create_dir_all(&folder)?;
    for (number, file) in arguments.enumerate() {
        draw(&file, &folder.join(format!("{number:03}.png")))?;
    }
    Ok(())
}

fn draw(file: &Path, picture: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let pixels = decode_file(file, Window::LUNG, &DecodeLimits::default())?.pixels;
    let begun = Instant::now();
    let masks = ChestMasks::of(&pixels);
    let took = begun.elapsed().as_secs_f64() * 1e3;
    let share = |mask: &Mask| format!("{:.1}%", 100.0 * mask.share());
    let body = masks.body().map_or("none".to_owned(), share);
    let lungs = masks
        .lungs()
        .map_or_else(|reason| reason.to_string(), share);
    println!(
        "{}: body {body}, lungs {lungs}, {took:.1} ms",
        file.display()
    );
    let grey = pixels.to_grey();
    let (width, height) = (grey.width(), grey.height());
    let is_edge = |mask: Option<&Mask>, at: usize| {
        let Some(mask) = mask.filter(|mask| mask.is_set()[at]) else {
            return false;
        };
        let (row, column) = (at / width, at % width);
        let neighbours = [
            (column > 0).then(|| at - 1),
            (column + 1 < width).then_some(at + 1),
            (row > 0).then(|| at - width),
            (row + 1 < height).then_some(at + width),
        ];
        neighbours
            .into_iter()
            .flatten()
            .any(|at| !mask.is_set()[at])
    };
    let colour = |at: usize| {
        if is_edge(masks.lungs().ok(), at) {
            [60, 140, 255]
        } else if is_edge(masks.body(), at) {
            [60, 220, 60]
        } else {
            [grey.data()[at]; 3]
        }
    };
    let data = (0..width * height).flat_map(colour).collect();
    write_png(picture, &Pixels::new(width, height, Channels::Rgb, data))?;
    Ok(())
}
