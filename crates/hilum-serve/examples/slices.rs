//! Writes synthetic slices to send to a server: `cargo run -p hilum-serve --example slices -- FOLDER`.
//!
//! Six pictures of 224 pixels, and a DICOM series of six slices.

use std::error::Error;
use std::path::PathBuf;

use hilum_imaging::{Lesion, Phantom, SeriesInfo, write_dicom, write_png};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).ok_or("FOLDER")?;
    let folder = PathBuf::from(folder);
    std::fs::create_dir_all(&folder)?;
    let series = SeriesInfo::phantom(5, Lesion::ALL[0]);
    for index in 0..6 {
        let phantom = Phantom {
            size: 224,
            patient_seed: 5,
            slice_index: index,
            lesion: Lesion::ALL[index % Lesion::ALL.len()],
        };
        let slice = phantom.render();
        let path = folder.join(format!("{index}.png"));
        write_png(&path, &slice.windowed(-600.0, 1500.0))?;
        let path = folder.join(format!("{index}.dcm"));
        write_dicom(&path, &slice, &series, index + 1)?;
    }
    Ok(())
}
