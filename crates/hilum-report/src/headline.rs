//! What stands first on the page: a few scores in large letters, and what they are of.

use hilum_metrics::{
    CleanPart, Drawn, Evaluation, EvaluationReport, Interval, METRICS, Metric, Prominence,
};
use serde::Serialize;

use crate::caption::{capitalised, slice_count, what_is_left_out};

/// The scores in large letters, and what they are of.
#[derive(Serialize)]
pub(crate) struct Headline {
    /// Which slices the large numbers are of, where that needs words.
    of: Option<String>,
    tiles: Vec<Tile>,
    interval_note: Option<String>,
}

/// A score in large letters, and what else is known of it.
#[derive(Serialize)]
struct Tile {
    name: String,
    value: String,
    notes: Vec<String>,
}

impl Headline {
    pub(crate) fn new(report: &EvaluationReport) -> Self {
        let as_is = &report.as_is;
        let all = slice_count(as_is.count);
        let metrics = || {
            let is_shown = |metric: &&Metric| metric.prominence <= Prominence::Headline;
            METRICS.iter().filter(is_shown)
        };
        match report.clean_part() {
            CleanPart::All(figures) => Self {
                of: None,
                tiles: metrics().map(|metric| Tile::of(metric, figures)).collect(),
                interval_note: interval_note(figures, report.drawn),
            },
            CleanPart::Part(figures) => Self {
                of: Some(format!(
                    "Of the {} clean {}. The other {} are {}: the figures with them stand below.",
                    figures.count,
                    if figures.count == 1 {
                        "slice"
                    } else {
                        "slices"
                    },
                    as_is.count.saturating_sub(figures.count),
                    what_is_left_out(report),
                )),
                tiles: metrics()
                    .map(|metric| Tile::of(metric, figures).beside(metric, as_is, &all))
                    .collect(),
                interval_note: interval_note(figures, report.drawn),
            },
            CleanPart::Nothing => Self {
                of: Some(format!(
                    "No slice of {} is clean: there is no clean figure. What stands below says \
                     how well the model remembers, not what it makes of slices that it has not \
                     seen.",
                    as_is.count
                )),
                tiles: metrics()
                    .map(|metric| Tile::undefined(metric).beside(metric, as_is, &all))
                    .collect(),
                interval_note: None,
            },
        }
    }
}

impl Tile {
    fn of(metric: &Metric, figures: &Evaluation) -> Self {
        let interval = figures.intervals.get(metric).flatten();
        Self {
            name: capitalised(metric.title),
            value: short(figures.scores.get(metric).flatten()),
            notes: vec![interval.map_or_else(|| "no interval".to_owned(), range)],
        }
    }

    fn undefined(metric: &Metric) -> Self {
        Self {
            name: capitalised(metric.title),
            value: short(None),
            notes: vec!["no clean slice".to_owned()],
        }
    }

    /// With the value of all slices in small letters.
    fn beside(mut self, metric: &Metric, as_is: &Evaluation, all: &str) -> Self {
        let value = short(as_is.scores.get(metric).flatten());
        self.notes.push(format!("{value} on all {all}"));
        self
    }
}

fn short(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"))
}

fn range(interval: Interval) -> String {
    let Interval {
        low, high, level, ..
    } = interval;
    format!("{low:.3} to {high:.3} ({:.0}%)", level * 100.0)
}

/// How the intervals came about, and how many resamples had no area.
fn interval_note(evaluation: &Evaluation, drawn: Drawn) -> Option<String> {
    let intervals = &evaluation.intervals;
    let accuracy = intervals.accuracy?;
    let left_out = intervals
        .macro_auroc
        .filter(|area| area.undefined_count > 0)
        .map(|area| {
            format!(
                " {} resamples lacked a class and are left out of the AUROC's.",
                area.undefined_count
            )
        });
    Some(format!(
        "Intervals: percentile bootstrap, {} resamples; {drawn}.{}",
        accuracy.resample_count,
        left_out.unwrap_or_default()
    ))
}
