//! From a name in a space to a flag of `hilum train`.

use clap::{Arg, Command};
use thiserror::Error;

use crate::error::CommandError;

/// Names in `settings.toml` whose flags are called otherwise.
const OTHERWISE_CALLED: [(&str, &str); 24] = [
    ("network.architecture", "arch"),
    ("network.dropout", "dropout"),
    ("batch_size", "batch"),
    ("update.kind", "optimizer"),
    ("update.weight_decay", "weight-decay"),
    ("update.momentum", "momentum"),
    ("schedule.kind", "schedule"),
    ("schedule.warm_up_epochs", "warm-up"),
    ("freeze.kind", "freeze"),
    ("freeze.head_epochs", "head-epochs"),
    ("freeze.learning_rate_factor", "staged-rate"),
    ("early_stopping.patience", "patience"),
    ("augmentation.rotation_range", "rotation"),
    ("augmentation.width_shift_range", "width-shift"),
    ("augmentation.height_shift_range", "height-shift"),
    ("augmentation.shear_range", "shear"),
    ("augmentation.zoom_range", "zoom"),
    ("augmentation.horizontal_flip", "horizontal-flip"),
    ("augmentation.vertical_flip", "vertical-flip"),
    ("augmentation.brightness_range", "brightness"),
    ("augmentation.contrast_range", "contrast"),
    ("augmentation.channel_shift_range", "channel-shift"),
    ("augmentation.noise_std", "noise"),
    ("augmentation.random_erasing.probability", "erase"),
];

/// Flags that name a run, its data or its machine: no trial can vary them.
const FIXED: [&str; 7] = [
    "name",
    "runs",
    "seed",
    "class-map",
    "split-seed",
    "max-pixels",
    "allow",
];

#[derive(Debug, Error)]
enum NameError {
    #[error("`{name}` in the space is no setting of `hilum train`{}", suggestion.as_deref().map(|flag| format!("\nhint: did you mean `{flag}`?")).unwrap_or_default())]
    Unknown {
        name: String,
        suggestion: Option<String>,
    },
    #[error(
        "`{name}` cannot be searched\nhint: all trials share data, preprocessing, seed and machine; give it as a flag"
    )]
    Fixed { name: String },
}

/// The flag that sets what the space calls `name`.
pub(super) fn flag_of(name: &str, command: &Command) -> Result<String, CommandError> {
    let short = name.strip_prefix("training.").unwrap_or(name);
    let renamed = OTHERWISE_CALLED.iter().find(|(own, _)| *own == short);
    let long = renamed.map_or_else(|| short.replace('_', "-"), |(_, flag)| (*flag).to_owned());
    let mut arguments = command.get_arguments();
    let Some(argument) = arguments.find(|argument| argument.get_long() == Some(&long)) else {
        let name = name.to_owned();
        let suggestion = nearest(short, &long, command);
        return Err(CommandError::bad_input(NameError::Unknown {
            name,
            suggestion,
        }));
    };
    let heading = argument.get_help_heading().unwrap_or_default();
    let is_fixed = FIXED.contains(&long.as_str())
        || ["Data", "Audit", "Preprocessing", "Machine"].contains(&heading);
    if is_fixed {
        let name = name.to_owned();
        return Err(CommandError::bad_input(NameError::Fixed { name }));
    }
    Ok(long)
}

fn nearest(name: &str, long: &str, command: &Command) -> Option<String> {
    let longs = command.get_arguments().filter_map(Arg::get_long);
    let own = OTHERWISE_CALLED.iter().map(|(own, _)| *own);
    hilum_core::closest(name, own)
        .or_else(|| hilum_core::closest(long, longs))
        .map(str::to_owned)
}
