"""Writes splits.json: how scikit-learn divides classes and groups.

Run: python make_splits.py   (scikit-learn 1.5 or later, numpy)
"""

import json
import pathlib

import numpy
import sklearn
from sklearn.model_selection import StratifiedGroupKFold, train_test_split

CLASS_SIZES = [195, 115, 148, 155]


def ungrouped(sizes):
    labels = numpy.repeat(numpy.arange(len(sizes)), sizes)
    train, rest = train_test_split(labels, train_size=0.7, stratify=labels, random_state=0)
    valid, test = train_test_split(rest, test_size=2 / 3, stratify=rest, random_state=0)
    return [numpy.bincount(part, minlength=len(sizes)).tolist() for part in (train, valid, test)]


def grouped():
    """Ninety patients; patient p has 3 + (7 p mod 23) slices of class p mod 3, and every fifth
    also has 2 slices of the next class."""
    labels, groups = [], []
    for patient in range(90):
        labels += [patient % 3] * (3 + 7 * patient % 23)
        groups += [patient] * (3 + 7 * patient % 23)
        if patient % 5 == 0:
            labels += [(patient + 1) % 3] * 2
            groups += [patient] * 2
    labels, groups = numpy.array(labels), numpy.array(groups)
    folds = StratifiedGroupKFold(n_splits=10).split(labels, labels, groups)
    parts = [test for _, test in folds]
    valid = parts[0]
    test = numpy.concatenate(parts[1:3])
    train = numpy.concatenate(parts[3:])
    return [numpy.bincount(labels[part], minlength=3).tolist() for part in (train, valid, test)]


result = {
    "scikit-learn": sklearn.__version__,
    "class_sizes": CLASS_SIZES,
    "ungrouped": ungrouped(CLASS_SIZES),
    "grouped": grouped(),
}
path = pathlib.Path(__file__).with_name("splits.json")
path.write_text(json.dumps(result, indent=1) + "\n")
