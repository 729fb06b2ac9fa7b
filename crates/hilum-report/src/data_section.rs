//! What the page says of the data: from files to splits, what was left out, and the classes.

use std::collections::BTreeSet;

use hilum_metrics::{CleanPart, EvaluationReport};
use serde::Serialize;

use crate::caption::what_is_left_out;
use crate::data_flow::{ClassFlow, DataFlow, Exclusion, FlowStage, SplitFlow};
use crate::table::{Cell, Row, Table};

/// The way of the data, ready formatted.
#[derive(Serialize)]
pub(crate) struct DataSection {
    stages: Vec<Step>,
    splits: Vec<Step>,
    classes: Table,
}

/// A box on the way, and what leaves it.
#[derive(Serialize)]
struct Step {
    name: String,
    count: String,
    groups: Option<String>,
    /// Whether the figures of the page are of it.
    judged: bool,
    excluded: Vec<String>,
    /// What is left of it, if something leaves it and nothing follows.
    left: Option<String>,
}

impl DataSection {
    /// Of `flow`; without it, what the report itself knows of the judged split.
    pub(crate) fn new(report: &EvaluationReport, flow: Option<&DataFlow>) -> Self {
        let known;
        let flow = if let Some(flow) = flow {
            flow
        } else {
            known = judged_split(report);
            &known
        };
        let unit = flow.group_unit.as_str();
        Self {
            stages: flow
                .stages
                .iter()
                .map(|stage| Step::stage(stage, unit))
                .collect(),
            splits: flow
                .splits
                .iter()
                .map(|split| Step::split(split, unit))
                .collect(),
            classes: classes(flow),
        }
    }
}

fn judged_split(report: &EvaluationReport) -> DataFlow {
    let clean = match report.clean_part() {
        CleanPart::All(figures) | CleanPart::Part(figures) => Some(figures),
        CleanPart::Nothing => None,
    };
    let of_class = |(name, scores): (&hilum_core::ClassName, &hilum_metrics::ClassScores)| {
        let clean = clean.and_then(|figures| figures.per_class.get(name));
        ClassFlow {
            name: name.to_string(),
            slices: scores.support as usize,
            groups: None,
            clean: Some(clean.map_or(0, |scores| scores.support as usize)),
        }
    };
    let left_out = Exclusion {
        reason: what_is_left_out(report).to_owned(),
        slices: report.unclean_count(),
        groups: None,
    };
    DataFlow {
        stages: Vec::new(),
        splits: vec![SplitFlow {
            name: report.split.to_string(),
            slices: report.as_is.count,
            groups: None,
            classes: report.as_is.per_class.iter().map(of_class).collect(),
            judged: true,
            left_out: Vec::from_iter((left_out.slices > 0).then_some(left_out)),
        }],
        group_unit: String::new(),
    }
}

impl Step {
    fn stage(stage: &FlowStage, unit: &str) -> Self {
        Self {
            name: stage.name.clone(),
            count: stage.slices.to_string(),
            groups: group_count(stage.groups, unit),
            judged: false,
            excluded: each(&stage.excluded, unit),
            left: None,
        }
    }

    fn split(split: &SplitFlow, unit: &str) -> Self {
        let gone: usize = split.left_out.iter().map(|one| one.slices).sum();
        let clean = split.slices.saturating_sub(gone);
        Self {
            name: split.name.clone(),
            count: split.slices.to_string(),
            groups: group_count(split.groups, unit),
            judged: split.judged,
            excluded: each(&split.left_out, unit),
            left: split.judged.then(|| match clean {
                0 => "none is clean".to_owned(),
                clean if gone == 0 => format!("all {clean} are clean"),
                clean => format!("{clean} are clean"),
            }),
        }
    }
}

/// `46 copies of other splits' images, of 12 patients`.
fn each(exclusions: &[Exclusion], unit: &str) -> Vec<String> {
    let line = |one: &Exclusion| {
        let groups = group_count(one.groups, unit);
        let groups = groups.map_or_else(String::new, |groups| format!(", {groups}"));
        format!("{} {}{groups}", one.slices, one.reason)
    };
    exclusions.iter().map(line).collect()
}

/// `of 1 patient`, `of 12 groups`.
fn group_count(groups: Option<usize>, unit: &str) -> Option<String> {
    let unit = if unit.is_empty() { "group" } else { unit };
    let ending = |count| if count == 1 { "" } else { "s" };
    groups.map(|count| format!("of {count} {unit}{}", ending(count)))
}

/// A row a class, a column a split, and one more for what is clean of the judged one.
fn classes(flow: &DataFlow) -> Table {
    let titles = flow.splits.iter().flat_map(|split| {
        let clean = split.judged.then(|| format!("{}, clean", split.name));
        std::iter::once(split.name.clone()).chain(clean)
    });
    let of_splits = flow.splits.iter().flat_map(|split| &split.classes);
    let names: BTreeSet<&str> = of_splits.map(|class| class.name.as_str()).collect();
    let row = |name: &str| {
        let cells = flow.splits.iter().flat_map(|split| {
            let class = split.classes.iter().find(|class| class.name == name);
            let of = class.map_or(0, |class| class.slices).to_string();
            let groups = class.and_then(|class| group_count(class.groups, &flow.group_unit));
            let clean = class.and_then(|class| class.clean).unwrap_or(0);
            let clean = split.judged.then(|| clean.to_string().into());
            std::iter::once(Cell::noted(of, groups)).chain(clean)
        });
        Row::new(name, cells)
    };
    let all = flow.splits.iter().flat_map(|split| {
        let gone: usize = split.left_out.iter().map(|one| one.slices).sum();
        let clean = split.slices.saturating_sub(gone).to_string().into();
        let groups = group_count(split.groups, &flow.group_unit);
        let of = Cell::noted(split.slices.to_string(), groups);
        std::iter::once(of).chain(split.judged.then_some(clean))
    });
    Table::new("Slices of each class", "class")
        .numbers(titles)
        .rows(names.iter().map(|name| row(name)))
        .rows([Row::new("all", all).mean()])
        .stacked()
}
