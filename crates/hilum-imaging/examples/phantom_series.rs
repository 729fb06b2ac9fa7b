//! Writes a DICOM series of a phantom, `0001.dcm` being nearest to the head:
//! `cargo run -p hilum-imaging --example phantom_series -- FOLDER [SLICES [ROWS]]`.

use std::path::PathBuf;

use hilum_imaging::{Lesion, Phantom, SeriesInfo, write_dicom};

const PATIENT_SEED: u64 = 7;
/// Between them the lesion is seen, as of a lump of some centimetres.
const WITH_LESION: [f64; 2] = [0.4, 0.65];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("name a folder")?);
    let mut number = |otherwise: usize| arguments.next().map_or(Ok(otherwise), |text| text.parse());
    let (count, size) = (number(24)?, number(256)?);
    fs_err::create_dir_all(&folder)?;
    let lesion = Lesion::LobulatedLargePeripheral;
    let series = SeriesInfo::phantom(PATIENT_SEED, lesion);
    for slice_index in 0..count {
        let place = slice_index as f64 / count as f64;
        let is_seen = (WITH_LESION[0]..WITH_LESION[1]).contains(&place);
        let phantom = Phantom {
            size,
            patient_seed: PATIENT_SEED,
            slice_index,
            lesion: if is_seen { lesion } else { Lesion::None },
        };
        let path = folder.join(format!("{:04}.dcm", slice_index + 1));
        write_dicom(&path, &phantom.render(), &series, slice_index + 1)?;
    }
    Ok(())
}
