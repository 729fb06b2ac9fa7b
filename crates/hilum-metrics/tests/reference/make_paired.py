"""Writes paired.json beside itself: two models on the same slices, and what published code says of them.

    pip install statsmodels==0.15.0 scipy==1.17.1 scikit-learn==1.9.1
    python make_paired.py

McNemar's test and Holm's correction are statsmodels'. Swapping whole groups is SciPy's exact
`permutation_test` of pairs. Tango's interval is found from its definition: the score of the
difference, with the likelihood maximised numerically under it, and SciPy's root finder. The design
effect is that of statsmodels' ordinary least squares with errors clustered by group, over those of
independent slices. Differences are resampled, and models swapped, by NumPy, groups whole, and computed
by scikit-learn.
"""

import json
import warnings
from pathlib import Path

import numpy as np
import statsmodels.api as sm
from scipy import optimize, stats
from sklearn import metrics
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

warnings.simplefilter("ignore")


def mcnemar_cases():
    pairs = [(0, 0), (1, 0), (3, 3), (5, 1), (0, 6), (12, 2), (30, 17), (121, 59), (2000, 1890), (60000, 61000)]
    for first, second in pairs:
        p_value = mcnemar([[7, first], [second, 5]], exact=True).pvalue
        yield {"only_first": first, "only_second": second, "p_value": float(p_value)}


def swap_cases():
    for differences in ([1, -1, 1, 1], [3, -1, 2, 0, 1], [5, 4, 3, -2, -2, 1, 1, 1], [2, -2], [0, 0], [-4, -4, -3, 1, -1, -2, 2]):
        signs = np.array(np.meshgrid(*[[-1, 1]] * len(differences))).reshape(len(differences), -1).T
        sums = signs @ np.array(differences)
        by_hand = np.mean(np.abs(sums) >= abs(sum(differences)))
        scipys = stats.permutation_test(
            (np.array(differences, float), np.zeros(len(differences))),
            lambda one, other, axis: np.abs(np.sum(one - other, axis=axis)),
            permutation_type="samples",
            n_resamples=np.inf,
            alternative="greater",
            vectorized=True,
        ).pvalue
        assert abs(by_hand - scipys) < 1e-12, (by_hand, scipys)
        yield {"differences": differences, "p_value": float(scipys)}


def tango(only_first, only_second, count, level):
    """Both ends, by maximising the likelihood of the counts under each difference."""
    found = (only_first - only_second) / count
    rest = count - only_first - only_second

    def score(difference):
        low, high = max(0.0, -difference), (1 - difference) / 2

        def unlikely(second):
            first = second + difference
            terms = [(only_first, first), (only_second, second), (rest, 1 - first - second)]
            return -sum(n * np.log(max(p, 1e-300)) for n, p in terms if n > 0)

        second = optimize.minimize_scalar(
            unlikely, bounds=(low, high), method="bounded", options={"xatol": 1e-13, "maxiter": 2000}
        ).x
        for end in (low, high):
            if unlikely(end) < unlikely(second):
                second = end
        variance = (2 * second + difference - difference**2) / count
        return (found - difference) / np.sqrt(max(variance, 1e-300))

    limit = stats.norm.ppf((1 + level) / 2)
    edge = 1 - 1e-9
    return [
        optimize.brentq(lambda d: score(d) - limit, -edge, found - 1e-12, xtol=1e-12),
        optimize.brentq(lambda d: score(d) + limit, found + 1e-12, edge, xtol=1e-12),
    ]


def interval_cases():
    for first, second, count, effect, level in [
        (0, 0, 72, 1.0, 0.95),
        (3, 1, 72, 1.0, 0.95),
        (12, 2, 50, 1.0, 0.95),
        (0, 7, 40, 1.0, 0.9),
        (6, 5, 315, 2.5, 0.95),
        (20, 4, 24, 1.0, 0.95),
    ]:
        ends = tango(first / effect, second / effect, count / effect, level)
        yield {
            "only_first": first,
            "only_second": second,
            "count": count,
            "design_effect": effect,
            "level": level,
            "ends": [float(end) for end in ends],
        }


def effect_cases():
    rng = np.random.default_rng(15)
    for groups in (np.arange(60), np.arange(60) // 3, rng.integers(0, 12, 60)):
        groups = np.unique(groups, return_inverse=True)[1]
        lean = rng.normal(size=groups.max() + 1)
        first = rng.random(60) < 1 / (1 + np.exp(-1 - lean[groups]))
        second = rng.random(60) < 1 / (1 + np.exp(-1 + lean[groups]))
        difference = first.astype(float) - second
        ones = np.ones((60, 1))
        clustered = sm.OLS(difference, ones).fit(
            cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}
        ).bse[0]
        alone = sm.OLS(difference, ones).fit(cov_type="HC0").bse[0]
        count = groups.max() + 1
        ratio = (clustered / alone) ** 2 * count / (count - 1)
        yield {
            "first": [bool(x) for x in first],
            "second": [bool(x) for x in second],
            "groups": [int(x) for x in groups],
            "design_effect": float(max(1.0, ratio)),
        }


