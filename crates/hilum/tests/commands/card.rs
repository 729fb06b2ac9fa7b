//! `hilum card`: the card of a model, and the checklists that it answers.

use serde_json::Value;

use crate::workplace::Workplace;

const MODEL: &str = "runs/first/model.safetensors";

fn evaluate(workplace: &Workplace, data: &str, out: &str) {
    let arguments = ["evaluate", data, "--model", MODEL, "--out", out];
    workplace.hilum(&arguments).succeeds();
}

fn checklist(workplace: &Workplace, arguments: &[&str]) -> Value {
    let mut all = vec!["card"];
    all.extend(arguments);
    all.extend(["--format", "json"]);
    let finished = workplace.hilum(&all);
    serde_json::from_str(&finished.succeeds().stdout).expect("JSON")
}

fn item<'a>(list: &'a Value, number: &str) -> &'a Value {
    let items = list["items"].as_array().expect("items");
    let found = items.iter().find(|item| item["number"] == number);
    found.unwrap_or_else(|| panic!("no item {number}"))
}

fn answer<'a>(list: &'a Value, number: &str) -> &'a str {
    let answer = item(list, number)["answer"].as_str();
    answer.unwrap_or_else(|| panic!("{number} is open: {}", item(list, number)))
}

fn is_open(list: &Value, number: &str) -> bool {
    let item = item(list, number);
    item["answer"].is_null() && item["hint"].is_string()
}

/// What the counts say, and how many items have an answer.
fn check_counts(list: &Value, total: u64) {
    let items = list["items"].as_array().expect("items");
    let filled = items.iter().filter(|item| !item["answer"].is_null());
    let filled = filled.count() as u64;
    assert_eq!(items.len() as u64, total);
    assert_eq!(list["filled"], filled);
    assert_eq!(list["open"], total - filled);
    assert_eq!(list["total"], total);
}

#[test]
fn a_card_is_what_export_writes_beside_a_model() {
    let workplace = Workplace::new();
    workplace.model();
    let export = [
        "export",
        "--model",
        MODEL,
        "--out",
        "first.safetensors",
        "--card",
        "first.md",
    ];
    workplace.hilum(&export).succeeds();
    let exported = std::fs::read_to_string(workplace.path("first.md")).unwrap();
    for model in ["runs/first", MODEL, "first.safetensors"] {
        let told = workplace.hilum(&["card", model, "--format", "markdown"]);
        assert_eq!(told.succeeds().stdout, exported, "{model}");
    }
    let text = workplace.hilum(&["card", "runs/first"]);
    let text = &text.succeeds().stdout;
    assert!(text.starts_with("first\n─────\n"), "{text}");
    assert!(text.contains("What it must not be used for"), "{text}");
    assert!(!text.contains("|---"), "{text}");
}

#[test]
fn the_bundled_model_is_told_of_where_none_is_named() {
    let workplace = Workplace::new();
    let told = workplace.hilum(&["card", "--format", "markdown"]);
    assert_eq!(told.succeeds().stdout, hilum_models::card());
    let record = checklist(&workplace, &["bundled"]);
    assert_eq!(record["classes"].as_array().map(Vec::len), Some(4));
    assert_eq!(record["learned"], 507);
}

