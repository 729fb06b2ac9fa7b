//! What lies outside of the body gives the class away.

use std::collections::{BTreeMap, BTreeSet};

use hilum_core::{ClassIndex, Severity, Split};
use serde_json::{Map, Value};

use super::rule::Rule;
use crate::audit::alike::inferred_groups;
use crate::audit::background::{CELLS, Confusion, HeldOut, Luck, Table, luck};
use crate::audit::evidence::Evidence;
use crate::audit::facts::{Body, PixelDigest, Thumbnail};
use crate::audit::finding::Finding;

pub(super) const RULE: Rule = Rule {
    name: "background-predicts-class",
    severity: Severity::Warning,
    finds: "classes that can be told without seeing the body",
    advice: "train with `--frame cut` or `--background-change`, and judge on slices of another source",
    page: PAGE,
    check,
};

const PAGE: &str = "\
Finds classes that can be told from what lies outside of the patient: the scanner's table, the grey level of air, the circle of the field of view, burned-in marks, how much of the image is no body. The body's convex hull is cut out of every slice; a small classifier (64 extremely randomised trees on the mean levels of 16x16 cells, classes weighing the same) is asked for slices that it was not fitted to, five times cross-validated. Patients, slices that look like one scan and copies stay in one fold, and copies count once.

Told is what is far better than a guess and cannot be luck: balanced accuracy at least three tenths of the way from guessing to always right, and fewer than 1 in 100 dealings of the same classes to other groups, shared among all that is tested, that do as well. Classes with fewer than ten distinct slices or five groups are not judged, nor are slices in which no body is found.

**Why it matters.** There is no disease outside of the body. What tells classes there is the hospital, the scanner or the web page that they came from; a network learns it first, scores well on slices of the same sources, and is lost with those of others.

**Example.** What lies outside of the body alone tells four classes apart in 70% of `train`, where always naming the largest is right in 38%: most slices of one class show the same flat table.

**What to do.** Look at the pictures on the audit's page (`hilum audit DATA --out DIR`): first in each row the mean of what surrounds the class's bodies, then the slices that were told most surely. Train with `--frame cut`, which makes what is outside air, or with `--background-change`, which lays bodies before each other's backgrounds, and judge on slices of another source. Two things to keep in mind: the outline of the body remains to be seen, and is a patient's as well as a crop's; and where no patients are named, slices of one scan that do not look alike may stand on both sides, which flatters the figure. The finding says that there is a way around the lungs, not that a network takes it.
";

/// How far above guessing is told, 0 being a guess and 1 always right.
const LEAST_SKILL: f64 = 0.3;
/// How often luck may do as well, for all that is tested together.
const MOST_LUCK: f64 = 0.01;
/// A class with fewer distinct slices is not judged.
const LEAST_SLICES: usize = 10;
/// Nor one with fewer groups of them.
const LEAST_GROUPS: usize = 5;
/// Slices of a class that are shown.
const SHOWN_COUNT: usize = 7;

fn check(evidence: &Evidence<'_>) -> Vec<Finding> {
    let Some(split) = evidence.dataset.splits().first().copied() else {
        return Vec::new();
    };
    let rows = Rows::new(evidence, split);
    if rows.names.len() < 2 {
        return Vec::new();
    }
    let verdict = Verdict::new(evidence, &rows);
    let mut told: Vec<usize> = (0..rows.names.len())
        .filter(|class| rows.names.len() > 2 && verdict.tells(*class))
        .collect();
    told.sort_by(|a, b| {
        let skill = |class: &usize| verdict.confusion.skill_of(*class);
        skill(b).total_cmp(&skill(a))
    });
    let mut findings = Vec::new();
    findings.extend(verdict.tells_all().then(|| all_classes(&rows, &verdict)));
    findings.extend(
        told.into_iter()
            .map(|class| one_class(&rows, &verdict, class)),
    );
    findings
}

