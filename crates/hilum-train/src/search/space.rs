//! What is searched: each setting with the values that it may take.

use std::collections::BTreeMap;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use thiserror::Error;
use toml::{Table, Value};

/// What is searched: settings by name, each with the values that it may take.
///
/// ```
/// use hilum_train::search::Space;
///
/// let space: Space = "
///     learning_rate.log = [1e-4, 3e-3]
///     epochs.integer = [8, 24]
///     [augmentation.rotation_range]
///     uniform = [0, 45]
///     [label_smoothing]
///     choices = [0.0, 0.1]
/// ".parse().unwrap();
/// let values = space.sample(32, 1);
/// assert_eq!(values, space.sample(32, 1));
/// assert!((8..=24).contains(&values["epochs"].as_integer().unwrap()));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Space {
    dimensions: BTreeMap<String, Dimension>,
}

/// The value of each searched setting, by name.
pub type Values = BTreeMap<String, Value>;

/// The values that one setting may take.
#[derive(Debug, Clone, PartialEq)]
pub enum Dimension {
    /// From the first to the second number, each order of magnitude as likely as any other.
    Log([f64; 2]),
    /// From the first to the second number.
    Uniform([f64; 2]),
    /// A whole number from the first to the second, both included.
    Integer([i64; 2]),
    /// One of these.
    Choices(Vec<Value>),
}

/// Why a file declares no space.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum SpaceError {
    /// It is not TOML.
    #[error("the space is not valid TOML")]
    Syntax {
        /// Where and what.
        #[source]
        source: toml::de::Error,
    },
    /// Nothing is varied.
    #[error(
        "the space varies nothing\nhint: declare a setting, such as `learning_rate.log = [1e-4, 3e-3]`"
    )]
    Empty,
    /// A setting with a value, or with a kind of range that is not known.
    #[error(
        "`{name}` in the space has no range\nhint: write `log`, `uniform` or `integer` = [low, high], or `choices` = [...]"
    )]
    NoRange {
        /// The setting.
        name: String,
    },
    /// A range that holds nothing, or that its kind cannot have.
    #[error("`{name}` in the space cannot run over `{range}`\nhint: it needs {expected}")]
    Range {
        /// The setting.
        name: String,
        /// What was given.
        range: String,
        /// What it needs.
        expected: &'static str,
    },
}

impl Space {
    /// The settings and their values, by name.
    pub fn dimensions(&self) -> &BTreeMap<String, Dimension> {
        &self.dimensions
    }

    /// The values of trial number `trial`: a function of space, seed and number, so that more
    /// trials leave the first ones as they are.
    ///
    /// Numbers that are not whole have three significant digits: what is printed is what was
    /// tried.
    pub fn sample(&self, seed: u64, trial: usize) -> Values {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(trial as u64);
        self.dimensions
            .iter()
            .map(|(name, dimension)| (name.clone(), dimension.draw(&mut random)))
            .collect()
    }
}

impl std::str::FromStr for Space {
    type Err = SpaceError;

    fn from_str(text: &str) -> Result<Self, SpaceError> {
        let table: Table = text
            .parse()
            .map_err(|source| SpaceError::Syntax { source })?;
        let mut dimensions = BTreeMap::new();
        collect("", &table, &mut dimensions)?;
        if dimensions.is_empty() {
            return Err(SpaceError::Empty);
        }
        Ok(Self { dimensions })
    }
}

fn collect(
    prefix: &str,
    table: &Table,
    dimensions: &mut BTreeMap<String, Dimension>,
) -> Result<(), SpaceError> {
    for (key, value) in table {
        let name = if prefix.is_empty() {
            key.clone()
        } else {
            format!("{prefix}.{key}")
        };
        let Value::Table(inner) = value else {
            return Err(SpaceError::NoRange { name });
        };
        match range_of(inner) {
            Some((kind, values)) => {
                let dimension = Dimension::new(&name, kind, values)?;
                dimensions.insert(name, dimension);
            }
            None => collect(&name, inner, dimensions)?,
        }
    }
    Ok(())
}

/// The kind and the values, if the table is a range and not a table of settings.
fn range_of(table: &Table) -> Option<(&str, &[Value])> {
    let mut entries = table.iter();
    match (entries.next(), entries.next()) {
        (Some((kind, Value::Array(values))), None) => Some((kind, values)),
        _ => None,
    }
}

