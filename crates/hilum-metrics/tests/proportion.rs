//! Intervals of shares against SciPy; see `reference/make_wilson.py`.

use hilum_metrics::wilson_interval;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    held: u64,
    count: u64,
    low: f64,
    high: f64,
}

#[test]
fn intervals_of_shares_are_those_of_scipy() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("reference/wilson.json")).unwrap();
    assert!(cases.len() > 5);
    for Case {
        held,
        count,
        low,
        high,
    } in cases
    {
        let (found_low, found_high) = wilson_interval(held, count).unwrap();
        let distance = (found_low - low).abs().max((found_high - high).abs());
        assert!(
            distance < 1e-12,
            "{held} of {count}: {found_low} {found_high}"
        );
    }
}

#[test]
fn nothing_seen_has_no_interval() {
    assert_eq!(wilson_interval(0, 0), None);
    assert_eq!(wilson_interval(2, 1), None);
}
