//! Calibration and sets, from training to predictions and reports.

use hilum_imaging::{DatasetSettings, PhantomFormat, write_dataset};
use hilum_weights::{CalibrationSource, ModelFile};
use serde_json::Value;

use crate::workplace::{Finished, QUICK, Workplace, names_in};

/// The reason of a slice that has no set.
const UNLIKE: &str = "not like the training data";

/// Nothing is chosen by validation.
const BLIND: [&str; 6] = [
    "--keep",
    "last",
    "--patience",
    "0",
    "--schedule",
    "constant",
];

/// `slices/{train,valid,test}/CLASS/*` of four classes, a patient a slice.
fn phantoms(workplace: &Workplace, valid_per_class: usize) {
    let settings = DatasetSettings {
        train_per_class: 16,
        valid_per_class,
        test_per_class: 12,
        slices_per_patient: 1,
        size: 64,
        seed: 5,
        format: PhantomFormat::Png,
    };
    write_dataset(&workplace.path("slices"), &settings, |_, _| {}).expect("phantoms");
}

fn hilum(workplace: &Workplace, command: &[&str], more: &[&str]) -> Finished {
    let quick = [&["--epochs", "4"], &QUICK[..]].concat();
    workplace.hilum(&[command, &quick, more].concat())
}

fn train(workplace: &Workplace, more: &[&str]) -> Finished {
    hilum(workplace, &["train", "slices", "--name", "first"], more)
}

fn model(workplace: &Workplace, name: &str) -> ModelFile {
    ModelFile::read(&workplace.path(name)).expect("a model")
}

fn said(finished: &Finished) -> String {
    finished.succeeds().stderr.replace('\n', " ")
}

fn evaluated(workplace: &Workplace, more: &[&str]) -> (Finished, Value) {
    let arguments = [
        &[
            "evaluate",
            "slices",
            "--model",
            "runs/first/model.safetensors",
            "--out",
            "judged",
            "--force",
        ],
        more,
    ]
    .concat();
    let finished = workplace.hilum(&arguments);
    finished.succeeds();
    let text = std::fs::read_to_string(workplace.path("judged/metrics.json")).expect("metrics");
    (finished, serde_json::from_str(&text).expect("JSON"))
}

#[test]
fn a_training_calibrates_on_validation_and_everything_uses_it() {
    let workplace = Workplace::new();
    phantoms(&workplace, 12);
    let trained = train(&workplace, &[]);
    let said = said(&trained);
    assert!(
        said.contains("calibrated on 48 slices of `valid`"),
        "{said}"
    );
    assert!(
        said.contains("log-loss") && said.contains("cross-validated"),
        "{said}"
    );

    let record = model(&workplace, "runs/first/model.safetensors")
        .calibration
        .unwrap();
    let on = record.fitted_on.unwrap();
    assert_eq!((on.source, on.slices), (CalibrationSource::Valid, 48));
    assert!(
        record
            .conformal
            .unwrap()
            .lac
            .iter()
            .all(|class| class.slices == 12)
    );

    let arguments = [
        "predict",
        "slices/test",
        "--model",
        "runs/first/model.safetensors",
    ];
    let json =
        workplace.hilum(&[&arguments[..], &["--format", "json", "--coverage", "0.8"]].concat());
    for line in json.succeeds().stdout.lines() {
        let line: Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(line["calibrated"], true);
        if line["reason"] == UNLIKE {
            assert_eq!(
                line["set"],
                Value::Null,
                "of strangers sets promise nothing"
            );
            continue;
        }
        let set = line["set"].as_array().expect("a set");
        assert!(
            set.iter()
                .all(|class| line["probabilities"][class.as_str().unwrap()].is_number())
        );
        assert_eq!(
            set.is_empty(),
            line["warnings"].to_string().contains("its set is empty"),
            "{line}"
        );
    }
    let adaptive =
        workplace.hilum(&[&arguments[..], &["--format", "json", "--sets", "aps"]].concat());
    for line in adaptive.succeeds().stdout.lines() {
        let line: Value = serde_json::from_str(line).expect("JSON");
        if line["reason"] == UNLIKE {
            continue;
        }
        let of = |class: &Value| {
            line["probabilities"][class.as_str().unwrap()]
                .as_f64()
                .unwrap()
        };
        let set = line["set"].as_array().expect("a set");
        let largest = line["probabilities"].as_object().unwrap().values();
        let largest = largest.filter_map(Value::as_f64).fold(0.0, f64::max);
        assert_eq!(
            of(&set[0]),
            largest,
            "the most likely class comes first: {line}"
        );
    }
    let table = workplace.hilum(&arguments);
    let table = &table.succeeds().stdout;
    assert!(table.contains("* = in the set of classes"), "{table}");
}

