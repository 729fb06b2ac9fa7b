//! Draws phantoms as PNG with the outlines of lungs (blue) and lesion (red):
//! `cargo run --release -p hilum-imaging --example phantom_truth -- FOLDER`.

use std::path::PathBuf;

use hilum_imaging::{Channels, Lesion, Phantom, Pixels, Shortcut, write_png};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("name a folder")?);
    fs_err::create_dir_all(&folder)?;
    for patient_seed in 0..4 {
        for lesion in Lesion::ALL {
            let phantom = Phantom {
                size: 256,
                patient_seed,
                slice_index: 0,
                lesion,
            };
            let (mut slice, truth) = phantom.render_with_truth();
            Shortcut::CornerMark.burn(&mut slice, lesion);
            let grey = slice.windowed(-600.0, 1500.0);
            let is_edge = |mask: &[bool], at: usize| {
                mask[at] && !(mask[at - 1] && mask[at + 1] && mask[at - 256] && mask[at + 256])
            };
            let colour = |at: usize| {
                let level = grey.data()[at];
                if is_edge(truth.lesion_mask.is_set(), at) {
                    [255, 60, 60]
                } else if is_edge(truth.lungs.is_set(), at) {
                    [60, 140, 255]
                } else {
                    [level; 3]
                }
            };
            let data = (0..256 * 256).flat_map(colour).collect();
            let name = format!("{patient_seed}-{}.png", lesion.class_name());
            write_png(
                &folder.join(name),
                &Pixels::new(256, 256, Channels::Rgb, data),
            )?;
        }
    }
    Ok(())
}