impl Dimension {
    fn new(name: &str, kind: &str, values: &[Value]) -> Result<Self, SpaceError> {
        let refused = |expected| SpaceError::Range {
            name: name.to_owned(),
            range: Value::Array(values.to_vec()).to_string(),
            expected,
        };
        match kind {
            "log" => match numbers(values) {
                Some([low, high]) if 0.0 < low && low < high => Ok(Self::Log([low, high])),
                _ => Err(refused("two numbers above 0, the lower first")),
            },
            "uniform" => match numbers(values) {
                Some([low, high]) if low < high => Ok(Self::Uniform([low, high])),
                _ => Err(refused("two numbers, the lower first")),
            },
            "integer" => match values {
                [Value::Integer(low), Value::Integer(high)] if low < high => {
                    Ok(Self::Integer([*low, *high]))
                }
                _ => Err(refused("two whole numbers, the lower first")),
            },
            "choices" if values.is_empty() => Err(refused("one value or more")),
            "choices" => Ok(Self::Choices(values.to_vec())),
            _ => Err(SpaceError::NoRange {
                name: name.to_owned(),
            }),
        }
    }

    fn draw(&self, random: &mut ChaCha8Rng) -> Value {
        match self {
            Self::Log([low, high]) => {
                let exponent = between(random, low.ln(), high.ln());
                Value::Float(rounded(exponent.exp()).clamp(*low, *high))
            }
            Self::Uniform([low, high]) => {
                Value::Float(rounded(between(random, *low, *high)).clamp(*low, *high))
            }
            // 64 bits on every machine, or a 32-bit one would draw other numbers.
            Self::Integer([low, high]) => Value::Integer(random.random_range(*low..=*high)),
            Self::Choices(values) => {
                let index = random.random_range(0..values.len() as u64);
                values[index as usize].clone()
            }
        }
    }
}

fn between(random: &mut ChaCha8Rng, low: f64, high: f64) -> f64 {
    low + random.random::<f64>() * (high - low)
}

/// Three significant digits.
fn rounded(value: f64) -> f64 {
    format!("{value:.2e}")
        .parse()
        .expect("a number that was written can be read")
}

fn numbers(values: &[Value]) -> Option<[f64; 2]> {
    let number = |value: &Value| match value {
        Value::Float(number) if number.is_finite() => Some(*number),
        Value::Integer(number) => Some(*number as f64),
        _ => None,
    };
    match values {
        [low, high] => Some([number(low)?, number(high)?]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn space(text: &str) -> Space {
        text.parse().unwrap()
    }

    #[test]
    fn nested_names_and_every_kind_of_range_are_read() {
        let space = space(
            "learning_rate.log = [1e-4, 3e-3]\n\
             [augmentation]\nrotation_range.uniform = [0, 45]\n\
             [augmentation.brightness_range]\nchoices = [[0.8, 1.2], [1.0, 1.0]]\n\
             [epochs]\ninteger = [8, 24]\n",
        );
        let dimensions = space.dimensions();
        assert_eq!(dimensions["learning_rate"], Dimension::Log([1e-4, 3e-3]));
        assert_eq!(
            dimensions["augmentation.rotation_range"],
            Dimension::Uniform([0.0, 45.0])
        );
        assert_eq!(dimensions["epochs"], Dimension::Integer([8, 24]));
        assert!(matches!(
            &dimensions["augmentation.brightness_range"],
            Dimension::Choices(choices) if choices.len() == 2
        ));
    }

    #[test]
    fn what_is_no_range_is_named() {
        let refused = |text: &str| text.parse::<Space>().unwrap_err().to_string();
        assert!(refused("").contains("varies nothing"));
        assert!(refused("epochs = 3").contains("`epochs`"));
        assert!(refused("[epochs]\nlinear = [1, 2]").contains("`epochs`"));
        assert!(refused("rate.log = [0.0, 1.0]").contains("above 0"));
        assert!(refused("rate.uniform = [2, 1]").contains("the lower first"));
        assert!(refused("epochs.integer = [1.5, 2]").contains("whole numbers"));
        assert!(refused("epochs.choices = []").contains("one value or more"));
        assert!(refused("epochs = [").contains("TOML"));
    }

    #[test]
    fn a_logarithmic_range_is_even_over_orders_of_magnitude() {
        let space = space("rate.log = [1e-4, 1.0]");
        let drawn = (0..2000).map(|trial| space.sample(32, trial)["rate"].as_float().unwrap());
        let below = drawn.filter(|rate| *rate < 1e-2).count();
        // Half of it; four standard deviations of the binomial are 90.
        assert!((910..=1090).contains(&below), "{below}");
    }

    #[test]
    fn numbers_stay_in_their_range_and_are_short() {
        let space = space("a.uniform = [0.0, 0.3333]\nb.log = [1.2345e-4, 1.2346e-4]");
        for trial in 0..200 {
            let values = space.sample(7, trial);
            let (a, b) = (
                values["a"].as_float().unwrap(),
                values["b"].as_float().unwrap(),
            );
            assert!((0.0..=0.3333).contains(&a) && (1.2345e-4..=1.2346e-4).contains(&b));
            assert!(a.to_string().len() <= 10, "{a}");
        }
    }
}
