//! What it takes to declare a setting: its names, its values, its default, and who may vary it.

use std::fmt;

use toml::Value;

use super::kind::{number, shown};
use super::{Choices, Kind, Range, SETTINGS, SettingError, defaults};

/// A setting of a run, declared once. Flags, `HILUM_*`, `hilum.toml`, `settings.toml` and search
/// spaces are made of this.
pub struct Setting {
    /// Its place in `settings.toml`, such as `training.augmentation.rotation_range`; where no
    /// single place holds it, a name of its own.
    pub name: &'static str,
    /// Its flag without dashes, such as `rotation`.
    pub flag: &'static str,
    /// Under which heading help lists it.
    pub heading: Heading,
    /// What it does.
    pub help: &'static str,
    /// What help calls its values.
    pub value_names: &'static [&'static str],
    /// Which values it takes.
    pub kind: Kind,
    /// What it is where nobody chooses it.
    pub default: Default,
    /// Whether the trials of a search may differ in it.
    pub scope: Scope,
    pub(super) set: fn(&mut Choices, Value) -> Result<(), String>,
    pub(super) get: fn(&Choices) -> Option<Value>,
}

/// What settings belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heading {
    /// Which data, and how it is read.
    Data,
    /// What may pass the audit.
    Audit,
    /// What learns.
    Network,
    /// How it learns.
    Training,
    /// How a slice becomes the network's input.
    Preprocessing,
    /// How training slices are varied.
    Augmentation,
    /// What it runs on.
    Machine,
    /// In which numbers it computes.
    Precision,
    /// Where its files go, and what else the run does.
    Run,
}

/// What a setting is where nobody chooses it.
#[derive(Clone, Copy)]
pub enum Default {
    /// What the recipe says: one value for weights drawn at random, perhaps another for
    /// pre-trained ones. Read off [`RunSettings`](super::RunSettings).
    Recipe,
    /// Always this.
    Constant(fn() -> Value),
    /// Something that depends on other choices, in words; empty for nothing.
    Says(&'static str),
}

/// Whether the trials of a search may differ in a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// They may.
    Trial,
    /// They may not, for this reason.
    Run(&'static str),
}

impl Setting {
    /// The setting of a name: its place in `settings.toml`, with or without `training.`, or its
    /// flag; `-` and `_` are the same.
    ///
    /// # Errors
    /// [`SettingError::Unknown`] or [`SettingError::Derived`].
    pub fn named(name: &str) -> Result<&'static Self, SettingError> {
        let wanted = plain(name);
        let mut all = SETTINGS.iter();
        if let Some(found) = all.find(|one| one.names().any(|own| plain(own) == wanted)) {
            return Ok(found);
        }
        if let Some((_, reason)) = defaults::DERIVED.iter().find(|(own, _)| {
            let short = own.strip_prefix("training.").unwrap_or(own);
            plain(own) == wanted || plain(short) == wanted
        }) {
            let name = name.to_owned();
            return Err(SettingError::Derived { name, reason });
        }
        if let Some(found) = SETTINGS.iter().find(|one| one.decides(name)) {
            return Ok(found);
        }
        let known = SETTINGS.iter().flat_map(Self::names);
        Err(SettingError::Unknown {
            name: name.to_owned(),
            suggestion: hilum_core::closest(name, known),
        })
    }

