//! `precision-recall.svg`: how much of what is called a class is right, against how much is found.

use hilum_core::{ClassIndex, Classes, Probabilities};
use hilum_metrics::{
    MACRO_AVERAGE_PRECISION, PrecisionRecallPoint, Sample, average_precision,
    precision_recall_curve,
};

use crate::class_curves::{ClassCurve, ClassCurvesPlot, draw};
use crate::room::Room;

/// Draws the precision-recall curve of every class against all others, as SVG.
///
/// A class without slices has no curve; the legend shows a dash. `caption` stands below: what
/// the numbers are of, and what the audit said of it.
///
/// # Panics
/// If `truth` and `probabilities` differ in length or belong to other classes.
pub fn precision_recall(
    classes: &Classes,
    truth: &[ClassIndex],
    probabilities: &[Probabilities],
    caption: &str,
) -> String {
    precision_recall_in(Room::Wide, classes, truth, probabilities, caption)
}

/// [`precision_recall`] in so much room.
pub(crate) fn precision_recall_in(
    room: Room,
    classes: &Classes,
    truth: &[ClassIndex],
    probabilities: &[Probabilities],
    caption: &str,
) -> String {
    let sample = Sample::new(classes.len(), truth, probabilities);
    let curve = |class| ClassCurve {
        class: classes.name(class).to_string(),
        points: precision_recall_curve(&sample, class).map(|points| steps(&points)),
        area: average_precision(&sample, class),
    };
    let curves: Vec<ClassCurve> = classes.indices().map(curve).collect();
    let plot = ClassCurvesPlot {
        title: "Precision and recall",
        x_label: "recall",
        y_label: "precision",
        area_name: "AP",
        macro_area: (MACRO_AVERAGE_PRECISION.compute)(&sample),
        chance: None,
        caption,
    };
    draw(room, &plot, &curves)
}

/// The corners of the steps whose area is the average precision: each recall is reached at the
/// precision of its own threshold.
fn steps(points: &[PrecisionRecallPoint]) -> Vec<(f64, f64)> {
    let mut corners = Vec::with_capacity(2 * points.len());
    let mut recall = 0.0;
    for point in points {
        corners.push((recall, point.precision));
        corners.push((point.recall, point.precision));
        recall = point.recall;
    }
    corners
}
