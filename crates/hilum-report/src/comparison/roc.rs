//! The ROC curves of all models, a panel a class.

use hilum_core::ClassIndex;
use hilum_metrics::{MACRO_AUROC, RocPoint, Sample, roc_curve};

use super::panels::{Line, PanelOf, Panels, draw, figure, listed};
use super::{Compared, caption};
use crate::axes::Axis;
use crate::room::Room;

/// Draws them as SVG.
pub(super) fn roc(room: Room, compared: &Compared<'_>) -> String {
    let report = compared.report;
    let classes = &report.slices.classes;
    let samples = compared
        .models
        .iter()
        .map(|model| Sample::new(classes.len(), compared.truth, model.probabilities));
    let samples: Vec<Sample<'_>> = samples.collect();
    let legend = report.models.iter().zip(&samples).map(|(model, sample)| {
        let area = (MACRO_AUROC.compute)(sample);
        (model.name.as_str(), figure(area))
    });
    let legend: Vec<(&str, String)> = legend.collect();
    let panel = |class: ClassIndex| PanelOf {
        title: classes.name(class).to_string(),
        x: Axis::fraction("false positive rate"),
        y: Axis::fraction("true positive rate"),
        lines: samples.iter().map(|sample| line(sample, class)).collect(),
        has_diagonal: true,
    };
    let panels = Panels {
        title: "ROC curves, one class against all others",
        says: format!("Macro AUROC of {}", listed(&legend)),
        grid: classes.indices().map(panel).collect(),
        legend,
        figure: "macro AUROC",
        diagonal: "guessing",
        caption: &caption(report),
    };
    draw(room, &panels)
}

fn line(sample: &Sample<'_>, class: ClassIndex) -> Line {
    let place = |point: &RocPoint| (point.false_positive_rate, point.true_positive_rate);
    let points = roc_curve(sample, class);
    Line {
        runs: points
            .map(|points| points.iter().map(place).collect())
            .into_iter()
            .collect(),
        is_marked: false,
    }
}
