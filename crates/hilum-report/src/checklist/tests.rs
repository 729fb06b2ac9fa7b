//! The two lists: their numbers, and that nothing is answered from nothing.

use std::collections::BTreeMap;

use hilum_core::{AuditSummary, ClassIndex, ClassName, Classes, Probabilities, Split};
use hilum_metrics::{
    AnswerScores, Bootstrap, Drawn, Evaluation, EvaluationReport, GroupedPart, StressRow,
    StressTable,
};

use super::*;
use crate::heat::{HeatRow, HeatSection};
use crate::model_card::{CardRow, ModelCard};

/// The letters of TRIPOD+AI's items that have parts; the others stand alone. Table 2 of Collins et
/// al., BMJ 2024.
const PARTS: [(usize, &str); 11] = [
    (3, "abc"),
    (5, "ab"),
    (6, "abc"),
    (8, "abc"),
    (9, "abc"),
    (12, "abcdefg"),
    (18, "abcdef"),
    (20, "abc"),
    (23, "ab"),
    (27, "abc"),
    (0, ""),
];

fn numbers(guideline: Guideline) -> Vec<String> {
    let items = guideline.items().iter();
    items.map(|item| item.number.to_owned()).collect()
}

#[test]
fn claim_has_44_items_in_their_order() {
    let expected: Vec<String> = (1..=44).map(|number: usize| number.to_string()).collect();
    assert_eq!(numbers(Guideline::Claim), expected);
}

#[test]
fn claim_has_its_items_under_its_sections() {
    let section = |number: &str| {
        let items = claim::ITEMS.iter();
        let mut found = items.filter(|item| item.number == number);
        found.next().unwrap().section
    };
    for (first, last, name) in [
        (1, 2, "Title and abstract"),
        (3, 4, "Introduction"),
        (5, 6, "Methods: study design"),
        (7, 13, "Methods: data"),
        (14, 18, "Methods: reference standard"),
        (19, 20, "Methods: data partitions"),
        (21, 21, "Methods: testing data"),
        (22, 24, "Methods: model"),
        (25, 27, "Methods: training"),
        (28, 34, "Methods: evaluation"),
        (35, 36, "Results: data"),
        (37, 39, "Results: model performance"),
        (40, 41, "Discussion"),
        (42, 44, "Other information"),
    ] {
        for number in first..=last {
            let number: usize = number;
            assert_eq!(section(&number.to_string()), name, "{number}");
        }
    }
}

#[test]
fn tripod_ai_has_27_items_in_52_parts() {
    let mut expected = Vec::new();
    for number in 1..=27 {
        let parts = PARTS.iter().find(|(of, _)| *of == number);
        match parts {
            Some((_, letters)) => {
                expected.extend(letters.chars().map(|letter| format!("{number}{letter}")));
            }
            None => expected.push(number.to_string()),
        }
    }
    assert_eq!(expected.len(), 52);
    assert_eq!(numbers(Guideline::TripodAi), expected);
}

#[test]
fn every_item_says_what_it_asks_and_what_to_write() {
    for guideline in Guideline::ALL {
        for item in guideline.items() {
            for text in [item.asks, item.hint] {
                assert!(text.len() > 8, "{} {}", guideline, item.number);
                assert!(!text.ends_with('.'), "{text}");
            }
        }
        assert_eq!(guideline.name().parse(), Ok(guideline));
    }
    assert!("stard".parse::<Guideline>().is_err());
}

fn card() -> ModelCard {
    ModelCard {
        architecture: "compact-cnn".to_owned(),
        classes: vec!["adenocarcinoma".to_owned(), "normal".to_owned()],
        intended_use: "Teaching.".to_owned(),
        initial_weights: "none".to_owned(),
        precision: "single precision".to_owned(),
        recipe: vec![CardRow::new("height", "32"), CardRow::new("width", "32")],
        ..ModelCard::default()
    }
}

fn facts() -> Facts {
    Facts {
        card: card(),
        model: "model.safetensors".to_owned(),
        made_by: None,
        learned: None,
        watched: None,
        data: None,
        epochs: None,
        evaluations: Vec::new(),
    }
}

