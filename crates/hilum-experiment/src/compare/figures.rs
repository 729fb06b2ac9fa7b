//! The figures of each model, and the differences of each pair.

use hilum_core::{ClassIndex, Probabilities};
use hilum_metrics::{
    ACCURACY, Bootstrap, ComparedFigure, ComparedFigures, ComparedPair, ComparisonTests, Drawn,
    PairedBootstrap, PairedCounts, PairedDifference, PairedModels, PairedTest, TestedDifference,
    TestedDifferences, Verdict, accuracy_interval, design_effect, group_differences, group_swap,
    holm, mcnemar,
};

use super::words;

/// Corrected p-values below this are called differences.
const LEVEL: f64 = 0.05;

/// What several models say of the same slices.
pub(super) struct Answers<'a> {
    pub(super) names: &'a [String],
    pub(super) class_count: usize,
    pub(super) truth: &'a [ClassIndex],
    /// By model, then slice.
    pub(super) probabilities: &'a [Vec<Probabilities>],
    /// The number of each slice's group, from 0 without gaps.
    pub(super) groups: &'a [usize],
    pub(super) drawn: Drawn,
}

/// What is computed of them.
pub(super) struct Computed {
    pub(super) figures: Vec<ComparedFigures>,
    pub(super) pairs: Vec<ComparedPair>,
    pub(super) tests: ComparisonTests,
}

/// A pair before it is known how many others there are.
struct Untested {
    first: usize,
    second: usize,
    counts: PairedCounts,
    mcnemar_p_value: f64,
    design_effect: f64,
    /// By metric.
    differences: Vec<Option<PairedDifference>>,
}

impl Answers<'_> {
    /// All of it; resamples are drawn once, for all models.
    pub(super) fn compute(&self, bootstrap: &Bootstrap) -> Computed {
        let models = PairedModels {
            class_count: self.class_count,
            truth: self.truth,
            probabilities: self.probabilities,
            groups: self.groups,
        };
        let drawn = PairedBootstrap::draw(bootstrap, models, ComparedFigures::METRICS);
        let last = self.probabilities.len();
        let figures = (0..last).map(|model| {
            ComparedFigures::each(|metric| {
                let (value, interval) = drawn.figure(model, metric)?;
                Some(ComparedFigure { value, interval })
            })
        });
        let pairs =
            (0..last).flat_map(|first| (first + 1..last).map(move |second| (first, second)));
        let untested: Vec<Untested> = pairs
            .map(|(first, second)| self.untested(&drawn, bootstrap, first, second))
            .collect();
        let p_values = untested
            .iter()
            .flat_map(|pair| pair.differences.iter().flatten());
        let p_values: Vec<f64> = p_values.map(|difference| difference.p_value).collect();
        let tests = ComparisonTests {
            count: p_values.len(),
            correction: "holm".to_owned(),
            level: LEVEL,
            resample_count: bootstrap.resample_count,
            seed: bootstrap.seed,
        };
        let mut corrected = holm(&p_values).into_iter();
        let pairs = untested
            .into_iter()
            .map(|pair| self.tested(pair, &mut corrected, &tests));
        Computed {
            figures: figures.collect(),
            pairs: pairs.collect(),
            tests,
        }
    }

    fn is_right(&self, model: usize) -> Vec<bool> {
        let rows = self.probabilities[model].iter().zip(self.truth);
        rows.map(|(row, truth)| row.most_likely() == *truth)
            .collect()
    }

    fn untested(
        &self,
        drawn: &PairedBootstrap<'_>,
        bootstrap: &Bootstrap,
        first: usize,
        second: usize,
    ) -> Untested {
        let right = [first, second].map(|model| self.is_right(model));
        let counts = PairedCounts::of(&right[0], &right[1]);
        let mcnemar_p_value = mcnemar(&counts);
        let (design_effect, swapped) = match self.drawn {
            Drawn::Slices => (1.0, None),
            Drawn::Groups | Drawn::InferredGroups => (
                design_effect(&right[0], &right[1], self.groups),
                group_swap(&group_differences(&right[0], &right[1], self.groups)),
            ),
        };
        let accuracy = |difference: PairedDifference| {
            let (low, high) = accuracy_interval(&counts, design_effect, bootstrap.level)?;
            let (p_value, test) = match (self.drawn, swapped) {
                (Drawn::Slices, _) => (mcnemar_p_value, PairedTest::McnemarExact),
                (_, Some(p_value)) => (p_value, PairedTest::GroupSwapExact),
                // Too many groups to count all swaps; then resamples are near enough.
                (_, None) => (difference.p_value, difference.test),
            };
            Some(PairedDifference {
                low: Some(low),
                high: Some(high),
                p_value,
                test,
                ..difference
            })
        };
        let mut differences = drawn.differences(first, second);
        for (metric, difference) in TestedDifferences::METRICS.iter().zip(&mut differences) {
            if *metric == ACCURACY {
                *difference = difference.and_then(accuracy);
            }
        }
        Untested {
            first,
            second,
            counts,
            mcnemar_p_value,
            design_effect,
            differences,
        }
    }

    fn tested(
        &self,
        pair: Untested,
        corrected: &mut impl Iterator<Item = f64>,
        tests: &ComparisonTests,
    ) -> ComparedPair {
        let mut differences = pair.differences.into_iter();
        let differences = TestedDifferences::each(|metric| {
            let paired = differences.next()??;
            let p_holm = corrected.next()?;
            let is_told = p_holm < tests.level;
            Some(TestedDifference {
                paired,
                p_holm,
                verdict: Verdict::of(metric, paired.difference, is_told),
            })
        });
        let is_told = |one: TestedDifference| one.verdict != Verdict::NoDifferenceShown;
        let differs = differences.iter().any(|(_, one)| one.is_some_and(is_told));
        let mut pair = ComparedPair {
            first: self.names[pair.first].clone(),
            second: self.names[pair.second].clone(),
            counts: pair.counts,
            mcnemar_p_value: pair.mcnemar_p_value,
            design_effect: pair.design_effect,
            differences,
            differs,
            says: String::new(),
        };
        pair.says = words::of_pair(&pair, tests, &self.counted());
        pair
    }

    /// `72 slices (51 groups)`.
    fn counted(&self) -> String {
        let slices = self.truth.len();
        let word = if slices == 1 { "slice" } else { "slices" };
        let groups = self.groups.iter().max().map_or(0, |last| last + 1);
        match self.drawn {
            Drawn::Slices => format!("{slices} {word}"),
            Drawn::Groups | Drawn::InferredGroups => {
                let groups_word = if groups == 1 { "group" } else { "groups" };
                format!("{slices} {word} ({groups} {groups_word})")
            }
        }
    }
}