#[test]
fn an_evaluation_judges_sets_silence_and_calibration() {
    let workplace = Workplace::new();
    phantoms(&workplace, 12);
    train(&workplace, &[]).succeeds();
    let (_, metrics) = evaluated(&workplace, &["--coverage", "0.8", "--threshold", "0.4"]);
    let as_is = &metrics["as_is"];
    for key in [
        "ece",
        "ece_before",
        "ece_equal_mass",
        "ece_debiased",
        "ece_classwise",
        "mce",
        "brier_reliability",
        "brier_resolution",
        "brier_uncertainty",
    ] {
        assert!(as_is[key].is_number(), "{key} of {as_is}");
    }
    let conformal = &metrics["conformal"];
    assert_eq!(conformal["asked"], 0.8);
    assert!(conformal["coverage"].is_number() && conformal["mean_size"].is_number());
    // Of 12, but for what the detector flags.
    let support = conformal["per_class"]["normal"]["support"].as_u64();
    assert!(support.is_some_and(|support| (9..=12).contains(&support)));
    let abstained = &metrics["abstained"];
    let by_reason = abstained["by_reason"].as_object().unwrap().values();
    let counted: u64 = by_reason.filter_map(Value::as_u64).sum();
    assert_eq!(abstained["count"].as_u64(), Some(counted));
    let of_all = metrics["selective"]["accuracy_at"]["1"].as_f64().unwrap();
    assert!((of_all - as_is["accuracy"].as_f64().unwrap()).abs() < 1e-12);
    assert!(metrics["selective"]["aurc"].is_number());
    assert!(metrics["exchangeability"]["p_value"].is_number());
    assert_eq!(metrics["exchangeability"]["slices"], 48);
    let details = metrics["details"]["answers"].as_str().unwrap();
    assert!(details.contains("0.8 of slices") && details.contains("below a probability of 0.4"));

    let mut answers = csv::Reader::from_path(workplace.path("judged/answers.csv")).unwrap();
    let rows: Vec<_> = answers.records().map(|row| row.unwrap()).collect();
    assert_eq!(rows.len(), 48);
    let silent = rows.iter().filter(|row| &row[3] == "true").count() as u64;
    assert_eq!(silent, counted);
    assert!(
        rows.iter()
            .all(|row| (&row[3] == "true") == row[2].is_empty())
    );
    let with_set: Vec<_> = rows.iter().filter(|row| &row[4] != UNLIKE).collect();
    let held = with_set
        .iter()
        .filter(|row| row[5].split("; ").any(|class| class == &row[1]));
    let coverage = held.count() as f64 / with_set.len() as f64;
    assert!((conformal["coverage"].as_f64().unwrap() - coverage).abs() < 1e-12);

    let page = std::fs::read_to_string(workplace.path("judged/report.html")).unwrap();
    for words in [
        "Do sets of classes hold the truth?",
        "in any order (exchangeable)",
        "are right.",
        "before calibration",
    ] {
        assert!(page.contains(words), "no `{words}`");
    }
    assert!(names_in(&workplace.path("judged")).contains(&"risk-coverage.svg".to_owned()));
}

#[test]
fn slices_that_look_otherwise_than_those_of_the_calibration_are_warned_of() {
    let workplace = Workplace::new();
    phantoms(&workplace, 12);
    let longer = ["train", "slices", "--name", "first", "--epochs", "12"];
    workplace.hilum(&[&longer[..], &QUICK].concat()).succeeds();
    // One grey for all: the network says the same of each.
    for number in 0..40 {
        let pixels =
            hilum_imaging::Pixels::new(64, 64, hilum_imaging::Channels::Grey, vec![128; 64 * 64]);
        let path = workplace.path(&format!("flat/{number}.png"));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        hilum_imaging::write_png(&path, &pixels).expect("a slice");
    }
    let predict = |what: &str| {
        let finished = workplace.hilum(&[
            "predict",
            what,
            "--model",
            "runs/first/model.safetensors",
            "--verbose",
        ]);
        said(&finished)
    };
    let flat = predict("flat");
    assert!(flat.contains("40 slices do not look like those"), "{flat}");
    let test = predict("slices/test");
    assert!(test.contains("48 slices look like those"), "{test}");
}

