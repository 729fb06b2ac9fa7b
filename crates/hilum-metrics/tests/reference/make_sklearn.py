"""Writes sklearn.json beside itself: predictions and what scikit-learn, Keras and SciPy make of them.

A new metric gets its formula in `scores`; `scripts/check_metrics.py` uses the same.

    pip install scikit-learn==1.9.1 scipy==1.17.1 keras==3.15.1 tensorflow
    python make_sklearn.py

Every expected value is computed by the library named in the code; `null` stands where it has
nothing to compute from (and, for kappa and the Matthews correlation, where it returns nan or its
stand-in 0 for a constant).
"""

import json
import math
import warnings
from pathlib import Path

import numpy as np
import sklearn
from sklearn import metrics
from sklearn.calibration import calibration_curve

warnings.simplefilter("ignore")


def defined(value):
    value = float(value)
    return None if math.isnan(value) else value


def distributions(rng, truth, classes, parts, pull):
    """Rows of `classes` probabilities in steps of 1/parts, leaning to the truth by `pull`."""
    rows = []
    for label in truth:
        weights = rng.dirichlet(np.ones(classes))
        weights[label] += pull
        rows.append(rng.multinomial(parts, weights / weights.sum()) / parts)
    return np.array(rows)


def cases():
    rng = np.random.default_rng(32)
    truth = rng.integers(0, 4, 120)
    yield "four classes", truth, distributions(rng, truth, 4, 1000, 0.5)

    truth = rng.integers(0, 4, 60)
    probabilities = distributions(rng, truth, 4, 1000, 0.6)
    probabilities[:, 1] /= 1024
    probabilities[:, 3] += 1 - probabilities.sum(axis=1)
    yield "a class never predicted", truth, probabilities

    truth = rng.choice([0, 2, 3], 60)
    yield "a class absent from truth", truth, distributions(rng, truth, 4, 1000, 0.4)

    truth = rng.choice([0, 2], 40)
    probabilities = distributions(rng, truth, 4, 1000, 0.6)
    probabilities[:, 1] /= 1024
    probabilities[:, 2] += 1 - probabilities.sum(axis=1)
    yield "a class in neither", truth, probabilities

    truth = rng.integers(0, 3, 90)
    yield "many ties", truth, distributions(rng, truth, 3, 4, 0.5)

    truth = rng.integers(0, 2, 75)
    yield "two classes", truth, distributions(rng, truth, 2, 100, 0.3)

    truth = rng.integers(0, 20, 300)
    yield "twenty classes", truth, distributions(rng, truth, 20, 10000, 0.3)

    truth = np.array([0, 1, 2, 0, 1, 2])
    yield "certain, twice wrong", truth, np.eye(3)[[0, 1, 2, 1, 2, 2]]

    truth = np.arange(30) % 3
    yield "one class for everything", truth, np.tile([0.5, 0.25, 0.25], (30, 1))

    truth = np.zeros(10, dtype=int)
    probabilities = distributions(rng, truth, 3, 1000, 2.0)
    yield "one class only, and found", truth, probabilities

    truth = np.arange(3)
    yield "every slice right", truth, np.eye(3) * 0.75 + 1 / 12


def per_class(truth, predicted, probabilities, label):
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        truth, predicted, labels=[label], average=None, zero_division=np.nan
    )
    is_class = truth == label
    row = {
        "precision": defined(precision[0]),
        "recall": defined(recall[0]),
        "f1": defined(f1[0]),
        "support": int(support[0]),
        "auroc": None,
        "average_precision": None,
        "roc": None,
        "precision_recall": None,
    }
    scores = probabilities[:, label]
    if is_class.any():
        row["average_precision"] = metrics.average_precision_score(is_class, scores)
        precision, recall, _ = metrics.precision_recall_curve(is_class, scores, drop_intermediate=True)
        row["precision_recall"] = [precision[::-1].tolist(), recall[::-1].tolist()]
        if not is_class.all():
            row["auroc"] = metrics.roc_auc_score(is_class, scores)
            fpr, tpr, _ = metrics.roc_curve(is_class, scores)
            row["roc"] = [fpr.tolist(), tpr.tolist()]
    return row


def calibration(truth, predicted, probabilities, bin_count=15):
    """scikit-learn's curve on (correct, confidence), and the count-weighted mean gap."""
    confidence = probabilities.max(axis=1)
    correct = (truth == predicted).astype(int)
    # calibration_curve wants both labels to occur; two samples at 0 and 1 are taken out below.
    accuracy, mean_confidence = calibration_curve(
        np.concatenate([correct, [0, 1]]),
        np.concatenate([confidence, [-0.0, 0.0]]),
        n_bins=bin_count,
    )
    assert accuracy[0] == 0.5 and mean_confidence[0] == 0.0
    accuracy, mean_confidence = accuracy[1:], mean_confidence[1:]
    bins = np.searchsorted(np.linspace(0, 1, bin_count + 1)[1:-1], confidence)
    counts = np.bincount(bins, minlength=bin_count)
    ece = np.average(np.abs(accuracy - mean_confidence), weights=counts[counts > 0])
    return float(ece), {
        "counts": counts.tolist(),
        "accuracy": accuracy.tolist(),
        "confidence": mean_confidence.tolist(),
    }


