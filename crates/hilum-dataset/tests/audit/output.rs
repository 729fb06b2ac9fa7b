//! What people and programs get to see.

use std::collections::BTreeSet;

use hilum_core::Cancel;
use hilum_dataset::audit::{AuditSettings, RULES, Rule, all_pages, audit, write_page};

use crate::dicom_faults::DICOM_FAULTS;
use crate::faults::PNG_FAULTS;
use crate::folder::Folder;
use crate::phantoms::{PNG, audited, copy_of, files, pixels, read};

#[test]
fn the_page_shows_every_finding_with_its_pictures() {
    let data = copy_of(&PNG);
    let to = data.path().join("train/normal/<b>.png");
    std::fs::copy(&files(data.path(), "valid/normal")[0], to).unwrap();
    let dataset = read(data.path());
    let audit = audit(
        &dataset,
        &AuditSettings::default(),
        &|_| {},
        &Cancel::default(),
    )
    .unwrap();
    let folder = Folder::new();
    let page = write_page(folder.path(), &dataset, &audit).unwrap();
    let text = std::fs::read_to_string(page).unwrap();
    assert!(text.contains("duplicate-across-splits-1.png") && text.contains("samples.png"));
    assert!(text.contains("&lt;b&gt;.png") && !text.contains("<b>.png"));
    for picture in ["samples.png", "duplicate-across-splits-1.png"] {
        assert!(pixels(&folder.path().join(picture)).width() > 200);
    }
}

#[test]
fn json_has_the_keys_that_programs_rely_on() {
    let data = copy_of(&PNG);
    data.file("train/normal/page.png", b"no image");
    let json = serde_json::to_value(audited(data.path())).unwrap();
    assert_eq!(json["splits"]["train"]["files"], 49);
    assert_eq!(json["splits"]["train"]["distinct"], 48);
    assert_eq!(json["splits"]["train"]["classes"]["normal"], 13);
    let finding = &json["findings"][0];
    assert_eq!(finding["rule"], "unreadable-file");
    assert_eq!(finding["severity"], "error");
    assert_eq!(finding["files"][0], "train/normal/page.png");
    assert!(finding["message"].as_str().unwrap().contains("page.png"));
    assert!(finding["evidence"]["reason"].is_string());
    assert_eq!(json["mended"], serde_json::json!([]));
}

#[test]
fn what_was_ignored_is_listed_on_the_page_and_for_programs() {
    let data = copy_of(&PNG);
    data.file("train/normal/notes & <b>.txt", b"not an image");
    let dataset = read(data.path());
    let audit = audited(data.path());
    let json = serde_json::to_value(&audit).unwrap();
    let ignored = json["ignored"].as_array().unwrap();
    assert_eq!(ignored.len(), 1);
    assert!(
        ignored[0]["path"]
            .as_str()
            .unwrap()
            .ends_with("notes & <b>.txt")
    );
    assert_eq!(ignored[0]["reason"], "text beside the images");
    assert!(
        audit
            .to_text()
            .contains("notes & <b>.txt (text beside the images)")
    );

    let folder = Folder::new();
    let page = write_page(folder.path(), &dataset, &audit).unwrap();
    let text = std::fs::read_to_string(page).unwrap();
    assert!(text.contains("notes &amp; &lt;b&gt;.txt</code> (text beside the images)"));
    assert!(text.contains("prefers-color-scheme: dark") && !text.contains("--fix"));
}

#[test]
fn the_page_names_the_command_where_mending_is_meant() {
    let data = copy_of(&PNG);
    let to = data.path().join("train/normal/again.png");
    std::fs::copy(&files(data.path(), "train/normal")[0], to).unwrap();
    let (dataset, audit) = (read(data.path()), audited(data.path()));
    let folder = Folder::new();
    let page = write_page(folder.path(), &dataset, &audit).unwrap();
    let text = std::fs::read_to_string(page).unwrap();
    let command = format!(
        "hilum audit {} --fix --out manifest.csv",
        data.path().display()
    );
    assert!(text.replace("&#x2f;", "/").contains(&command), "{text}");
    assert!(
        text.contains("<code>--fix</code> keeps the first"),
        "{text}"
    );
    assert!(audit.to_text().contains("to do: `--fix` keeps the first"));
}

#[test]
fn every_rule_has_a_file_of_its_name_and_a_planted_fault() {
    let names: BTreeSet<&str> = RULES.iter().map(|rule| rule.name).collect();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/audit/rules");
    let of_files: BTreeSet<String> = files(folder.as_ref(), "")
        .iter()
        .map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(|stem| !["mod", "rule", "wording"].contains(&stem.as_str()))
        .map(|stem| stem.replace('_', "-"))
        .collect();
    assert!(names.iter().eq(of_files.iter()), "{names:?} {of_files:?}");
    let planted = PNG_FAULTS.iter().chain(DICOM_FAULTS);
    let planted: BTreeSet<&str> = planted.map(|(rule, _)| *rule).collect();
    assert_eq!(planted, names);
}

#[test]
fn every_rule_has_a_page_and_the_pages_are_the_document() {
    let names: BTreeSet<&str> = RULES.iter().map(|rule| rule.name).collect();
    assert_eq!(names.len(), RULES.len());
    for rule in RULES {
        for part in [
            "Finds ",
            "**Why it matters.**",
            "**Example.**",
            "**What to do.**",
        ] {
            assert!(rule.page.contains(part), "{} lacks {part}", rule.name);
        }
    }
    let error = Rule::named("duplicate-accross-splits").err().unwrap();
    assert!(
        error
            .to_string()
            .ends_with("did you mean `duplicate-across-splits`?")
    );

    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/audit-rules.md");
    let document = std::fs::read_to_string(path).unwrap();
    assert_eq!(
        document,
        all_pages(),
        "run `cargo run --example audit_rules > docs/audit-rules.md`"
    );
}
