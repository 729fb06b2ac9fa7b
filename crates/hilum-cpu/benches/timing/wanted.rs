//! What the command line of a benchmark asks for.

use hilum_cpu::Precision;
use hilum_graph::Architecture;

use super::{Clock, Mode};

/// `[ARCHITECTURE]... [predict|train] [1|16] [cpu] [bf16]`; what is left out is timed in full.
pub(crate) struct Wanted {
    words: Vec<String>,
}

impl Wanted {
    pub(crate) fn from_command_line() -> Self {
        Self {
            words: std::env::args()
                .skip(1)
                .filter(|word| word != "--bench")
                .collect(),
        }
    }

    pub(crate) fn clock(&self) -> Clock {
        if self.names("cpu") {
            Clock::Thread
        } else {
            Clock::Wall
        }
    }

    pub(crate) fn precision(&self) -> Precision {
        if self.names("bf16") {
            Precision::Bf16
        } else {
            Precision::F32
        }
    }

    pub(crate) fn architectures(&self) -> impl Iterator<Item = Architecture> {
        let names = Architecture::ALL.map(Architecture::name);
        Architecture::ALL
            .into_iter()
            .filter(move |architecture| self.takes(architecture.name(), &names))
    }

    /// Predictions of one image and of sixteen, training steps of sixteen.
    pub(crate) fn batches(&self) -> impl Iterator<Item = (Mode, usize)> {
        let all = [(Mode::Predict, 1), (Mode::Predict, 16), (Mode::Train, 16)];
        all.into_iter().filter(|(mode, count)| {
            self.takes(mode.name(), &["predict", "train"])
                && self.takes(&count.to_string(), &["1", "16"])
        })
    }

    /// Whether `word` is named, or none of its kind is.
    fn takes(&self, word: &str, kind: &[&str]) -> bool {
        self.names(word) || !kind.iter().any(|other| self.names(other))
    }

    fn names(&self, word: &str) -> bool {
        self.words.iter().any(|given| given == word)
    }
}
