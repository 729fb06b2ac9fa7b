//! What the validation split was for in a training.

/// What the validation split was for in a training: the same figures mean less where they chose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValidationRole {
    /// It was trained on: nothing was kept back to be measured on.
    TrainedOn,
    /// It was kept back, and decided these; if there are none, it was only measured on.
    KeptBack(Vec<ByValidation>),
}

/// What validation may decide in a training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ByValidation {
    /// Which epoch's weights became the model.
    Epoch,
    /// When the learning rate shrank.
    LearningRate,
    /// When the run ended.
    End,
}

impl ValidationRole {
    /// Whether the epoch that was kept was the best on validation; if not, it was the last.
    pub fn chose_the_epoch(&self) -> bool {
        matches!(self, Self::KeptBack(decided) if decided.contains(&ByValidation::Epoch))
    }
}
