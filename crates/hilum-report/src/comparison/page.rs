//! `comparison.html`: one page for a person, with everything in it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hilum_metrics::{
    ComparedFigures, ComparedPair, ComparisonReport, Disagreement, GroupedPart, Metric, PairedTest,
    TestedDifference, Verdict,
};
use minijinja::{Environment, value::Serde};
use serde::Serialize;

use super::plots::ComparisonPlots;
use super::{Compared, caption};
use crate::audit_box::Audit;
use crate::caption::{capitalised, slice_count};
use crate::picture::Picture;
use crate::room::Room;

/// So many slices without a picture are listed.
const LISTED_COUNT: usize = 24;

/// The page as HTML: what can be told from luck, figures, differences, curves over one another,
/// settings that differ, slices that are called otherwise. Nothing is fetched when it is opened.
pub(super) fn page(compared: &Compared<'_>, wide: &ComparisonPlots) -> String {
    let mut environment = Environment::new();
    // The name ends in `.html`, so everything is escaped that isn't marked as safe.
    environment
        .add_template("comparison.html", include_str!("comparison.html"))
        .expect("the template is part of the program");
    let template = environment
        .get_template("comparison.html")
        .expect("was just added");
    let narrow = ComparisonPlots::draw(Room::Narrow, compared);
    template
        .render(Serde(&Page::new(compared, wide, &narrow)))
        .expect("the template uses what it is given")
}

/// What the template shows, ready formatted.
#[derive(Serialize)]
struct Page<'a> {
    title: String,
    split: String,
    slices: String,
    report: &'a ComparisonReport,
    audits: Vec<(String, Audit)>,
    figures: Vec<FigureRow>,
    pairs: Vec<PairSection<'a>>,
    how: String,
    drawn: String,
    wide: &'a ComparisonPlots,
    narrow: &'a ComparisonPlots,
    contested: Vec<Contested>,
    unseen: usize,
    caption: String,
}

#[derive(Serialize)]
struct FigureRow {
    name: String,
    meaning: String,
    /// A value and an interval a model.
    cells: Vec<(String, String)>,
}

#[derive(Serialize)]
struct PairSection<'a> {
    pair: &'a ComparedPair,
    rows: Vec<DifferenceRow>,
    mcnemar: String,
    design_effect: Option<String>,
}

#[derive(Serialize)]
struct DifferenceRow {
    name: String,
    difference: String,
    interval: String,
    p_value: String,
    p_holm: String,
    test: &'static str,
    verdict: String,
    is_told: bool,
}

#[derive(Serialize)]
struct Contested {
    path: String,
    truth: String,
    answers: Vec<(String, String, bool)>,
    /// A picture as base64, its width, height and words.
    picture: Option<(String, usize, usize, String)>,
}

impl<'a> Page<'a> {
    fn new(
        compared: &Compared<'a>,
        wide: &'a ComparisonPlots,
        narrow: &'a ComparisonPlots,
    ) -> Self {
        let report = compared.report;
        let names: Vec<&str> = report
            .models
            .iter()
            .map(|model| model.name.as_str())
            .collect();
        let audits = report.audits();
        let is_one = audits.len() == 1;
        let audits = audits.into_iter().map(|(audit, names)| {
            let of = if is_one {
                String::new()
            } else {
                names.join(", ")
            };
            (of, Audit::new(audit))
        });
        let pictures = compared.pictures.iter().map(Option::as_ref);
        let pictures = pictures.chain(std::iter::repeat(None));
        let contested = report.disagreements.iter().zip(pictures).take(LISTED_COUNT);
        let contested: Vec<Contested> = contested
            .map(|(one, picture)| Contested::new(one, &names, picture))
            .collect();
        Self {
            title: names.join(", "),
            split: report.slices.split.to_string(),
            slices: slices(report),
            audits: audits.collect(),
            figures: ComparedFigures::METRICS
                .iter()
                .map(|one| FigureRow::new(one, report))
                .collect(),
            pairs: report.pairs.iter().map(PairSection::new).collect(),
            how: how(report),
            drawn: report.slices.drawn.to_string(),
            unseen: contested.iter().filter(|one| one.picture.is_none()).count(),
            contested,
            caption: caption(report),
            report,
            wide,
            narrow,
        }
    }
}

fn slices(report: &ComparisonReport) -> String {
    let slices = &report.slices;
    let groups = if slices.groups == slices.count {
        String::new()
    } else {
        format!(" in {} groups", slices.groups)
    };
    let count = slice_count(slices.count);
    match slices.part {
        GroupedPart::Clean if slices.unclean > 0 => format!(
            "{count}{groups}, clean for every model; {} more are copies, repeats or known to one of \
             them and stay out",
            slices.unclean
        ),
        GroupedPart::Clean => format!("{count}{groups}, clean for every model"),
        GroupedPart::AsIs => format!("{count}{groups}"),
    }
}

