//! The commands, one file each, and their list: what `hilum --help` shows and `hilum NAME` runs.

mod arch;
mod audit;
mod bench;
mod card;
mod compare;
mod completions;
mod cross_validate;
mod demo;
mod evaluate;
mod explain;
mod export;
mod import;
mod man;
mod predict;
mod search;
mod serve;
mod split;
mod train;

use clap::{ArgMatches, Subcommand};

use crate::error::CommandError;
use crate::screen::Screen;

/// A line of help and the module of each command, which has `Arguments` and `run`.
macro_rules! commands {
    ($($(#[doc = $says:literal])+ $name:ident = $module:ident,)+) => {
        /// A command with its arguments.
        #[derive(Debug, Subcommand)]
        pub(crate) enum Command {
            $($(#[doc = $says])+ $name(Box<$module::Arguments>),)+
        }

        impl Command {
            /// Carries it out; `given` tells which flags the user wrote.
            pub(crate) fn run(
                &self,
                given: &ArgMatches,
                screen: &Screen,
            ) -> Result<(), CommandError> {
                match self {
                    $(Self::$name(arguments) => $module::run(arguments, given, screen),)+
                }
            }
        }
    };
}

commands! {
    /// Run the whole path on built-in synthetic slices, in under a minute
    Demo = demo,
    /// Find what makes a number worthless: copies, conflicts, shortcuts, leaks
    Audit = audit,
    /// Split a folder of classes into train, valid and test, as a manifest
    Split = split,
    /// Train a network on a folder of slices
    Train = train,
    /// Train on parts of train and valid, predict the rest, and say what to expect
    CrossValidate = cross_validate,
    /// Try sets of settings on folds of train and valid, and say which does best
    Search = search,
    /// Compute metrics, plots and a report of a model on the test split
    Evaluate = evaluate,
    /// Put models side by side: figures, differences and what tells them from luck
    Compare = compare,
    /// Classify images, folders, DICOM files and series
    Predict = predict,
    /// Show where a model looked, as heat over slices, and check that it can be believed
    Explain = explain,
    /// Answer over HTTP: a page to look at, and interfaces for programs
    Serve = serve,
    /// Tell what is known of a model: its card, or a reporting checklist filled in
    Card = card,
    /// Write a model in half precision, with its licence and a card that says what it is worth
    Export = export,
    /// Make a model of one that Keras saved, to predict with or to go on training
    Import = import,
    /// List the architectures, or show one layer by layer
    Arch = arch,
    /// Measure how fast this machine runs and trains the networks
    Bench = bench,
    /// Print shell completions
    Completions = completions,
    /// Print the manual page
    Man = man,
}
