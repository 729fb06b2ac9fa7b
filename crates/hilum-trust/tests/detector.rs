//! The members of the detector against NumPy and scikit-learn, and what the whole promises.

#![expect(
    clippy::unwrap_used,
    reason = "reading a reference file is part of the test"
)]

use hilum_trust::detector::{
    Contrast, ContrastSettings, Density, DetectorRecord, Examples, FitError, Part, Rows,
    ThresholdSource,
};

const WIDTH: usize = 6;
const COUNT: usize = 90;

/// As `reference/make_detector.py` draws it.
fn value(row: usize, column: usize, salt: usize) -> f64 {
    let word = (row * 7919 + column * 104_729 + salt * 1_299_709 + 12_345) as u64;
    let word = word.wrapping_mul(2_654_435_761) % (1 << 32);
    word as f64 / (1_u64 << 32) as f64
}

fn rows(salt: usize, count: usize, shift: f64) -> Rows {
    let mut data = Vec::new();
    for row in 0..count {
        for column in 0..WIDTH {
            let spread = 0.4 * value(row, column, salt) / (1 + column) as f64;
            let shift = shift * ((column + salt) % 3) as f64;
            data.push((1.0 + spread + shift) as f32);
        }
    }
    Rows::new(WIDTH, data)
}

const ALL: Part = Part {
    start: 0,
    grid: 1,
    channels: WIDTH,
    seen: 1,
};

fn probes() -> Rows {
    rows(2, 4, 0.0).and(&rows(3, 4, 0.2))
}

fn reference(name: &str) -> Vec<f64> {
    let json: serde_json::Value =
        serde_json::from_str(include_str!("reference/detector.json")).unwrap();
    let values = json[name].as_array().unwrap();
    values.iter().map(|value| value.as_f64().unwrap()).collect()
}

/// Half precision keeps eleven bits of each number.
fn assert_close(found: impl Iterator<Item = f64>, expected: &[f64]) {
    let found: Vec<f64> = found.collect();
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        let tolerance = 0.03 * expected.abs().max(1.0);
        assert!(
            (found - expected).abs() < tolerance,
            "{found} and {expected}"
        );
    }
}

#[test]
fn the_density_is_numpy_s() {
    let density = Density::fit(&[ALL], &rows(1, COUNT, 0.0)).unwrap();
    // The distances themselves: near the middle, rounding moves their logarithms far.
    let distances: Vec<f64> = reference("density").iter().map(|log| log.exp()).collect();
    assert_close(
        probes().iter().map(|row| density.score(row).exp()),
        &distances,
    );
}

#[test]
fn the_contrast_is_scikit_learn_s() {
    let unlike = rows(4, 40, 0.1).and(&rows(5, 50, -0.1));
    let kinds = [[1; 40].as_slice(), [2; 50].as_slice()].concat();
    let settings = ContrastSettings {
        steps: 500,
        ..ContrastSettings::default()
    };
    let contrast = Contrast::fit(&[ALL], &rows(1, COUNT, 0.0), &unlike, &kinds, settings);
    assert_close(
        probes().iter().map(|row| contrast.score(row)),
        &reference("contrast"),
    );
}

/// Two taps of four cells, of two channels each; slices are bright at the bottom.
fn tapped(count: usize, salt: usize, is_turned: bool) -> Rows {
    let mut data = Vec::new();
    for row in 0..count {
        for tap in 0..2 {
            for cell in 0..4 {
                for channel in 0..2 {
                    let noise = value(row, tap * 8 + cell * 2 + channel, salt);
                    let is_bottom = (cell >= 2) != is_turned;
                    data.push((noise + 2.0 * f64::from(u8::from(is_bottom))) as f32);
                }
            }
        }
    }
    Rows::new(16, data)
}

const PARTS: [Part; 2] = [
    Part {
        start: 0,
        grid: 2,
        channels: 2,
        seen: 2,
    },
    Part {
        start: 8,
        grid: 2,
        channels: 2,
        seen: 2,
    },
];

