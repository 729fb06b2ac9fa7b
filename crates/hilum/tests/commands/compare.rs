//! `hilum compare`.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use serde_json::Value;

use crate::workplace::{Finished, QUICK, Workplace, names_in};

/// Two runs that differ in their seed.
fn two_seeds() -> Workplace {
    let workplace = Workplace::new();
    workplace.slices();
    for (name, seed) in [("one", "1"), ("two", "2")] {
        let mut arguments = vec![
            "train", "slices", "--name", name, "--epochs", "2", "--seed", seed,
        ];
        arguments.extend(QUICK);
        workplace.hilum(&arguments).succeeds();
    }
    workplace
}

const ANEW: [&str; 7] = [
    "compare", "runs/one", "runs/two", "--data", "slices", "--split", "test",
];

fn json(finished: &Finished) -> Value {
    serde_json::from_str(&finished.succeeds().stdout).unwrap()
}

#[test]
fn two_seeds_are_put_side_by_side_and_their_difference_has_limits() {
    let workplace = two_seeds();
    let arguments = [&ANEW[..], &["--out", "side-by-side"]].concat();
    let said = workplace.hilum(&arguments);
    for words in [
        "`one` and `two` on 9 clean slices of `test`",
        "do not differ by what 9 slices",
        "in accuracy could be anything from -",
        "paired bootstrap",
        "McNemar",
        "(Holm)",
        "training.seed",
        "research software",
    ] {
        assert!(
            said.succeeds().stdout.contains(words),
            "no `{words}` in\n{}",
            said.stdout
        );
    }
    assert_eq!(
        names_in(&workplace.path("side-by-side")),
        [
            "compare.json",
            "comparison.html",
            "differences.svg",
            "reliability.svg",
            "roc.svg",
            "training-curves.svg",
        ]
    );
    let page = std::fs::read_to_string(workplace.path("side-by-side/comparison.html")).unwrap();
    assert!(!page.contains("<script"), "the page needs none");
    let contested = page.matches("<dt>one</dt>").count();
    assert_eq!(page.matches("data:image/png;base64,").count(), contested);

    // Where there is one already, it is not written over unasked.
    workplace
        .hilum(&arguments)
        .refuses(&["side-by-side", "--force"]);
    workplace
        .hilum(&[&arguments[..], &["--force"]].concat())
        .succeeds();

    keys_of(&workplace);
    as_evaluated_before(&workplace);
}

fn keys_of(workplace: &Workplace) {
    let printed = json(&workplace.hilum(&[&ANEW[..], &["--format", "json"]].concat()));
    let file = std::fs::read_to_string(workplace.path("side-by-side/compare.json")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&file).unwrap(), printed);
    assert_eq!(printed["models"][0]["name"], "one");
    assert_eq!(printed["models"][0]["kind"], "run");
    assert_eq!(printed["slices"]["count"], 9);
    assert_eq!(printed["slices"]["paired_by"], "content");
    assert_eq!(printed["slices"]["part"], "clean");
    let pair = &printed["pairs"][0];
    for metric in [
        "accuracy",
        "balanced_accuracy",
        "macro_f1",
        "macro_auroc",
        "log_loss",
        "ece",
    ] {
        let difference = &pair["differences"][metric];
        for key in [
            "difference",
            "low",
            "high",
            "p_value",
            "p_holm",
            "test",
            "verdict",
        ] {
            assert!(difference.get(key).is_some(), "{metric} has no {key}");
        }
        let of = |model: usize| {
            printed["models"][model]["figures"][metric]["value"]
                .as_f64()
                .unwrap()
        };
        let found = difference["difference"].as_f64().unwrap();
        assert!((of(0) - of(1) - found).abs() < 1e-12, "{metric}");
        // Where no resample has another difference there are no ends.
        if let (Some(low), Some(high)) = (difference["low"].as_f64(), difference["high"].as_f64()) {
            assert!(low <= found && found <= high, "{metric}: {difference}");
        }
    }
    let settings = printed["settings"].as_array().unwrap();
    let seed = settings
        .iter()
        .find(|one| one["name"] == "training.seed")
        .unwrap();
    assert_eq!(seed["values"], serde_json::json!(["1", "2"]));
}

