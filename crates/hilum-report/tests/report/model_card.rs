//! The model card.

use hilum_core::{AuditSummary, ByValidation, FindingCount, Severity, ValidationRole};
use hilum_report::{CardRow, ModelCard, model_card};

fn card() -> ModelCard {
    ModelCard {
        name: "model-of-may".to_owned(),
        architecture: "mobilenet-v2".to_owned(),
        classes: vec!["adenocarcinoma".to_owned(), "normal".to_owned()],
        intended_use: "Teaching.".to_owned(),
        audit: AuditSummary::Audited {
            findings: vec![FindingCount {
                rule: "near-duplicate-across-splits".to_owned(),
                severity: Severity::Warning,
                count: 17,
            }],
            mended: vec!["97 copies left out".to_owned()],
        },
        data_fingerprint: Some("blake3:0123".to_owned()),
        validation: vec![CardRow::new("macro-F1", "0.91")],
        validation_role: Some(ValidationRole::KeptBack(vec![ByValidation::Epoch])),
        detector: Some("flags what is less like it than 95% of 70 slices".to_owned()),
        licence: Some("CC-BY-4.0".to_owned()),
        initial_weights: "torchvision:mobilenet_v2 (SHA-256 7ebf)".to_owned(),
        recipe: vec![CardRow::new("size", "224 x 224")],
        training: vec![CardRow::new("epochs", "12")],
        command: Some("hilum train slices/ --epochs 12".to_owned()),
        precision: "half precision".to_owned(),
        ..ModelCard::default()
    }
}

#[test]
fn a_card_says_all_that_is_known() {
    let text = model_card(&card());
    for words in [
        "# model-of-may\n",
        "**Intended use.** Teaching.",
        "not a medical device",
        "- adenocarcinoma\n- normal\n",
        "these numbers need a second look",
        "| `near-duplicate-across-splits` | 17 | warning |\n",
        "- 97 copies left out\n",
        "blake3:0123",
        "| macro-F1 | 0.91 |\n",
        "they flatter",
        "Detector: flags what is less like it than 95% of 70 slices\n",
        "Licence of the model: CC-BY-4.0",
        "torchvision:mobilenet_v2 (SHA-256 7ebf)",
        "```sh\nhilum train slices/ --epochs 12\n```",
        "| size | 224 x 224 |\n",
        "| epochs | 12 |\n",
        "half precision",
    ] {
        assert!(text.contains(words), "no `{words}` in:\n{text}");
    }
    assert!(!text.contains("\n\n\n"), "{text}");
    assert!(text.ends_with(".\n"), "{text}");
}

#[test]
fn validation_figures_chose_the_epoch_only_where_they_did() {
    let card_of = |validation_role| {
        model_card(&ModelCard {
            validation_role,
            ..card()
        })
    };
    let chosen = card_of(Some(ValidationRole::KeptBack(vec![ByValidation::Epoch])));
    assert!(
        chosen.contains("These figures chose the epoch that was kept, and"),
        "{chosen}"
    );
    let by_end = card_of(Some(ValidationRole::KeptBack(vec![ByValidation::End])));
    assert!(
        by_end.contains("These figures could end the training, and"),
        "{by_end}"
    );
    let by_nothing = card_of(Some(ValidationRole::KeptBack(vec![])));
    assert!(
        by_nothing.contains("These figures chose nothing"),
        "{by_nothing}"
    );
    assert!(card_of(None).contains("It is not recorded"));
    for other in [by_end, by_nothing, card_of(None)] {
        assert!(!other.contains("chose the epoch"), "{other}");
    }
}

#[test]
fn what_is_not_known_is_said_to_be_unknown() {
    let text = model_card(&ModelCard {
        audit: AuditSummary::NotAudited,
        validation: vec![],
        licence: None,
        data_fingerprint: None,
        command: None,
        ..card()
    });
    for words in [
        "nobody knows what these numbers rest on",
        "No slice was left out of training to be measured on.",
        "Licence of the model: not stated",
        "Fingerprint of the data: not recorded",
        "Calibration: none",
    ] {
        assert!(text.contains(words), "no `{words}` in:\n{text}");
    }
    assert!(!text.contains("```"), "{text}");
}

#[test]
fn a_value_cannot_break_its_table() {
    let row = CardRow::new("class map", "a|b=c\nd");
    let text = model_card(&ModelCard {
        training: vec![row],
        ..card()
    });
    assert!(text.contains("| class map | a\\|b=c d |\n"), "{text}");
}
