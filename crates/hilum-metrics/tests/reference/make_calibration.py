"""Writes calibration.json beside itself: what published code says of the predictions in sklearn.json.

    pip install scikit-learn==1.9.1 uncertainty-calibration==0.1.4
    python make_calibration.py

Equal-mass and debiased errors are those of uncertainty-calibration (Kumar, Liang, Ma, 2019), the
classwise and the largest error come from scikit-learn's `calibration_curve`. Brier's parts are
Murphy's sums; `confirm_murphy` checks on forecasts of few values that they add up to scikit-learn's
`brier_score_loss`. Risk and coverage are the code that Moon et al. published with `Confidence-aware
learning for deep neural networks` (2020), which takes up Geifman's.
"""

import json
import warnings
from pathlib import Path

import numpy as np
from calibration import utils
from sklearn import metrics
from sklearn.calibration import calibration_curve

warnings.simplefilter("ignore")

BINS = 15


def curve(occurs, probability):
    """scikit-learn's curve with the count of each bin that holds something."""
    # It wants both labels to occur; the two that are added are taken out again.
    accuracy, mean = calibration_curve(
        np.concatenate([occurs, [0, 1]]), np.concatenate([probability, [0.0, 0.0]]), n_bins=BINS
    )
    bins = np.searchsorted(np.linspace(0, 1, BINS + 1)[1:-1], probability)
    counts = np.bincount(bins, minlength=BINS)
    first = counts[0]
    if first == 0:
        accuracy, mean = accuracy[1:], mean[1:]
    else:
        accuracy[0] = (accuracy[0] * (first + 2) - 1) / first
        mean[0] = mean[0] * (first + 2) / first
    return accuracy, mean, counts[counts > 0]


def ece(occurs, probability):
    accuracy, mean, counts = curve(occurs, probability)
    return float(np.average(np.abs(accuracy - mean), weights=counts))


def murphy(truth, probabilities):
    classes = probabilities.shape[1]
    reliability = resolution = uncertainty = 0.0
    for label in range(classes):
        occurs = (truth == label).astype(int)
        accuracy, mean, counts = curve(occurs, probabilities[:, label])
        base = occurs.mean()
        reliability += np.average((mean - accuracy) ** 2, weights=counts)
        resolution += np.average((accuracy - base) ** 2, weights=counts)
        uncertainty += base * (1 - base)
    scale = 0.5 if classes < 3 else 1.0
    return [float(part * scale) for part in (reliability, resolution, uncertainty)]


def confirm_murphy():
    rng = np.random.default_rng(5)
    values = np.array([[0.75, 0.25, 0.0], [0.25, 0.25, 0.5], [0.1, 0.9, 0.0], [0.5, 0.4, 0.1]])
    probabilities = values[rng.integers(0, 4, 200)]
    truth = np.array([rng.choice(3, p=row) for row in probabilities])
    reliability, resolution, uncertainty = murphy(truth, probabilities)
    score = metrics.brier_score_loss(truth, probabilities, labels=[0, 1, 2])
    assert abs(score - (reliability - resolution + uncertainty)) < 1e-12


def of_case(truth, probabilities):
    classes = probabilities.shape[1]
    confidence = probabilities.max(axis=1)
    right = (probabilities.argmax(axis=1) == truth).astype(float)
    data = list(zip(confidence, right))
    bins = utils.get_equal_bins(confidence, num_bins=BINS)
    accuracy, mean, _ = curve(right, confidence)
    reliability, resolution, uncertainty = murphy(truth, probabilities)
    score = metrics.brier_score_loss(truth, probabilities, labels=list(range(classes)))
    by_class = [ece((truth == label).astype(int), probabilities[:, label]) for label in range(classes)]
    return {
        "ece_equal_mass": float(utils.plugin_ce(utils.bin(data, bins), power=1)),
        "ece_debiased": float(utils.unbiased_l2_ce(utils.bin(data, bins))),
        "ece_classwise": float(np.mean(by_class)),
        "mce": float(np.max(np.abs(accuracy - mean))),
        "brier_reliability": reliability,
        "brier_resolution": resolution,
        "brier_uncertainty": uncertainty,
        "brier_within_bins": float(score - (reliability - resolution + uncertainty)),
    }


def coverage_risk(confidence, correctness):
    risk_list = []
    risk = 0
    for i in range(len(confidence)):
        if correctness[i] == 0:
            risk += 1
        risk_list.append(risk / (i + 1))
    return risk_list


def aurc_eaurc(risk_list):
    r = risk_list[-1]
    risk_coverage_curve_area = 0
    optimal_risk_area = r + (1 - r) * np.log(1 - r)
    for risk_value in risk_list:
        risk_coverage_curve_area += risk_value * (1 / len(risk_list))
    return risk_coverage_curve_area, risk_coverage_curve_area - optimal_risk_area


def selective(rng, count, classes, pull):
    """Distributions without two equal confidences."""
    truth = rng.integers(0, classes, count)
    rows = []
    for label in truth:
        weights = rng.dirichlet(np.ones(classes))
        weights[label] += pull
        rows.append(weights / weights.sum())
    probabilities = np.array(rows)
    confidence = probabilities.max(axis=1)
    assert len(set(confidence)) == count
    order = np.argsort(-confidence)
    right = (probabilities.argmax(axis=1) == truth)[order]
    risks = coverage_risk(confidence[order], right)
    aurc, e_aurc = aurc_eaurc(risks)
    kept = int(np.ceil(0.9 * count - 1e-9))
    return {
        "truth": truth.tolist(),
        "probabilities": probabilities.tolist(),
        "aurc": float(aurc),
        "e_aurc": float(e_aurc),
        "accuracy_at_90": float(right[:kept].mean()),
    }


def main():
    confirm_murphy()
    here = Path(__file__)
    cases = json.loads(here.with_name("sklearn.json").read_text())["cases"]
    scores = {
        case["name"]: of_case(np.array(case["truth"]), np.array(case["probabilities"]))
        for case in cases
    }
    rng = np.random.default_rng(8)
    curves = [selective(rng, 97, 4, 0.5), selective(rng, 30, 2, 0.2), selective(rng, 10, 5, 1.5)]
    text = json.dumps({"scores": scores, "selective": curves})
    here.with_name("calibration.json").write_text(text.replace('{"truth"', '\n{"truth"') + "\n")


if __name__ == "__main__":
    main()
