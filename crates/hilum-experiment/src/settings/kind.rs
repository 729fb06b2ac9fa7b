//! Which values a setting takes.

use toml::Value;

/// Which values a setting takes.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// It stands, or it does not.
    Switch,
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Count(Range),
    /// A number.
    Number(Range),
    /// Two numbers, the lower first.
    Pair(Range),
    /// One of these.
    Word(&'static [Word]),
    /// Text that the setting reads itself.
    Text,
    /// Any number of texts.
    Texts,
}

/// A value that is a word.
#[derive(Debug, Clone, Copy)]
pub struct Word {
    /// How it is written.
    pub name: &'static str,
    /// What it stands for.
    pub says: &'static str,
}

/// Where a number must lie.
#[derive(Debug, Clone, Copy)]
pub struct Range {
    /// The least value,
    pub low: f64,
    /// which is allowed itself, or not.
    pub holds_low: bool,
    /// The greatest value,
    pub high: f64,
    /// which is allowed itself, or not.
    pub holds_high: bool,
    /// The same in words.
    pub says: &'static str,
}

impl Kind {
    /// How many texts a flag takes at once.
    pub fn text_count(&self) -> usize {
        match self {
            Self::Switch => 0,
            Self::Pair(_) => 2,
            _ => 1,
        }
    }

    /// What it takes, for an error.
    pub fn expected(&self) -> String {
        match self {
            Self::Switch | Self::Bool => "it is `true` or `false`".to_owned(),
            Self::Count(range) => format!("it is a whole number, {}", range.says),
            Self::Number(range) => format!("it is a number, {}", range.says),
            Self::Pair(range) => format!("it is two numbers, the lower first, {}", range.says),
            Self::Word(words) => {
                let names: Vec<String> = words
                    .iter()
                    .map(|word| format!("`{}`", word.name))
                    .collect();
                format!("it is one of {}", names.join(", "))
            }
            Self::Text => "it is a text".to_owned(),
            Self::Texts => "it is a list of texts".to_owned(),
        }
    }

    /// The value that the texts of a command line stand for; what cannot be read stays text.
    pub(super) fn value(&self, texts: &[String]) -> Value {
        let number = |text: &String| match self {
            Self::Count(_) => text.parse().map(Value::Integer).ok(),
            _ => text.parse().map(Value::Float).ok(),
        };
        let read = |text: &String| number(text).unwrap_or_else(|| Value::String(text.clone()));
        match (self, texts) {
            (Self::Switch, []) => Value::Boolean(true),
            (Self::Switch | Self::Bool, [text]) => {
                let known = text.parse().map(Value::Boolean);
                known.unwrap_or_else(|_| Value::String(text.clone()))
            }
            (Self::Count(_) | Self::Number(_), [text]) => read(text),
            (Self::Pair(_), texts) => Value::Array(texts.iter().map(read).collect()),
            (Self::Word(_) | Self::Text, [text]) => Value::String(text.clone()),
            (_, texts) => Value::Array(texts.iter().cloned().map(Value::String).collect()),
        }
    }
}

impl Range {
    /// Any number.
    pub const ANY: Self = Self::new(f64::MIN, true, f64::MAX, true, "finite");
    /// 0 or more.
    pub const ZERO_OR_MORE: Self = Self::new(0.0, true, f64::MAX, true, "finite and at least 0");
    /// 1 or more.
    pub const ONE_OR_MORE: Self = Self::new(1.0, true, f64::MAX, true, "1 or more");
    /// Above 0.
    pub const ABOVE_ZERO: Self = Self::new(0.0, false, f64::MAX, true, "finite and above 0");
    /// A decay, a momentum, a share that leaves something.
    pub const BELOW_ONE: Self = Self::new(0.0, true, 1.0, false, "at least 0 and below 1");
    /// A share that is not nothing.
    pub const UP_TO_ONE: Self = Self::new(0.0, false, 1.0, true, "above 0 and at most 1");
    /// A probability or a share.
    pub const SHARE: Self = Self::new(0.0, true, 1.0, true, "at least 0 and at most 1");
    /// An amount of blurring or sharpening.
    pub const SHARPNESS: Self = Self::new(0.0, true, 2.0, true, "at least 0 and at most 2");
    /// Grey levels.
    pub const GREY: Self = Self::new(
        0.0,
        true,
        255.0,
        true,
        "at least 0 and at most 255 grey levels",
    );

    /// From `low` to `high`.
    pub const fn new(
        low: f64,
        holds_low: bool,
        high: f64,
        holds_high: bool,
        says: &'static str,
    ) -> Self {
        Self {
            low,
            holds_low,
            high,
            holds_high,
            says,
        }
    }

    /// Whether a number lies in it; NaN lies nowhere.
    pub fn contains(&self, value: f64) -> bool {
        let above = value > self.low || (self.holds_low && value == self.low);
        let below = value < self.high || (self.holds_high && value == self.high);
        above && below
    }
}

/// A value as a person writes it.
pub fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Float(number) => shown_number(*number),
        other => other.to_string(),
    }
}

/// A number as a person typed it, without an exponent: what a setting keeps as `f32` is not told
/// with the digits that widening it adds.
fn shown_number(number: f64) -> String {
    let narrow = number as f32;
    if f64::from(narrow) == number {
        narrow.to_string()
    } else {
        number.to_string()
    }
}

pub(super) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        _ => None,
    }
}
