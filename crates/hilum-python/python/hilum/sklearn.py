"""hilum's networks as classifiers of scikit-learn."""

from __future__ import annotations

import contextlib
import csv
import os
import shutil
import tempfile

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from .inputs import Inputs
from .model import load
from .verbs import train


class SliceClassifier(ClassifierMixin, BaseEstimator):
    """A network that is trained on slices.

    `X` is a list of what `hilum.Model.predict` takes (paths, images, DICOM datasets, arrays), an
    array of slices (count x height x width, or x 3; uint8 grey levels or floats from 0 to 1), or a
    table of one flattened slice a row, of `image_shape`. `y` holds any labels.

    A slice of `X` is one file; what one patient's slices have in common is known to `groups` alone:
    give them to `cross_val_score` with a group-aware splitter, or figures flatter.

    Args:
        image_shape: (height, width) of the rows of a table; a square if they are as many pixels as
            one, else a single line.
        pixel_range: (black, white) of a table's values; what `fit` sees at the least and the most,
            if None. Slices that are no table are read as they are.
        validation_share: share of the slices that choose the epoch, in percent.
        runs: a folder for the run's files; a temporary one, if None.
        **settings: as of `hilum.train`; ``settings`` is a dict so that `set_params` takes it whole.

    Attributes:
        classes_: labels, sorted.
        model_: the `hilum.Model`.
        run_: the `hilum.results.Run`.
    """

    def __init__(
        self,
        arch: str = "compact-cnn",
        weights: str | None = None,
        epochs: int = 50,
        image_size: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        seed: int = 32,
        threads: int | None = None,
        image_shape: tuple[int, int] | None = None,
        pixel_range: tuple[float, float] | None = None,
        validation_share: float = 10.0,
        runs: str | None = None,
        settings: dict | None = None,
    ) -> None:
        self.arch = arch
        self.weights = weights
        self.epochs = epochs
        self.image_size = image_size
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.seed = seed
        self.threads = threads
        self.image_shape = image_shape
        self.pixel_range = pixel_range
        self.validation_share = validation_share
        self.runs = runs
        self.settings = settings
