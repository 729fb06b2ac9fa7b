//! Every reader of files, with the files that mutations begin from.

use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use hilum_dataset::{Dataset, ReadSettings};
use hilum_experiment::{RunSettings, read_every_slice};
use hilum_imaging::{DecodeLimits, Recipe, SliceFile};
use hilum_keras::{Wishes, read_keras};
use hilum_onnx::{External, read_onnx};
use hilum_weights::{ModelFile, read_tensors, read_weights};
use zip::write::SimpleFileOptions;

/// Folders below `crates/`, and how their files' names end.
type Seeds = &'static [(&'static str, &'static str)];

/// A kind of file, and what reads it.
pub(crate) struct Reader {
    pub(crate) name: &'static str,
    seeds: Seeds,
    /// What is done to a mutated file, so that checksums and compression do not hide what is within.
    pub(crate) finish: fn(Vec<u8>) -> Vec<u8>,
    pub(crate) read: Read,
}

/// From where it is read.
pub(crate) enum Read {
    Bytes(fn(Vec<u8>)),
    File(fn(&Path)),
}

const RASTER: &str = "hilum-imaging/tests/reference/raster";
const FILES: &str = "hilum-imaging/tests/reference/files";
const DICOM: &str = "hilum-imaging/tests/reference/dicom";
const VARIANTS: &str = "hilum-imaging/tests/reference/dicom_variants";
const KERAS: &str = "hilum-keras/tests/reference";
const ONNX: &str = "hilum-onnx/tests/reference";
const WEIGHTS: &str = "hilum-weights/tests/reference/weights";
const SETTINGS: &str = "hilum-experiment/src/earlier";
const SEEDS: &str = "hilum-mutate/seeds";

/// All of them.
pub(crate) const READERS: &[Reader] = &[
    image("png", &[(RASTER, ".png")], with_checksums),
    image("jpeg", &[(RASTER, ".jpg")], as_it_is),
    image("tiff", &[(FILES, ".tif")], as_it_is),
    image("bmp", &[(FILES, ".bmp")], as_it_is),
    image("webp", &[(FILES, ".webp")], as_it_is),
    image("dicom", &[(DICOM, ".dcm"), (VARIANTS, ".dcm")], as_it_is),
    image("nifti", &[(FILES, ".nii")], as_it_is),
    image("nifti-gzip", &[(FILES, ".nii")], |bytes| compressed(&bytes)),
    image("any", &[(RASTER, ""), (FILES, ""), (DICOM, "")], as_it_is),
    other(
        "zip",
        &[(FILES, "")],
        |bytes| archived(&bytes),
        |path| {
            let _ = read_every_slice(path, &Recipe::reference(), DecodeLimits::default());
        },
    ),
    other(
        "zip-raw",
        &[(FILES, ".tif")],
        |bytes| archived_and_cut(&bytes),
        |path| {
            let _ = read_every_slice(path, &Recipe::reference(), DecodeLimits::default());
        },
    ),
    other(
        "safetensors",
        &[(WEIGHTS, ".safetensors")],
        as_it_is,
        |path| {
            let _ = read_weights(path);
            let _ = read_tensors(path);
        },
    ),
    other("pytorch", &[(WEIGHTS, ".pth")], as_it_is, |path| {
        let _ = read_weights(path);
    }),
    other("model", &[(WEIGHTS, ".safetensors")], as_it_is, |path| {
        let _ = ModelFile::read(path);
    }),
    other("keras-h5", &[(KERAS, ".h5")], as_it_is, |path| {
        let _ = read_keras(path, &Wishes::default());
    }),
    other("keras", &[(KERAS, ".keras")], with_zip_checksums, |path| {
        let _ = read_keras(path, &Wishes::default());
    }),
    Reader {
        name: "onnx",
        seeds: &[(ONNX, ".onnx")],
        finish: as_it_is,
        read: Read::Bytes(|bytes| {
            let absent = |_: &External| Err(ErrorKind::NotFound.into());
            let _ = read_onnx(&bytes, &mut { absent });
        }),
    },
    other("onnx-weights", &[(ONNX, ".onnx")], as_it_is, |path| {
        let _ = read_weights(path);
    }),
    other("manifest", &[(SEEDS, ".csv")], as_it_is, |path| {
        let _ = Dataset::read(path, &ReadSettings::default());
    }),
    other("settings", &[(SETTINGS, ".toml")], as_it_is, |path| {
        let text = fs_err::read(path).unwrap_or_default();
        let _ = toml::from_str::<RunSettings>(&String::from_utf8_lossy(&text));
    }),
];

