//! What a flag that hilum does not have may have meant.

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use hilum_core::closest;

/// Flags of Keras, fastai, Ultralytics, timm and PyTorch's examples that no flag here equals, and
/// what does their work.
const ELSEWHERE: &[(&str, &str)] = &[
    (
        "amp",
        "nothing: this engine computes in single precision; `hilum export --precision f16` makes a small model",
    ),
    (
        "cache",
        "nothing: slices are decoded once and stay in memory",
    ),
    (
        "callbacks",
        "`--patience`, `--schedule plateau` and `--keep best`",
    ),
    (
        "checkpoint",
        "`--resume`, or `--weights FILE` for a new run",
    ),
    ("ckpt", "`--resume`, or `--weights FILE` for a new run"),
    (
        "classes",
        "nothing: classes are the names of folders; `--class-map FROM=TO` changes them",
    ),
    ("color-mode", "`--channels grey` or `--channels rgb`"),
    ("cos-lr", "`--schedule cosine`"),
    ("early-stopping", "`--patience EPOCHS`"),
    ("exist-ok", "nothing: a taken name gets a number"),
    ("fliplr", "`--horizontal-flip true`"),
    ("flipud", "`--vertical-flip true`"),
    ("folder", "DATA, which needs no flag"),
    ("gpu", "`--device cuda`, in a build with `--features cuda`"),
    ("gpus", "`--device cuda`, in a build with `--features cuda`"),
    ("half", "`hilum export --precision f16`"),
    ("input", "the paths, which need no flag"),
    ("input-size", "`--image-size PIXELS`"),
    (
        "loss",
        "nothing: the loss is cross-entropy; see `--label-smoothing` and `--class-weights`",
    ),
    ("lrf", "`--schedule one-cycle` or `--schedule cosine`"),
    (
        "metrics",
        "nothing: all are computed; `hilum evaluate` shows them",
    ),
    ("mixup", "nothing: slices of two patients are never mixed"),
    (
        "model",
        "`--arch NAME` for a network, `--weights FILE` for weights",
    ),
    ("model-name", "`--arch NAME`"),
    ("nc", "nothing: classes are counted in the data"),
    ("num-classes", "nothing: classes are counted in the data"),
    ("num-workers", "`--threads COUNT`"),
    ("output", "`--out`"),
    ("output-dir", "`--out DIR`"),
    (
        "pretrained",
        "`--weights bundled`, or `--weights torchvision:NAME`",
    ),
    ("rescale", "`--normalise scale`"),
    ("sampler", "`--class-weights balanced`"),
    ("save-dir", "`--out DIR`"),
    ("save-txt", "`--format csv`, with `--out FILE`"),
    ("scale", "`--zoom FRACTION`"),
    ("sched", "`--schedule`"),
    ("scheduler", "`--schedule`"),
    (
        "shuffle",
        "nothing: training slices are shuffled by `--seed`",
    ),
    ("size", "`--image-size PIXELS`"),
    ("source", "the paths, which need no flag"),
    (
        "steps-per-epoch",
        "nothing: an epoch is every training slice once",
    ),
    ("subset", "`--split`"),
    ("target-size", "`--image-size PIXELS`"),
    ("task", "nothing: hilum classifies slices"),
    ("tfms", "`--augment` and the flags below it"),
    (
        "train-dir",
        "DATA, which needs no flag: the folder that holds `train`",
    ),
    ("translate", "`--width-shift` and `--height-shift`"),
    (
        "val",
        "nothing: the validation split is judged after each epoch",
    ),
    (
        "val-split",
        "`hilum split DATA --fractions TRAIN/VALID/TEST`",
    ),
    (
        "validation-split",
        "`hilum split DATA --fractions TRAIN/VALID/TEST`",
    ),
    ("warmup", "`--schedule cosine --warm-up EPOCHS`"),
    ("workers", "`--threads COUNT`"),
];

/// Puts what may have been meant in place of clap's guess, which knows spelling alone.
pub(crate) fn correct(error: &mut clap::Error, command: &Command) {
    if error.kind() != ErrorKind::UnknownArgument {
        return;
    }
    let Some(ContextValue::String(given)) = error.get(ContextKind::InvalidArg) else {
        return;
    };
    let Some(name) = given.strip_prefix("--").map(|name| name.replace('_', "-")) else {
        return;
    };
    let found = suggestion(&name, command);
    for guess in [
        ContextKind::SuggestedArg,
        ContextKind::SuggestedSubcommand,
        ContextKind::Suggested,
        ContextKind::TrailingArg,
    ] {
        error.remove(guess);
    }
    if let Some(text) = found {
        let tip = ContextValue::StyledStrs(vec![text.into()]);
        error.insert(ContextKind::Suggested, tip);
    }
}

/// What the flag `--name` of another tool is here, or the flag of `command` that is spelt nearly
/// so.
fn suggestion(name: &str, command: &Command) -> Option<String> {
    let flags = || command.get_arguments().filter_map(clap::Arg::get_long);
    let near = closest(name, flags());
    // A slip of the hand is one, whatever another tool calls so.
    let is_slip = near.is_some_and(|near| hilum_core::is_one_slip(name, near));
    let known = ELSEWHERE.iter().find(|(theirs, _)| *theirs == name);
    match (known, near) {
        (Some((_, ours)), _) if !is_slip => Some(match ours.strip_prefix("nothing: ") {
            Some(why) => format!("`--{name}` is not needed: {why}"),
            None => format!("`--{name}` is called otherwise here: {ours}"),
        }),
        (_, Some(near)) => Some(format!("did you mean `--{near}`?")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suggested(name: &str) -> String {
        let command = crate::cli::command();
        let train = command.find_subcommand("train").expect("a command");
        suggestion(name, train).unwrap_or_default()
    }

    #[test]
    fn misspellings_lead_to_the_flag_and_other_tools_names_to_ours() {
        assert_eq!(suggested("epoch"), "did you mean `--epochs`?");
        assert_eq!(suggested("learnig-rate"), "did you mean `--learning-rate`?");
        assert!(suggested("cos-lr").contains("--schedule cosine"));
        assert!(suggested("validation-split").contains("hilum split"));
        assert!(suggested("num-workers").contains("--threads"));
        assert_eq!(suggested("xyzzy"), "");
    }

    #[test]
    fn no_name_of_another_tool_is_a_flag_of_train() {
        let command = crate::cli::command();
        let train = command.find_subcommand("train").expect("a command");
        for (theirs, _) in ELSEWHERE {
            let mut flags = train.get_arguments();
            let is_own = flags.any(|flag| flag.get_long() == Some(theirs));
            assert!(!is_own, "--{theirs}");
        }
        assert!(ELSEWHERE.is_sorted_by_key(|(theirs, _)| *theirs));
    }
}
