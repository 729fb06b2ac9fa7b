//! Flags whose values are words of the library.

use std::fmt;
use std::str::FromStr;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use hilum_experiment::settings::Word;

/// Reads one of `words`.
pub(crate) fn one_of<T>(words: &'static [Word]) -> impl TypedValueParser<Value = T>
where
    T: FromStr<Err: fmt::Display> + Clone + Send + Sync + 'static,
{
    let known = words
        .iter()
        .map(|word| PossibleValue::new(word.name).help(word.says));
    PossibleValuesParser::new(known.collect::<Vec<_>>()).try_map(|text: String| {
        text.parse::<T>()
            .map_err(|error| Refused(error.to_string()))
    })
}

#[derive(Debug)]
struct Refused(String);

impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}
