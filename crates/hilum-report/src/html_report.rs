//! `report.html`: one page for a person, with everything in it.

use hilum_core::Split;
use minijinja::{Environment, value::Serde};
use serde::Serialize;

use crate::answers_section::AnswersSection;
use crate::audit_box::Audit;
use crate::by_group::GroupFigures;
use crate::caption::slice_count;
use crate::cases::CasesView;
use crate::claim::Claim;
use crate::confusion_matrix::is_wider_than_narrow;
use crate::data_section::DataSection;
use crate::evaluated::Evaluated;
use crate::heat::HeatView;
use crate::mistakes::Mistakes;
use crate::origin::Origin;
use crate::plots::EvaluationPlots;
use crate::room::Room;
use crate::score_tables::{class_tables, score_table};
use crate::stress_section::StressSection;
use crate::table::Table;

/// The page as HTML: what is claimed and of what, what the audit said, the data, the figures, the
/// plots, what changes of the pictures do, where the model looked, slices to look at, and how all
/// of it came about. One file without scripts; nothing is fetched when it is opened.
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
    style: &'static str,
    split: Split,
    model: &'a str,
    slices: String,
    claim: Claim,
    audit: Audit,
    data: DataSection,
    scores: Table,
    class_tables: Vec<Table>,
    by_group: Option<GroupFigures>,
    wide: &'a EvaluationPlots,
    narrow: &'a EvaluationPlots,
    /// Whether the confusion matrix scrolls on a telephone.
    many_classes: bool,
    answers: AnswersSection,
    stress: Option<StressSection>,
    heat: Option<HeatView<'a>>,
    cases: Option<CasesView<'a>>,
    mistakes: Mistakes,
    origin: Origin<'a>,
    version: &'static str,
}

impl<'a> Page<'a> {
    fn new(
        evaluated: &Evaluated<'a>,
        wide: &'a EvaluationPlots,
        narrow: &'a EvaluationPlots,
    ) -> Self {
        let report = evaluated.report;
        let knows_some = report.leaked.as_ref().is_some_and(|known| known.count > 0);
        let shown = evaluated.shown();
        let audit = Audit::new(&report.audit);
        Self {
            style: include_str!("report.css"),
            split: report.split,
            model: &report.model,
            slices: slice_count(report.as_is.count),
            claim: Claim::new(report),
            audit: if knows_some {
                audit.beside_known_slices()
            } else {
                audit
            },
            data: DataSection::new(report, evaluated.data_flow),
            scores: score_table(report),
            class_tables: class_tables(report),
            by_group: report.by_group.as_ref().map(GroupFigures::new),
            wide,
            narrow,
            many_classes: is_wider_than_narrow(shown.confusion.classes.len()),
            answers: AnswersSection::new(report, shown),
            stress: report.stress.as_ref().map(StressSection::new),
            heat: evaluated.heat.map(HeatView::new),
            cases: evaluated.cases.map(CasesView::new),
            mistakes: Mistakes::new(&shown.confusion.classes, &evaluated.shown_predictions()),
            origin: Origin::new(report, evaluated.provenance),
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}
