//! What a run can say to an item of a checklist.

/// A file that an answer was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    /// What travels in the model.
    ModelFile,
    /// What the run's audit found.
    AuditJson,
    /// A row an epoch.
    LogCsv,
    /// The figures of an evaluation.
    MetricsJson,
    /// Its slices, and what was said of each.
    PredictionsCsv,
}

impl Source {
    fn name(self) -> &'static str {
        match self {
            Self::ModelFile => "model file",
            Self::AuditJson => "audit.json",
            Self::LogCsv => "log.csv",
            Self::MetricsJson => "metrics.json",
            Self::PredictionsCsv => "predictions.csv",
        }
    }
}

/// Text for a person, and what it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Answer {
    sentences: Vec<String>,
    sources: Vec<Source>,
}

/// What is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reply {
    /// All that the item asks.
    Answered(Answer),
    /// A part of it: the item stays open.
    Partly(Answer),
    /// Nothing.
    Silent,
}

impl Answer {
    /// Nothing yet.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// With a sentence that was read from `source`.
    #[must_use]
    pub(super) fn says(mut self, sentence: impl Into<String>, source: Source) -> Self {
        self.sentences.push(sentence.into());
        self.sources.push(source);
        self
    }

    /// The same if there is such a sentence.
    #[must_use]
    pub(super) fn may_say(self, sentence: Option<String>, source: Source) -> Self {
        match sentence {
            Some(sentence) => self.says(sentence, source),
            None => self,
        }
    }

    /// With all that `other` says.
    #[must_use]
    pub(super) fn and(mut self, other: Self) -> Self {
        self.sentences.extend(other.sentences);
        self.sources.extend(other.sources);
        self
    }

    /// The sentences, one after the other.
    pub(super) fn text(&self) -> String {
        self.sentences.join(" ")
    }

    /// The files, each once.
    pub(super) fn source(&self) -> String {
        let mut sources = self.sources.clone();
        sources.sort_unstable();
        sources.dedup();
        let names: Vec<&str> = sources.into_iter().map(Source::name).collect();
        names.join(", ")
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sentences.is_empty()
    }
}

impl Reply {
    /// Answered, if anything is said.
    pub(super) fn answered(answer: Answer) -> Self {
        if answer.is_empty() {
            Self::Silent
        } else {
            Self::Answered(answer)
        }
    }

    /// In part, if anything is said.
    pub(super) fn partly(answer: Answer) -> Self {
        if answer.is_empty() {
            Self::Silent
        } else {
            Self::Partly(answer)
        }
    }

    /// Both: answered only if each is.
    #[must_use]
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Silent, Self::Silent) => Self::Silent,
            (Self::Answered(one), Self::Answered(two)) => Self::Answered(one.and(two)),
            (Self::Silent, Self::Answered(one) | Self::Partly(one))
            | (Self::Answered(one) | Self::Partly(one), Self::Silent) => Self::Partly(one),
            (Self::Answered(one) | Self::Partly(one), Self::Answered(two) | Self::Partly(two)) => {
                Self::Partly(one.and(two))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_answered_only_if_all_that_it_asks_is() {
        let known = |text: &str| Answer::new().says(text, Source::ModelFile);
        let whole = Reply::Answered(known("One.")).and(Reply::Answered(known("Two.")));
        assert_eq!(whole, Reply::Answered(known("One.").and(known("Two."))));
        let half = Reply::Answered(known("One.")).and(Reply::Silent);
        assert_eq!(half, Reply::Partly(known("One.")));
        assert_eq!(Reply::answered(Answer::new()), Reply::Silent);
    }
}