/// What two evaluations say is what the models say when they are asked anew.
fn as_evaluated_before(workplace: &Workplace) {
    for name in ["one", "two"] {
        let model = format!("runs/{name}/model.safetensors");
        workplace
            .hilum(&["evaluate", "slices", "--model", &model])
            .succeeds();
    }
    let anew = json(&workplace.hilum(&[&ANEW[..], &["--format", "json"]].concat()));
    let evaluated = [
        "compare",
        "runs/one",
        "runs/two/evaluation",
        "--format",
        "json",
    ];
    let before = json(&workplace.hilum(&evaluated));
    assert_eq!(before["models"][1]["kind"], "evaluation");
    for key in ["pairs", "slices", "settings", "tests"] {
        assert_eq!(before[key], anew[key], "{key}");
    }
    other_slices(workplace);
    older_evaluations(workplace);
}

fn other_slices(workplace: &Workplace) {
    let model = "runs/two/model.safetensors";
    let of_valid = ["evaluate", "slices", "--model", model, "--split", "valid"];
    workplace.hilum(&of_valid).succeeds();
    let both = ["compare", "runs/one", "runs/two"];
    workplace.hilum(&both).refuses(&[
        "not judged on the same slices",
        "0 are shared",
        "one: 9 slices of `test`",
        "two: 9 slices of `valid`",
        "hint:",
    ]);
    // The evaluation of a split can be asked for.
    workplace
        .hilum(&[&both[..], &["--split", "test"]].concat())
        .succeeds();

    // A part of the slices is compared if that is asked for.
    let path = workplace.path("slices/test/normal/2.png");
    let slice = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let fewer = ["evaluate", "slices", "--model", model, "--out", "fewer"];
    workplace.hilum(&fewer).succeeds();
    std::fs::write(&path, slice).unwrap();
    let parts = ["compare", "runs/one", "fewer"];
    workplace
        .hilum(&parts)
        .refuses(&["8 are shared", "--shared"]);
    let said = workplace.hilum(&[&parts[..], &["--shared"]].concat());
    let said = &said.succeeds().stdout;
    assert!(said.contains("on 8 clean slices"), "{said}");
    assert!(said.contains("left out: 1 of one"), "{said}");
}

/// Evaluations of a hilum that did not record groups, content and which slices are clean.
fn older_evaluations(workplace: &Workplace) {
    for name in ["one", "two"] {
        let path = workplace.path(&format!("runs/{name}/evaluation/answers.csv"));
        let text = std::fs::read_to_string(&path).unwrap();
        let older = text.lines().map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            cells[..6].join(",") + "\n"
        });
        std::fs::write(&path, older.collect::<String>()).unwrap();
    }
    let folders = ["compare", "runs/one/evaluation", "runs/two/evaluation"];
    let said = workplace.hilum(&folders);
    let said = &said.succeeds().stdout;
    assert!(said.contains("by the names of their files"), "{said}");
    assert!(said.contains("each is drawn by itself"), "{said}");
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let workplace = Workplace::new();
    workplace.model();
    let of = |arguments: &[&str]| workplace.hilum(&[&["compare"], arguments].concat());
    of(&["runs/first"]).refuses(&["one model alone", "hint:"]);
    of(&["runs/first", "elsewhere"]).refuses(&["`elsewhere`", "hint:"]);
    of(&["first", "runs/first/model.safetensors"])
        .refuses(&["`runs/first` holds no evaluation", "--data DATA"]);
    // A model against itself, by two names: nothing differs, and that is no proof of anything.
    let said = of(&["first", "runs/first/model.safetensors", "--data", "slices"]);
    let said = &said.succeeds().stdout;
    assert!(
        said.contains("`first` and `first (2)`") || said.contains("runs/first"),
        "{said}"
    );
    assert!(
        said.contains("Both are right about the same slices"),
        "{said}"
    );
    assert!(said.contains("all call every slice the same"), "{said}");

    // On what it was watched on no slice is clean.
    let said = of(&[
        "first",
        "runs/first/model.safetensors",
        "--data",
        "slices",
        "--split",
        "valid",
    ]);
    let said = &said.succeeds().stdout;
    assert!(said.contains("No slice is clean"), "{said}");

    std::fs::create_dir_all(workplace.path("foreign")).unwrap();
    std::fs::write(workplace.path("foreign/metrics.json"), "{}").unwrap();
    std::fs::write(workplace.path("foreign/predictions.csv"), "a,b\n").unwrap();
    of(&["foreign", "foreign"]).refuses(&["foreign/metrics.json", "evaluate"]);
}
