//! Every drawing of a comparison.

use serde::Serialize;

use super::Compared;
use super::differences::differences;
use super::reliability::reliability;
use super::roc::roc;
use super::training::training;
use crate::room::Room;

/// The drawings of a comparison, each a whole SVG document.
#[derive(Debug, Clone, Serialize)]
pub(super) struct ComparisonPlots {
    pub(super) differences: String,
    pub(super) roc: String,
    pub(super) reliability: String,
    /// `None` where no training is known.
    pub(super) training: Option<String>,
}

impl ComparisonPlots {
    pub(super) fn draw(room: Room, compared: &Compared<'_>) -> Self {
        Self {
            differences: differences(room, compared),
            roc: roc(room, compared),
            reliability: reliability(room, compared),
            training: training(room, compared),
        }
    }
}
