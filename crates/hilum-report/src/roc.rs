//! `roc.svg`: what a class's probability finds, against what it costs.

use hilum_core::{ClassIndex, Classes, Probabilities};
use hilum_metrics::{MACRO_AUROC, RocPoint, Sample, auroc, roc_curve};

use crate::class_curves::{ClassCurve, ClassCurvesPlot, draw};
use crate::room::Room;

/// Draws the ROC curve of every class against all others, as SVG.
///
/// A class without slices, or without slices of other classes, has no curve; the legend shows
/// a dash. `caption` stands below: what the numbers are of, and what the audit said of it.
///
/// # Panics
/// If `truth` and `probabilities` differ in length or belong to other classes.
pub fn roc(
    classes: &Classes,
    truth: &[ClassIndex],
    probabilities: &[Probabilities],
    caption: &str,
) -> String {
    roc_in(Room::Wide, classes, truth, probabilities, caption)
}

/// [`roc`] in so much room.
pub(crate) fn roc_in(
    room: Room,
    classes: &Classes,
    truth: &[ClassIndex],
    probabilities: &[Probabilities],
    caption: &str,
) -> String {
    let sample = Sample::new(classes.len(), truth, probabilities);
    let place = |point: &RocPoint| (point.false_positive_rate, point.true_positive_rate);
    let curve = |class| ClassCurve {
        class: classes.name(class).to_string(),
        points: roc_curve(&sample, class).map(|points| points.iter().map(place).collect()),
        area: auroc(&sample, class),
    };
    let curves: Vec<ClassCurve> = classes.indices().map(curve).collect();
    let plot = ClassCurvesPlot {
        title: "ROC",
        x_label: "false positive rate",
        y_label: "true positive rate",
        area_name: "AUROC",
        macro_area: (MACRO_AUROC.compute)(&sample),
        chance: Some(([(0.0, 0.0), (1.0, 1.0)], "guessing")),
        caption,
    };
    draw(room, &plot, &curves)
}
