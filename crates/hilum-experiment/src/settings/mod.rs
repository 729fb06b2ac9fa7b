//! Everything that decides a run.
//!
//! What a user chooses are [`Choices`], any of which may be left open; what they amount to are
//! [`RunSettings`], as `settings.toml` keeps them. Every setting is declared once, as a row of
//! [`SETTINGS`].

mod choices;
mod command_line;
mod declaration;
mod defaults;
mod differences;
mod error;
mod help;
mod kind;
mod resolve;
mod run;
#[cfg(test)]
mod tests;
mod words;

pub use choices::{ArchitectureChoice, Choices, FreezeChoice, SETTINGS, WindowChoice};
pub use command_line::flags;
pub(crate) use command_line::{quoted, table};
pub use declaration::{Default, Heading, Scope, Setting};
pub use defaults::{MAX_PIXELS, SEED};
pub use differences::{chosen_differences, differences};
pub use error::SettingError;
pub use kind::{Kind, Range, Word, shown};
pub use run::{DataSettings, MachineSettings, NetworkSettings, RunSettings};
pub(crate) use words::words;
pub use words::{Arithmetic, AugmentationPreset, NormalisationKind, Optimizer, ScheduleKind};