#[test]
fn an_evaluation_beside_the_model_fills_what_papers_most_often_miss() {
    let workplace = Workplace::new();
    workplace.model();
    evaluate(&workplace, "slices", "runs/first/evaluation");
    let list = checklist(&workplace, &["runs/first", "--checklist", "claim"]);
    assert_eq!(list["checklist"], "claim");
    check_counts(&list, 44);

    // Annotation: known, and plainly not known.
    assert!(answer(&list, "14").contains("3 (adenocarcinoma, normal, squamous.cell.carcinoma)"));
    assert!(answer(&list, "14").contains("Not recorded"));
    assert!(answer(&list, "16").contains("no reader"));
    assert!(answer(&list, "17").contains("`test`"));
    assert!(answer(&list, "18").contains("Not measured"));
    // Sample size: of each split and class, and what intervals that gives.
    let size = answer(&list, "21");
    assert!(
        size.contains("`train` 18 slices (6 adenocarcinoma"),
        "{size}"
    );
    assert!(size.contains("9 slices of `test`"), "{size}");
    assert!(size.contains("accuracy 0."), "{size}");
    // Failures, as `metrics.json` and `predictions.csv` have them.
    let metrics = std::fs::read(workplace.path("runs/first/evaluation/metrics.json")).unwrap();
    let metrics: Value = serde_json::from_slice(&metrics).unwrap();
    let right: u64 = (0..3)
        .filter_map(|class| metrics["clean"]["confusion"]["counts"][class][class].as_u64())
        .sum();
    let judged = metrics["clean"]["count"].as_u64().unwrap();
    let failures = answer(&list, "39");
    match judged - right {
        0 => assert!(failures.contains("No error"), "{failures}"),
        1 => assert!(failures.contains("1 error in"), "{failures}"),
        wrong => assert!(
            failures.contains(&format!("{wrong} errors in")),
            "{failures}"
        ),
    }
    // Robustness: what was tried is counted as `metrics.json` has it.
    let tried = metrics["stress"]["rows"].as_array().map(Vec::len).unwrap();
    let robustness = answer(&list, "30");
    assert!(
        robustness.contains(&format!("{tried} changes of {judged} slices")),
        "{robustness}"
    );

    let accuracy = metrics["clean"]["accuracy"].as_f64().unwrap();
    assert!(answer(&list, "37").contains(&format!("accuracy {accuracy:.3}")));
    assert_eq!(item(&list, "37")["source"], "metrics.json");
    for number in ["2", "4", "5", "13", "15", "34", "44"] {
        assert!(is_open(&list, number), "{number}");
        assert!(item(&list, number)["source"].is_null(), "{number}");
    }

    let card = workplace.hilum(&["card", "runs/first", "--format", "markdown"]);
    let card = &card.succeeds().stdout;
    assert!(card.contains("| on `test` of `slices` | | 95% |"), "{card}");
    assert!(!card.contains("\n\n\n"), "{card}");
    assert!(
        card.contains(&format!("| accuracy | {accuracy:.4} |")),
        "{card}"
    );
}

#[test]
fn changes_that_were_not_tried_are_said_to_be_untried_with_the_command() {
    let workplace = Workplace::new();
    workplace.model();
    let arguments = ["evaluate", "slices", "--model", MODEL, "--stress", "off"];
    workplace.hilum(&arguments).succeeds();
    let list = checklist(&workplace, &["runs/first", "--checklist", "claim"]);
    let robustness = item(&list, "30").to_string();
    assert!(robustness.contains("was not tested"), "{robustness}");
    assert!(robustness.contains("--stress full"), "{robustness}");
}

#[test]
fn without_an_evaluation_no_figure_is_made_up() {
    let workplace = Workplace::new();
    workplace.model();
    let claim = checklist(&workplace, &["runs/first", "--checklist", "claim"]);
    check_counts(&claim, 44);
    for number in ["17", "28", "29", "30", "32", "33", "37", "38", "39"] {
        assert!(is_open(&claim, number), "{number}");
    }
    let tripod = checklist(&workplace, &["runs/first", "--checklist", "tripod-ai"]);
    assert_eq!(tripod["checklist"], "tripod-ai");
    check_counts(&tripod, 52);
    for number in [
        "3c", "12e", "12g", "16", "17", "18a", "19", "23a", "24", "25",
    ] {
        assert!(is_open(&tripod, number), "{number}");
    }
    assert!(answer(&tripod, "15").contains("probability"));
}

#[test]
fn other_data_is_a_test_abroad() {
    let workplace = Workplace::new();
    workplace.model();
    for (class, seed) in [
        ("adenocarcinoma", 1),
        ("normal", 2),
        ("squamous.cell.carcinoma", 3),
    ] {
        for number in 0..3 {
            let path = format!("elsewhere/{class}/{number}.png");
            workplace.write_noise(&path, seed * 10 + number);
        }
    }
    evaluate(&workplace, "slices", "home");
    evaluate(&workplace, "elsewhere", "abroad");
    let arguments = [
        "runs/first",
        "--checklist",
        "claim",
        "--evaluation",
        "home",
        "--evaluation",
        "abroad",
    ];
    let list = checklist(&workplace, &arguments);
    assert!(answer(&list, "32").contains("`slices`"));
    assert!(answer(&list, "33").contains("`elsewhere`"));
    assert!(answer(&list, "37").contains("`slices`"));
}

