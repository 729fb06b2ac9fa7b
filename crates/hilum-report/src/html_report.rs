//! `report.html`: one page for a person, with everything in it.

use std::collections::BTreeMap;

use hilum_core::Split;
use minijinja::{Environment, value::Serde};
use serde::Serialize;

use crate::answers_section::AnswersSection;
use crate::audit_box::Audit;
use crate::by_group::GroupTable;
use crate::caption::{caption, slice_count};
use crate::evaluated::Evaluated;
use crate::headline::Headline;
use crate::mistakes::Mistakes;
use crate::plots::EvaluationPlots;
use crate::room::Room;
use crate::score_tables::{ClassTable, ScoreTable};

/// The page as HTML: headline scores with intervals, what the audit said and what the model knew
/// before, scores of every class, plots, the surest mistakes, the curves of training, and how the
/// numbers came about. Nothing is fetched when it is opened.
///
/// `wide` are its plots for a desk; those for a telephone are drawn here.
///
/// # Panics
/// If the predictions belong to other classes than the report.
pub(crate) fn html_report(evaluated: &Evaluated<'_>, wide: &EvaluationPlots) -> String {
    let mut environment = Environment::new();
    // The name ends in `.html`, so everything is escaped that isn't marked as safe.
    environment
        .add_template("report.html", include_str!("report.html"))
        .expect("the template is part of the program");
    let template = environment
        .get_template("report.html")
        .expect("was just added");
    let narrow = EvaluationPlots::draw(Room::Narrow, evaluated);
    let page = Page::new(evaluated, wide, &narrow);
    template
        .render(Serde(&page))
        .expect("the template uses what it is given")
}

/// What the template shows, ready formatted.
#[derive(Serialize)]
struct Page<'a> {
    split: Split,
    model: &'a str,
    slices: String,
    knew: Option<String>,
    audit: Audit,
    headline: Headline,
    scores: ScoreTable,
    class_tables: Vec<ClassTable>,
    by_group: Option<GroupTable>,
    wide: &'a EvaluationPlots,
    narrow: &'a EvaluationPlots,
    answers: AnswersSection,
    mistakes: Mistakes,
    caption: String,
    details: &'a BTreeMap<String, String>,
    version: &'static str,
}

impl<'a> Page<'a> {
    fn new(
        evaluated: &Evaluated<'a>,
        wide: &'a EvaluationPlots,
        narrow: &'a EvaluationPlots,
    ) -> Self {
        let report = evaluated.report;
        let leaked = report.leaked.as_ref().filter(|leaked| leaked.count > 0);
        let shown = evaluated.shown();
        Self {
            split: report.split,
            model: &report.model,
            slices: slice_count(report.as_is.count),
            knew: leaked.map(|leaked| {
                format!(
                    "The model knew {} of {} of these slices: it learned from them or was watched \
                     on them.",
                    leaked.count, leaked.of
                )
            }),
            audit: if leaked.is_some() {
                Audit::new(&report.audit).beside_known_slices()
            } else {
                Audit::new(&report.audit)
            },
            headline: Headline::new(report),
            scores: ScoreTable::new(report),
            class_tables: ClassTable::each(report),
            by_group: report.by_group.as_ref().map(GroupTable::new),
            wide,
            narrow,
            answers: AnswersSection::new(report, shown),
            mistakes: Mistakes::new(&shown.confusion.classes, &evaluated.shown_predictions()),
            caption: caption(report),
            details: &report.details,
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}
