//! What mending leaves.

use hilum_core::{Cancel, Split};
use hilum_dataset::audit::{AuditSettings, audit, mend};

use crate::phantoms::{PNG, copy_of, files, read};

#[test]
fn mending_follows_the_direction_of_judgement() {
    let data = copy_of(&PNG);
    let copy = |from: &str, to: &str| {
        std::fs::copy(&files(data.path(), from)[0], data.path().join(to)).unwrap();
    };
    copy("test/normal", "train/normal/zz copy of test.png");
    copy("test/normal", "valid/normal/zz copy of test.png");
    copy(
        "valid/adenocarcinoma",
        "train/adenocarcinoma/zz copy of valid.png",
    );
    copy("train/adenocarcinoma", "train/adenocarcinoma/zz repeat.png");
    copy(
        "train/squamous.cell.carcinoma",
        "train/large.cell.carcinoma/conflict.png",
    );
    let dataset = read(data.path());
    let audit = audit(
        &dataset,
        &AuditSettings::default(),
        &|_| {},
        &Cancel::default(),
    )
    .unwrap();
    let mended = mend(&dataset, &audit);

    let names: Vec<&str> = mended
        .dataset
        .samples()
        .iter()
        .map(|one| one.relative.as_str())
        .collect();
    assert!(
        names
            .iter()
            .all(|name| !name.contains("copy") && !name.contains("repeat"))
    );
    assert_eq!(mended.dataset.class_counts(Split::Test), [3; 4]);
    assert_eq!(mended.dataset.class_counts(Split::Valid), [6; 4]);
    // The conflict takes both files.
    assert_eq!(mended.dataset.class_counts(Split::Train), [12, 12, 12, 11]);
    assert!(
        mended.audit.findings.is_empty(),
        "{}",
        mended.audit.to_text()
    );
    assert_eq!(
        mended.audit.mended,
        [
            "1 images left `train`: their pictures are in `valid`",
            "1 images left `train`: their pictures are in `test`",
            "1 repeats left `train`: the first of equal pictures stays",
            "2 images left `train`: their pictures have two classes",
            "1 images left `valid`: their pictures are in `test`",
        ]
    );
    let clean = audit.clean_part(&dataset, Split::Test).unwrap();
    assert_eq!(clean.len(), 11);
    assert_eq!(mended.audit.clean_part(&mended.dataset, Split::Test), None);
}
