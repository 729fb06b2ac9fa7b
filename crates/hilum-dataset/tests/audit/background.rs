//! What surrounds bodies: silent where it says nothing, told where it does, and shown.

use hilum_core::Cancel;
use hilum_dataset::audit::{AuditSettings, Finding, Rule, audit, write_page};
use hilum_imaging::{Channels, DatasetSettings, PhantomFormat, Pixels, write_dataset, write_png};

use crate::faults::lay_on_table;
use crate::folder::Folder;
use crate::phantoms::{CLASSES, PNG, audited, copy_of, files, pixels, read};

/// What the rule finds in a folder.
fn found(data: &Folder) -> Vec<Finding> {
    let rule = Rule::named("background-predicts-class").unwrap();
    audited(data.path()).of_rule(rule).cloned().collect()
}

fn phantoms(settings: &DatasetSettings) -> Folder {
    let folder = Folder::new();
    write_dataset(folder.path(), settings, |_, _| {}).unwrap();
    folder
}

fn of_class(train_per_class: usize, slices_per_patient: usize, seed: u64) -> DatasetSettings {
    DatasetSettings {
        train_per_class,
        valid_per_class: 0,
        test_per_class: 0,
        slices_per_patient,
        size: 128,
        seed,
        format: PhantomFormat::Png,
    }
}

#[test]
fn phantoms_are_not_told_by_what_surrounds_them() {
    // Ten slices are the fewest of a class that are judged; slices of one patient look alike.
    for (count, slices_per_patient, seed) in [(10, 1, 1), (10, 1, 2), (20, 1, 3), (30, 3, 4)] {
        let data = phantoms(&of_class(count, slices_per_patient, seed));
        assert_eq!(found(&data), [], "seed {seed}");
    }
}

#[test]
fn a_table_under_one_class_is_found_and_shown() {
    let data = copy_of(&PNG);
    for file in files(data.path(), "train/normal") {
        lay_on_table(&file);
    }
    let dataset = read(data.path());
    let audit = audit(
        &dataset,
        &AuditSettings::default(),
        &|_| {},
        &Cancel::default(),
    )
    .unwrap();
    let rule = Rule::named("background-predicts-class").unwrap();
    let finding = audit
        .of_rule(rule)
        .find(|finding| finding.evidence.get("class").is_some())
        .unwrap();
    assert_eq!(finding.evidence["class"], "normal");
    assert_eq!(finding.evidence["split"], "train");
    let of = |key: &str| finding.evidence[key].as_f64().unwrap();
    assert!(of("recall") > 0.8 && of("false_share") < 0.1);
    // It lies in the lower third.
    assert!(finding.evidence["where"]["below"].as_f64().unwrap() > 0.5);
    let telling = finding.evidence["telling"]["normal"].as_array().unwrap();
    assert!(!telling.is_empty());
    assert!(
        telling
            .iter()
            .all(|file| file.as_str().unwrap().starts_with("train/normal/"))
    );

    let folder = Folder::new();
    write_page(folder.path(), &dataset, &audit).unwrap();
    let number = 1 + audit.of_rule(rule).position(|one| one == finding).unwrap();
    let name = format!("background-predicts-class-{number}.png");
    let picture = pixels(&folder.path().join(&name));
    // Bodies are painted over in a colour.
    assert_eq!(picture.channels(), Channels::Rgb);
    let (colors, _) = picture.data().as_chunks::<3>();
    let is_colored = |color: &&[u8; 3]| color[0] != color[2];
    assert!(colors.iter().filter(is_colored).count() * 5 > colors.len());
    let page = std::fs::read_to_string(folder.path().join("index.html")).unwrap();
    assert!(page.contains(&name));
}

#[test]
fn grey_air_around_one_of_two_classes_is_found() {
    let data = phantoms(&of_class(12, 1, 6));
    for class in &CLASSES[2..] {
        std::fs::remove_dir_all(data.path().join("train").join(class)).unwrap();
    }
    assert_eq!(found(&data), []);
    for file in files(data.path(), "train/adenocarcinoma") {
        let before = pixels(&file);
        let levels = before.data().iter().map(|level| level.saturating_add(25));
        let (width, height) = (before.width(), before.height());
        let after = Pixels::new(width, height, Channels::Grey, levels.collect());
        write_png(&file, &after).unwrap();
    }
    let found = found(&data);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].message.contains("tells both classes apart"));
    assert!(found[0].evidence["accuracy"].as_f64().unwrap() > 0.9);
}

#[test]
fn few_patients_of_many_slices_are_not_judged() {
    // Two patients a class, one of them before another air: what tells may be the patients alone.
    let data = phantoms(&of_class(12, 1, 8));
    let dataset = read(data.path());
    for file in files(data.path(), "train/normal") {
        lay_on_table(&file);
    }
    let group = |at: usize| Some(hilum_core::GroupId(format!("p{}", at / 6)));
    let groups = (0..dataset.samples().len()).map(group).collect();
    let audit = audit(
        &dataset.with_groups(groups),
        &AuditSettings::default(),
        &|_| {},
        &Cancel::default(),
    )
    .unwrap();
    let rule = Rule::named("background-predicts-class").unwrap();
    assert_eq!(audit.of_rule(rule).count(), 0);
}
