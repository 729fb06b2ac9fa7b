//! `HILUM_*` and `hilum.toml`: a bad value is blamed on where it stands.

use crate::workplace::Workplace;

#[test]
fn a_bad_variable_is_named() {
    let workplace = Workplace::new();
    workplace.slices();
    for (variable, value) in [
        ("HILUM_EPOCHS", "many"),
        ("HILUM_LR", "-1"),
        ("HILUM_OPTIMIZER", "lion"),
        ("HILUM_QUIET", "perhaps"),
    ] {
        let finished = workplace.hilum_with(&[(variable, value)], &["train", "slices"]);
        finished.refuses(&[variable, value]);
    }
    // What was typed is to blame itself.
    let variables = [("HILUM_EPOCHS", "3")];
    let typed = workplace.hilum_with(&variables, &["train", "slices", "--epochs", "many"]);
    typed.refuses(&["--epochs", "many"]);
    assert!(!typed.stderr.contains("HILUM_EPOCHS"), "{}", typed.stderr);
}

#[test]
fn a_variable_that_is_no_setting_is_warned_of() {
    let workplace = Workplace::new();
    let finished = workplace.hilum_with(&[("HILUM_EPOCH", "3")], &["arch"]);
    let said = &finished.succeeds().stderr;
    assert!(said.contains("`HILUM_EPOCH`"), "{said}");
    assert!(said.contains("did you mean `HILUM_EPOCHS`?"), "{said}");
    let known = workplace.hilum_with(&[("HILUM_EPOCHS", "3"), ("HILUM_CACHE", "c")], &["arch"]);
    assert_eq!(known.succeeds().stderr, "");
}

#[test]
fn a_bad_value_of_hilum_toml_is_named_with_its_line() {
    let workplace = Workplace::new();
    for (text, words) in [
        (
            "[train]\nepochs = \"many\"\n",
            ["line 2", "`epochs`", "many"],
        ),
        (
            "\n\n[train]\nrotation = -5\n",
            ["line 4", "`rotation`", "-5"],
        ),
        (
            "[train]\noptimizer = \"lion\"\n",
            ["line 2", "`optimizer`", "lion"],
        ),
        (
            "[search]\n# how many\ntrials = \"x\"\n",
            ["line 3", "`trials`", "x"],
        ),
        ("quiet = 3\n", ["line 1", "`quiet`", "true"]),
        ("[train]\nepoch = 3\n", ["line 2", "`epoch`", "`epochs`"]),
        (
            "[train]\naugmentation.rotation_range = \"x\"\n",
            ["line 2", "rotation_range", "x"],
        ),
    ] {
        std::fs::write(workplace.path("hilum.toml"), text).unwrap();
        let finished = workplace.hilum(&["arch"]);
        finished.refuses(&["`hilum.toml`"]);
        finished.refuses(&words);
    }
}
