//! ONNX files as weights.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Component, Path};

use hilum_onnx::{External, OnnxWeights, read_onnx};

use super::contents::{IgnoredTensor, RawTensors};
use super::error::WeightsError;

/// Whether a file begins as ONNX's do: with the version of its format, a small number, and then the
/// producer's name, the operators' version or the graph.
pub(super) fn begins(bytes: &[u8]) -> bool {
    matches!(
        bytes,
        [
            0x08,
            1..=31,
            0x12 | 0x1a | 0x22 | 0x2a | 0x32 | 0x3a | 0x42,
            ..
        ]
    )
}

/// The tensors of an ONNX file, and its layers.
pub(super) fn read(path: &Path, bytes: &[u8]) -> Result<RawTensors, WeightsError> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut spent = 0;
    let found = read_onnx(bytes, &mut |part| beside(folder, part, &mut spent));
    let OnnxWeights {
        tensors,
        ignored,
        layers,
        ..
    } = found.map_err(|source| WeightsError::Onnx {
        path: path.to_owned(),
        source,
    })?;
    let ignored = ignored.into_iter();
    Ok(RawTensors {
        tensors,
        ignored: ignored
            .map(|(name, element_type)| IgnoredTensor { name, element_type })
            .collect(),
        layers,
    })
}

/// What an ONNX file that hilum wrote says of the model, JSON by key, `hilum.*`; nothing of other files.
pub fn onnx_entries(path: &Path) -> BTreeMap<String, String> {
    let bytes = fs_err::read(path).ok().filter(|bytes| begins(bytes));
    let absent = |_: &External| Err(io::ErrorKind::NotFound.into());
    let found = bytes.and_then(|bytes| read_onnx(&bytes, &mut { absent }).ok());
    found.map(|found| found.metadata).unwrap_or_default()
}

/// A part of a file in the model's own folder: a model may not reach further. `spent` is what was read
/// so far, which is no more than a few times what is there.
fn beside(folder: &Path, part: &External, spent: &mut u64) -> io::Result<Vec<u8>> {
    let refused = |why: &str| io::Error::new(io::ErrorKind::InvalidInput, why.to_owned());
    let location = Path::new(&part.location);
    let is_name = matches!(
        location.components().collect::<Vec<_>>()[..],
        [Component::Normal(_)]
    );
    if !is_name {
        return Err(refused("it is no file of the model's own folder"));
    }
    let path = folder.join(location);
    if fs_err::symlink_metadata(&path)?.is_symlink() {
        return Err(refused("it leads out of the model's folder"));
    }
    let mut file = fs_err::File::open(path)?;
    let size = file.metadata()?.len();
    let length = part.length.unwrap_or(size.saturating_sub(part.offset));
    let end = part.offset.checked_add(length);
    if end.is_none_or(|end| end > size) {
        return Err(refused("the file ends before"));
    }
    *spent = spent.saturating_add(length);
    if *spent > size.saturating_mul(4).saturating_add(1 << 20) {
        return Err(refused("it is read out of all proportion to its size"));
    }
    file.seek(SeekFrom::Start(part.offset))?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}
