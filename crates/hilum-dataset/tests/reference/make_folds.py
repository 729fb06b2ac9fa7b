"""Writes folds.json: how scikit-learn divides classes and groups into folds.

Run: python make_folds.py   (scikit-learn 1.5 or later, numpy)
"""

import json
import pathlib

import numpy
import sklearn
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold


def patients():
    """Ninety patients; patient p has 3 + (7 p mod 23) slices of class p mod 3, and every fifth
    also has 2 slices of the next class."""
    labels, groups = [], []
    for patient in range(90):
        labels += [patient % 3] * (3 + 7 * patient % 23)
        groups += [patient] * (3 + 7 * patient % 23)
        if patient % 5 == 0:
            labels += [(patient + 1) % 3] * 2
            groups += [patient] * 2
    return numpy.array(labels), numpy.array(groups)


def rare():
    """Sixty patients of two classes, one slice in eight of the rare one, patients of 1 to 9
    slices, and 40 slices without a patient."""
    labels, groups = [], []
    for patient in range(60):
        size = 1 + 5 * patient % 9
        labels += [1 if patient % 8 == 0 else 0] * size
        groups += [patient] * size
    for slice in range(40):
        labels.append(1 if slice % 8 == 0 else 0)
        groups.append(1000 + slice)
    return numpy.array(labels), numpy.array(groups)


def counts(splitter, labels, groups=None):
    folds = splitter.split(labels, labels, groups)
    minlength = labels.max() + 1
    return [numpy.bincount(labels[test], minlength=minlength).tolist() for _, test in folds]


def grouped(labels, groups, fold_count):
    """Unshuffled, and shuffled by twenty seeds."""
    splitters = [StratifiedGroupKFold(n_splits=fold_count)]
    splitters += [
        StratifiedGroupKFold(n_splits=fold_count, shuffle=True, random_state=seed)
        for seed in range(20)
    ]
    return [counts(splitter, labels, groups) for splitter in splitters]


sizes = [195, 115, 148, 155]
alone = numpy.repeat(numpy.arange(4), sizes)
result = {
    "scikit-learn": sklearn.__version__,
    "class_sizes": sizes,
    "alone": counts(StratifiedKFold(n_splits=5, shuffle=True, random_state=0), alone),
    "patients": {str(k): grouped(*patients(), k) for k in (3, 5, 10)},
    "rare": {str(k): grouped(*rare(), k) for k in (3, 5)},
}
path = pathlib.Path(__file__).with_name("folds.json")
path.write_text(json.dumps(result) + "\n")