/// How differences are told from luck.
fn how(report: &ComparisonReport) -> String {
    let tests = &report.tests;
    let accuracy = report
        .pairs
        .iter()
        .find_map(|pair| pair.differences.accuracy);
    let accuracy = match accuracy.map(|one| one.paired.test) {
        Some(PairedTest::GroupSwapExact) => {
            "Accuracies are told apart by swapping the models of whole groups, every way there is, \
             which is McNemar's exact test where each slice stands alone; the interval is Tango's, \
             with counts divided by the design effect"
        }
        _ => "Accuracies are told apart by McNemar's exact test; the interval is Tango's",
    };
    format!(
        "{accuracy}. All other figures: paired bootstrap, {} resamples, the same for all models; {}. \
         {} differences are tested at once, and p-values are corrected for that (Holm); below {} is \
         called a difference. Intervals are not corrected; one is unknown where no resample has another \
         difference.",
        tests.resample_count, report.slices.drawn, tests.count, tests.level
    )
}

impl FigureRow {
    fn new(metric: &Metric, report: &ComparisonReport) -> Self {
        let cell = |figures: &ComparedFigures| match figures.get(metric).flatten() {
            None => ("–".to_owned(), String::new()),
            Some(figure) => {
                let range = figure
                    .interval
                    .map(|one| format!("{:.3} to {:.3}", one.low, one.high));
                (format!("{:.3}", figure.value), range.unwrap_or_default())
            }
        };
        Self {
            name: capitalised(&metric.label()),
            meaning: metric.says.to_owned(),
            cells: report
                .models
                .iter()
                .map(|model| cell(&model.figures))
                .collect(),
        }
    }
}

impl<'a> PairSection<'a> {
    fn new(pair: &'a ComparedPair) -> Self {
        let rows = pair
            .differences
            .iter()
            .map(|(metric, one)| DifferenceRow::new(metric, one, pair));
        Self {
            rows: rows.collect(),
            mcnemar: p_value(pair.mcnemar_p_value),
            design_effect: (pair.design_effect > 1.0).then(|| format!("{:.2}", pair.design_effect)),
            pair,
        }
    }
}

impl DifferenceRow {
    fn new(metric: &Metric, one: Option<TestedDifference>, pair: &ComparedPair) -> Self {
        let name = capitalised(&metric.label());
        let Some(one) = one else {
            let none = || "–".to_owned();
            return Self {
                name,
                difference: none(),
                interval: none(),
                p_value: none(),
                p_holm: none(),
                test: "–",
                verdict: "undefined".to_owned(),
                is_told: false,
            };
        };
        let paired = one.paired;
        Self {
            name,
            difference: format!("{:+.3}", paired.difference),
            interval: match (paired.low, paired.high) {
                (Some(low), Some(high)) => format!("{low:+.3} to {high:+.3}"),
                _ => "unknown".to_owned(),
            },
            p_value: p_value(paired.p_value),
            p_holm: p_value(one.p_holm),
            test: match paired.test {
                PairedTest::McnemarExact => "McNemar, exact",
                PairedTest::GroupSwapExact => "groups swapped, exact",
                PairedTest::PairedBootstrap => "paired bootstrap",
            },
            verdict: match one.verdict {
                Verdict::FirstBetter => format!("{} is better", pair.first),
                Verdict::SecondBetter => format!("{} is better", pair.second),
                Verdict::NoDifferenceShown => "no difference shown".to_owned(),
            },
            is_told: one.verdict != Verdict::NoDifferenceShown,
        }
    }
}

impl Contested {
    fn new(one: &Disagreement, names: &[&str], picture: Option<&Picture>) -> Self {
        let answers = names.iter().zip(&one.answers).map(|(name, answer)| {
            let said = format!("{} {:.2}", answer.class, answer.probability);
            ((*name).to_owned(), said, answer.right)
        });
        let picture = picture.map(|picture| {
            let Picture {
                png,
                width,
                height,
                text,
                ..
            } = picture;
            (STANDARD.encode(png), *width, *height, text.clone())
        });
        Self {
            path: one.path.display().to_string(),
            truth: one.truth.to_string(),
            answers: answers.collect(),
            picture,
        }
    }
}

fn p_value(value: f64) -> String {
    if value < 0.001 {
        "< 0.001".to_owned()
    } else {
        format!("{value:.3}")
    }
}
