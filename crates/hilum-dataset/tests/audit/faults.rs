//! Faults of images, one at a time.

use std::collections::BTreeSet;

use hilum_core::Split;
use hilum_dataset::audit::Rule;
use hilum_imaging::{Anatomy, Channels, Interpolation, Pixels, write_png};

use crate::phantoms::{CLASSES, PNG, Plant, audited, change, copy_of, files, pixels, rules_of};

/// Each rule with what it must find, and no other rule.
pub(crate) const PNG_FAULTS: &[(&str, Plant)] = &[
    ("unreadable-file", |data| {
        data.file("train/normal/page.png", b"<html>not found</html>");
    }),
    ("class-missing-in-split", |data| {
        std::fs::rename(
            data.path().join("test/normal"),
            data.path().join("test/Norm"),
        )
        .unwrap();
    }),
    ("label-conflict", |data| {
        let to = data.path().join("train/adenocarcinoma/x.png");
        std::fs::copy(&files(data.path(), "train/normal")[0], to).unwrap();
    }),
    ("duplicate-across-splits", |data| {
        let to = data.path().join("train/normal/x.png");
        std::fs::copy(&files(data.path(), "valid/normal")[0], to).unwrap();
    }),
    ("duplicate-in-split", |data| {
        let to = data.path().join("train/normal/x.png");
        std::fs::copy(&files(data.path(), "train/normal")[0], to).unwrap();
    }),
    ("near-duplicate", |data| {
        let picture = pixels(&files(data.path(), "train/normal")[0]);
        let smaller = picture.resize(110, 110, Interpolation::Bicubic);
        write_png(&data.path().join("train/normal/x.png"), &smaller).unwrap();
    }),
    ("near-duplicate-across-splits", |data| {
        let to = data.path().join("valid/normal/x.png");
        std::fs::copy(&files(data.path(), "train/normal")[0], &to).unwrap();
        change(&to, |level| level.saturating_add(20));
    }),
    ("property-predicts-class", |data| {
        for split in ["train", "valid", "test"] {
            for file in files(data.path(), &format!("{split}/normal")) {
                brighten_body(&file);
            }
        }
    }),
    ("background-predicts-class", |data| {
        for split in ["train", "valid", "test"] {
            for file in files(data.path(), &format!("{split}/normal")) {
                lay_on_table(&file);
            }
        }
    }),
    ("split-drift", |data| {
        for class in CLASSES {
            for file in files(data.path(), &format!("valid/{class}")) {
                let smaller = pixels(&file).resize(96, 96, Interpolation::Bicubic);
                write_png(&file, &smaller).unwrap();
            }
        }
    }),
    ("class-imbalance", |data| {
        for file in &files(data.path(), "train/normal")[3..] {
            std::fs::remove_file(file).unwrap();
        }
    }),
    ("colour-marks", |data| {
        let file = &files(data.path(), "train/normal")[0];
        let mut levels = pixels(file).to_rgb().into_data();
        for pixel in levels.chunks_mut(3).take(200) {
            pixel.copy_from_slice(&[255, 0, 0]);
        }
        write_png(file, &Pixels::new(128, 128, Channels::Rgb, levels)).unwrap();
    }),
    ("odd-size", |data| {
        let file = &files(data.path(), "train/normal")[0];
        write_png(file, &pixels(file).resize(48, 48, Interpolation::Bicubic)).unwrap();
    }),
    ("odd-name", |data| {
        for split in ["train", "valid", "test"] {
            let normal = files(data.path(), &format!("{split}/normal"));
            for (number, file) in normal.iter().enumerate() {
                let odd = if split == "valid" && number < 2 {
                    "_01_01"
                } else {
                    ""
                };
                let to = format!("{split}/normal/00{number}{odd}.png");
                std::fs::rename(file, data.path().join(to)).unwrap();
            }
        }
    }),
    ("mixed-depth", |data| {
        deepen(&files(data.path(), "train/normal")[0], 65535);
    }),
    ("unused-bits", |data| {
        for split in ["train", "valid", "test"] {
            for class in CLASSES {
                for file in files(data.path(), &format!("{split}/{class}")) {
                    deepen(&file, 4095);
                }
            }
        }
    }),
    ("constant-image", |data| {
        change(&files(data.path(), "train/normal")[0], |_| 100);
    }),
    ("extension-mismatch", |data| {
        let file = &files(data.path(), "train/normal")[0];
        let mut bytes = std::io::Cursor::new(Vec::new());
        image::GrayImage::from_raw(128, 128, pixels(file).into_data())
            .unwrap()
            .write_to(&mut bytes, image::ImageFormat::Jpeg)
            .unwrap();
        std::fs::write(file, bytes.into_inner()).unwrap();
    }),
];

