//! Every way in which a command ends badly, and the exit code that says so.

use std::fmt::Write as _;
use std::io;

/// Why a command stopped.
///
/// Exit code 1 is for findings and bad input, which the user can mend; 2 is for failures of the
/// machine or the program.
#[derive(Debug)]
pub(crate) enum CommandError {
    /// Arguments, files or data that cannot be used.
    BadInput(Box<dyn std::error::Error + Send + Sync>),
    /// A disk, a device or a computation that failed.
    Failure(Box<dyn std::error::Error + Send + Sync>),
    /// What had to be said is said; only the exit code is left.
    Findings,
    /// The user pressed Ctrl-C; what was done is saved.
    Interrupted,
    /// The reader of our output went away; nobody is left to tell.
    BrokenPipe,
}

impl CommandError {
    /// Bad input.
    pub(crate) fn bad_input(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::BadInput(error.into())
    }

    /// A failure.
    pub(crate) fn failure(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Failure(error.into())
    }

    /// 0, 1, 2, or 130 after Ctrl-C, as shells have it.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::BrokenPipe => 0,
            Self::BadInput(_) | Self::Findings => 1,
            Self::Failure(_) => 2,
            Self::Interrupted => 130,
        }
    }

    /// What the user reads: the error, its causes, and the hints of all of them last.
    pub(crate) fn message(&self) -> Option<String> {
        match self {
            Self::BadInput(error) | Self::Failure(error) => Some(describe(error.as_ref())),
            Self::Findings | Self::Interrupted | Self::BrokenPipe => None,
        }
    }
}

/// An error with its causes in one line, hints left out: for lists of many.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(current) = next {
        let text = current.to_string();
        let lines: Vec<&str> = text
            .lines()
            .filter(|line| !line.starts_with("hint: "))
            .collect();
        let said = lines.join(" ");
        if parts.last() != Some(&said) {
            parts.push(said);
        }
        next = current.source();
    }
    parts.join(": ")
}

fn describe(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = String::new();
    let mut hints = Vec::new();
    let mut next = Some(error);
    let mut previous = String::new();
    while let Some(current) = next {
        let whole = current.to_string();
        let mut lines = Vec::new();
        for line in whole.lines() {
            match line.strip_prefix("hint: ") {
                Some(hint) => hints.push(hint.to_owned()),
                None => lines.push(line),
            }
        }
        let said = lines.join("\n");
        // Transparent errors repeat their source word for word.
        if said != previous {
            let label = if text.is_empty() {
                "error"
            } else {
                "\n  cause"
            };
            let _ = write!(text, "{label}: {said}");
        }
        previous = said;
        next = current.source();
    }
    for hint in hints {
        let _ = write!(text, "\nhint: {hint}");
    }
    text
}

impl From<io::Error> for CommandError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::BrokenPipe
        } else {
            Self::failure(error)
        }
    }
}

#[cfg(test)]
mod tests {
    use thiserror::Error;

    use super::*;

    #[derive(Debug, Error)]
    #[error("cannot read `a.png`\nhint: remove it")]
    struct Outer(#[source] Inner);

    #[derive(Debug, Error)]
    #[error("the file is empty")]
    struct Inner;

    #[test]
    fn causes_come_before_hints() {
        let error = CommandError::bad_input(Outer(Inner));
        assert_eq!(
            error.message().as_deref(),
            Some("error: cannot read `a.png`\n  cause: the file is empty\nhint: remove it")
        );
        assert_eq!(error.exit_code(), 1);
    }

    #[test]
    fn a_broken_pipe_is_no_error() {
        let error = CommandError::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!((error.exit_code(), error.message()), (0, None));
    }
}
