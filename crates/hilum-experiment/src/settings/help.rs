//! What help says of a setting: the default is read off the recipes, so that it cannot be wrong.

use std::path::Path;
use std::sync::LazyLock;

use toml::{Table, Value};

use super::{Choices, Default, Kind, Setting, shown};

/// The settings of a run for which nothing was chosen, and of one from pre-trained weights.
static RECIPES: LazyLock<[Table; 2]> = LazyLock::new(|| {
    let table = |weights: &str| {
        let choices = Choices {
            weights: weights.parse().ok(),
            ..Choices::default()
        };
        let settings = choices.resolve(Path::new("")).expect("defaults are valid");
        Table::try_from(settings).expect("settings fit TOML")
    };
    [table("none"), table("weights.pth")]
});

impl Setting {
    /// What it is where nobody chooses it: one value, or two with ` / ` between them, the second
    /// from pre-trained weights. Empty where there is nothing to say.
    pub fn default_text(&self) -> String {
        match self.default {
            Default::Says(text) => text.to_owned(),
            Default::Constant(value) => shown(&value()),
            Default::Recipe => {
                let [plain, transfer] = &*RECIPES;
                let (plain, transfer) = (self.leaf(plain), self.leaf(transfer));
                if plain == transfer {
                    plain
                } else {
                    format!("{plain} / {transfer}")
                }
            }
        }
    }

    /// What it does, with its default.
    pub fn help_text(&self) -> String {
        let help = self.help.trim().replace("  ", " ");
        match self.default_text() {
            text if text.is_empty() => help,
            text => format!("{help} [default: {text}]"),
        }
    }

    /// Its value in a table of settings; what is absent there is off.
    fn leaf(&self, table: &Table) -> String {
        let mut parts = self.name.split('.');
        let first = parts.next().and_then(|part| table.get(part));
        let value = parts.fold(first, |value, part| value?.get(part));
        match value {
            Some(Value::Float(number)) => (*number as f32).to_string(),
            Some(Value::Array(values)) => {
                let shown: Vec<String> = values.iter().map(shown).collect();
                shown.join(" ")
            }
            Some(value) => self.plain_word(value),
            None if matches!(self.kind, Kind::Pair(_)) => "none".to_owned(),
            None => "0".to_owned(),
        }
    }

    /// A word as the flag spells it.
    fn plain_word(&self, value: &Value) -> String {
        let mut choices = Choices::default();
        let known = self.choose(&mut choices, value.clone());
        let chosen = known.ok().and_then(|()| self.chosen(&choices));
        shown(chosen.as_ref().unwrap_or(value))
    }
}