impl Reader {
    /// The files that mutations begin from, in the order of their names.
    pub(crate) fn seeds(&self, crates: &Path) -> Vec<Vec<u8>> {
        let mut paths: Vec<PathBuf> = Vec::new();
        for (folder, ending) in self.seeds {
            let entries = fs_err::read_dir(crates.join(folder)).into_iter().flatten();
            let files = entries.flatten().map(|entry| entry.path());
            paths.extend(files.filter(|path| path.to_string_lossy().ends_with(ending)));
        }
        paths.sort();
        paths.iter().flat_map(fs_err::read).collect()
    }
}

const fn image(name: &'static str, seeds: Seeds, finish: fn(Vec<u8>) -> Vec<u8>) -> Reader {
    Reader {
        name,
        seeds,
        finish,
        read: Read::Bytes(|bytes| {
            let Ok(file) = SliceFile::new(bytes, &DecodeLimits::default()) else {
                return;
            };
            for index in 0..file.count().min(64) {
                let _ = Recipe::reference().read(&file, index);
            }
        }),
    }
}

const fn other(
    name: &'static str,
    seeds: Seeds,
    finish: fn(Vec<u8>) -> Vec<u8>,
    read: fn(&Path),
) -> Reader {
    Reader {
        name,
        seeds,
        finish,
        read: Read::File(read),
    }
}

fn as_it_is(bytes: Vec<u8>) -> Vec<u8> {
    bytes
}

/// A PNG with the checksums of what its chunks hold now.
fn with_checksums(mut bytes: Vec<u8>) -> Vec<u8> {
    let mut at = 8;
    while let Some(length) = bytes.get(at..at + 4).and_then(|four| four.first_chunk()) {
        let end = u32::from_be_bytes(*length) as usize + at + 8;
        let Some(content) = bytes.get(at + 4..end) else {
            break;
        };
        let mut checksum = flate2::Crc::new();
        checksum.update(content);
        let Some(place) = bytes.get_mut(end..end + 4) else {
            break;
        };
        place.copy_from_slice(&checksum.sum().to_be_bytes());
        at = end + 4;
    }
    bytes
}

/// A ZIP with the checksums of what its entries hold now, where its directory still leads to them.
fn with_zip_checksums(mut bytes: Vec<u8>) -> Vec<u8> {
    let number = |bytes: &[u8], at: usize, count: usize| {
        let digits = bytes.get(at..at.checked_add(count)?)?;
        let digits = digits.iter().rev();
        Some(digits.fold(0_usize, |number, digit| number << 8 | usize::from(*digit)))
    };
    for at in 0..bytes.len().saturating_sub(46) {
        if !bytes[at..].starts_with(b"PK\x01\x02") {
            continue;
        }
        let Some((size, local)) = number(&bytes, at + 20, 4).zip(number(&bytes, at + 42, 4)) else {
            continue;
        };
        let names = number(&bytes, local + 26, 2).zip(number(&bytes, local + 28, 2));
        let Some((name, extra)) = names else { continue };
        let start = local + 30 + name + extra;
        let Some(content) = bytes.get(start..start + size) else {
            continue;
        };
        let mut checksum = flate2::Crc::new();
        checksum.update(content);
        let sum = checksum.sum().to_le_bytes();
        for place in [at + 16, local + 14] {
            if let Some(four) = bytes.get_mut(place..place + 4) {
                four.copy_from_slice(&sum);
            }
        }
    }
    bytes
}

fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let written = encoder.write_all(bytes);
    written.and_then(|()| encoder.finish()).unwrap_or_default()
}

/// An archive of the file twice: once stored, once deflated.
fn archived(bytes: &[u8]) -> Vec<u8> {
    use zip::CompressionMethod::{Deflated, Stored};
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, method) in [("a/stored", Stored), ("a/deflated", Deflated)] {
        let options = SimpleFileOptions::default().compression_method(method);
        if archive.start_file(name, options).is_ok() {
            let _ = archive.write_all(bytes);
        }
    }
    archive
        .finish()
        .map(std::io::Cursor::into_inner)
        .unwrap_or_default()
}

/// An archive whose own structure is damaged, at places that the file's content names.
fn archived_and_cut(bytes: &[u8]) -> Vec<u8> {
    let places: Vec<u8> = bytes.iter().copied().take(12).collect();
    let mut archive = archived(bytes);
    // The central directory and the end record: the last 200 bytes or so.
    let tail = archive.len().saturating_sub(200);
    for place in places.chunks_exact(3) {
        let at = tail + usize::from(place[0]);
        if let Some(byte) = archive.get_mut(at) {
            *byte = if place[1] < 128 { place[2] } else { u8::MAX };
        }
    }
    archive
}
