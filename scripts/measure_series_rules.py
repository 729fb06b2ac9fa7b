"""Holds rules that make one answer of a series against each other (docs/series.md), on series that are made of
the out-of-fold predictions of a cross-validation: `normal` slices, a share of them replaced by slices of one group
with a lesion in every second series.

    pip install numpy==2.4.6 scipy==1.17.1
    hilum cross-validate chest-ct --arch mobilenet-v2 --weights mobilenet_v2_imagenet_backbone.safetensors \\
        --freeze features.14 --epochs 12 --folds 5 --threads 1 --seed 1 --name oof
    python scripts/measure_series_rules.py runs/oof/predictions.csv [NAME_OF_THE_NORMAL_CLASS]
"""

import csv
import sys
from collections import defaultdict

import numpy as np
from scipy.stats import rankdata

FIXED = ("repeat", "fold", "path", "group", "truth", "predicted")
SERIES = [(8, 1.0), (30, 0.1), (64, 0.05), (64, 0.1), (64, 0.3), (300, 0.05)]
SERIES_COUNT = 1200

rows = list(csv.DictReader(open(sys.argv[1])))
classes = [name for name in rows[0] if name not in FIXED]
normal = classes.index(sys.argv[2] if len(sys.argv) > 2 else "normal")
lesions = [index for index in range(len(classes)) if index != normal]
truth = np.array([classes.index(row["truth"]) for row in rows])
logits = np.log(np.clip([[float(row[name]) for name in classes] for row in rows], 1e-12, 1))


def softmax(values):
    powers = np.exp(values - values.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def log_loss(probabilities, truth):
    return -np.log(np.clip(probabilities[np.arange(len(truth)), truth], 1e-6, 1)).mean()


# One temperature, fitted on the same slices: what a calibrated model would say of each.
temperature = min(np.linspace(0.2, 2, 60), key=lambda one: log_loss(softmax(logits / one), truth))
slices = softmax(logits / temperature)


def most_suspicious(share, least):
    def rule(series):
        count = min(len(series), max(least, int(np.ceil(share * len(series)))))
        return series[np.argsort(series[:, normal], kind="stable")[:count]].mean(0)

    return rule


def noisy_or(series):
    nothing = np.exp(np.log(np.clip(series[:, normal], 1e-12, 1)).sum())
    whole = series.sum(0)
    whole[normal] = 0
    whole *= (1 - nothing) / whole.sum()
    whole[normal] = nothing
    return whole


def share_of_slices(series):
    counts = np.bincount(series.argmax(1), minlength=len(classes))
    return counts / counts.sum()


RULES = {
    "mean": lambda series: series.mean(0),
    "mean of logarithms": lambda series: softmax(np.log(np.clip(series, 1e-12, 1)).mean(0)),
    "share of slices": share_of_slices,
    "noisy-or": noisy_or,
    "the most suspicious": most_suspicious(0, 1),
    "a twentieth, 3 at least": most_suspicious(0.05, 3),
    "a tenth, 3 at least": most_suspicious(0.1, 3),
    "a tenth, 5 at least": most_suspicious(0.1, 5),
    "a fifth, 3 at least": most_suspicious(0.2, 3),
}


def auroc(scores, positive):
    ranks, count = rankdata(scores), positive.sum()
    return (ranks[positive].sum() - count * (count + 1) / 2) / (count * (len(scores) - count))


def ece(probabilities, truth, bin_count=10):
    confidence, is_right = probabilities.max(1), probabilities.argmax(1) == truth
    bins = np.ceil(confidence * bin_count)
    gaps = [(bins == one).mean() * abs(confidence[bins == one].mean() - is_right[bins == one].mean())
            for one in np.unique(bins)]
    return sum(gaps)


groups = defaultdict(list)
for position, row in enumerate(rows):
    groups[row["group"] or row["path"]].append(position)
of_class = {lesion: [[one for one in group if truth[one] == lesion] for group in groups.values()
                     if any(truth[one] == lesion for one in group)] for lesion in lesions}
random = np.random.default_rng(1)
print(f"{len(rows)} slices in {len(groups)} groups, temperature {temperature:.3f}")
for count, share in SERIES:
    said, wholes = defaultdict(list), []
    for number in range(SERIES_COUNT):
        whole = normal if number % 2 else random.choice(lesions)
        series = random.choice(np.where(truth == normal)[0], count)
        if whole != normal:
            group = of_class[whole][random.integers(len(of_class[whole]))]
            shown = max(1, round(share * count))
            series[:shown] = random.choice(group, shown)
        for name, rule in RULES.items():
            said[name].append(rule(slices[series]))
        wholes.append(whole)
    wholes = np.array(wholes)
    print(f"{count} slices, a lesion in {share:.0%} of them")
    for name, answers in said.items():
        answers = np.array(answers)
        accuracy = (answers.argmax(1) == wholes).mean()
        area = auroc(1 - answers[:, normal], wholes != normal)
        print(f"  {name:24} accuracy {accuracy:.3f}  AUROC {area:.3f}  ECE {ece(answers, wholes):.3f}")
real = [group for group in groups.values() if len(group) > 1 and len(set(truth[group])) == 1]
wholes = np.array([truth[group[0]] for group in real])
print(f"{len(real)} groups of two or more slices, as they are")
for name, rule in RULES.items():
    answers = np.array([rule(slices[group]) for group in real])
    accuracy = (answers.argmax(1) == wholes).mean()
    print(f"  {name:24} accuracy {accuracy:.3f}  ECE {ece(answers, wholes):.3f}  log-loss {log_loss(answers, wholes):.3f}")
