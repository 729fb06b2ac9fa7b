//! `--help`, `hilum completions` and `hilum man`.

use crate::workplace::Workplace;

#[test]
fn help_leads_a_newcomer_to_the_demo() {
    let finished = Workplace::new().hilum(&["--help"]);
    let help = &finished.succeeds().stdout;
    for word in [
        "hilum demo",
        "train",
        "evaluate",
        "predict",
        "not a medical device",
    ] {
        assert!(help.contains(word), "no `{word}` in:\n{help}");
    }
}

#[test]
fn completions_are_made_for_every_shell() {
    let workplace = Workplace::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let finished = workplace.hilum(&["completions", shell]);
        assert!(finished.succeeds().stdout.contains("hilum"), "{shell}");
    }
}

#[test]
fn the_manual_is_roff() {
    let workplace = Workplace::new();
    assert!(
        workplace
            .hilum(&["man"])
            .succeeds()
            .stdout
            .contains(".TH hilum 1")
    );
    assert!(
        workplace
            .hilum(&["man", "train"])
            .succeeds()
            .stdout
            .contains("hilum\\-train")
    );
    workplace.hilum(&["man", "dance"]).refuses(&["dance"]);
}

#[test]
fn a_flag_that_does_not_exist_is_bad_input() {
    let finished = Workplace::new().hilum(&["train", "slices", "--epoch", "3"]);
    finished.refuses(&["--epoch", "--epochs"]);
}