/// Makes bright what is not air within the body, and leaves what is outside as it was.
fn brighten_body(file: &std::path::Path) {
    let before = pixels(file);
    let body = Anatomy::of(&before).unwrap();
    let (width, height) = (before.width(), before.height());
    let mut levels = before.into_data();
    for row in 0..height {
        let (from, to) = body.columns(row, width, height);
        for level in &mut levels[row * width + from..row * width + to.max(from)] {
            *level = level.saturating_add(if *level > 100 { 90 } else { 0 });
        }
    }
    write_png(file, &Pixels::new(width, height, Channels::Grey, levels)).unwrap();
}

/// Draws two faint arcs beneath the body, as another scanner's table shows.
pub(crate) fn lay_on_table(file: &std::path::Path) {
    let before = pixels(file);
    let (width, height) = (before.width(), before.height());
    let extent = Anatomy::of(&before).unwrap().extent(width, height);
    let mut levels = before.into_data();
    for column in width / 6..width * 5 / 6 {
        let from_middle = (column as f64 - width as f64 / 2.0) / width as f64;
        let sag = (from_middle * from_middle * 20.0) as usize;
        for below in [3, 4, 9, 10] {
            let row = (extent.top + extent.height + below).saturating_sub(sag);
            if row < height {
                let level = &mut levels[row * width + column];
                *level = (*level).max(140);
            }
        }
    }
    write_png(file, &Pixels::new(width, height, Channels::Grey, levels)).unwrap();
}

/// Writes the same picture with 16 bits a value, of which `highest` is white.
fn deepen(file: &std::path::Path, highest: u32) {
    let picture = pixels(file);
    let level = |grey: &u8| ((u32::from(*grey) * highest + 127) / 255) as u16;
    let levels: Vec<u16> = picture.data().iter().map(level).collect();
    let (width, height) = (picture.width() as u32, picture.height() as u32);
    image::ImageBuffer::<image::Luma<u16>, _>::from_raw(width, height, levels)
        .unwrap()
        .save_with_format(file, image::ImageFormat::Png)
        .unwrap();
}

#[test]
fn a_clean_dataset_has_no_finding() {
    let audit = audited(&PNG);
    assert!(audit.findings.is_empty(), "{}", audit.to_text());
    assert!(audit.gate(&[]).is_ok());
    assert_eq!(audit.summary().to_string(), "data audited: clean");
    assert_eq!(audit.splits[&Split::Train].distinct, 48);
}

#[test]
fn each_planted_fault_is_found_and_no_other() {
    for (rule, plant) in PNG_FAULTS {
        let data = copy_of(&PNG);
        plant(&data);
        let audit = audited(data.path());
        assert_eq!(
            rules_of(&audit),
            BTreeSet::from([*rule]),
            "{}",
            audit.to_text()
        );
        assert_eq!(
            audit.gate(&[]).is_err(),
            Rule::named(rule).unwrap().severity == hilum_core::Severity::Error,
            "{rule}"
        );
        assert!(audit.gate(&[Rule::named(rule).unwrap()]).is_ok());
    }
}
