"""Writes stress.json beside itself: two sets of predictions of the same slices, by scikit-learn and a
paired bootstrap over groups in NumPy.

    pip install scikit-learn==1.9.1 numpy==2.4.6
    python make_stress.py
"""

import json
from pathlib import Path

import numpy as np
from sklearn import metrics

CLASSES = 4
RESAMPLES = 20_000


def predictions(random, truth, strength):
    logits = random.normal(size=(len(truth), CLASSES))
    logits[np.arange(len(truth)), truth] += strength
    shares = np.exp(logits)
    return np.round(shares / shares.sum(1, keepdims=True), 6)


def macro_f1(truth, predicted):
    return metrics.f1_score(truth, predicted, average="macro")


def main():
    random = np.random.default_rng(15)
    groups = np.repeat(np.arange(40), random.integers(1, 5, 40))
    truth = random.integers(0, CLASSES, 40)[groups]
    before = predictions(random, truth, 2.0)
    after = np.round((5 * before + 6 * predictions(random, truth, 0.0)) / 11, 6)
    called = [rows.argmax(1) for rows in (before, after)]
    members = [np.flatnonzero(groups == group) for group in range(40)]
    differences = []
    for _ in range(RESAMPLES):
        drawn = np.concatenate([members[at] for at in random.integers(0, 40, 40)])
        scores = [macro_f1(truth[drawn], rows[drawn]) for rows in called]
        differences.append(scores[1] - scores[0])
    low, high = np.quantile(differences, [0.025, 0.975])
    result = {
        "truth": truth.tolist(),
        "groups": groups.tolist(),
        "before": before.tolist(),
        "after": after.tolist(),
        "accuracy": [metrics.accuracy_score(truth, rows) for rows in called],
        "macro_f1": [macro_f1(truth, rows) for rows in called],
        "agreement": float(np.mean(called[0] == called[1])),
        "predicted": [np.bincount(rows, minlength=CLASSES).tolist() for rows in called],
        "interval": [float(low), float(high)],
    }
    Path(__file__).with_name("stress.json").write_text(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
