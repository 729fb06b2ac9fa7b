//! Names of files and classes: in a terminal and in a spreadsheet they are names, and nothing else.

use crate::workplace::{QUICK, Workplace};

#[cfg(unix)]
#[test]
fn a_folder_cannot_colour_the_terminal() {
    let workplace = Workplace::new();
    workplace.slices();
    for split in ["train", "valid", "test"] {
        let folder = workplace.path("slices").join(split);
        std::fs::rename(folder.join("normal"), folder.join("\u{1b}[31mnormal")).unwrap();
    }
    let mut arguments = vec!["train", "slices", "--epochs", "1", "--name", "first"];
    arguments.extend(QUICK);
    let trained = workplace.hilum(&arguments);
    trained.succeeds();
    assert!(
        trained.stderr.contains("\\u{1b}[31mnormal"),
        "{}",
        trained.stderr
    );
    let model = "runs/first/model.safetensors";
    let predict = |format| {
        let arguments = [
            "predict",
            "slices/test",
            "--model",
            model,
            "--format",
            format,
        ];
        workplace.hilum(&arguments)
    };
    let audit = workplace.hilum(&["audit", "slices"]);
    let evaluated = workplace.hilum(&["evaluate", "slices", "--model", model]);
    evaluated.succeeds();
    for finished in [
        &trained,
        &audit,
        &evaluated,
        &predict("text"),
        &predict("json"),
    ] {
        let said = format!("{}{}", finished.stdout, finished.stderr);
        assert!(!said.contains('\u{1b}'), "{said:?}");
    }
}

#[test]
fn a_file_is_no_formula() {
    let workplace = Workplace::new();
    let model = workplace.model();
    let formula = "=cmd|' /C calc'!A0.png";
    workplace.write_slice(formula, 0, 1);
    let model = model.to_str().unwrap();
    let arguments = ["predict", formula, "--model", model, "--format", "csv"];
    let finished = workplace.hilum(&arguments);
    let rows = finished.succeeds().stdout.clone();
    let row = rows.lines().nth(1).expect("a row");
    assert!(row.starts_with(&format!("'{formula},")), "{row}");
    // A program gets the name itself.
    let arguments = ["predict", formula, "--model", model, "--format", "json"];
    let finished = workplace.hilum(&arguments);
    let answer: serde_json::Value = serde_json::from_str(&finished.succeeds().stdout).unwrap();
    assert_eq!(answer["path"], formula);
}
