//! A comparison for a person at a terminal.

use hilum_metrics::{
    ComparedFigures, ComparedPair, ComparisonReport, GroupedPart, PairedTest, TestedDifference,
};

use super::figures::{range, show};
use super::{Table, stamp};
use crate::screen::{DISCLAIMER, stdout_width};

/// So many slices that are called otherwise are named; `compare.json` names all.
const NAMED: usize = 10;
/// So many settings that differ; the same.
const SETTINGS_NAMED: usize = 20;

/// What can be told, figures with intervals, differences with their tests, settings that differ,
/// slices that are called otherwise, and what is known of the data.
pub(crate) fn comparison(report: &ComparisonReport) -> String {
    let told = report.pairs.iter().map(|pair| format!("{}.", pair.says));
    let told = told.collect::<Vec<_>>().join("\n");
    let notes = report.notes.iter().flat_map(|note| [note.as_str(), "\n"]);
    let notes: String = notes.collect();
    let pairs: Vec<String> = report.pairs.iter().map(differences).collect();
    format!(
        "{}\n{notes}\n{told}\n\n{}\n95%: {}\n\n{}\n{}\n\n{}\n\n{}\n\n{}\n{DISCLAIMER}",
        slices(report),
        figures(report),
        report.slices.drawn,
        pairs.join("\n\n"),
        tests(report),
        settings(report),
        disagreements(report),
        stamps(report),
    )
}

fn slices(report: &ComparisonReport) -> String {
    let slices = &report.slices;
    let names: Vec<String> = report
        .models
        .iter()
        .map(|model| format!("`{}`", model.name))
        .collect();
    let of = match slices.part {
        GroupedPart::Clean if slices.unclean > 0 => {
            format!("{} clean slices of {} of", slices.count, slices.shared)
        }
        GroupedPart::Clean => format!("{} clean slices of", slices.count),
        GroupedPart::AsIs => format!("{} slices of", slices.count),
    };
    let mut text = format!("{} on {of} `{}`", listed(&names), slices.split);
    if slices.groups != slices.count {
        text.push_str(", ");
        text.push_str(&slices.groups.to_string());
        text.push_str(" groups");
    }
    for model in &report.models {
        if let Some(leaked) = model.leaked.as_ref().filter(|leaked| leaked.count > 0) {
            let (known, of, name) = (leaked.count, leaked.of, &model.name);
            let line = format!("\n`{name}` knew {known} of {of} from its training");
            text.push_str(&line);
        }
    }
    text
}

fn figures(report: &ComparisonReport) -> Table {
    let mut table = Table::new(["", "model", "", "95%"], 2);
    for metric in ComparedFigures::METRICS {
        for (at, model) in report.models.iter().enumerate() {
            let figure = model.figures.get(metric).flatten();
            let name = if at == 0 {
                metric.label()
            } else {
                String::new()
            };
            table.row([
                name,
                model.name.clone(),
                show(figure.map(|figure| figure.value)),
                range(figure.and_then(|figure| figure.interval)),
            ]);
        }
    }
    table
}

fn differences(pair: &ComparedPair) -> String {
    let (first, second) = (&pair.first, &pair.second);
    let heading = format!("{first} less {second}");
    let mut table = Table::new(["", "", "95%", "p", "corrected"], 1);
    for (metric, one) in pair.differences.iter() {
        table.row(row(metric.label(), one));
    }
    let counts = &pair.counts;
    format!(
        "{heading}\n{table}\nright about: both {}, only {first} {}, only {second} {}, neither {} slices; \
         McNemar's exact test by slice: {}",
        counts.both_right,
        counts.only_first,
        counts.only_second,
        counts.neither,
        equals(pair.mcnemar_p_value)
    )
}

fn row(name: String, one: Option<TestedDifference>) -> [String; 5] {
    let Some(one) = one else {
        return [
            name,
            show(None),
            String::new(),
            String::new(),
            String::new(),
        ];
    };
    let paired = one.paired;
    [
        name,
        format!("{:+.3}", paired.difference),
        match (paired.low, paired.high) {
            (Some(low), Some(high)) => format!("{low:+.3} to {high:+.3}"),
            _ => "unknown".to_owned(),
        },
        p_value(paired.p_value),
        p_value(one.p_holm),
    ]
}

/// How differences are told from luck.
fn tests(report: &ComparisonReport) -> String {
    let tests = &report.tests;
    let accuracy = report
        .pairs
        .iter()
        .find_map(|pair| pair.differences.accuracy);
    let accuracy = match accuracy.map(|one| one.paired.test) {
        Some(PairedTest::GroupSwapExact) => {
            "McNemar's exact test with whole groups swapped, and Tango's interval, of accuracy"
        }
        Some(PairedTest::McnemarExact) => "McNemar's exact test and Tango's interval of accuracy",
        Some(PairedTest::PairedBootstrap) | None => "Tango's interval of accuracy",
    };
    format!(
        "p: {accuracy}; paired bootstrap of the rest, {} resamples\n\
         corrected: for {} tests at once (Holm); below {} is called a difference",
        tests.resample_count, tests.count, tests.level
    )
}

fn settings(report: &ComparisonReport) -> String {
    if report.settings.is_empty() {
        return "no setting is known to differ".to_owned();
    }
    let names = report.models.iter().map(|model| model.name.as_str());
    let mut table = Table::new(["setting that differs"].into_iter().chain(names), 1);
    for setting in report.settings.iter().take(SETTINGS_NAMED) {
        let values = setting.values.iter();
        let values = values.map(|value| value.clone().unwrap_or_else(|| "-".to_owned()));
        table.row([setting.name.clone()].into_iter().chain(values));
    }
    let others = report.settings.len().saturating_sub(SETTINGS_NAMED);
    let more = match others {
        0 => String::new(),
        others => format!("\nand {others} more"),
    };
    format!("{table}{more}")
}

fn disagreements(report: &ComparisonReport) -> String {
    let count = report.disagreements.len();
    if count == 0 {
        return "all call every slice the same".to_owned();
    }
    let names = report.models.iter().map(|model| model.name.as_str());
    let header = ["slice", "truth"].into_iter().chain(names);
    let mut table = Table::new(header, usize::MAX);
    for one in report.disagreements.iter().take(NAMED) {
        let said = one.answers.iter().map(|answer| {
            let class = &answer.class;
            format!("{class} {:.2}", answer.probability)
        });
        let path = one.path.display().to_string();
        table.row([path, one.truth.to_string()].into_iter().chain(said));
    }
    let first = match count {
        ..=NAMED => String::new(),
        _ => format!(", the {NAMED} most contested:"),
    };
    let of = report.slices.count;
    format!("{count} of {of} slices are not called the same by all{first}\n{table}")
}

fn stamps(report: &ComparisonReport) -> String {
    let audits = report.audits();
    let is_one = audits.len() == 1;
    let lines = audits.iter().map(|(audit, names)| {
        if is_one {
            stamp(audit, stdout_width())
        } else {
            format!("{}: {audit}", names.join(", "))
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn listed(names: &[String]) -> String {
    match names {
        [all @ .., last] if !all.is_empty() => format!("{} and {last}", all.join(", ")),
        names => names.concat(),
    }
}

fn p_value(value: f64) -> String {
    if value < 0.001 {
        "<0.001".to_owned()
    } else {
        format!("{value:.3}")
    }
}

fn equals(value: f64) -> String {
    if value < 0.001 {
        "p < 0.001".to_owned()
    } else {
        format!("p = {value:.3}")
    }
}
