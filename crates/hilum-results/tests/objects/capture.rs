//! Captures of slices.

use dicom_dictionary_std::{tags, uids};
use hilum_results::ResultKind;

use crate::series::{items, objects, read, text, write};

#[test]
fn a_capture_is_a_colour_picture_that_names_its_slice() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a", 3, |_| {});
    let (objects, _) = objects(folder.path(), 2);
    let captures: Vec<_> = objects
        .iter()
        .filter(|object| object.kind == ResultKind::Capture)
        .collect();
    assert_eq!(captures.len(), 2);
    let report = read(&objects[0]);
    for object in captures {
        let capture = read(object);
        assert_eq!(
            text(&capture, tags::SOP_CLASS_UID),
            uids::SECONDARY_CAPTURE_IMAGE_STORAGE
        );
        for tag in [
            tags::STUDY_INSTANCE_UID,
            tags::PATIENT_ID,
            tags::PATIENT_NAME,
            tags::STUDY_DATE,
        ] {
            assert_eq!(text(&capture, tag), text(&report, tag));
        }
        assert_ne!(
            text(&capture, tags::SERIES_INSTANCE_UID),
            text(&report, tags::SERIES_INSTANCE_UID)
        );
        assert_eq!(text(&capture, tags::CONVERSION_TYPE), "WSD");
        assert_eq!(text(&capture, tags::BURNED_IN_ANNOTATION), "NO");
        let said = text(&capture, tags::DERIVATION_DESCRIPTION);
        assert!(
            said.contains("Grad-CAM") && said.contains("not for diagnosis"),
            "{said}"
        );
        let source = &items(&capture, tags::SOURCE_IMAGE_SEQUENCE)[0];
        assert_eq!(
            text(source, tags::REFERENCED_SOP_CLASS_UID),
            uids::CT_IMAGE_STORAGE
        );
        let number = |tag| capture.get(tag).unwrap().to_int::<usize>().unwrap();
        let (rows, columns) = (number(tags::ROWS), number(tags::COLUMNS));
        let pixels = capture.get(tags::PIXEL_DATA).unwrap().to_bytes().unwrap();
        let size = rows * columns * 3;
        assert_eq!(pixels.len(), size + size % 2);
        assert_eq!(text(&capture, tags::PHOTOMETRIC_INTERPRETATION), "RGB");
    }
}

#[test]
fn words_are_burned_in_beside_the_slice() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a", 1, |_| {});
    let (objects, _) = objects(folder.path(), 1);
    let capture = read(&objects[1]);
    let pixels = capture.get(tags::PIXEL_DATA).unwrap().to_bytes().unwrap();
    let columns = capture
        .get(tags::COLUMNS)
        .unwrap()
        .to_int::<usize>()
        .unwrap();
    // The words in the colour of warnings, drawn by the font itself, begin at the margin.
    let said = hilum_font::line(
        hilum_results::NOT_FOR_DIAGNOSIS,
        hilum_font::Weight::Bold,
        13.0,
    );
    for (row, coverage) in said.coverage.chunks_exact(said.width).enumerate() {
        for (column, cover) in coverage.iter().enumerate() {
            let at = 3 * ((8 + row) * columns + 8 + column);
            let expected = (u16::from(*cover) * 0xff / 255) as u8;
            assert_eq!(pixels[at], expected, "row {row}, column {column}");
        }
    }
}

#[test]
fn no_captures_are_made_where_none_are_wanted() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a", 1, |_| {});
    assert_eq!(objects(folder.path(), 0).0.len(), 1);
}