    /// Every name that it answers to.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        let short = self.name.strip_prefix("training.");
        let also = defaults::ALSO_CALLED.iter();
        let also = also.filter(|(own, _)| *own == self.name);
        // `rotation_range`, as Keras has it.
        let varied = self.name.strip_prefix("training.augmentation.");
        let varied = varied.filter(|name| !name.contains('.') && *name != self.flag);
        [self.name, self.flag]
            .into_iter()
            .chain(short)
            .chain(varied)
            .chain(also.map(|(_, other)| *other))
            .chain(self.names_elsewhere().iter().copied())
    }

    /// What other tools call it.
    fn names_elsewhere(&self) -> &'static [&'static str] {
        let mut all = defaults::ELSEWHERE_CALLED.iter();
        let found = all.find(|(own, _)| *own == self.name);
        found.map_or(&[], |(_, names)| names)
    }

    /// The flag that users of other tools would try first, if it is another one.
    pub fn alias(&self) -> Option<&'static str> {
        self.names_elsewhere().first().copied()
    }

    /// Whether a leaf of `settings.toml` is decided by it.
    pub fn decides(&self, leaf: &str) -> bool {
        self.names().any(|name| {
            let rest = leaf.strip_prefix(name);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }

    /// Chooses a value.
    ///
    /// # Errors
    /// [`SettingError::OutOfRange`] or [`SettingError::Value`].
    pub fn choose(&self, choices: &mut Choices, value: Value) -> Result<(), SettingError> {
        let value = self.checked(value)?;
        let shown = shown(&value);
        (self.set)(choices, value).map_err(|reason| SettingError::Value {
            setting: self.name,
            value: shown,
            expected: reason,
        })
    }

    /// Chooses a value as it is written on a command line; nothing for a switch that stands.
    ///
    /// # Errors
    /// As [`choose`](Self::choose).
    pub fn choose_text(&self, choices: &mut Choices, texts: &[String]) -> Result<(), SettingError> {
        self.choose(choices, self.kind.value(texts))
    }

    /// What was chosen.
    pub fn chosen(&self, choices: &Choices) -> Option<Value> {
        (self.get)(choices)
    }

    /// The flag and its values, as they are written on a command line: once for each text of
    /// [`Kind::Texts`], not at all for a switch that does not stand.
    pub fn flags(&self, choices: &Choices) -> Vec<(&'static str, Vec<String>)> {
        let flag = self.flag;
        match (self.chosen(choices), self.kind) {
            (None | Some(Value::Boolean(false)), Kind::Switch) | (None, _) => Vec::new(),
            (Some(_), Kind::Switch) => vec![(flag, Vec::new())],
            (Some(Value::Array(values)), Kind::Texts) => {
                let one = |value: &Value| (flag, vec![shown(value)]);
                values.iter().map(one).collect()
            }
            (Some(Value::Array(values)), _) => vec![(flag, values.iter().map(shown).collect())],
            (Some(value), _) => vec![(flag, vec![shown(&value)])],
        }
    }

    fn checked(&self, value: Value) -> Result<Value, SettingError> {
        let refused = |value: &Value, expected: String| SettingError::Value {
            setting: self.name,
            value: shown(value),
            expected,
        };
        match (self.kind, value) {
            (Kind::Word(words), Value::String(text)) => {
                let known = words.iter().find(|word| plain(word.name) == plain(&text));
                let name = known.map(|word| Value::String(word.name.to_owned()));
                name.ok_or_else(|| refused(&Value::String(text), self.kind.expected()))
            }
            (Kind::Count(range), value @ Value::Integer(number)) => {
                self.within(range, number as f64).map(|()| value)
            }
            (Kind::Number(range), value @ (Value::Integer(_) | Value::Float(_))) => {
                let number = number(&value).unwrap_or(f64::NAN);
                self.within(range, number)?;
                Ok(Value::Float(number))
            }
            (Kind::Pair(range), Value::Array(pair)) => {
                let numbers: Option<Vec<f64>> = pair.iter().map(number).collect();
                let Some([low, high]) = numbers
                    .as_deref()
                    .filter(|pair| pair.len() == 2)
                    .map(|pair| [pair[0], pair[1]])
                else {
                    return Err(refused(&Value::Array(pair), self.kind.expected()));
                };
                self.within(range, low)?;
                self.within(range, high)?;
                if low > high {
                    return Err(refused(&Value::Array(pair), self.kind.expected()));
                }
                Ok(Value::Array(vec![Value::Float(low), Value::Float(high)]))
            }
            (Kind::Switch | Kind::Bool, value @ Value::Boolean(_))
            | (Kind::Text, value @ Value::String(_)) => Ok(value),
            (Kind::Texts, Value::Array(texts)) if texts.iter().all(Value::is_str) => {
                Ok(Value::Array(texts))
            }
            (Kind::Texts, text @ Value::String(_)) => Ok(Value::Array(vec![text])),
            (kind, value) => Err(refused(&value, kind.expected())),
        }
    }

    fn within(&self, range: Range, value: f64) -> Result<(), SettingError> {
        if range.contains(value) {
            return Ok(());
        }
        Err(SettingError::OutOfRange {
            setting: self.name.strip_prefix("training.").unwrap_or(self.name),
            value,
            expected: range.says,
        })
    }
}

impl fmt::Debug for Setting {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Setting")
            .field("name", &self.name)
            .field("flag", &self.flag)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// Names without what is only spelling: `one-cycle` is `one_cycle`, `adam_w` is `adamw`.
fn plain(name: &str) -> String {
    name.to_lowercase().replace(['-', '_'], "")
}
