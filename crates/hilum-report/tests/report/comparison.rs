//! The page and the drawings of models side by side.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use hilum_metrics::ComparisonReport;
use roxmltree::Document;

use super::{compared, fixture};

const HOSTILE: &str = "<script>\"a\" & 'b'</script>";

/// The files of a comparison, by their names.
fn written(second: &str) -> Vec<(String, String)> {
    let folder = tempfile::tempdir().unwrap();
    let written = compared::write(second, folder.path());
    let file = |path: &std::path::PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, fs_err::read_to_string(path).unwrap())
    };
    written.iter().map(file).collect()
}

#[test]
fn every_drawing_is_sound_and_says_its_figures_in_words() {
    for second in ["second", HOSTILE] {
        let files = written(second);
        let drawings: Vec<_> = files
            .iter()
            .filter(|(name, _)| name.contains(".svg"))
            .collect();
        assert_eq!(drawings.len(), 4);
        for (name, drawing) in drawings {
            let document = Document::parse(drawing).unwrap();
            let label = document.root_element().attribute("aria-label").unwrap();
            assert!(label.contains("first"), "{name}: {label}");
            assert!(label.contains(second), "{name}: {label}");
            assert!(!drawing.contains("NaN"), "{name}");
        }
    }
}

#[test]
fn models_are_told_apart_without_colour() {
    let files = written("second");
    let (_, roc) = files.iter().find(|(name, _)| name == "roc.svg").unwrap();
    let broken = roc.matches(r#"stroke-dasharray="8 4""#).count();
    // A curve a class, and the legend.
    assert_eq!(broken, fixture::CHEST.len() + 1);
}

#[test]
fn the_page_has_landmarks_texts_and_no_scripts() {
    let files = written(HOSTILE);
    let (_, page) = files
        .iter()
        .find(|(name, _)| name == "comparison.html")
        .unwrap();
    assert!(!page.contains("<script"), "names are escaped");
    for wanted in [
        "<header>",
        r#"<main id="main""#,
        r##"<a class="skip" href="#main">"##,
        r#"<nav aria-label="Sections">"#,
        "do not differ by what 60 slices can show",
        "A note.",
        "12 more are copies, repeats or known",
        "both are right about 30",
        "training.seed",
        "2 of 60 slices are not called the same",
        "1 of those shown here have no picture",
        "was not audited",
    ] {
        assert!(page.contains(wanted), "no `{wanted}`");
    }
    let pictures = page.matches("<img").count();
    assert_eq!(pictures, 1);
    assert_eq!(page.matches("alt=\"Slice of normal.").count(), pictures);
    for id in [
        "told",
        "figures",
        "differences",
        "curves",
        "settings",
        "slices",
        "how",
    ] {
        assert_eq!(page.matches(&format!("href=\"#{id}\"")).count(), 1, "{id}");
        assert_eq!(page.matches(&format!(" id=\"{id}\"")).count(), 1, "{id}");
    }
}

#[test]
fn the_record_reads_back() {
    let files = written("second");
    let (_, json) = files
        .iter()
        .find(|(name, _)| name == "compare.json")
        .unwrap();
    let read: ComparisonReport = serde_json::from_str(json).unwrap();
    assert_eq!(read, compared::report("second"));
}