def intervals(truth, predicted, probabilities, classes):
    """SciPy's percentile bootstrap, with its own random numbers."""

    def macro_auroc(at):
        return metrics.roc_auc_score(np.eye(classes)[truth[at]], probabilities[at])

    statistics = {
        "accuracy": lambda at: metrics.accuracy_score(truth[at], predicted[at]),
        "macro_f1": lambda at: metrics.f1_score(truth[at], predicted[at], average="macro"),
        "macro_auroc": macro_auroc,
    }
    found = {}
    for name, statistic in statistics.items():
        result = scipy.stats.bootstrap(
            (np.arange(len(truth)),), statistic, n_resamples=4000, vectorized=False,
            method="percentile", rng=np.random.default_rng(7),
        )
        found[name] = [float(result.confidence_interval.low), float(result.confidence_interval.high)]
    return found


def confirm_log_cosh(truth, probabilities, exact):
    """Keras confirms NumPy's: its ln 2 has 32 bits, so it is off by 1.9e-9 in 64 bits."""
    keras.config.set_floatx("float64")
    one_hot = np.eye(probabilities.shape[1])[truth]
    confirmed = keras.losses.LogCosh(dtype="float64")(one_hot, probabilities)
    assert abs(float(keras.ops.convert_to_numpy(confirmed)) - exact) < 2e-9


def macro_auroc(truth, probabilities):
    classes = probabilities.shape[1]
    if set(truth) != set(range(classes)) or classes < 2:
        return None
    if classes == 2:
        return metrics.roc_auc_score(truth, probabilities[:, 1])
    return metrics.roc_auc_score(truth, probabilities, multi_class="ovr", average="macro")


def scores(truth, predicted, probabilities):
    """Every metric of hilum, by name; `None` where it is undefined."""
    classes = probabilities.shape[1]
    labels = list(range(classes))
    one_hot = np.eye(classes)[truth]
    result = {
        "accuracy": metrics.accuracy_score(truth, predicted),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, predicted),
        "macro_auroc": macro_auroc(truth, probabilities),
        "macro_average_precision": np.mean(
            [metrics.average_precision_score(one_hot[:, c], probabilities[:, c]) for c in labels]
        ) if set(truth) == set(labels) else None,
        "cohen_kappa": metrics.cohen_kappa_score(truth, predicted),
        "matthews_correlation": metrics.matthews_corrcoef(truth, predicted)
        if len(set(truth)) > 1 and len(set(predicted)) > 1 else None,
        "log_loss": metrics.log_loss(truth, probabilities, labels=labels),
        "brier_score": metrics.brier_score_loss(truth, probabilities, labels=labels),
        "log_cosh": np.mean(np.log(np.cosh(probabilities - one_hot))),
        "ece": calibration(truth, predicted, probabilities)[0],
    }
    for average in ["macro", "weighted"]:
        result[f"{average}_precision"] = metrics.precision_score(truth, predicted, average=average)
        result[f"{average}_recall"] = metrics.recall_score(truth, predicted, average=average)
        result[f"{average}_f1"] = metrics.f1_score(truth, predicted, average=average)
    return {name: None if value is None else defined(value) for name, value in result.items()}


def expected(truth, probabilities):
    labels = list(range(probabilities.shape[1]))
    predicted = probabilities.argmax(axis=1)
    return {
        "scores": scores(truth, predicted, probabilities),
        "confusion": metrics.confusion_matrix(truth, predicted, labels=labels).tolist(),
        "normalized": metrics.confusion_matrix(
            truth, predicted, labels=labels, normalize="true"
        ).tolist(),
        "per_class": [per_class(truth, predicted, probabilities, label) for label in labels],
        "reliability": calibration(truth, predicted, probabilities)[1],
    }


def main():
    written = []
    for name, truth, probabilities in cases():
        case = {"name": name, "truth": truth.tolist(), "probabilities": probabilities.tolist()}
        case |= expected(truth, probabilities)
        confirm_log_cosh(truth, probabilities, case["scores"]["log_cosh"])
        if name == "four classes":
            predicted = probabilities.argmax(axis=1)
            case["intervals"] = intervals(truth, predicted, probabilities, 4)
        written.append(case)
    versions = {"scikit-learn": sklearn.__version__, "keras": keras.__version__, "scipy": scipy.__version__}
    text = json.dumps({"versions": versions, "cases": written})
    Path(__file__).with_name("sklearn.json").write_text(text.replace('{"name"', '\n{"name"') + "\n")


if __name__ == "__main__":
    import keras
    import scipy
    import scipy.stats

    main()
