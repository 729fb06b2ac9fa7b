#!/usr/bin/env python3
"""Compare an evaluation with scikit-learn: the same predictions.csv, the same figures.

    python3 check_metrics.py runs/NAME/evaluation

Reads `predictions.csv` and `metrics.json` of the folder, computes every figure again with scikit-learn 1.9 and prints
the largest difference. Exits 1 if any exceeds 1e-9. Needs scikit-learn.
"""
import csv
import json
import sys
from pathlib import Path

import numpy as np
from sklearn import metrics as m

TOLERANCE = 1e-9


def read(folder):
    with open(folder / "predictions.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    report = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    figures = report["as_is"]
    classes = figures["confusion"]["classes"]
    columns = list(rows[0].keys())[-len(classes):]
    assert [column.removeprefix("p(").removesuffix(")") for column in columns] == classes, columns
    truth = np.array([classes.index(row["truth"]) for row in rows])
    predicted = np.array([classes.index(row["predicted"]) for row in rows])
    probabilities = np.array([[float(row[column]) for column in columns] for row in rows])
    return classes, truth, predicted, probabilities, figures


def expected(classes, truth, predicted, probabilities):
    labels = list(range(len(classes)))
    one_hot = np.eye(len(classes))[truth]
    yield "count", len(truth)
    yield "accuracy", m.accuracy_score(truth, predicted)
    yield "balanced_accuracy", m.balanced_accuracy_score(truth, predicted)
    for average in ("macro", "weighted"):
        precision, recall, f1, _ = m.precision_recall_fscore_support(
            truth, predicted, labels=labels, average=average, zero_division=0)
        yield f"{average}_precision", precision
        yield f"{average}_recall", recall
        yield f"{average}_f1", f1
    yield "cohen_kappa", m.cohen_kappa_score(truth, predicted, labels=labels)
    yield "matthews_correlation", m.matthews_corrcoef(truth, predicted)
    yield "log_loss", m.log_loss(truth, probabilities, labels=labels)
    yield "brier_score", m.brier_score_loss(truth, probabilities, labels=labels, scale_by_half=False)
    present = [c for c in labels if 0 < (truth == c).sum() < len(truth)]
    aurocs = {c: m.roc_auc_score(truth == c, probabilities[:, c]) for c in present}
    average_precisions = {c: m.average_precision_score(truth == c, probabilities[:, c]) for c in present}
    if len(present) == len(labels):
        yield "macro_auroc", np.mean(list(aurocs.values()))
        yield "macro_average_precision", np.mean(list(average_precisions.values()))
    precision, recall, f1, support = m.precision_recall_fscore_support(
        truth, predicted, labels=labels, average=None, zero_division=np.nan)
    for c, name in enumerate(classes):
        for key, value in (("precision", precision[c]), ("recall", recall[c]), ("support", support[c]),
                           ("f1", f1[c]), ("auroc", aurocs.get(c)), ("average_precision", average_precisions.get(c))):
            yield ("per_class", name, key), None if value is None or np.isnan(value) else value
    yield ("confusion", "counts"), m.confusion_matrix(truth, predicted, labels=labels).tolist()


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    classes, truth, predicted, probabilities, figures = read(Path(sys.argv[1]))
    worst, failed, compared, absent = 0.0, False, 0, []
    for key, value in expected(classes, truth, predicted, probabilities):
        path = key if isinstance(key, tuple) else (key,)
        found = figures
        try:
            for part in path:
                found = found[part]
        except KeyError:
            absent.append(".".join(path))
            continue
        compared += 1
        if value is None or found is None:
            same, difference = value is None and found is None, 0.0
        else:
            difference = float(np.max(np.abs(np.asarray(found, float) - np.asarray(value, float))))
            same = difference <= TOLERANCE
        worst = max(worst, difference)
        if not same:
            failed = True
            print(f"{'.'.join(path)}: hilum {found}, scikit-learn {value}")
    for name in absent:
        print(f"{name}: not in metrics.json")
    print(f"{compared} figures of {len(truth)} slices compared, largest difference {worst:.1e}")
    sys.exit(1 if failed or absent else 0)


if __name__ == "__main__":
    main()
