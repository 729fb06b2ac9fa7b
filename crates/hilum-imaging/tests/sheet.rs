//! Contact sheets.

use hilum_imaging::{Channels, Pixels, SheetRow, sheet};

fn flat(width: usize, height: usize, channels: Channels, value: u8) -> Pixels {
    let count = width * height * channels.count();
    Pixels::new(width, height, channels, vec![value; count])
}

fn row(label: &str, pictures: Vec<Pixels>) -> SheetRow {
    SheetRow {
        label: label.to_owned(),
        pictures,
    }
}

/// How many pixels of the sheet have `value` in every channel.
fn count(sheet: &Pixels, value: u8) -> usize {
    let channels = sheet.channels().count();
    let pixels = sheet.data().chunks_exact(channels);
    pixels
        .filter(|pixel| pixel.iter().all(|byte| *byte == value))
        .count()
}

#[test]
fn every_picture_is_on_the_sheet_in_the_size_of_a_cell() {
    let rows = [
        row(
            "a",
            vec![
                flat(10, 30, Channels::Grey, 200),
                flat(5, 5, Channels::Grey, 201),
            ],
        ),
        row("b", vec![flat(64, 64, Channels::Grey, 202)]),
    ];
    let sheet = sheet(&[], &rows, 20, 24);
    assert_eq!(sheet.channels(), Channels::Grey);
    for value in [200, 201, 202] {
        assert_eq!(count(&sheet, value), 20 * 24);
    }
}

#[test]
fn one_picture_in_colour_makes_the_sheet_colour() {
    let rows = [
        row("grey", vec![flat(8, 8, Channels::Grey, 90)]),
        row("red", vec![flat(8, 8, Channels::Rgb, 91)]),
    ];
    let sheet = sheet(&[], &rows, 8, 8);
    assert_eq!(sheet.channels(), Channels::Rgb);
    assert_eq!((count(&sheet, 90), count(&sheet, 91)), (64, 64));
}

#[test]
fn labels_and_headings_are_written_and_never_over_a_picture() {
    let pictures = || vec![flat(40, 40, Channels::Grey, 77); 2];
    let draw = |label: &str, heading: &str| {
        sheet(&[heading.to_owned()], &[row(label, pictures())], 40, 40)
    };
    let blank = draw("", "");
    let ink = |other: &Pixels| {
        let pairs = blank.data().iter().zip(other.data());
        pairs.filter(|(a, b)| a != b).count()
    };
    assert!(ink(&draw("adenocarcinoma", "")) > 200);
    assert!(ink(&draw("", "original")) > 50);
    // Longer than the sheet is wide, and not ASCII: cut, and still no picture is touched.
    let long = draw(&"größer ".repeat(50), &"x".repeat(500));
    assert_eq!(count(&long, 77), 2 * 40 * 40);
    assert_eq!(long.data().len(), blank.data().len());
}

#[test]
#[should_panic(expected = "at least one picture")]
fn a_sheet_without_pictures_is_our_own_bug() {
    sheet(&[], &[row("empty", vec![])], 8, 8);
}
