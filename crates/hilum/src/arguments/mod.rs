//! Flags that several commands share, and how they become settings.

mod answers;
mod data;
mod dicomweb;
mod fit;
mod folds;
mod listing;
mod out_file;
mod plots;
mod settings;
mod stores;
mod words;

pub(crate) use answers::AnswerArguments;
pub(crate) use data::{DATA, DATA_FLAG, DataArgument, positional};
pub(crate) use dicomweb::DicomWebArguments;
pub(crate) use fit::FitArguments;
pub(crate) use folds::FoldArguments;
pub(crate) use listing::listed;
pub(crate) use out_file::OutFile;
pub(crate) use plots::PlotArguments;
pub(crate) use settings::{
    Chosen, OfBench, OfData, OfEvaluation, OfFolds, OfMachine, OfPrediction, OfRun, Selection,
};
pub(crate) use stores::StoreArguments;
pub(crate) use words::one_of;

use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};

/// How results are printed on stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs: JSON.
    Json,
    /// For programs: comma-separated values with a header.
    Csv,
}

impl Format {
    /// For commands that have no table to print as CSV.
    pub(crate) fn text_or_json() -> impl TypedValueParser<Value = Self> {
        let known = [Self::Text, Self::Json];
        let known = known.iter().filter_map(ValueEnum::to_possible_value);
        PossibleValuesParser::new(known.collect::<Vec<_>>()).map(|text| match text.as_str() {
            "json" => Self::Json,
            _ => Self::Text,
        })
    }
}
