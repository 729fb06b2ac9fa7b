//! From choices back to what a user types.

use toml::{Table, Value};

use super::{Choices, Kind, SETTINGS, Setting};

/// Everything that was chosen, as it is written in a shell.
pub fn flags(choices: &Choices) -> String {
    let mut words = Vec::new();
    for setting in SETTINGS {
        for (flag, values) in setting.flags(choices) {
            match values.as_slice() {
                // What begins with a dash would be taken for a flag.
                [one] if one.starts_with('-') => words.push(format!("--{flag}={}", quoted(one))),
                values => {
                    words.push(format!("--{flag}"));
                    words.extend(values.iter().map(|value| quoted(value)));
                }
            }
        }
    }
    words.join(" ")
}

/// The same as a table of `hilum.toml`.
pub(crate) fn table(choices: &Choices) -> Table {
    let chosen = |setting: &&Setting| {
        let value = setting.chosen(choices)?;
        let stands = !(matches!(setting.kind, Kind::Switch) && value == Value::Boolean(false));
        stands.then(|| (setting.flag.to_owned(), value))
    };
    SETTINGS
        .iter()
        .filter_map(|setting| chosen(&setting))
        .collect()
}

/// `text` as a shell reads it back.
pub(crate) fn quoted(text: &str) -> String {
    // A NUL cannot be in an argument.
    let text = text.replace('\0', "");
    shlex::try_quote(&text).map_or_else(|_| text.clone(), std::borrow::Cow::into_owned)
}
