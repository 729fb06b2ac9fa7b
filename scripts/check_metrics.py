"""Computes every figure of an evaluation's metrics.json again, with scikit-learn, from its
predictions.csv. Prints the largest difference; exits 1 if any exceeds 1e-9.

    pip install scikit-learn==1.9.1
    python scripts/check_metrics.py runs/NAME/evaluation
"""

import csv
import json
import math
import sys
import warnings
from pathlib import Path

import numpy as np
from sklearn import metrics
from sklearn.calibration import calibration_curve

warnings.simplefilter("ignore")
TOLERANCE = 1e-9


def read_predictions(path):
    with open(path, newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    classes = header[3:]
    truth = np.array([classes.index(row[1]) for row in rows])
    predicted = np.array([classes.index(row[2]) for row in rows])
    probabilities = np.array([[float(value) for value in row[3:]] for row in rows])
    return classes, truth, predicted, probabilities


def expected_calibration_error(truth, probabilities):
    confidence = probabilities.max(axis=1)
    correct = (truth == probabilities.argmax(axis=1)).astype(int)
    # The curve wants to see both outcomes; these two fill the first bin, which is then dropped.
    accuracy, mean_confidence = calibration_curve(
        np.concatenate([correct, [0, 1]]), np.concatenate([confidence, [0.0, 0.0]]), n_bins=15
    )
    bins = np.searchsorted(np.linspace(0, 1, 16)[1:-1], confidence)
    counts = np.bincount(bins, minlength=15)
    return np.average(np.abs(accuracy - mean_confidence)[1:], weights=counts[counts > 0])


def recompute(classes, truth, predicted, probabilities):
    labels = list(range(len(classes)))
    one_hot = np.eye(len(classes))[truth]
    figures = {
        "count": len(truth),
        "accuracy": metrics.accuracy_score(truth, predicted),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, predicted),
        "cohen_kappa": metrics.cohen_kappa_score(truth, predicted),
        "log_loss": metrics.log_loss(truth, probabilities, labels=labels),
        "brier_score": metrics.brier_score_loss(truth, probabilities, labels=labels),
        "log_cosh": np.mean(np.log(np.cosh(probabilities - one_hot))),
        "ece": expected_calibration_error(truth, probabilities),
    }
    if len(set(truth)) > 1 and len(set(predicted)) > 1:
        figures["matthews_correlation"] = metrics.matthews_corrcoef(truth, predicted)
    for average in ["macro", "weighted"]:
        for name in ["precision", "recall", "f1"]:
            score = getattr(metrics, f"{name}_score")
            figures[f"{average}_{name}"] = score(truth, predicted, average=average)
    if all((truth == label).any() for label in labels):
        figures["macro_auroc"] = metrics.roc_auc_score(one_hot, probabilities)
        figures["macro_average_precision"] = metrics.average_precision_score(one_hot, probabilities)
    confusion = metrics.confusion_matrix(truth, predicted, labels=labels)
    for row, name in enumerate(classes):
        for column, other in enumerate(classes):
            figures[f"confusion/counts/{row}/{column}"] = confusion[row, column]
        precision, recall, f1, support = metrics.precision_recall_fscore_support(
            truth, predicted, labels=[row], average=None, zero_division=np.nan
        )
        found = {"precision": precision[0], "recall": recall[0], "f1": f1[0], "support": support[0]}
        if support[0]:
            found["average_precision"] = metrics.average_precision_score(truth == row, probabilities[:, row])
        if 0 < support[0] < len(truth):
            found["auroc"] = metrics.roc_auc_score(truth == row, probabilities[:, row])
        figures |= {f"per_class/{name}/{key}": value for key, value in found.items()}
    return {key: None if math.isnan(value) else float(value) for key, value in figures.items()}


def look_up(tree, path):
    for key in path.split("/"):
        tree = tree[int(key)] if isinstance(tree, list) else tree[key]
    return tree


def main():
    folder = Path(sys.argv[1])
    scores = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))["as_is"]
    wrong, largest = 0, 0.0
    figures = recompute(*read_predictions(folder / "predictions.csv"))
    for path, expected in figures.items():
        found = look_up(scores, path)
        if found is None or expected is None:
            same = found is expected
        else:
            largest = max(largest, abs(found - expected))
            same = abs(found - expected) <= TOLERANCE
        if not same:
            wrong += 1
            print(f"{path}: metrics.json has {found}, scikit-learn {expected}")
    print(f"{len(figures)} figures, {wrong} differ; the largest difference is {largest:.1e}")
    sys.exit(1 if wrong else 0)


main()
