//! Which data is read, and how its folders become classes.

use std::path::PathBuf;

use clap::Args;

use crate::settings::DataSettings;

/// The dataset and how it is read.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Data")]
pub(crate) struct DataArguments {
    /// Folder `{train,valid,test}/CLASS/*` or `CLASS/*`, or a CSV manifest `path,class[,split][,group]`
    pub(crate) data: PathBuf,

    /// Read the folder or class FROM as class TO; repeatable
    #[arg(long, value_name = "FROM=TO")]
    pub(crate) class_map: Vec<String>,

    /// Seed of the 70/20/10 split, where the data is not split yet
    #[arg(long, value_name = "SEED", default_value_t = 32)]
    pub(crate) split_seed: u64,

    #[command(flatten)]
    pub(crate) limits: LimitArguments,
}

/// Guards against files that would fill the memory.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct LimitArguments {
    /// Refuse images of more pixels than this before reading them
    #[arg(long, value_name = "COUNT", default_value_t = 100_000_000)]
    pub(crate) max_pixels: u64,
}

/// What the audit may let pass.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Audit")]
pub(crate) struct GateArguments {
    /// Go on in spite of what this audit rule finds; repeatable
    #[arg(long, value_name = "RULE")]
    pub(crate) allow: Vec<String>,

    /// Use the data as it is: leave copies and contradictions in, and mark every number
    #[arg(long)]
    pub(crate) as_is: bool,
}

impl DataArguments {
    /// The settings, with what the audit may let pass.
    pub(crate) fn settings(&self, gate: &GateArguments) -> DataSettings {
        DataSettings {
            path: self.data.clone(),
            class_map: self.class_map.clone(),
            split_seed: self.split_seed,
            max_pixels: self.limits.max_pixels,
            allow: gate.allow.clone(),
            as_is: gate.as_is,
            train_on_valid: false,
        }
    }
}
