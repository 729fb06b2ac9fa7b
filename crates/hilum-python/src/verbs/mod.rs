//! The verbs of the library: a request, an observer, a result; both are plain values.

pub(crate) mod audit;
pub(crate) mod evaluate;
pub(crate) mod folds;
pub(crate) mod phantoms;
pub(crate) mod search;
pub(crate) mod split;
pub(crate) mod train;

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// A value that a word stands for.
#[derive(Deserialize)]
#[serde(bound = "T: FromStr<Err: fmt::Display>")]
pub(crate) struct Word<T>(#[serde(deserialize_with = "read_word")] pub(crate) T);

/// Reads a word as a command line does.
pub(crate) fn read_word<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: FromStr<Err: fmt::Display>,
    D: Deserializer<'de>,
{
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(D::Error::custom)
}
