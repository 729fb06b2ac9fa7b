//! Where phantoms say that their lesions and lungs lie, against what is to be seen there.

use std::path::Path;

use hilum_imaging::{
    DatasetSettings, Extent, Lesion, LesionDisc, LesionTable, LesionTableError, Phantom,
    PhantomFormat, Shortcut, write_dataset, write_dataset_with_truth,
};

const SIZE: usize = 192;

fn phantom(patient_seed: u64, lesion: Lesion) -> Phantom {
    Phantom {
        size: SIZE,
        patient_seed,
        slice_index: 0,
        lesion,
    }
}

fn center(index: usize) -> (f64, f64) {
    ((index % SIZE) as f64 + 0.5, (index / SIZE) as f64 + 0.5)
}

fn is_within(disc: &LesionDisc, factor: f64, index: usize) -> bool {
    let (x, y) = center(index);
    (x - disc.center_x).hypot(y - disc.center_y) <= factor * disc.radius
}

#[test]
fn what_a_lesion_changes_lies_about_the_place_that_the_truth_names() {
    for patient in 0..20 {
        let normal = phantom(patient, Lesion::None).render();
        for lesion in Lesion::ALL {
            let (slice, truth) = phantom(patient, lesion).render_with_truth();
            assert_eq!(slice, phantom(patient, lesion).render());
            let Some(disc) = truth.lesion else {
                assert_eq!(lesion, Lesion::None);
                assert!(truth.lesion_mask.count() == 0);
                continue;
            };
            // Strands and veil included; the haze alone is below 60 HU of noise.
            let pairs = slice.values().iter().zip(normal.values()).enumerate();
            let changed: Vec<usize> = pairs
                .filter(|(_, (now, before))| now.abs_diff(**before) > 150)
                .map(|(index, _)| index)
                .collect();
            let inside = |factor| {
                let near = changed.iter().filter(|at| is_within(&disc, factor, **at));
                near.count() as f64 / changed.len() as f64
            };
            // All of a mass lies within twice its radius, and most within once; the tail of a
            // spiculated one goes on to the pleura.
            assert!(inside(1.15) > 0.5, "{patient} {lesion:?}: {}", inside(1.15));
            assert!(inside(2.0) > 0.9, "{patient} {lesion:?}: {}", inside(2.0));
            let masked = truth.lesion_mask.count() as f64;
            let area = std::f64::consts::PI * disc.radius * disc.radius;
            assert!(
                (0.75..1.25).contains(&(masked / area)),
                "{patient} {lesion:?}: {masked} of {area}"
            );
            let outside = (0..SIZE * SIZE)
                .filter(|at| truth.lesion_mask.is_set()[*at] && !is_within(&disc, 1.35, *at));
            assert_eq!(outside.count(), 0, "{patient} {lesion:?}");
        }
    }
}

#[test]
fn lungs_are_air_filled_and_two() {
    for patient in 0..20 {
        let (slice, truth) = phantom(patient, Lesion::None).render_with_truth();
        let lung: Vec<usize> = (0..SIZE * SIZE)
            .filter(|at| truth.lungs.is_set()[*at])
            .collect();
        let share = lung.len() as f64 / (SIZE * SIZE) as f64;
        assert!((0.12..0.45).contains(&share), "{patient}: {share}");
        let airy = lung.iter().filter(|at| slice.values()[**at] < -500).count();
        let airy_share = airy as f64 / lung.len() as f64;
        // Vessels are lung, too.
        assert!(airy_share > 0.7, "{patient}: {airy_share}");
        let left = lung.iter().filter(|at| **at % SIZE < SIZE / 2).count();
        let left_share = left as f64 / lung.len() as f64;
        assert!((0.3..0.7).contains(&left_share), "{patient}: {left_share}");
    }
}

fn settings() -> DatasetSettings {
    DatasetSettings {
        train_per_class: 2,
        valid_per_class: 1,
        test_per_class: 1,
        size: 128,
        ..DatasetSettings::default()
    }
}

