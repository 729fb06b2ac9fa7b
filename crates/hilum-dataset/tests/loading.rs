//! Slices in memory, and files that do not become one.

#![allow(clippy::unwrap_used, reason = "what fails here is a failed test")]

mod folder;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use folder::Folder;
use hilum_core::{Cancel, Cancelled, Split};
use hilum_dataset::{Dataset, ReadSettings, load};
use hilum_imaging::{DecodeLimits, Recipe};

fn png(value: u8, side: u32) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::GrayImage::from_pixel(side, side, image::Luma([value]))
        .write_to(&mut bytes, image::ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}

#[test]
fn unreadable_files_are_returned_and_stop_nothing() {
    let folder = Folder::new();
    for value in 0..9_u8 {
        folder.file(&format!("train/a/{value}.png"), &png(value, 32));
    }
    folder.file("train/a/text.png", b"no image");
    folder.file("train/b/9.png", &png(9, 40));
    let whole = png(200, 64);
    folder.file("train/b/half.png", &whole[..whole.len() / 2]);
    folder.file("test/a/0.png", &png(0, 32));
    folder.file("test/b/0.png", &png(0, 32));
    let dataset = Dataset::read(folder.path(), &ReadSettings::default()).unwrap();

    let seen = Mutex::new(Vec::new());
    let loaded = load(
        &dataset,
        Split::Train,
        &Recipe::reference(),
        &DecodeLimits::default(),
        &|done| seen.lock().unwrap().push(done),
        &Cancel::default(),
    )
    .unwrap();

    let values: Vec<u8> = loaded
        .slices
        .iter()
        .map(|slice| slice.pixels.data()[0])
        .collect();
    assert_eq!(values, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert!(
        loaded
            .slices
            .iter()
            .all(|slice| slice.pixels.data().len() == 200 * 200)
    );
    let unreadable: Vec<&str> = loaded
        .unreadable
        .iter()
        .map(|one| dataset.samples()[one.sample_index].relative.as_str())
        .collect();
    assert_eq!(unreadable, ["train/a/text.png", "train/b/half.png"]);
    assert_eq!(seen.into_inner().unwrap().into_iter().max(), Some(12));
}

#[test]
fn another_split_is_never_touched() {
    let folder = Folder::new();
    folder.file("train/a/0.png", &png(1, 8));
    folder.file("train/b/0.png", &png(1, 8));
    folder.file("test/a/0.png", b"whoever reads this fails");
    folder.file("test/b/0.png", b"whoever reads this fails");
    let dataset = Dataset::read(folder.path(), &ReadSettings::default()).unwrap();
    let loaded = load(
        &dataset,
        Split::Train,
        &Recipe::reference(),
        &DecodeLimits::default(),
        &|_| {},
        &Cancel::default(),
    )
    .unwrap();
    assert_eq!((loaded.slices.len(), loaded.unreadable.len()), (2, 0));
}

#[test]
fn loading_stops_when_it_is_asked_to() {
    let folder = Folder::new();
    for value in 0..100_u8 {
        folder.file(&format!("train/a/{value}.png"), &png(value, 8));
    }
    folder.file("train/b/0.png", &png(1, 8));
    let dataset = Dataset::read(folder.path(), &ReadSettings::default()).unwrap();
    let (cancel, most) = (Cancel::default(), AtomicUsize::new(0));
    let loaded = load(
        &dataset,
        Split::Train,
        &Recipe::reference(),
        &DecodeLimits::default(),
        &|done| {
            most.fetch_max(done, Ordering::Relaxed);
            cancel.cancel();
        },
        &cancel,
    );
    assert_eq!(loaded.err(), Some(Cancelled));
    // One file a thread may have been under way.
    let most = most.into_inner();
    assert!(most <= rayon::current_num_threads(), "{most} files");
}