def holm_case():
    p_values = [0.01, 0.04, 0.03, 0.005, 0.5, 0.03, 0.9]
    return {"p_values": p_values, "adjusted": [float(x) for x in multipletests(p_values, method="holm")[1]]}


def ece(truth, probabilities, bins=15):
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    at = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], confidence)
    gaps = [abs(right[at == b].mean() - confidence[at == b].mean()) * (at == b).sum() for b in range(bins) if (at == b).any()]
    return sum(gaps) / len(truth)


def figures(truth, probabilities):
    labels = list(range(probabilities.shape[1]))
    predicted = probabilities.argmax(axis=1)
    return {
        "accuracy": metrics.accuracy_score(truth, predicted),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, predicted),
        "macro_f1": metrics.f1_score(truth, predicted, labels=labels, average="macro", zero_division=0),
        "macro_auroc": metrics.roc_auc_score(truth, probabilities, multi_class="ovr", average="macro", labels=labels),
        "log_loss": metrics.log_loss(truth, probabilities, labels=labels),
        "ece": ece(truth, probabilities),
    }


def bootstrap_case():
    rng = np.random.default_rng(1947)
    groups = np.arange(160) // 2
    truth = np.repeat(rng.integers(0, 3, 80), 2)

    def model(pull, noise):
        logits = rng.normal(size=(160, 3)) * noise
        logits[np.arange(160), truth] += pull
        rows = np.exp(logits)
        return np.round(rows / rows.sum(axis=1, keepdims=True), 6)

    def whole(rows):
        rows[:, 0] = np.round(1 - rows[:, 1:].sum(axis=1), 6)
        return rows

    first, second = whole(model(2.2, 1.0)), whole(model(1.2, 1.0))
    of_first, of_second = figures(truth, first), figures(truth, second)
    names = list(of_first)
    draws, by_group = 4000, [np.flatnonzero(groups == g) for g in range(80)]
    differences = {name: [] for name in names}
    for _ in range(draws):
        at = np.concatenate([by_group[g] for g in rng.integers(0, 80, 80)])
        one, other = figures(truth[at], first[at]), figures(truth[at], second[at])
        for name in names:
            differences[name].append(one[name] - other[name])

    # SciPy's own paired bootstrap of what is a mean over groups, as a check of the draws.
    def mean_loss(rows):
        loss = -np.log(rows[np.arange(160), truth])
        return loss.reshape(80, 2).mean(axis=1)

    checked = stats.bootstrap(
        (mean_loss(first), mean_loss(second)),
        lambda one, other, axis: np.mean(one - other, axis=axis),
        paired=True, vectorized=True, method="percentile", n_resamples=4000, rng=7,
    ).confidence_interval
    ends = np.quantile(differences["log_loss"], [0.025, 0.975])
    assert np.allclose(ends, [checked.low, checked.high], atol=0.03), (ends, checked)

    # Groups exchanged between the models by the toss of a coin.
    swapped = {name: [] for name in names}
    for _ in range(draws):
        is_swapped = rng.integers(0, 2, 80).astype(bool)[groups][:, None]
        one = figures(truth, np.where(is_swapped, second, first))
        other = figures(truth, np.where(is_swapped, first, second))
        for name in names:
            swapped[name].append(one[name] - other[name])

    # SciPy's own of what is a mean over groups, as a check of the tosses.
    checked = stats.permutation_test(
        (mean_loss(first), mean_loss(second)),
        lambda one, other, axis: np.abs(np.mean(one - other, axis=axis)),
        permutation_type="samples", vectorized=True, alternative="greater", n_resamples=4000, rng=7,
    ).pvalue
    observed = abs(of_first["log_loss"] - of_second["log_loss"])
    tossed = (np.abs(swapped["log_loss"]) >= observed - 1e-12).mean()
    assert abs(tossed - checked) < 0.02, (tossed, checked)

    def p_value(name):
        values = np.array(differences[name])
        tail = min((values <= 0).sum(), (values >= 0).sum())
        by_bootstrap = min(1.0, 2 * (1 + tail) / (1 + len(values)))
        observed = abs(of_first[name] - of_second[name])
        by_swaps = (1 + (np.abs(swapped[name]) >= observed - 1e-12).sum()) / (1 + draws)
        return float(max(by_bootstrap, by_swaps))

    return {
        "truth": [int(x) for x in truth],
        "groups": [int(x) for x in groups],
        "first": first.tolist(),
        "second": second.tolist(),
        "differences": {
            name: {
                "difference": float(of_first[name] - of_second[name]),
                "ends": [float(x) for x in np.quantile(differences[name], [0.025, 0.975])],
                "spread": float(np.std(differences[name])),
                "p_value": p_value(name),
            }
            for name in names
        },
    }


reference = {
    "mcnemar": list(mcnemar_cases()),
    "group_swap": list(swap_cases()),
    "accuracy_interval": list(interval_cases()),
    "design_effect": list(effect_cases()),
    "holm": holm_case(),
    "bootstrap": bootstrap_case(),
}
Path(__file__).with_name("paired.json").write_text(json.dumps(reference, indent=1) + "\n", encoding="utf-8")
