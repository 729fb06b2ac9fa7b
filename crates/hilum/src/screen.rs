//! What a person sees: notes and progress on stderr, results on stdout.

use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use console::style;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// What is said wherever a prediction is shown.
pub(crate) const DISCLAIMER: &str = "research software, not a medical device";

/// How much is said on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verbosity {
    /// Errors only.
    Quiet,
    /// What a user wants to know.
    Normal,
    /// Also every path and setting.
    Verbose,
}

/// The terminal, or what stands in its place.
#[derive(Debug)]
pub(crate) struct Screen {
    verbosity: Verbosity,
    bars: MultiProgress,
}

impl Screen {
    /// Progress bars are drawn only if stderr is a terminal.
    pub(crate) fn new(verbosity: Verbosity) -> Self {
        let drawn = verbosity > Verbosity::Quiet && io::stderr().is_terminal();
        let target = if drawn {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        Self {
            verbosity,
            bars: MultiProgress::with_draw_target(target),
        }
    }

    /// Says something on stderr, above the progress bars.
    pub(crate) fn note(&self, message: impl Display) {
        if self.verbosity > Verbosity::Quiet {
            self.line(&message.to_string());
        }
    }

    /// Says something that only `--verbose` shows.
    pub(crate) fn detail(&self, message: impl Display) {
        if self.verbosity == Verbosity::Verbose {
            self.line(&message.to_string());
        }
    }

    /// Says what the user should look at; shown with `--quiet` too.
    pub(crate) fn warn(&self, message: impl Display) {
        self.line(&format!(
            "{} {message}",
            style("warning:").for_stderr().yellow().bold()
        ));
    }

    /// A bar that counts to `length`, with the time left.
    pub(crate) fn bar(&self, length: usize, what: &'static str) -> ProgressBar {
        let bar = self.bars.add(ProgressBar::new(length as u64));
        let template =
            "{msg:<12} {bar:32.cyan/black.bright} {human_pos}/{human_len}  {eta_precise:.dim}";
        bar.set_style(
            ProgressStyle::with_template(template)
                .expect("a template of known keys")
                .progress_chars("━╸─"),
        );
        bar.set_message(what);
        bar.enable_steady_tick(Duration::from_millis(250));
        bar
    }

    /// A bar for bytes that come from the network; without `length`, how many came.
    pub(crate) fn download_bar(&self, length: Option<u64>) -> ProgressBar {
        let (bar, template) = match length {
            Some(length) => (
                ProgressBar::new(length),
                "fetching     {bar:32.cyan/black.bright} {bytes}/{total_bytes}  {bytes_per_sec}  {eta_precise:.dim}",
            ),
            None => (
                ProgressBar::no_length(),
                "fetching     {bytes}  {bytes_per_sec}",
            ),
        };
        let bar = self.bars.add(bar);
        bar.set_style(
            ProgressStyle::with_template(template)
                .expect("a template of known keys")
                .progress_chars("━╸─"),
        );
        bar
    }

    /// A bar for the batches of an epoch; its message says the rest.
    pub(crate) fn epoch_bar(&self) -> ProgressBar {
        let bar = self.bars.add(ProgressBar::new(1));
        bar.set_style(
            ProgressStyle::with_template("  {bar:32.cyan/black.bright} {msg}")
                .expect("a template of known keys")
                .progress_chars("━╸─"),
        );
        bar
    }

    fn line(&self, text: &str) {
        // A closed stderr must not stop the work.
        let _ = self
            .bars
            .suspend(|| writeln!(io::stderr().lock(), "{text}"));
    }
}

/// Prints an error as the last thing that a command says.
pub(crate) fn print_error(message: &str) {
    let coloured = match message.strip_prefix("error:") {
        Some(rest) => format!("{}{rest}", style("error:").for_stderr().red().bold()),
        None => message.to_owned(),
    };
    let coloured = coloured.replace(
        "\nhint:",
        &format!("\n{}", style("hint:").for_stderr().cyan().bold()),
    );
    let _ = writeln!(io::stderr().lock(), "{coloured}");
}
