//! Writes series of phantoms as DICOM files, for `scripts/check_node.sh`:
//! `cargo run -p hilum-node --example series -- FOLDER COUNT SLICES SIZE`.

use std::path::Path;

use hilum_imaging::{Lesion, Phantom, SeriesInfo, write_dicom};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, count, slices, size] = &arguments[..] else {
        return Err("write: FOLDER COUNT SLICES SIZE".into());
    };
    let (count, slices, size): (u64, usize, usize) =
        (count.parse()?, slices.parse()?, size.parse()?);
    for patient_seed in 1..=count {
        let lesion = Lesion::SpiculatedPeripheral;
        let info = SeriesInfo::phantom(patient_seed, lesion);
        let series = Path::new(folder).join(format!("{patient_seed:04}"));
        std::fs::create_dir_all(&series)?;
        for slice_index in 0..slices {
            let phantom = Phantom {
                size,
                patient_seed,
                slice_index,
                lesion,
            };
            let path = series.join(format!("{:04}.dcm", slice_index + 1));
            write_dicom(&path, &phantom.render(), &info, slice_index + 1)?;
        }
    }
    Ok(())
}
