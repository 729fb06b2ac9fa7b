//! What differences amount to, in plain words.

use hilum_metrics::{
    ACCURACY, ComparedPair, ComparisonTests, MACRO_F1, Metric, TestedDifference, Verdict,
};

/// With fewer slices on which two models part, McNemar's test has no p-value below 0.05: twice
/// 1/32 is more, twice 1/64 is less.
const FEWEST_TO_TELL: u64 = 6;

/// What the differences of `pair` amount to, on slices that are `counted`.
pub(super) fn of_pair(pair: &ComparedPair, tests: &ComparisonTests, counted: &str) -> String {
    let found: Vec<(&'static Metric, TestedDifference)> = pair
        .differences
        .iter()
        .filter_map(|(metric, difference)| Some((metric, difference?)))
        .collect();
    let mut sentences = Vec::new();
    let better = |verdict| -> Vec<String> {
        let those = found.iter().filter(|(_, one)| one.verdict == verdict);
        those
            .map(|(metric, one)| by_how_much(metric, one))
            .collect()
    };
    let (first, second) = (&pair.first, &pair.second);
    for (verdict, better_one, other) in [
        (Verdict::FirstBetter, first, second),
        (Verdict::SecondBetter, second, first),
    ] {
        let by = better(verdict);
        if !by.is_empty() {
            sentences.push(format!(
                "{better_one} is better than {other} {}",
                listed(&by)
            ));
        }
    }
    let open = found.iter().filter(|(metric, one)| {
        // Resamples of a few parted slices say too little of other slices.
        let is_shown = match pair.counts.discordant() {
            FEWEST_TO_TELL.. => [ACCURACY, MACRO_F1].contains(metric),
            _ => **metric == ACCURACY,
        };
        one.verdict == Verdict::NoDifferenceShown && is_shown
    });
    let open: Vec<String> = open
        .filter_map(|(metric, one)| within(metric, one))
        .collect();
    let open = open.join(", ");
    match (sentences.is_empty(), open.is_empty()) {
        (true, false) => sentences.push(format!(
            "{first} and {second} do not differ by what {counted} can show: the difference {open}"
        )),
        (true, true) => sentences.push(format!("{first} and {second} have no figure in common")),
        (false, false) => sentences.push(format!(
            "By what {counted} can show they do not differ otherwise: the difference {open}"
        )),
        (false, true) => {}
    }
    sentences.extend(too_few(pair));
    sentences.extend(by_luck(&found, tests));
    sentences.join(". ")
}

/// `by 0.056 in accuracy (0.012 to 0.097; p = 0.011)`
fn by_how_much(metric: &Metric, one: &TestedDifference) -> String {
    let paired = one.paired;
    let (by, name, p_value) = (paired.difference.abs(), short(metric), p_value(one.p_holm));
    // Whoever is better, the ends are told from its side.
    let ends = match (paired.low, paired.high) {
        (Some(low), Some(high)) if paired.difference < 0.0 => Some((-high, -low)),
        (low, high) => low.zip(high),
    };
    let ends = ends.map_or(String::new(), |(low, high)| {
        format!("{} to {}; ", signless(low), signless(high))
    });
    format!("by {by:.3} in {name} ({ends}{p_value})")
}

/// `in accuracy could be anything from -0.056 to +0.083`; `None` where nobody can say.
fn within(metric: &Metric, one: &TestedDifference) -> Option<String> {
    let [low, high] = [one.paired.low?, one.paired.high?].map(signed);
    let name = short(metric);
    Some(format!("in {name} could be anything from {low} to {high}"))
}

fn too_few(pair: &ComparedPair) -> Option<String> {
    let parted = pair.counts.discordant();
    if parted >= FEWEST_TO_TELL {
        return None;
    }
    let calls = match parted {
        0 => "Both are right about the same slices".to_owned(),
        1 => "They part on 1 slice, which one calls right and the other wrong".to_owned(),
        parted => {
            format!("They part on {parted} slices, which one calls right and the other wrong")
        }
    };
    Some(format!(
        "{calls}; with fewer than {FEWEST_TO_TELL} such slices no test tells two accuracies apart, and \
         the intervals of macro-F1 and balanced accuracy are too narrow"
    ))
}

/// Differences that would be called so if they were the only ones that are tested.
fn by_luck(
    found: &[(&'static Metric, TestedDifference)],
    tests: &ComparisonTests,
) -> Option<String> {
    let alone = found.iter().filter(|(_, one)| {
        one.verdict == Verdict::NoDifferenceShown
            && one.paired.p_value < tests.level
            && one.paired.difference != 0.0
    });
    let alone: Vec<String> = alone
        .map(|(metric, one)| {
            let (alone, among) = (p_value(one.paired.p_value), p_value(one.p_holm));
            format!("{} ({alone}, corrected {among})", short(metric))
        })
        .collect();
    (!alone.is_empty()).then(|| {
        format!(
            "Alone, a difference would be seen in {}; of {} tests one in twenty sees one by luck",
            alone.join(" and "),
            tests.count
        )
    })
}

/// A name within a sentence: `macro-F1`, `ECE`.
pub(super) fn short(metric: &Metric) -> &'static str {
    metric.symbol.unwrap_or(metric.title)
}

fn listed(parts: &[String]) -> String {
    match parts {
        [all @ .., last] if !all.is_empty() => format!("{} and {last}", all.join(", ")),
        parts => parts.concat(),
    }
}

/// Three decimals; the sign that zero has is nobody's business.
fn signless(value: f64) -> String {
    let text = format!("{value:.3}");
    match text.strip_prefix('-') {
        Some(digits) if digits.chars().all(|c| matches!(c, '0' | '.')) => digits.to_owned(),
        _ => text,
    }
}

/// The same with a plus.
fn signed(value: f64) -> String {
    let text = signless(value);
    if text.starts_with('-') || text.chars().all(|c| matches!(c, '0' | '.')) {
        text
    } else {
        format!("+{text}")
    }
}

fn p_value(value: f64) -> String {
    if value < 0.001 {
        "p < 0.001".to_owned()
    } else {
        format!("p = {value:.3}")
    }
}

#[cfg(test)]
mod tests {
    use hilum_metrics::{
        ECE, LOG_LOSS, PairedCounts, PairedDifference, PairedTest, TestedDifferences,
    };

    use super::*;

    fn difference(difference: f64, low: f64, high: f64, p_holm: f64) -> PairedDifference {
        PairedDifference {
            difference,
            low: Some(low),
            high: Some(high),
            level: 0.95,
            p_value: p_holm / 2.0,
            test: PairedTest::PairedBootstrap,
            resample_count: 1000,
            undefined_count: 0,
        }
    }

    fn pair(discordant: u64, of: impl Fn(&Metric) -> Option<(PairedDifference, f64)>) -> String {
        let differences = TestedDifferences::each(|metric| {
            let (paired, p_holm) = of(metric)?;
            Some(TestedDifference {
                paired,
                p_holm,
                verdict: Verdict::of(metric, paired.difference, p_holm < 0.05),
            })
        });
        let pair = ComparedPair {
            first: "a".to_owned(),
            second: "b".to_owned(),
            counts: PairedCounts {
                both_right: 60,
                only_first: discordant,
                only_second: 0,
                neither: 3,
            },
            mcnemar_p_value: 0.5,
            design_effect: 1.0,
            differences,
            differs: false,
            says: String::new(),
        };
        let tests = ComparisonTests {
            count: 6,
            correction: "holm".to_owned(),
            level: 0.05,
            resample_count: 1000,
            seed: 32,
        };
        of_pair(&pair, &tests, "72 slices (51 groups)")
    }

    #[test]
    fn models_that_do_not_differ_may_still_and_it_is_said_by_how_much() {
        let said = pair(9, |metric| {
            let is_shown = [ACCURACY, MACRO_F1].contains(metric);
            is_shown.then(|| (difference(0.014, -0.056, 0.083, 0.9), 0.9))
        });
        assert_eq!(
            said,
            "a and b do not differ by what 72 slices (51 groups) can show: the difference \
             in accuracy could be anything from -0.056 to +0.083, \
             in macro-F1 could be anything from -0.056 to +0.083"
        );
    }

    #[test]
    fn who_is_better_has_the_smaller_loss() {
        let said = pair(9, |metric| {
            (*metric == LOG_LOSS).then(|| (difference(0.2, 0.1, 0.3, 0.004), 0.004))
        });
        assert_eq!(
            said,
            "b is better than a by 0.200 in log-loss (0.100 to 0.300; p = 0.004)"
        );
        let said = pair(9, |metric| {
            (*metric == ACCURACY).then(|| (difference(-0.2, -0.3, -0.1, 0.0004), 0.0004))
        });
        assert_eq!(
            said,
            "b is better than a by 0.200 in accuracy (0.100 to 0.300; p < 0.001)"
        );
    }

    #[test]
    fn what_only_looks_like_a_difference_among_many_tests_is_named() {
        let said = pair(9, |metric| {
            (*metric == ECE).then(|| (difference(0.1, 0.01, 0.2, 0.06), 0.06))
        });
        assert!(
            said.ends_with(
                "Alone, a difference would be seen in ECE (p = 0.030, corrected p = 0.060); \
                 of 6 tests one in twenty sees one by luck"
            ),
            "{said}"
        );
    }

    #[test]
    fn a_few_parted_slices_can_show_nothing() {
        let said = pair(5, |metric| {
            (*metric == ACCURACY).then(|| (difference(0.0, -0.02, 0.05, 1.0), 1.0))
        });
        assert!(said.contains("They part on 5 slices"), "{said}");
        assert!(said.contains("fewer than 6"), "{said}");
    }
}