/// The distinct slices with a body, of classes that can be judged.
struct Rows<'audit> {
    split: Split,
    /// Of the classes that are judged, by their number here.
    names: Vec<&'audit str>,
    /// Of the samples in the dataset.
    samples: Vec<usize>,
    classes: Vec<usize>,
    groups: Vec<usize>,
    without_body: usize,
}

impl<'audit> Rows<'audit> {
    fn new(evidence: &Evidence<'audit>, split: Split) -> Self {
        let inferred = inferred_groups(evidence.dataset, evidence.facts, evidence.pairs);
        let mut numbers = BTreeMap::new();
        let mut group_of = |sample: usize| {
            let next = numbers.len();
            let alone = inferred[sample].is_none().then_some(sample);
            *numbers
                .entry((inferred[sample].clone(), alone))
                .or_insert(next)
        };
        let mut seen: BTreeSet<PixelDigest> = BTreeSet::new();
        let mut without_body = 0;
        let mut rows: Vec<(usize, ClassIndex, usize)> = Vec::new();
        for (index, sample, slice) in evidence.slices() {
            if sample.split != split || !seen.insert(slice.digest) {
                continue;
            }
            if slice.body.is_some() {
                rows.push((index, sample.class, group_of(index)));
            } else {
                without_body += 1;
            }
        }
        let judged: Vec<ClassIndex> = evidence
            .dataset
            .classes
            .indices()
            .filter(|class| {
                let inside = || rows.iter().filter(|(_, one, _)| one == class);
                let groups: BTreeSet<usize> = inside().map(|(_, _, group)| *group).collect();
                inside().count() >= LEAST_SLICES && groups.len() >= LEAST_GROUPS
            })
            .collect();
        rows.retain(|(_, class, _)| judged.contains(class));
        let number = |class: &ClassIndex| judged.iter().position(|one| one == class);
        Self {
            split,
            names: judged
                .iter()
                .map(|class| evidence.class_name(*class))
                .collect(),
            samples: rows.iter().map(|(index, _, _)| *index).collect(),
            classes: rows
                .iter()
                .filter_map(|(_, class, _)| number(class))
                .collect(),
            groups: rows.iter().map(|(_, _, group)| *group).collect(),
            without_body,
        }
    }

    fn table(&self, evidence: &Evidence<'_>) -> Table {
        let slices: Vec<(&Thumbnail, &Body)> = self
            .samples
            .iter()
            .filter_map(|index| {
                let slice = evidence.facts[*index].slice()?;
                Some((&slice.thumbnail, slice.body.as_ref()?))
            })
            .collect();
        Table::of(&slices)
    }
}

/// What the classifier said, and what that is worth.
struct Verdict {
    confusion: Confusion,
    luck: Luck,
    most_luck: f64,
    /// The paths of the slices that were told most surely, by class.
    telling: Vec<Vec<String>>,
    /// What share of the telling lies where.
    places: Map<String, Value>,
}

impl Verdict {
    fn new(evidence: &Evidence<'_>, rows: &Rows<'_>) -> Self {
        let class_count = rows.names.len();
        let table = rows.table(evidence);
        let held_out = HeldOut::new(&table, &rows.groups, &rows.classes, class_count);
        let mut confusion = Confusion::new(class_count);
        for (row, class) in rows.classes.iter().enumerate() {
            confusion.add(*class, held_out.predicted(row), 1);
        }
        let telling = |class: usize| evidence.paths(&telling(rows, &held_out, class));
        Self {
            confusion,
            luck: luck(&held_out, &rows.groups, &rows.classes, class_count),
            most_luck: MOST_LUCK / (class_count + 1) as f64,
            telling: (0..class_count).map(telling).collect(),
            places: places(&held_out.gains),
        }
    }

    fn tells_all(&self) -> bool {
        self.confusion.skill() >= LEAST_SKILL && self.luck.all <= self.most_luck
    }

    fn tells(&self, class: usize) -> bool {
        self.confusion.skill_of(class) >= LEAST_SKILL && self.luck.of_class[class] <= self.most_luck
    }
}

