//! The table of changes against scikit-learn and a bootstrap in NumPy (`reference/make_stress.py`).

#![expect(
    clippy::unwrap_used,
    reason = "reading a reference file is part of the test"
)]

use hilum_core::{ClassIndex, ClassName, Classes, Probabilities};
use hilum_metrics::{Bootstrap, GroupedPart, Looks, Stress, StressRow, StressTable, Stressed};
use serde::Deserialize;

#[derive(Deserialize)]
struct Reference {
    truth: Vec<usize>,
    groups: Vec<usize>,
    before: Vec<Vec<f64>>,
    after: Vec<Vec<f64>>,
    accuracy: [f64; 2],
    macro_f1: [f64; 2],
    agreement: f64,
    predicted: [Vec<u64>; 2],
    interval: [f64; 2],
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("reference/stress.json")).unwrap()
}

fn classes() -> Classes {
    Classes::new(["a", "b", "c", "d"].map(ClassName::new)).unwrap()
}

fn looks(rows: &[Vec<f64>], abstained: usize) -> Looks {
    let row = |row: &Vec<f64>| {
        // Six digits add up to one but for their rounding.
        let sum: f64 = row.iter().sum();
        Probabilities::new(row.iter().map(|value| value / sum).collect()).unwrap()
    };
    Looks {
        probabilities: rows.iter().map(row).collect(),
        abstained,
    }
}

fn stress(small: bool) -> Stress {
    Stress {
        change: "brightness",
        amount: 0.9,
        unit: "factor",
        says: "brightness x 0.9".to_owned(),
        small,
    }
}

fn table(bootstrap: &Bootstrap) -> StressTable {
    let found = reference();
    let truth: Vec<ClassIndex> = found.truth.iter().copied().map(ClassIndex::new).collect();
    let stressed = Stressed {
        classes: &classes(),
        truth: &truth,
        groups: &found.groups,
        before: &looks(&found.before, 2),
    };
    let row = |rows: &[Vec<f64>], small| {
        let changed = looks(rows, 5);
        stressed.row(stress(small), &changed, bootstrap)
    };
    let rows = vec![
        row(&found.after, true),
        row(&found.before, true),
        row(&found.after, false),
    ];
    stressed.table(GroupedPart::Clean, 200, 0, rows)
}

fn close(found: Option<f64>, expected: f64, tolerance: f64) {
    let found = found.unwrap();
    assert!(
        (found - expected).abs() <= tolerance,
        "{found} and {expected}"
    );
}

#[test]
fn figures_are_those_of_scikit_learn() {
    let expected = reference();
    let table = table(&Bootstrap::default());
    let row = &table.rows[0];
    close(table.accuracy, expected.accuracy[0], 1e-12);
    close(table.macro_f1, expected.macro_f1[0], 1e-12);
    close(row.accuracy, expected.accuracy[1], 1e-12);
    close(row.macro_f1, expected.macro_f1[1], 1e-12);
    let difference = expected.macro_f1[1] - expected.macro_f1[0];
    close(row.macro_f1_difference, difference, 1e-12);
    close(row.agreement, expected.agreement, 1e-12);
    let counts = |counts: &std::collections::BTreeMap<ClassName, u64>| -> Vec<u64> {
        counts.values().copied().collect()
    };
    assert_eq!(counts(&table.predicted), expected.predicted[0]);
    assert_eq!(counts(&row.predicted), expected.predicted[1]);
    let count = expected.truth.len();
    assert_eq!((table.count, table.out_of, row.count), (count, 200, count));
    assert_eq!((table.abstained, row.abstained), (2, 5));
}

#[test]
fn the_interval_is_that_of_a_paired_bootstrap_over_groups() {
    let expected = reference();
    let bootstrap = Bootstrap {
        resample_count: 4000,
        ..Bootstrap::default()
    };
    let interval = table(&bootstrap).rows[0].interval.unwrap();
    // Two bootstraps with draws of their own.
    close(Some(interval.low), expected.interval[0], 0.012);
    close(Some(interval.high), expected.interval[1], 0.012);
}

#[test]
fn what_changes_no_answer_differs_by_nothing() {
    let table = table(&Bootstrap::default());
    let row = &table.rows[1];
    assert_eq!(row.macro_f1_difference, Some(0.0));
    assert_eq!(row.agreement, Some(1.0));
    let interval = row.interval.unwrap();
    assert_eq!((interval.low, interval.high), (0.0, 0.0));
}

#[test]
fn a_small_change_that_costs_much_is_brittle_and_a_large_one_is_not() {
    let table = table(&Bootstrap::default());
    let loss = table.rows[0].loss();
    assert!(loss > 0.10, "the reference loses {loss}");
    assert!(std::ptr::eq(table.brittle()[0], &raw const table.rows[0]));
    assert_eq!(table.brittle().len(), 1);
    assert_eq!(table.worst().map(StressRow::loss), Some(loss));
    let harmless = StressTable {
        rows: vec![table.rows[1].clone()],
        ..table
    };
    assert!(harmless.worst().is_none() && harmless.brittle().is_empty());
}

#[test]
fn a_table_reads_what_it_wrote() {
    let table = table(&Bootstrap::default());
    let text = serde_json::to_string(&table).unwrap();
    assert_eq!(serde_json::from_str::<StressTable>(&text).unwrap(), table);
}
