"""Computes every figure of an evaluation's metrics.json again, with scikit-learn and published code, from its
predictions.csv. Prints the largest difference; exits 1 if any exceeds 1e-9.

    pip install scikit-learn==1.9.1 uncertainty-calibration==0.1.4
    python scripts/check_metrics.py runs/NAME/evaluation
"""

import csv
import json
import sys
import warnings
from pathlib import Path

import numpy as np
from sklearn import metrics

# The formulas are those that the tests' expected values come from.
sys.path.append(str(Path(__file__).parents[1] / "crates/hilum-metrics/tests/reference"))
import make_calibration
import make_sklearn as reference

warnings.simplefilter("ignore")
TOLERANCE = 1e-9
PER_CLASS = ["precision", "recall", "f1", "support", "auroc", "average_precision"]


def name_in(cell):
    """The text of a cell without the apostrophe that keeps a spreadsheet from computing it."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in set("=+-@\t\r\n") else cell


def read_predictions(path):
    with open(path, newline="", encoding="utf-8") as file:
        header, *rows = ([name_in(cell) for cell in row] for row in csv.reader(file))
    classes = header[3:]
    truth = np.array([classes.index(row[1]) for row in rows])
    predicted = np.array([classes.index(row[2]) for row in rows])
    probabilities = np.array([[float(value) for value in row[3:]] for row in rows])
    return classes, truth, predicted, probabilities


def recompute(classes, truth, predicted, probabilities):
    labels = list(range(len(classes)))
    figures = {"count": len(truth)} | reference.scores(truth, predicted, probabilities)
    figures |= make_calibration.of_case(truth, probabilities)
    confusion = metrics.confusion_matrix(truth, predicted, labels=labels)
    for row, name in enumerate(classes):
        for column in labels:
            figures[f"confusion/counts/{row}/{column}"] = confusion[row, column]
        of_class = reference.per_class(truth, predicted, probabilities, row)
        figures |= {f"per_class/{name}/{key}": of_class[key] for key in PER_CLASS}
    return {key: None if value is None else float(value) for key, value in figures.items()}


def written(scores):
    """The figures of metrics.json that must be recomputed: all but the curves and the intervals."""
    found = {key for key, value in scores.items() if value is None or isinstance(value, (int, float))}
    # Of probabilities that predictions.csv does not hold.
    found.discard("ece_before")
    for name, of_class in scores["per_class"].items():
        found |= {f"per_class/{name}/{key}" for key in of_class}
    return found


def look_up(tree, path):
    for key in path.split("/"):
        tree = tree[int(key)] if isinstance(tree, list) else tree[key]
    return tree


def main():
    folder = Path(sys.argv[1])
    scores = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))["as_is"]
    wrong, largest = 0, 0.0
    figures = recompute(*read_predictions(folder / "predictions.csv"))
    for path in sorted(written(scores) - set(figures)):
        wrong += 1
        print(f"{path}: metrics.json has it, the reference has no formula for it")
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
