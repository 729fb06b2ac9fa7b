//! Errors in words.

use std::error::Error;

/// An error and its causes, nothing said twice.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said {
    /// The error itself, then each cause that adds to what was said before.
    pub parts: Vec<String>,
    /// What all of them advise.
    pub hints: Vec<String>,
}

impl Said {
    /// Takes an error apart.
    pub fn of(error: &(dyn Error + 'static)) -> Self {
        let mut all = Self::default();
        let mut next = Some(error);
        while let Some(current) = next {
            all.add(&current.to_string());
            next = current.source();
        }
        all
    }

    fn add(&mut self, text: &str) {
        let text = plainly(text);
        let mut lines = Vec::new();
        for line in text.lines() {
            match line.strip_prefix("hint: ") {
                Some(hint) if self.hints.iter().any(|known| known == hint) => {}
                Some(hint) => self.hints.push(hint.to_owned()),
                None => lines.push(line),
            }
        }
        let said = lines.join("\n");
        let is_known = self.parts.iter().any(|part| part.contains(&said));
        match self.parts.last_mut() {
            _ if is_known => {}
            // A cause that repeats the message and says more.
            Some(last) if said.contains(last.as_str()) => *last = said,
            _ => self.parts.push(said),
        }
    }
}

/// What went wrong with a file, without the name of the system's call.
fn plainly(text: &str) -> String {
    const CALLS: [&str; 4] = [
        "failed to query resolved metadata ",
        "failed to query metadata of ",
        "failed to open file ",
        "failed to read from file ",
    ];
    let call = CALLS.iter().find_map(|call| text.strip_prefix(call));
    call.map_or_else(|| text.to_owned(), |rest| format!("cannot read {rest}"))
}

/// An error with its causes in one line, hints left out: for lists of many.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    Said::of(error).parts.join(": ").replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use thiserror::Error;

    use super::*;

    #[derive(Debug, Error)]
    #[error("{said}")]
    struct Link {
        said: &'static str,
        source: Option<Box<Link>>,
    }

    fn linked(all: &[&'static str]) -> Link {
        let (said, rest) = all.split_first().expect("an error");
        Link {
            said,
            source: (!rest.is_empty()).then(|| Box::new(linked(rest))),
        }
    }

    #[test]
    fn what_was_said_is_not_said_again() {
        let cases: [(&[&'static str], &str); 6] = [
            (
                &["cannot read `a`", "it is empty"],
                "cannot read `a`: it is empty",
            ),
            (&["cannot read `a`", "cannot read `a`"], "cannot read `a`"),
            (
                &["cannot read `a`: it is empty", "it is empty"],
                "cannot read `a`: it is empty",
            ),
            (
                &["cannot read `a`", "cannot read `a`: it is empty"],
                "cannot read `a`: it is empty",
            ),
            (&["no\nhint: try", "why\nhint: try"], "no: why"),
            (
                &["cannot read `a`", "failed to open file `a`: it is gone"],
                "cannot read `a`: it is gone",
            ),
        ];
        for (links, expected) in cases {
            assert_eq!(chain(&linked(links)), expected);
        }
        assert_eq!(
            Said::of(&linked(&["no\nhint: try", "why\nhint: try"])).hints,
            ["try"]
        );
    }
}
