#!/usr/bin/env python3
"""Writes detector.json: what NumPy and scikit-learn make of rows that the test makes again.

    python3 make_detector.py > detector.json      (numpy, scikit-learn)
"""
import json

import numpy as np
from sklearn.linear_model import LogisticRegression

WIDTH, COUNT = 6, 90


def value(row, column, salt):
    """A number of whole-number arithmetic, so that the test draws the same."""
    word = (row * 7919 + column * 104729 + salt * 1299709 + 12345) * 2654435761 % 2**32
    return word / 2**32


def rows(salt, count, shift):
    out = np.zeros((count, WIDTH))
    for i in range(count):
        for j in range(WIDTH):
            out[i, j] = 1.0 + 0.4 * value(i, j, salt) / (1 + j) + shift * ((j + salt) % 3)
    return out


train = rows(1, COUNT, 0.0)
probes = np.concatenate([rows(2, 4, 0.0), rows(3, 4, 0.2)])

# Mahalanobis distance in the principal directions of rows of length one, variances shrunk by 0.1.
unit = lambda x: x / np.linalg.norm(x, axis=1, keepdims=True)
x = unit(train)
mean = x.mean(0)
variances, directions = np.linalg.eigh(np.cov((x - mean).T))
# Rows of length one vary in one direction less; it stays, with next to no variance.
shrunk = 0.9 * variances + 0.1 * variances.mean()
density = np.log((((unit(probes) - mean) @ directions) ** 2 / shrunk).sum(1))

# Multinomial logistic regression, both sides of equal weight.
unlike = np.concatenate([rows(4, 40, 0.1), rows(5, 50, -0.1)])
kinds = np.array([1] * 40 + [2] * 50)
deviation = train.std(0)
factor = 1 / (deviation + 0.01 * deviation.mean())
standardise = lambda x: np.clip((x - train.mean(0)) * factor, -8, 8)
truth = np.concatenate([np.zeros(COUNT, int), kinds])
weights = np.where(truth == 0, 0.5 / COUNT, 0.5 / len(kinds)) * len(truth)
model = LogisticRegression(C=0.01, max_iter=10000, tol=1e-10)
model.fit(standardise(np.concatenate([train, unlike])), truth, sample_weight=weights)
logits = model.decision_function(standardise(probes))
contrast = np.log(np.exp(logits[:, 1:]).sum(1)) - logits[:, 0]

print(json.dumps({"density": density.tolist(), "contrast": contrast.tolist()}))
