//! How the trainings of all models went, over one another.

use hilum_metrics::{Direction, EpochRow, History, MACRO_AUROC, MACRO_F1, Metric};

use super::panels::{Line, PanelOf, Panels, draw, listed};
use super::{Compared, caption};
use crate::axes::Axis;
use crate::caption::capitalised;
use crate::room::Room;

/// One panel: a figure over the epochs.
enum Figure {
    TrainLoss,
    ValidLoss,
    Valid(Metric),
}

const FIGURES: [Figure; 4] = [
    Figure::TrainLoss,
    Figure::ValidLoss,
    Figure::Valid(MACRO_F1),
    Figure::Valid(MACRO_AUROC),
];

impl Figure {
    fn title(&self) -> String {
        match self {
            Self::TrainLoss => "Loss, train".to_owned(),
            Self::ValidLoss => "Loss, valid".to_owned(),
            Self::Valid(metric) => format!("{}, valid", capitalised(metric.title)),
        }
    }

    fn value(&self, row: &EpochRow) -> Option<f64> {
        let value = match self {
            Self::TrainLoss => row.train.loss,
            Self::ValidLoss => row.valid.loss,
            Self::Valid(metric) => row.valid.get(metric).flatten(),
        };
        value.filter(|value| value.is_finite())
    }

    fn axis(&self, largest: f64) -> Axis {
        match self {
            Self::Valid(metric) if metric.direction == Direction::HigherIsBetter => {
                Axis::fraction("")
            }
            Self::Valid(_) => Axis::from_zero(largest, ""),
            Self::TrainLoss | Self::ValidLoss => Axis::from_zero(largest, "nats"),
        }
    }
}

/// Draws losses, macro-F1 and macro AUROC over the epochs, as SVG; `None` where no training is
/// known.
pub(super) fn training(room: Room, compared: &Compared<'_>) -> Option<String> {
    let report = compared.report;
    let histories: Vec<Option<&History>> =
        compared.models.iter().map(|model| model.training).collect();
    let rows = || histories.iter().flatten().flat_map(|history| &history.rows);
    let first = rows().map(|row| row.epoch).min()?;
    let last = rows().map(|row| row.epoch).max()?;
    let legend = report
        .models
        .iter()
        .zip(&histories)
        .map(|(model, history)| {
            let epochs = history.map(|history| history.rows.len().to_string());
            (
                model.name.as_str(),
                epochs.unwrap_or_else(|| "unknown".to_owned()),
            )
        });
    let legend: Vec<(&str, String)> = legend.collect();
    let panel = |figure: &Figure| {
        let largest = rows()
            .filter_map(|row| figure.value(row))
            .fold(0.0, f64::max);
        PanelOf {
            title: figure.title(),
            x: Axis::counting(first, last, "epoch"),
            y: figure.axis(largest),
            lines: histories
                .iter()
                .map(|history| line(*history, figure))
                .collect(),
            has_diagonal: false,
        }
    };
    let caption = format!(
        "As each training's own log has it, on its own train and valid; compared slices: {}",
        caption(report)
    );
    let panels = Panels {
        title: "Training curves",
        says: format!("Epochs of {}", listed(&legend)),
        grid: FIGURES.iter().map(panel).collect(),
        legend,
        figure: "epochs",
        diagonal: "",
        caption: &caption,
    };
    Some(draw(room, &panels))
}

fn line(history: Option<&History>, figure: &Figure) -> Line {
    let mut line = Line::default();
    let mut run = Vec::new();
    for row in history.iter().flat_map(|history| &history.rows) {
        match figure.value(row) {
            Some(value) => run.push((row.epoch as f64, value)),
            None => line.runs.push(std::mem::take(&mut run)),
        }
    }
    line.runs.push(run);
    line.runs.retain(|run| !run.is_empty());
    line
}
