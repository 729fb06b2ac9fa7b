//! What a metric is: its name, what it says, and how it is computed.

use crate::sample::Sample;

/// A figure that says how well predictions meet the truth.
///
/// All of them are listed in [`METRICS`](crate::METRICS); whoever shows, writes, reads or checks
/// figures goes through that list.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// Its key in `metrics.json`, `log.csv` and wherever programs read it.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// What they call it for short, if that is not in its title.
    pub symbol: Option<&'static str>,
    /// What it says, in a phrase.
    pub says: &'static str,
    /// When there is no such figure, a phrase that goes on from "undefined"; without slices there
    /// never is one.
    pub undefined: &'static str,
    /// Which way is better.
    pub direction: Direction,
    /// The smallest and the largest possible value.
    pub range: (f64, f64),
    /// Where a person is shown it.
    pub prominence: Prominence,
    /// The figure of a sample; `None` if it is undefined.
    pub compute: fn(&Sample<'_>) -> Option<f64>,
}

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The largest value is the best.
    HigherIsBetter,
    /// The smallest value is the best.
    LowerIsBetter,
}

/// Where a person is shown a metric; each also stands where the next ones do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Prominence {
    /// In large letters, with an interval.
    Headline,
    /// On the terminal.
    Summary,
    /// In the report's table of scores.
    Report,
    /// Among the means of the classes' scores, and in `metrics.json`.
    File,
}

impl Metric {
    /// Title and symbol: `expected calibration error (ECE)`.
    pub fn label(&self) -> String {
        match self.symbol {
            Some(symbol) => format!("{} ({symbol})", self.title),
            None => self.title.to_owned(),
        }
    }

    /// The value that says that nothing is wrong.
    pub fn best(&self) -> f64 {
        match self.direction {
            Direction::HigherIsBetter => self.range.1,
            Direction::LowerIsBetter => self.range.0,
        }
    }
}

/// Metrics are told apart by their names.
impl PartialEq for Metric {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}
