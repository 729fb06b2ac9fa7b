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
    let commands = commands(&workplace);
    assert!(commands.iter().any(|command| command == "cross-validate"));
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let finished = workplace.hilum(&["completions", shell]);
        let script = &finished.succeeds().stdout;
        for word in commands
            .iter()
            .map(String::as_str)
            .chain(["learning-rate", "infer-groups"])
        {
            assert!(script.contains(word), "no `{word}` for {shell}");
        }
        // What flags take; the other shells' scripts complete flags alone.
        if ["bash", "zsh", "fish"].contains(&shell) {
            for word in ["efficientnet-b0-tf", "duplicate-across-splits"] {
                assert!(script.contains(word), "no `{word}` for {shell}");
            }
        }
    }
}

/// What `hilum --help` lists.
fn commands(workplace: &Workplace) -> Vec<String> {
    let finished = workplace.hilum(&["--help"]);
    let help = &finished.succeeds().stdout;
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    listed
        .take_while(|line| line.starts_with("  "))
        // What does not fit goes on further to the right.
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_command_has_help_a_manual_and_errors_of_its_own() {
    let workplace = Workplace::new();
    let commands = commands(&workplace);
    for command in commands.iter().filter(|command| *command != "help") {
        let finished = workplace.hilum(&[command, "--help"]);
        let usage = format!("hilum {command}");
        assert!(finished.succeeds().stdout.contains(&usage), "{command}");
        let finished = workplace.hilum(&["man", command]);
        let title = format!(".TH hilum-{command} 1");
        let page = finished.succeeds().stdout.replace("\\-", "-");
        assert!(page.contains(&title), "{command}");
        workplace
            .hilum(&[command, "--no-such-flag"])
            .refuses(&["--no-such-flag"]);
    }
}

#[test]
fn help_tells_the_data_first_then_a_commands_own_flags_then_the_rest() {
    let workplace = Workplace::new();
    for (command, order) in [
        (
            "train",
            [
                "Usage: hilum train <DATA>",
                "Arguments:",
                "--resume",
                "--epochs",
                "--quiet",
            ],
        ),
        (
            "search",
            [
                "Usage: hilum search <DATA>",
                "Arguments:",
                "--trials",
                "--epochs",
                "--quiet",
            ],
        ),
        (
            "predict",
            [
                "Usage: hilum predict [PATHS]...",
                "Arguments:",
                "--out",
                "--device",
                "--quiet",
            ],
        ),
    ] {
        let finished = workplace.hilum(&[command, "--help"]);
        let help = &finished.succeeds().stdout;
        let places = order.map(|word| help.find(word).unwrap_or_else(|| panic!("no `{word}`")));
        assert!(places.is_sorted(), "{places:?} in {help}");
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
