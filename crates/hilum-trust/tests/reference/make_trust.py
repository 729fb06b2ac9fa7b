"""Writes trust.json beside itself: scalings, sets and p-values as SciPy, scikit-learn and crepes have them.

    pip install scikit-learn==1.9.1 scipy==1.17.1 crepes==0.9.1
    python make_trust.py

Logits are drawn so that a known temperature makes them right. The scalings are the minima that
`scipy.optimize.minimize` finds of the softened cross-entropy; `sklearn` beside them is what
scikit-learn's temperature scaling says, which does not soften. Sets of least ambiguous classes are
those of crepes, whose `hinge` is 1 less the probability, without smoothing, over all classes and
class by class. The distance and the p-value of two samples are SciPy's.
"""

import json
from pathlib import Path

import numpy as np
import scipy.optimize
import scipy.special
import scipy.stats
from crepes import ConformalClassifier
from crepes.extras import hinge
from sklearn.calibration import _TemperatureScaling


def draw(rng, count, classes, temperature, bias):
    """Logits whose softmax at `temperature` with `bias` says how often each class is drawn."""
    scaled = rng.normal(size=(count, classes)) * 2.5
    truth = np.array([rng.choice(classes, p=row) for row in scipy.special.softmax(scaled, axis=1)])
    return (scaled - bias) * temperature, truth


def softened(truth, classes):
    count = len(truth)
    off = 1 / (count + 2)
    target = np.full((count, classes), off / (classes - 1))
    target[np.arange(count), truth] = 1 - off
    return target


def fit(logits, truth, with_bias):
    classes = logits.shape[1]
    target = softened(truth, classes)

    def loss(at):
        scaled = at[0] * logits + (at[1:] if with_bias else 0)
        return -(target * scipy.special.log_softmax(scaled, axis=1)).sum(axis=1).mean()

    start = np.zeros(1 + classes * with_bias)
    start[0] = 1
    found = scipy.optimize.minimize(loss, start, method="BFGS", options={"gtol": 1e-10, "maxiter": 10000})
    bias = found.x[1:] - found.x[1:].mean() if with_bias else None
    return {
        "temperature": float(1 / found.x[0]),
        "bias": None if bias is None else bias.tolist(),
        "loss": float(found.fun),
    }


def sklearn_temperature(logits, truth):
    """What `CalibratedClassifierCV(method="temperature")` fits inside."""
    if logits.shape[1] == 2:
        # Of two classes it takes one column x, and makes -x and x of it.
        return float(1 / _TemperatureScaling().fit(logits[:, 1] - logits[:, 0], truth).beta_) / 2
    return float(1 / _TemperatureScaling().fit(logits, truth).beta_)


def scalings():
    rng = np.random.default_rng(14)
    for count, classes, temperature, bias in [
        (400, 4, 0.5, [0, 0, 0, 0]),
        (400, 4, 2.0, [0.8, -0.4, 0.2, -0.6]),
        (60, 3, 1.0, [0, 0, 0]),
        (200, 2, 1.5, [0.7, -0.7]),
    ]:
        logits, truth = draw(rng, count, classes, temperature, np.array(bias))
        yield {
            "logits": logits.tolist(),
            "truth": truth.tolist(),
            "temperature": fit(logits, truth, False),
            "with_bias": fit(logits, truth, True),
            "sklearn": sklearn_temperature(logits, truth),
        }


def sets():
    rng = np.random.default_rng(15)
    classes = 4
    held_out, truth = draw(rng, 240, classes, 1.0, np.zeros(classes))
    new, new_truth = draw(rng, 60, classes, 1.0, np.zeros(classes))
    held_out_p, new_p = (scipy.special.softmax(one, axis=1) for one in (held_out, new))
    labels = np.arange(classes)
    alphas = hinge(held_out_p, labels, truth)
    new_alphas = hinge(new_p)
    pooled = ConformalClassifier().fit(alphas)
    by_class = ConformalClassifier().fit(alphas, bins=truth)
    found = []
    for coverage in (0.81, 0.905, 0.957):
        # At a whole rank crepes takes one more, whose p-value is what is left and not more than it.
        for count in [len(truth), *np.bincount(truth)]:
            assert abs(coverage * (count + 1) - round(coverage * (count + 1))) > 1e-6
        all_at_once = pooled.predict_set(new_alphas, confidence=coverage, smoothing=False)
        by_label = np.zeros_like(all_at_once)
        for label in labels:
            bins = np.full(len(new), label)
            mondrian = by_class.predict_set(new_alphas, bins=bins, confidence=coverage, smoothing=False)
            by_label[:, label] = mondrian[:, label]
        as_lists = lambda one: [np.flatnonzero(row).tolist() for row in one]
        found.append({"coverage": coverage, "pooled": as_lists(all_at_once), "by_class": as_lists(by_label)})
    return {
        "held_out": held_out.tolist(),
        "truth": truth.tolist(),
        "new": new.tolist(),
        "sets": found,
    }


def distances():
    rng = np.random.default_rng(16)
    for shift in (0.0, 0.1):
        one, other = rng.beta(8, 2, 60), rng.beta(8, 2, 30) * (1 - shift)
        statistic = lambda x, y: scipy.stats.cramervonmises_2samp(x, y, method="asymptotic").statistic
        found = scipy.stats.permutation_test(
            (one, other), statistic, n_resamples=9999, alternative="greater", rng=np.random.default_rng(1)
        )
        yield {
            "one": one.tolist(),
            "other": other.tolist(),
            "statistic": float(found.statistic),
            "p_value": float(found.pvalue),
        }


def main():
    text = json.dumps({"scalings": list(scalings()), "sets": sets(), "distances": list(distances())})
    Path(__file__).with_name("trust.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
