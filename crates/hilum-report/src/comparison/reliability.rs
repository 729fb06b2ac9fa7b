//! Whether the confidence of each model is deserved, all in one panel.

use hilum_metrics::{ECE, RELIABILITY_BIN_COUNT, Sample, reliability as bins};

use super::panels::{Line, PanelOf, Panels, draw, figure, listed};
use super::{Compared, caption};
use crate::axes::Axis;
use crate::room::Room;

/// Draws the accuracy in each bin of confidence over the mean confidence there, as SVG.
pub(super) fn reliability(room: Room, compared: &Compared<'_>) -> String {
    let report = compared.report;
    let class_count = report.slices.classes.len();
    let samples = compared.models.iter();
    let samples =
        samples.map(|model| Sample::new(class_count, compared.truth, model.probabilities));
    let samples: Vec<Sample<'_>> = samples.collect();
    let legend = report.models.iter().zip(&samples);
    let legend = legend.map(|(model, sample)| (model.name.as_str(), figure((ECE.compute)(sample))));
    let legend: Vec<(&str, String)> = legend.collect();
    let line = |sample: &Sample<'_>| {
        let bins = bins(sample, RELIABILITY_BIN_COUNT);
        let points = bins
            .iter()
            .filter_map(|bin| Some((bin.confidence?, bin.accuracy?)));
        Line {
            runs: vec![points.collect()],
            is_marked: true,
        }
    };
    let panels = Panels {
        title: "Reliability",
        says: format!("Expected calibration error of {}", listed(&legend)),
        grid: vec![PanelOf {
            title: "Is the confidence deserved?".to_owned(),
            x: Axis::fraction("confidence: probability of the predicted class"),
            y: Axis::fraction("accuracy"),
            lines: samples.iter().map(line).collect(),
            has_diagonal: true,
        }],
        legend,
        figure: "ECE",
        diagonal: "ideal",
        caption: &caption(report),
    };
    draw(room, &panels)
}