#[test]
fn the_places_of_lesions_are_written_beside_a_dataset_and_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("slices");
    let written = write_dataset_with_truth(&root, &settings(), None, |_, _| {}).unwrap();
    let path = folder.path().join("lesions.csv");
    written.write_lesions(&path).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("path,center_x,center_y,radius\nslices/test/adenocarcinoma/patient-"));
    let table = LesionTable::read(&path).unwrap();
    // Three of four classes have one.
    assert_eq!(table.len(), 12);
    for (file, lesion) in &written.files {
        let read = table.get(file.strip_prefix(folder.path()).unwrap());
        assert_eq!(read.is_some(), lesion.is_some());
        if let Some((read, lesion)) = read.zip(*lesion) {
            assert!((read.center_x - lesion.center_x).abs() < 1e-3);
            assert!((read.center_y - lesion.center_y).abs() < 1e-3);
            assert!((read.radius - lesion.radius).abs() < 1e-3);
        }
    }
}

#[test]
fn a_table_that_is_none_is_refused_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lesions.csv");
    let read = |text: &str| {
        std::fs::write(&path, text).unwrap();
        LesionTable::read(&path)
    };
    let header = "path,center_x,center_y,radius\n";
    assert!(matches!(
        read("path,class\n"),
        Err(LesionTableError::Header { .. })
    ));
    for line in [
        "a.png,1,2",
        "a.png,1,2,0",
        "a.png,1,2,nan",
        ",1,2,3",
        "a.png,x,2,3",
    ] {
        let error = read(&format!("{header}b.png,1,2,3\n{line}\n")).unwrap_err();
        assert!(
            matches!(error, LesionTableError::Line { line: 3, .. }),
            "{error}"
        );
        assert!(error.to_string().contains("hint: "), "{error}");
    }
    let odd = read(&format!("{header}\"a \"\"b\"\", c.png\",1.5,2,3\r\n")).unwrap();
    let expected = LesionDisc {
        center_x: 1.5,
        center_y: 2.0,
        radius: 3.0,
    };
    assert_eq!(odd.get(Path::new("a \"b\", c.png")), Some(expected));
    assert_eq!(read(&odd.to_csv()).unwrap(), odd);
}

#[test]
fn planted_marks_lie_beside_every_body_and_differ_between_classes() {
    let shortcut = Shortcut::CornerMark;
    let extents = shortcut.extents(SIZE);
    let mut marks = Vec::new();
    for lesion in Lesion::ALL {
        for patient in 0..40 {
            let plain = phantom(patient, lesion).render();
            let mut marked = plain.clone();
            shortcut.burn(&mut marked, lesion);
            let mut mark = Vec::new();
            for (at, (now, before)) in marked.values().iter().zip(plain.values()).enumerate() {
                let (row, column) = (at / SIZE, at % SIZE);
                let is_inside = |extent: &Extent| {
                    (extent.top..extent.top + extent.height).contains(&row)
                        && (extent.left..extent.left + extent.width).contains(&column)
                };
                if extents.iter().any(is_inside) {
                    // Air before: nothing of the patient is covered.
                    assert!(*before < -850, "{patient}: {before}");
                    mark.push(now > before);
                } else {
                    assert_eq!(now, before);
                }
            }
            assert!(mark.contains(&true));
            marks.push(mark);
        }
    }
    marks.dedup();
    assert_eq!(marks.len(), Lesion::ALL.len());
}

#[test]
fn a_dataset_with_marks_is_the_same_dataset_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    for format in [PhantomFormat::Png, PhantomFormat::Dicom] {
        let settings = DatasetSettings {
            format,
            ..settings()
        };
        let root = |name: &str| folder.path().join(format!("{name}-{format:?}"));
        let plain = write_dataset(&root("plain"), &settings, |_, _| {}).unwrap();
        let shortcut = Some(Shortcut::CornerMark);
        let marked =
            write_dataset_with_truth(&root("marked"), &settings, shortcut, |_, _| {}).unwrap();
        assert_eq!(plain.len(), marked.files.len());
        for (plain, (marked, _)) in plain.iter().zip(&marked.files) {
            assert_eq!(plain.file_name(), marked.file_name());
            assert_ne!(
                std::fs::read(plain).unwrap(),
                std::fs::read(marked).unwrap()
            );
        }
    }
}
