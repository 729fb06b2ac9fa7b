//! What the report, the card and the curves say of a training.

use crate::workplace::{QUICK, Workplace};

const MODEL: &str = "runs/first/model.safetensors";

/// Trains `first` for two epochs with more flags.
fn train(workplace: &Workplace, more: &[&str]) {
    let mut arguments = vec!["train", "slices", "--name", "first", "--epochs", "2"];
    arguments.extend(QUICK);
    arguments.extend(more);
    workplace.hilum(&arguments).succeeds();
}

fn read(workplace: &Workplace, path: &str) -> String {
    std::fs::read_to_string(workplace.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The page of an evaluation of the test split.
fn page(workplace: &Workplace) -> String {
    let arguments = ["evaluate", "slices", "--model", MODEL, "--out", "page"];
    workplace.hilum(&arguments).succeeds();
    read(workplace, "page/report.html")
}

/// The texts of a drawing, with spaces where its caption breaks.
fn texts(drawing: &str) -> String {
    let texts = drawing.split("<text").skip(1);
    let texts = texts.filter_map(|text| text.split(['>', '<']).nth(1));
    texts.collect::<Vec<_>>().join(" ")
}

/// The drawing of this title on the page.
fn drawing(page: &str, title: &str) -> String {
    let title = format!("<title>{title}</title>");
    let drawing = page.split(&title).nth(1);
    let drawing = drawing.unwrap_or_else(|| panic!("no {title}"));
    texts(drawing.split("</svg>").next().unwrap_or(drawing))
}

fn card(workplace: &Workplace) -> String {
    let arguments = [
        "export",
        "--model",
        MODEL,
        "--out",
        "mine.safetensors",
        "--card",
        "card.md",
    ];
    workplace.hilum(&arguments).succeeds();
    read(workplace, "card.md")
}

#[test]
fn where_validation_chose_the_epoch_report_curves_and_card_say_so() {
    let workplace = Workplace::new();
    workplace.slices();
    let flags = [
        "--keep",
        "best",
        "--patience",
        "0",
        "--schedule",
        "constant",
    ];
    train(&workplace, &flags);
    let curves = texts(&read(&workplace, "runs/first/curves.svg"));
    for said in [curves, drawing(&page(&workplace), "Training curves")] {
        assert!(
            said.contains("2 epochs of training; validation chose epoch"),
            "{said}"
        );
        assert!(said.contains("best epoch, kept as the model"), "{said}");
        assert!(said.contains("AUROC"), "{said}");
    }
    let card = card(&workplace);
    assert!(
        card.contains("These figures chose the epoch that was kept"),
        "{card}"
    );
}

#[test]
fn where_the_last_epoch_was_kept_nobody_says_that_validation_chose() {
    let workplace = Workplace::new();
    workplace.slices();
    let flags = [
        "--keep",
        "last",
        "--patience",
        "0",
        "--schedule",
        "constant",
    ];
    train(&workplace, &flags);
    let curves = texts(&read(&workplace, "runs/first/curves.svg"));
    let page = page(&workplace);
    for said in [curves, drawing(&page, "Training curves")] {
        assert!(
            said.contains("epoch 2, the last, was kept; validation chose nothing"),
            "{said}"
        );
        assert!(said.contains("last epoch, kept as the model: 2"), "{said}");
    }
    assert!(!page.contains("validation chose the") && !page.contains("best epoch"));
    let card = card(&workplace);
    assert!(card.contains("These figures chose nothing"), "{card}");
    assert!(!card.contains("chose the epoch"), "{card}");
}

#[test]
fn what_validation_could_have_done_is_said_with_early_stopping_and_a_plateau() {
    let workplace = Workplace::new();
    workplace.slices();
    let flags = ["--keep", "last", "--patience", "5", "--schedule", "plateau"];
    train(&workplace, &flags);
    let said = drawing(&page(&workplace), "Training curves");
    let could = "the last, was kept; validation could lower the learning rate and end the run";
    assert!(said.contains(could), "{said}");
    let card = card(&workplace);
    let could = "These figures could lower the learning rate and could end the training";
    assert!(card.contains(could), "{card}");
}

#[test]
fn a_final_model_from_all_slices_has_no_validation_to_speak_of() {
    let workplace = Workplace::new();
    workplace.slices();
    let flags = [
        "--train-on-valid",
        "--keep",
        "last",
        "--patience",
        "0",
        "--schedule",
        "constant",
    ];
    train(&workplace, &flags);
    let curves = texts(&read(&workplace, "runs/first/curves.svg"));
    let page = page(&workplace);
    for said in [curves, drawing(&page, "Training curves")] {
        assert!(
            said.contains("was kept; validation was trained on, too"),
            "{said}"
        );
    }
    assert!(!page.contains("validation chose") && !page.contains("best epoch"));
    let card = card(&workplace);
    assert!(card.contains("No slice was left out of training"), "{card}");
    assert!(!card.contains("These figures"), "{card}");
}

#[test]
fn curves_carry_the_audit_of_the_training_and_plots_that_of_the_evaluation() {
    let workplace = Workplace::new();
    workplace.slices();
    let copy = workplace.path("slices/train/normal/copy.png");
    std::fs::copy(workplace.path("slices/test/normal/0.png"), &copy).unwrap();
    train(&workplace, &["--as-is"]);
    std::fs::remove_file(copy).unwrap();
    let repeat = workplace.path("slices/test/normal/repeat.png");
    std::fs::copy(workplace.path("slices/test/normal/1.png"), repeat).unwrap();

    let page = page(&workplace);
    let training = drawing(&page, "Training curves");
    assert!(
        training.contains("duplicate-across-splits (1)"),
        "{training}"
    );
    assert!(!training.contains("duplicate-in-split"), "{training}");
    let matrix = drawing(&page, "Confusion matrix");
    assert!(matrix.contains("duplicate-in-split (1)"), "{matrix}");
    assert!(!matrix.contains("duplicate-across-splits"), "{matrix}");
}

#[test]
fn the_log_of_another_run_is_not_taken_for_the_models_own() {
    let workplace = Workplace::new();
    workplace.slices();
    train(&workplace, &[]);
    let other = ["--name", "other", "--seed", "7", "--epochs", "1"];
    let mut arguments = vec!["train", "slices"];
    arguments.extend(QUICK);
    arguments.extend(other);
    workplace.hilum(&arguments).succeeds();
    assert!(page(&workplace).contains("<title>Training curves</title>"));
    std::fs::copy(
        workplace.path("runs/other/log.csv"),
        workplace.path("runs/first/log.csv"),
    )
    .unwrap();
    let arguments = ["evaluate", "slices", "--model", MODEL, "--out", "again"];
    workplace.hilum(&arguments).succeeds();
    assert!(!read(&workplace, "again/report.html").contains("<title>Training curves</title>"));
}

#[test]
fn clean_figures_stand_first_where_there_are_two() {
    let workplace = Workplace::new();
    workplace.model();
    for (from, to) in [
        ("train/normal/0", "test/normal/copy"),
        ("test/normal/1", "test/normal/2b"),
    ] {
        let from = workplace.path(&format!("slices/{from}.png"));
        std::fs::copy(from, workplace.path(&format!("slices/{to}.png"))).unwrap();
    }
    let page = page(&workplace);
    let metrics: serde_json::Value =
        serde_json::from_str(&read(&workplace, "page/metrics.json")).unwrap();
    let count = |of: &str| metrics[of]["count"].as_u64().unwrap();
    let (clean, all) = (count("clean"), count("as_is"));
    assert!(clean < all, "{metrics}");
    let place = |words: &str| page.find(words).unwrap_or_else(|| panic!("no `{words}`"));
    let figure = format!("{:.3}", metrics["clean"]["accuracy"].as_f64().unwrap());
    let first = place(&format!("Accuracy</span><b>{figure}</b>"));
    assert!(first < place(&format!("of {clean} clean slices")));
    let [clean, all] = [("clean", clean), ("all", all)]
        .map(|(of, count)| place(&format!("<th scope=\"col\">{of} ({count})</th>")));
    assert!(first < clean && clean < all);
}
