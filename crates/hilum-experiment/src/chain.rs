//! Errors in words.

use std::error::Error;

/// An error with its causes in one line, hints left out: for lists of many.
pub fn chain(error: &(dyn Error + 'static)) -> String {
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