#[test]
fn an_audit_of_another_run_is_not_read() {
    let workplace = Workplace::new();
    workplace.model();
    let other = workplace.path("copied");
    std::fs::create_dir(&other).unwrap();
    std::fs::copy(workplace.path(MODEL), other.join("model.safetensors")).unwrap();
    let audit = r#"{"splits": {"train": {"files": 9000, "distinct": 9000, "classes": {}}},
        "findings": [], "mended": ["9 images left `train`: their pictures have two classes"]}"#;
    std::fs::write(other.join("audit.json"), audit).unwrap();
    let finished = workplace.hilum(&["card", "copied", "--checklist", "claim"]);
    assert!(
        finished.succeeds().stderr.contains("not of the run"),
        "{}",
        finished.stderr
    );
    assert!(!finished.stdout.contains("9000"), "{}", finished.stdout);
}

#[test]
fn a_file_is_written_whole_and_never_over_another() {
    let workplace = Workplace::new();
    let arguments = ["card", "--checklist", "claim", "--out", "list.md"];
    let finished = workplace.hilum(&arguments);
    assert_eq!(finished.succeeds().stdout, "");
    let list = std::fs::read_to_string(workplace.path("list.md")).unwrap();
    assert!(list.starts_with("# CLAIM 2024\n"), "{list}");
    assert!(list.contains("| 44 | "), "{list}");
    workplace.hilum(&arguments).refuses(&["list.md", "--force"]);
    let forced = [&arguments[..], &["--force"]].concat();
    workplace.hilum(&forced).succeeds();

    let text = ["card", "--checklist", "tripod-ai", "--out", "list.txt"];
    workplace.hilum(&text).succeeds();
    let text = std::fs::read_to_string(workplace.path("list.txt")).unwrap();
    assert!(
        text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
    assert!(text.contains(" of 52 filled, "), "{text}");
    let json = ["card", "--out", "card.json"];
    workplace.hilum(&json).succeeds();
    let json = std::fs::read(workplace.path("card.json")).unwrap();
    assert!(serde_json::from_slice::<Value>(&json).is_ok());
}

#[test]
fn what_cannot_be_read_is_refused_with_what_to_do() {
    let workplace = Workplace::new();
    workplace.model();
    std::fs::create_dir(workplace.path("empty")).unwrap();
    let card = |arguments: &[&str]| workplace.hilum(&[&["card"], arguments].concat());
    card(&["empty"]).refuses(&["`empty` holds no `model.safetensors`", "hint:"]);
    card(&["missing.safetensors"]).refuses(&["missing.safetensors"]);
    card(&[MODEL, "--evaluation", "empty"]).refuses(&["no evaluation", "hilum evaluate"]);
    card(&[MODEL, "--checklist", "stard"]).refuses(&["stard", "tripod-ai"]);

    evaluate(&workplace, "slices", "judged");
    card(&["bundled", "--evaluation", "judged"]).refuses(&["another model", "hint:"]);
    let path = workplace.path("judged/metrics.json");
    let metrics = std::fs::read_to_string(&path).unwrap();
    let mut value: Value = serde_json::from_str(&metrics).unwrap();
    value["as_is"]["confusion"]["counts"][0] = Value::Array(Vec::new());
    std::fs::write(&path, value.to_string()).unwrap();
    card(&[MODEL, "--evaluation", "judged"]).refuses(&["contradicts itself"]);
    std::fs::write(&path, "{}").unwrap();
    card(&[MODEL, "--evaluation", "judged"]).refuses(&["not of an evaluation"]);
    // Beside the model nobody asked for it.
    std::fs::create_dir(workplace.path("runs/first/evaluation")).unwrap();
    std::fs::write(workplace.path("runs/first/evaluation/metrics.json"), "{").unwrap();
    let finished = card(&["runs/first"]);
    assert!(
        finished.succeeds().stderr.contains("no evaluation is read"),
        "{}",
        finished.stderr
    );
}
