//! A filled checklist as Markdown, and as lines for a terminal.

use std::fmt::Write as _;

use super::{Checklist, Entry};
use crate::evaluation_on_card::cell;

impl Checklist {
    /// What it comes to: `31 of 44 filled, 13 open`.
    pub fn summary(&self) -> String {
        format!(
            "{} of {} filled, {} open",
            self.filled, self.total, self.open
        )
    }

    /// A table in Markdown, a row an item, for the supplement of a paper.
    pub fn markdown(&self) -> String {
        let mut text = format!(
            "# {}\n\n{}. {}\n\n| item | asks | answer | from |\n|---|---|---|---|\n",
            self.title,
            self.summary(),
            self.reference
        );
        let mut section = "";
        for item in &self.items {
            if item.section != section {
                section = item.section;
                let _ = writeln!(text, "| | **{section}** | | |");
            }
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} |",
                item.number,
                cell(item.asks),
                cell(&words(item)),
                item.source.as_deref().unwrap_or_default()
            );
        }
        text
    }

    /// Every item as a paragraph, in lines that may be broken between words.
    pub fn text(&self) -> String {
        let mut text = format!("{}: {}\n", self.title, self.summary());
        let width = self.items.iter().map(|item| item.number.len()).max();
        let width = width.unwrap_or_default();
        let mut section = "";
        for item in &self.items {
            if item.section != section {
                section = item.section;
                let _ = write!(text, "\n{section}\n");
            }
            let mark = if item.answer.is_some() {
                "filled"
            } else {
                "open"
            };
            let _ = writeln!(text, " {:>width$} {:<6}  {}", item.number, mark, item.asks);
            for line in lines(item) {
                let _ = writeln!(text, "     {line}");
            }
        }
        let _ = write!(
            text,
            "\n{}\nItems in our own words; their numbers are those of: {}\n",
            self.summary(),
            self.reference
        );
        text
    }
}

fn lines(item: &Entry) -> Vec<String> {
    match (&item.answer, &item.source) {
        (Some(answer), Some(source)) => vec![format!("{answer} [{source}]")],
        (Some(answer), None) => vec![answer.clone()],
        (None, _) => {
            let known = item.known.as_ref().map(|known| format!("known: {known}"));
            let hint = item.hint.map(|hint| format!("to write: {hint}"));
            known.into_iter().chain(hint).collect()
        }
    }
}

fn words(item: &Entry) -> String {
    if let Some(answer) = &item.answer {
        return answer.clone();
    }
    let known = item.known.as_ref().map(|known| format!("Known: {known} "));
    let hint = item.hint.unwrap_or_default();
    format!("**open** – {}To write: {hint}.", known.unwrap_or_default())
}