fn entry(checklist: &Checklist, number: &str) -> Entry {
    let mut found = checklist.items.iter().filter(|item| item.number == number);
    found.next().unwrap().clone()
}

#[test]
fn what_is_not_known_is_not_answered() {
    let facts = facts();
    let claim = Guideline::Claim.fill(&facts);
    assert_eq!((claim.filled + claim.open, claim.total), (44, 44));
    // Neither audit nor evaluation: no partition, size, figure, failure or robustness.
    for number in [
        "14", "16", "17", "18", "19", "20", "21", "28", "29", "30", "32", "35", "37", "38", "39",
    ] {
        let item = entry(&claim, number);
        assert_eq!(item.answer, None, "{number}");
        assert!(item.hint.is_some(), "{number}");
    }
    // What a person must write.
    for number in ["2", "4", "5", "13", "15", "34", "44"] {
        let item = entry(&claim, number);
        assert_eq!((item.answer, item.known, item.source), (None, None, None));
    }
    let robustness = entry(&claim, "30");
    assert!(robustness.known.unwrap().contains("--stress"));
    let tripod = Guideline::TripodAi.fill(&facts);
    for number in [
        "10", "12a", "12e", "12g", "21", "23a", "24", "17", "18a", "19",
    ] {
        assert_eq!(entry(&tripod, number).answer, None, "{number}");
    }
}

fn report() -> EvaluationReport {
    let classes = Classes::new(["adenocarcinoma", "normal"].map(ClassName::new)).unwrap();
    let truth = [0, 0, 0, 1, 1].map(ClassIndex::new);
    let rows = [[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.2, 0.8], [0.1, 0.9]];
    let probabilities = rows.map(|row| Probabilities::new(row.to_vec()).unwrap());
    let figures = Evaluation::compute(&classes, &truth, &probabilities, &Bootstrap::default());
    EvaluationReport {
        split: Split::Test,
        as_is: figures.clone(),
        clean: Some(figures),
        by_group: None,
        drawn: Drawn::Slices,
        leaked: None,
        answers: AnswerScores::default(),
        stress: None,
        heat: None,
        audit: AuditSummary::NotAudited,
        model: "model.safetensors".to_owned(),
        details: BTreeMap::from([("bootstrap".to_owned(), "1000 resamples".to_owned())]),
    }
}

#[test]
fn an_evaluation_answers_what_it_measured_and_no_more() {
    let mut facts = facts();
    facts.evaluations.push(EvaluationFacts {
        folder: "evaluation".to_owned(),
        report: report(),
        heat: None,
        of: JudgedData::OfTheTraining,
        mistakes: Some(vec![MistakeFacts {
            path: "adenocarcinoma/c.png".to_owned(),
            truth: "adenocarcinoma".to_owned(),
            predicted: "normal".to_owned(),
            probability: 0.7,
        }]),
    });
    let claim = Guideline::Claim.fill(&facts);
    let answer = |number: &str| entry(&claim, number).answer.unwrap();
    let failures = answer("39");
    assert!(
        failures.contains("1 error in 5 slices of `test`"),
        "{failures}"
    );
    assert!(failures.contains("`adenocarcinoma/c.png`"), "{failures}");
    // 2 of 3 and 2 of 2, as SciPy's binomtest has their Wilson intervals.
    let accuracy = answer("38");
    assert!(
        accuracy.contains("sensitivity 0.667 (2/3; 0.208 to 0.939)"),
        "{accuracy}"
    );
    assert!(
        accuracy.contains("specificity 1.000 (2/2; 0.342 to 1.000)"),
        "{accuracy}"
    );
    assert!(answer("21").contains("3 adenocarcinoma, 2 normal"));
    // One unit, nothing left out, no change of the pictures: nothing is known of robustness.
    let robustness = entry(&claim, "30");
    assert_eq!(robustness.answer, None);
    assert_eq!(entry(&claim, "33").answer, None);
    assert!(entry(&claim, "33").known.unwrap().contains("--evaluation"));
}

