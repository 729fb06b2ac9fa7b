//! What a person sees: notes and progress on stderr, results on stdout.
//!
//! Every line passes through here, and no name of a file or a class steers the terminal.

use std::fmt::{self, Display};
use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use console::{Term, style};
use hilum_core::{printable, printable_json};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::layout::wrapped;

/// What is said wherever a prediction is shown.
pub(crate) const DISCLAIMER: &str = "research software, not a medical device";

/// The widest bar,
const WIDEST_BAR: usize = 32;
/// and the narrowest that is drawn.
const NARROWEST_BAR: usize = 6;

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
            self.line(&printable(&message.to_string()));
        }
    }

    /// The same in bold, for what stands above columns.
    pub(crate) fn heading(&self, message: impl Display) {
        if self.verbosity > Verbosity::Quiet {
            let text = message.to_string();
            let lines = text.split('\n').map(printable);
            let lines = lines.map(|line| style(line).for_stderr().bold().to_string());
            self.line(&lines.collect::<Vec<_>>().join("\n"));
        }
    }

    /// A note with a word behind it that stands out.
    pub(crate) fn marked(&self, message: impl Display, mark: &'static str) {
        if self.verbosity > Verbosity::Quiet {
            let text = message.to_string();
            let mark = style(mark).for_stderr().green();
            self.line(&format!("{}{mark}", printable(&text)));
        }
    }

    /// Says something that only `--verbose` shows.
    pub(crate) fn detail(&self, message: impl Display) {
        if self.verbosity == Verbosity::Verbose {
            self.line(&printable(&message.to_string()));
        }
    }

    /// Says what the user should look at; shown with `--quiet` too.
    pub(crate) fn warn(&self, message: impl Display) {
        self.line(&format!(
            "{} {}",
            style("warning:").for_stderr().yellow().bold(),
            printable(&message.to_string())
        ));
    }

    /// A bar that counts to `length`, with the time left; its message comes last, where a narrow
    /// terminal cuts it off.
    pub(crate) fn bar(&self, length: usize, what: &'static str) -> ProgressBar {
        let bar = self.bars.add(ProgressBar::new(length as u64));
        let counts = "{human_pos}/{human_len}  {left}  {msg}";
        bar.set_style(bar_style(&format!("{{prefix:<10}} {}{counts}", drawn(40))));
        bar.set_prefix(what);
        bar.enable_steady_tick(Duration::from_millis(250));
        bar
    }

    /// A bar for bytes that come from the network; without `length`, how many came.
    pub(crate) fn download_bar(&self, length: Option<u64>) -> ProgressBar {
        let (bar, template) = match length {
            Some(length) => (
                ProgressBar::new(length),
                format!(
                    "fetching {}{{bytes}}/{{total_bytes}}  {{bytes_per_sec}}  {{left}}",
                    drawn(64)
                ),
            ),
            None => (
                ProgressBar::no_length(),
                "fetching {bytes}  {bytes_per_sec}".to_owned(),
            ),
        };
        let bar = self.bars.add(bar);
        bar.set_style(bar_style(&template));
        bar
    }

    /// A bar for the batches of an epoch; its message says the rest.
    pub(crate) fn epoch_bar(&self) -> ProgressBar {
        let bar = self.bars.add(ProgressBar::new(1));
        bar.set_style(bar_style(&format!("  {}{{msg}}", drawn(60))));
        bar
    }

    fn line(&self, text: &str) {
        let text = wrapped(text, stderr_width());
        // A closed stderr must not stop the work.
        let _ = self
            .bars
            .suspend(|| writeln!(io::stderr().lock(), "{text}"));
    }
}

/// The part of a template that is a bar beside `others` columns, as wide as there is room for.
fn drawn(others: usize) -> String {
    let room = stderr_width().map_or(WIDEST_BAR, |width| width.saturating_sub(others));
    match room.min(WIDEST_BAR) {
        ..NARROWEST_BAR => String::new(),
        room => format!("{{bar:{room}.cyan/black.bright}} "),
    }
}