fn examples() -> Examples {
    Examples {
        plain: tapped(60, 1, false),
        toned: tapped(60, 2, false),
        framed: tapped(60, 3, false),
        unlike: tapped(60, 4, true),
        kinds: vec![1; 60],
    }
}

/// With its threshold by `tapped(99, 5, false)`, and varied ones.
fn fitted() -> DetectorRecord {
    let [held_out, varied] = [5, 9].map(|seed| tapped(99, seed, false));
    DetectorRecord::fit(PARTS, &examples(), &held_out, &varied).unwrap()
}

#[test]
fn as_many_held_out_slices_are_flagged_as_it_says_and_those_turned_are() {
    let held_out = tapped(99, 5, false);
    let record = fitted();
    assert_eq!(record.held_out_count(), 99);
    assert_eq!(record.threshold_source, ThresholdSource::Valid);
    let flagged = |rows: &Rows, record: &DetectorRecord| {
        let judged = rows.iter().map(|row| record.judge(row, None));
        judged.filter(|typicality| typicality.is_unlike).count()
    };
    // Nineteen of 198, these among them.
    assert!((4..=15).contains(&flagged(&held_out, &record)));
    let mut strict = record.clone();
    strict.flagged_share = 0.5;
    assert!((38..=60).contains(&flagged(&held_out, &strict)));
    assert!(flagged(&tapped(100, 6, false), &record) <= 20);
    assert_eq!(flagged(&tapped(100, 7, true), &record), 100);
    for row in tapped(20, 7, true).iter() {
        assert_eq!(record.judge(row, None).share, 0.0);
    }
}

#[test]
fn what_is_not_finite_is_like_nothing() {
    let record = fitted();
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        assert!(record.judge(&[value; 16], None).is_unlike, "{value}");
    }
}

#[test]
fn without_held_out_slices_halves_stand_in() {
    let record = DetectorRecord::fit_crossed(PARTS, &examples()).unwrap();
    assert_eq!(record.threshold_source, ThresholdSource::CrossFitted);
    assert_eq!(record.held_out_count(), 60);
    let turned = tapped(50, 7, true);
    assert!(turned.iter().all(|row| record.judge(row, None).is_unlike));
    let home = tapped(100, 6, false);
    let flagged = home.iter().filter(|row| record.judge(row, None).is_unlike);
    assert!(flagged.count() <= 25);
}

#[test]
fn too_few_slices_and_a_network_that_sees_nothing_have_none() {
    let few = DetectorRecord::fit(
        PARTS,
        &examples(),
        &tapped(9, 5, false),
        &tapped(9, 9, false),
    );
    let (found, wanted) = (9, 10);
    assert_eq!(few.unwrap_err(), FitError::TooFew { found, wanted });
    let same = Rows::new(16, vec![1.0; 16 * 60]);
    let blind = Examples {
        plain: same.clone(),
        toned: same,
        ..examples()
    };
    let found = DetectorRecord::fit(PARTS, &blind, &tapped(99, 5, false), &tapped(99, 9, false));
    assert_eq!(found.unwrap_err(), FitError::Constant);
}

#[test]
fn a_record_comes_back_from_json_and_a_damaged_one_is_not_sound() {
    let record = fitted();
    let json = serde_json::to_string(&record).unwrap();
    let read: DetectorRecord = serde_json::from_str(&json).unwrap();
    assert_eq!(read, record);
    assert!(read.is_sound());
    for row in tapped(5, 8, false).iter() {
        assert_eq!(read.judge(row, None), record.judge(row, None));
    }
    let mut narrow = record.clone();
    narrow.tapped_width = 15;
    let mut strict = record;
    strict.flagged_share = 0.0;
    assert!(!narrow.is_sound() && !strict.is_sound());
    let text = json.replace("\"channels\":2", "\"channels\":3");
    let read: DetectorRecord = serde_json::from_str(&text).unwrap();
    assert!(!read.is_sound());
}
