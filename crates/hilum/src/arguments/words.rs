//! Flags whose values are words of the library.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use hilum_experiment::settings::Word;

/// Reads one of `words`.
pub(crate) fn one_of<T>(words: &'static [Word]) -> impl TypedValueParser<Value = T> + Clone
where
    T: std::str::FromStr<Err = String> + Clone + Send + Sync + 'static,
{
    let known = words
        .iter()
        .map(|word| PossibleValue::new(word.name).help(word.says));
    PossibleValuesParser::new(known.collect::<Vec<_>>())
        .try_map(|text| text.parse::<T>().map_err(Refused))
}

#[derive(Debug)]
struct Refused(String);

impl std::fmt::Display for Refused {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}