/// The samples of a class that were told most surely, one a group.
fn telling(rows: &Rows<'_>, held_out: &HeldOut, class: usize) -> Vec<usize> {
    let mut told: Vec<usize> = (0..rows.classes.len())
        .filter(|row| rows.classes[*row] == class && held_out.predicted(*row) == class)
        .collect();
    let votes = |row: &usize| held_out.votes[*row][class];
    told.sort_by(|a, b| votes(b).total_cmp(&votes(a)));
    let mut groups = BTreeSet::new();
    told.retain(|row| groups.insert(rows.groups[*row]));
    let shown = told.iter().take(SHOWN_COUNT);
    shown.map(|row| rows.samples[*row]).collect()
}

/// What share of what tells lies in the image's upper third, beside the body, in the lower third.
fn places(gains: &[(usize, f64)]) -> Map<String, Value> {
    let total = gains.iter().map(|(_, gain)| gain).sum::<f64>().max(1e-12);
    let third = CELLS / 3;
    let share = |rows: std::ops::Range<usize>| {
        let inside = gains
            .iter()
            .filter(|(cell, _)| rows.contains(&(cell / CELLS)));
        inside.map(|(_, gain)| gain).sum::<f64>() / total
    };
    [
        ("above", 0..third),
        ("beside", third..CELLS - third),
        ("below", CELLS - third..CELLS),
    ]
    .map(|(place, rows)| (place.to_owned(), share(rows).into()))
    .into_iter()
    .collect()
}

fn all_classes(rows: &Rows<'_>, verdict: &Verdict) -> Finding {
    let confusion = &verdict.confusion;
    let which = if rows.names.len() == 2 {
        "both classes"
    } else {
        "all classes"
    };
    let message = format!(
        "what lies outside of the body alone tells {which} apart in {:.1}% of `{}` (always naming the largest: {:.1}%)",
        confusion.accuracy() * 100.0,
        rows.split,
        confusion.majority() * 100.0,
    );
    let recalls = (0..rows.names.len())
        .map(|class| (rows.names[class].to_owned(), confusion.recall(class).into()));
    let telling = rows.names.iter().zip(&verdict.telling);
    describe(Finding::new(message, Vec::new()), rows, verdict)
        .with("accuracy", confusion.accuracy())
        .with("balanced_accuracy", confusion.balanced_accuracy())
        .with("majority", confusion.majority())
        .with("luck", verdict.luck.all)
        .with("recalls", recalls.collect::<Map<_, _>>())
        .with("telling", as_map(telling))
}

fn one_class(rows: &Rows<'_>, verdict: &Verdict, class: usize) -> Finding {
    let (name, confusion) = (rows.names[class], &verdict.confusion);
    let (recall, false_share) = (confusion.recall(class), confusion.false_share(class));
    let message = format!(
        "by what lies outside of the body alone, {:.1}% of `{name}` in `{}` are told, and {:.1}% of the others taken for it",
        recall * 100.0,
        rows.split,
        false_share * 100.0,
    );
    let telling = std::iter::once((&rows.names[class], &verdict.telling[class]));
    describe(Finding::new(message, Vec::new()), rows, verdict)
        .with("class", name)
        .with("recall", recall)
        .with("false_share", false_share)
        .with(
            "balanced_accuracy",
            f64::midpoint(recall, 1.0 - false_share),
        )
        .with("luck", verdict.luck.of_class[class])
        .with("telling", as_map(telling))
}

fn as_map<'a>(telling: impl Iterator<Item = (&'a &'a str, &'a Vec<String>)>) -> Map<String, Value> {
    telling
        .map(|(name, paths)| ((*name).to_owned(), paths.clone().into()))
        .collect()
}

fn describe(finding: Finding, rows: &Rows<'_>, verdict: &Verdict) -> Finding {
    let groups: BTreeSet<usize> = rows.groups.iter().copied().collect();
    finding
        .with("split", rows.split.as_str())
        .with("slices", rows.samples.len())
        .with("groups", groups.len())
        .with("without_body", rows.without_body)
        .with("where", verdict.places.clone())
}
