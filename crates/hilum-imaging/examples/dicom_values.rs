//! Writes the Hounsfield units of every frame of DICOM files, for `scripts/check_dicom.py`: for each
//! file a line of JSON with its frames' sizes and warnings or its error, the values beside it.

#![expect(clippy::print_stdout, reason = "printing is the job")]

use std::error::Error;
use std::path::Path;

use hilum_imaging::{DecodeLimits, SliceFile, Window};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let folder = arguments.next().ok_or("usage: dicom_values OUT FILE...")?;
    for (index, path) in arguments.enumerate() {
        let to = Path::new(&folder).join(index.to_string());
        let line = match values(Path::new(&path), &to) {
            Ok(line) => line,
            Err(error) => serde_json::json!({ "error": error.to_string() }),
        };
        println!("{line}");
    }
    Ok(())
}

/// Writes little-endian `f32` to `to`, frame by frame.
fn values(path: &Path, to: &Path) -> Result<serde_json::Value, Box<dyn Error>> {
    let file = SliceFile::open(path, &DecodeLimits::default())?;
    let mut bytes = Vec::new();
    let mut frames = Vec::new();
    for index in 0..file.count() {
        let values = file.hounsfield(index)?.ok_or("no DICOM file")?;
        let info = file.decode(index, Window::LUNG)?.info;
        let dicom = info.dicom.ok_or("no DICOM file")?;
        frames.push(serde_json::json!({
            "width": values.width,
            "height": values.height,
            "position_mm": dicom.position_mm,
            "warnings": dicom.concerns(),
        }));
        bytes.extend(
            values
                .values_hu
                .iter()
                .flat_map(|value| value.to_le_bytes()),
        );
    }
    fs_err::write(to, bytes)?;
    Ok(serde_json::json!({ "frames": frames }))
}