#[test]
fn a_final_model_says_that_it_is_not_calibrated_and_a_cross_validation_calibrates_it() {
    let workplace = Workplace::new();
    phantoms(&workplace, 3);
    let all = [&["--train-on-valid"], &BLIND[..]].concat();
    let without = said(&train(&workplace, &all));
    assert!(
        without.contains("not calibrated: `valid` was trained on"),
        "{without}"
    );
    assert!(without.contains("--calibrate-on"), "{without}");
    assert_eq!(
        model(&workplace, "runs/first/model.safetensors").calibration,
        None
    );

    let folds = [
        "cross-validate",
        "slices",
        "--name",
        "cv",
        "--folds",
        "3",
        "--group",
        "none",
    ];
    let judged = hilum(
        &workplace,
        &folds,
        &[&["--repeats", "2"], &BLIND[..]].concat(),
    );
    let summary = &judged.succeeds().stdout;
    assert!(
        summary.contains("calibrated, each fold by the others"),
        "{summary}"
    );
    let metrics = std::fs::read_to_string(workplace.path("runs/cv/metrics.json")).unwrap();
    let metrics: Value = serde_json::from_str(&metrics).unwrap();
    let calibrated = &metrics["calibrated"];
    assert!(calibrated["log_loss"].as_f64() <= metrics["out_of_fold"]["log_loss"].as_f64());
    assert_eq!(calibrated["ece_before"], metrics["out_of_fold"]["ece"]);
    assert_eq!(calibrated["conformal"]["count"], 152);
    let exported = workplace.hilum(&[
        "export",
        "--model",
        "runs/first/model.safetensors",
        "--calibrate-on",
        "runs/cv",
        "--out",
        "calibrated.safetensors",
        "--card",
        "card.md",
    ]);
    let exported = said(&exported);
    assert!(
        exported.contains("calibrated on 76 out-of-fold slices"),
        "{exported}"
    );
    assert!(!exported.contains("other settings"), "{exported}");
    let of_export = model(&workplace, "calibrated.safetensors")
        .calibration
        .unwrap();
    let conformal = of_export.conformal.as_ref().unwrap();
    assert!(
        conformal.lac.iter().all(|class| class.slices == 19),
        "each slice once"
    );
    let card = std::fs::read_to_string(workplace.path("card.md")).unwrap();
    assert!(
        card.contains("calibrated on 76 out-of-fold slices"),
        "{card}"
    );

    let again = [&["--calibrate-on", "runs/cv", "--name", "second"], &all[..]].concat();
    let again: Vec<&str> = again.into_iter().collect();
    let trained = hilum(&workplace, &["train", "slices"], &again);
    trained.succeeds();
    let of_training = model(&workplace, "runs/second/model.safetensors");
    assert_eq!(of_training.calibration, Some(of_export));
    let resolved = std::fs::read_to_string(workplace.path("runs/second/settings.toml")).unwrap();
    assert!(resolved.contains("calibrate_on"), "{resolved}");
}

#[test]
fn a_cross_validation_of_something_else_is_refused_before_anything_is_trained() {
    let workplace = Workplace::new();
    phantoms(&workplace, 3);
    let folds = [
        "cross-validate",
        "slices",
        "--name",
        "cv",
        "--folds",
        "2",
        "--group",
        "none",
    ];
    hilum(&workplace, &folds, &BLIND).succeeds();
    let calibrate = ["--calibrate-on", "runs/cv"];
    let refused = |more: &[&str], words: &[&str]| {
        let finished = train(&workplace, &[&calibrate[..], &BLIND[..], more].concat());
        finished.refuses(words);
        assert!(!workplace.path("runs/first").exists());
    };
    refused(&["--window", "mediastinum"], &["another recipe", "hint: "]);
    let finished = train(&workplace, &["--calibrate-on", "slices"]);
    finished.refuses(&["no finished cross-validation", "settings.toml", "hint: "]);
    // Another learning rate is no other model, but it is said.
    let other = [&calibrate[..], &BLIND[..], &["--learning-rate", "0.002"]].concat();
    let other = said(&train(&workplace, &other));
    assert!(other.contains("learning_rate is 0.002"), "{other}");
}

#[test]
fn too_few_slices_calibrate_nothing_and_that_is_said() {
    let workplace = Workplace::new();
    let trained = {
        workplace.slices();
        train(&workplace, &[])
    };
    let said = said(&trained);
    assert!(
        said.contains("not calibrated: 9 slices are too few"),
        "{said}"
    );
    let (_, metrics) = evaluated(&workplace, &[]);
    assert!(metrics["conformal"].is_null() && metrics["as_is"].get("ece_before").is_none());
    let details = metrics["details"]["answers"].as_str().unwrap();
    assert!(details.starts_with("not calibrated"), "{details}");
}