fn bar_style(template: &str) -> ProgressStyle {
    let left = |state: &ProgressState, text: &mut dyn fmt::Write| {
        // Before the first step nothing can be said.
        if state.pos() > 0 {
            let _ = write!(text, "{}", time_left(state.eta()));
        }
    };
    ProgressStyle::with_template(template)
        .expect("a template of known keys")
        .with_key("left", left)
        .progress_chars("━╸─")
}

/// `12 s left`, `5 min left`, `2 h 10 min left`.
pub(crate) fn time_left(duration: Duration) -> String {
    let seconds = duration.as_secs_f64().ceil() as u64;
    let minutes = seconds.div_ceil(60);
    match (seconds, minutes) {
        (..100, _) => format!("{seconds} s left"),
        (_, ..100) => format!("{minutes} min left"),
        (_, minutes) => format!("{} h {} min left", minutes / 60, minutes % 60),
    }
}

/// Columns of the terminal that errors and notes are read on; `None` if there is none.
pub(crate) fn stderr_width() -> Option<usize> {
    columns(&Term::stderr())
}

/// Columns of the terminal that results are read on; `None` if they go to a file or a program.
pub(crate) fn stdout_width() -> Option<usize> {
    columns(&Term::stdout())
}

fn columns(terminal: &Term) -> Option<usize> {
    let is_read = terminal.features().is_attended();
    is_read
        .then(|| terminal.size_checked())
        .flatten()
        .map(|(_, columns)| usize::from(columns))
}

/// Prints a result for a person on stdout.
pub(crate) fn print(text: impl Display) -> io::Result<()> {
    let text = text.to_string();
    let text = wrapped(&printable(text.trim_end()), stdout_width());
    writeln!(io::stdout().lock(), "{text}")
}

/// The same as it is, for a file that stdout goes to: no line is broken.
pub(crate) fn print_unbroken(text: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{}", printable(text.trim_end()))
}

/// Prints a result for a program on stdout, as JSON.
pub(crate) fn print_json(json: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{}", printable_json(json))
}

/// Prints rows of CSV on stdout: to the byte for a program, harmless on a terminal.
pub(crate) fn print_csv(rows: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    if stdout.is_terminal() {
        stdout.write_all(printable(rows).as_bytes())
    } else {
        stdout.write_all(rows.as_bytes())
    }
}

/// Prints a line of a log on stderr, without breaking it.
pub(crate) fn print_log(line: &str) {
    // A closed stderr must not stop the work.
    let _ = writeln!(io::stderr().lock(), "{}", printable_json(line));
}

/// Prints an error as the last thing that a command says.
pub(crate) fn print_error(message: &str) {
    let message = printable(message);
    let coloured = match message.strip_prefix("error:") {
        Some(rest) => format!("{}{rest}", style("error:").for_stderr().red().bold()),
        None => message.into_owned(),
    };
    let coloured = coloured.replace(
        "\nhint:",
        &format!("\n{}", style("hint:").for_stderr().cyan().bold()),
    );
    let _ = writeln!(
        io::stderr().lock(),
        "{}",
        wrapped(&coloured, stderr_width())
    );
}

/// Prints what clap says: help, or what is wrong with the command line.
pub(crate) fn print_refusal(error: &clap::Error) -> io::Result<()> {
    let plain = error.to_string();
    if printable(&plain) == plain {
        return error.print();
    }
    // What was typed may come from the name of a file.
    write!(io::stderr().lock(), "{}", printable(&plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_has_few_digits() {
        for (seconds, said) in [
            (0, "0 s left"),
            (12, "12 s left"),
            (100, "2 min left"),
            (5_940, "99 min left"),
            (7_800, "2 h 10 min left"),
        ] {
            assert_eq!(time_left(Duration::from_secs(seconds)), said);
        }
    }
}