#[test]
fn figures_of_a_part_are_an_analysis_of_sensitivity() {
    let mut facts = facts();
    let mut report = report();
    if let Some(clean) = &mut report.clean {
        clean.count = 4;
    }
    facts.evaluations.push(EvaluationFacts {
        folder: "evaluation".to_owned(),
        report,
        heat: None,
        of: JudgedData::Another,
        mistakes: None,
    });
    let claim = Guideline::Claim.fill(&facts);
    let robustness = entry(&claim, "30").answer.unwrap();
    assert!(robustness.contains("on the clean part"), "{robustness}");
    assert!(robustness.contains("was not tested"), "{robustness}");
    assert!(entry(&claim, "33").answer.is_some());
    assert_eq!(entry(&claim, "32").answer, None);
}

fn judged_by(report: EvaluationReport) -> EvaluationFacts {
    EvaluationFacts {
        folder: "evaluation".to_owned(),
        report,
        heat: None,
        of: JudgedData::OfTheTraining,
        mistakes: None,
    }
}

#[test]
fn the_most_harmful_change_of_the_pictures_answers_robustness() {
    let row = |says: &str, small, difference| StressRow {
        change: "brightness".to_owned(),
        amount: 0.9,
        unit: "factor".to_owned(),
        says: says.to_owned(),
        small,
        count: 5,
        accuracy: None,
        macro_f1: Some(0.8 + difference),
        macro_f1_difference: Some(difference),
        interval: None,
        abstained: 0,
        agreement: None,
        predicted: BTreeMap::new(),
    };
    let mut report = report();
    report.stress = Some(StressTable {
        of: GroupedPart::Clean,
        count: 5,
        out_of: 5,
        in_hounsfield: 0,
        accuracy: None,
        macro_f1: Some(0.8),
        abstained: 0,
        predicted: BTreeMap::new(),
        rows: vec![
            row("brightness x 0.5", false, -0.5),
            row("brightness x 0.9", true, -0.2),
            row("rotation by 2 degrees", true, 0.1),
        ],
    });
    let mut facts = facts();
    facts.evaluations.push(judged_by(report));
    let claim = Guideline::Claim.fill(&facts);
    let answer = entry(&claim, "30").answer.unwrap();
    assert!(answer.contains("3 changes of 5 slices"), "{answer}");
    assert!(
        answer.contains("most harmful is brightness x 0.5 (macro-F1 0.300, -0.500)"),
        "{answer}"
    );
    assert!(
        answer.contains("not notice, brightness x 0.9 (macro-F1 0.600, -0.200)"),
        "{answer}"
    );
    assert!(!answer.contains("not tested"), "{answer}");
}

#[test]
fn heat_of_an_evaluation_answers_explanation() {
    let mut facts = facts();
    facts.evaluations.push(judged_by(report()));
    let claim = Guideline::Claim.fill(&facts);
    assert_eq!(entry(&claim, "31").answer, None);
    facts.evaluations[0].heat = Some(HeatSection {
        method: "grad-cam".to_owned(),
        layer: "features.18".to_owned(),
        classes: vec![HeatRow {
            name: "normal".to_owned(),
            count: 2,
            inside_lungs: Some(0.625),
            outside_body: Some(0.01),
            on_lesion: None,
        }],
        ..HeatSection::default()
    });
    let claim = Guideline::Claim.fill(&facts);
    let answer = entry(&claim, "31").answer.unwrap();
    assert!(
        answer.contains("normal (2 maps): 62% of the heat in lungs and 1% outside of the body"),
        "{answer}"
    );
}

#[test]
fn a_table_has_a_row_an_item_and_counts_what_is_open() {
    let checklist = Guideline::Claim.fill(&facts());
    let markdown = checklist.markdown();
    let rows = markdown.lines().filter(|line| {
        let cells = line.strip_prefix("| ").unwrap_or_default();
        cells.starts_with(|c: char| c.is_ascii_digit())
    });
    assert_eq!(rows.count(), 44);
    let text = checklist.text();
    assert!(text.contains(&checklist.summary()), "{text}");
    assert_eq!(text.matches(" open  ").count(), checklist.open, "{text}");
    assert_eq!(
        text.matches(" filled  ").count(),
        checklist.filled,
        "{text}"
    );
}
