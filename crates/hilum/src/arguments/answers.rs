//! When a model abstains, and how often its sets hold the truth.

use clap::Args;
use hilum_experiment::settings::Word;
use hilum_trust::{Abstain, Policy, PolicyError, SetMethod};

use super::one_of;

const METHODS: &[Word] = &[
    Word {
        name: SetMethod::Lac.name(),
        says: "The smallest; empty where no class is likely enough",
    },
    Word {
        name: SetMethod::Aps.name(),
        says: "Never empty, larger where a slice is hard; they may cover more than is asked",
    },
];
const WORDS: &[Word] = &[
    Word {
        name: Abstain::Never.name(),
        says: "Every slice gets a class",
    },
    Word {
        name: Abstain::Ood.name(),
        says: "Where a slice is not like the training data",
    },
    Word {
        name: Abstain::Uncertain.name(),
        says: "There, and where two classes are as likely",
    },
];

/// When there is no answer, and how often sets hold the truth.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Answers")]
pub(crate) struct AnswerArguments {
    /// When the answer is "I don't know"
    #[arg(long, value_name = "WHEN", value_parser = one_of::<Abstain>(WORDS), default_value_t = Abstain::default())]
    abstain: Abstain,

    /// Also where the most likely class is less likely than this
    #[arg(long, value_name = "PROBABILITY")]
    threshold: Option<f64>,

    /// Two classes are as likely if they differ by less
    #[arg(long, value_name = "DIFFERENCE", default_value_t = Policy::MARGIN)]
    margin: f64,

    /// Take for unlike the training data what is less like it than all but this share of held-out
    /// slices, as they are and varied [default: as the model has it, 0.1]
    #[arg(long, value_name = "SHARE")]
    ood_share: Option<f64>,

    /// How often the set of classes of a slice holds the truth
    #[arg(long, value_name = "SHARE", default_value_t = Policy::COVERAGE)]
    coverage: f64,

    /// How sets are made
    #[arg(long, value_name = "METHOD", value_parser = one_of::<SetMethod>(METHODS), default_value_t = SetMethod::default())]
    sets: SetMethod,
}

impl AnswerArguments {
    /// What clap calls them.
    pub(crate) const IDS: &[&'static str] = &[
        "abstain",
        "threshold",
        "margin",
        "ood_share",
        "coverage",
        "sets",
    ];

    /// The same for the library.
    ///
    /// # Errors
    /// [`PolicyError`].
    pub(crate) fn policy(&self) -> Result<Policy, PolicyError> {
        let policy = Policy {
            abstain: self.abstain,
            threshold: self.threshold,
            margin: self.margin,
            ood_share: self.ood_share,
            coverage: self.coverage,
            sets: self.sets,
        };
        policy.check().map(|()| policy)
    }
}
