"""hilum's networks as classifiers of scikit-learn."""

from __future__ import annotations

import csv
import os
import tempfile

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_y, check_consistent_length, check_is_fitted, validate_data

from .errors import InputError
from .inputs import Inputs
from .model import Model, load
from .verbs import train


class SliceClassifier(ClassifierMixin, BaseEstimator):
    """A network that learns from the slices that `fit` is given, all of them.

    `X` is a list of what `hilum.Model.predict` takes (paths, images, DICOM datasets, arrays), an
    array of slices (count x height x width, or x 3; uint8 grey levels or floats from 0 to 1), or a
    table with a flattened slice in each row. `y` holds any labels. A network needs more slices and
    epochs than most classifiers do to learn anything.

    What one patient's slices have in common is unknown to scikit-learn: give ``groups`` and a
    group-aware splitter to `cross_val_score`, or figures flatter; `hilum.cross_validate` does it by
    itself.

    Args:
        arch: the network, as `hilum arch` lists them.
        weights: what it begins with, as `hilum train --weights`; nothing learned, if None.
        epochs: passes over the slices.
        image_size: side of what the network sees, in pixels; as the network has it, if None.
        batch_size: slices of a step.
        learning_rate: its peak.
        seed: of weights, batches and augmentation.
        threads: how many compute; all cores, if None.
        early_stopping: set a tenth of the slices aside that chooses the epoch and calibrates
            probabilities, as `hilum.train` does; else all are trained on, to the last epoch.
        image_shape: (height, width) of a table's rows; a square if that fits, else a single line.
        pixel_range: black and white of a table's values; the least and the most that `fit` sees, if
            None. Slices that are no table are read as they are.
        settings: any other keyword of `hilum.train`.

    Attributes:
        classes_: the labels, sorted.
        model_: the `hilum.Model`.
        history_: a row an epoch, as of `hilum.results.Run`.
        n_features_in_: values of a row, for a table.
    """

    def __init__(
        self,
        arch: str = "compact-cnn",
        weights: str | None = None,
        epochs: int = 30,
        image_size: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        seed: int = 32,
        threads: int | None = None,
        early_stopping: bool = False,
        image_shape: tuple[int, int] | None = None,
        pixel_range: tuple[float, float] | None = None,
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
        self.early_stopping = early_stopping
        self.image_shape = image_shape
        self.pixel_range = pixel_range
        self.settings = settings

    def fit(self, X, y) -> SliceClassifier:
        """Trains on slices and their labels.

        Raises:
            ValueError: if X is no slices, or y no labels of two classes or more.
            hilum.InputError: if the audit says that the slices cannot be learned from.
        """
        if y is None:
            raise ValueError("requires y to be passed, but the target y is None")
        self._range: tuple[float, float] | None = None
        if _is_table(X):
            X, y = validate_data(self, X, y)
            self._range = self.pixel_range or (float(X.min()), float(X.max()))
        else:
            y = _check_y(y, multi_output=False)
        check_classification_targets(y)
        self.classes_, positions = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"one class is nothing to tell apart: y holds {self.classes_[0]!r} alone")
        slices = self._slices(X)
        check_consistent_length(slices, y)
        with tempfile.TemporaryDirectory(prefix="hilum-") as folder:
            manifest = _write(folder, slices, positions)
            run = train(
                manifest,
                out=os.path.join(folder, "run"),
                progress=False,
                **self._settings(),
            )
            with open(run.model, "rb") as file:
                self._model_bytes = file.read()
            self.history_ = run.history
        self._opened = self._open()
        return self

    def predict_proba(self, X) -> np.ndarray:
        """How likely each class is: a row a slice, a column a class of `classes_`.

        Raises:
            hilum.InputError: if a slice cannot be read.
        """
        check_is_fitted(self, "_model_bytes")
        if self._range is not None:
            X = validate_data(self, X, reset=False)
        elif _is_table(X):
            raise ValueError("the model learned from slices, and X is a table: give slices")
        answers = self.model_.predict(self._slices(X), abstain="never", progress=False)
        unread = next((answer for answer in answers if answer.error is not None), None)
        if unread is not None:
            raise InputError(unread.error)
        names = [_name(position) for position in range(len(self.classes_))]
        return np.array([[answer.probabilities[name] for name in names] for answer in answers])

    def predict(self, X) -> np.ndarray:
        """The likeliest class of each slice; never "I don't know", which scikit-learn has no word for:
        ask `model_` for that."""
        likeliest = np.argmax(self.predict_proba(X), axis=1)
        return self.classes_[likeliest]

    @property
    def model_(self) -> Model:
        """The model, open; its classes are called ``class-0000`` and so on, in the order of `classes_`."""
        check_is_fitted(self, "_model_bytes")
        if "_opened" not in self.__dict__:
            self._opened = self._open()
        return self._opened

    def _open(self) -> Model:
        machine = {} if self.threads is None else {"threads": self.threads}
        with tempfile.TemporaryDirectory(prefix="hilum-") as folder:
            path = os.path.join(folder, "model.safetensors")
            with open(path, "wb") as file:
                file.write(self._model_bytes)
            return load(path, **machine)

    def __getstate__(self) -> dict:
        state = super().__getstate__()
        return {name: value for name, value in state.items() if name != "_opened"}

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.string = True
        tags.classifier_tags.poor_score = True
        return tags

    def _settings(self) -> dict:
        settings: dict = {
            "arch": self.arch,
            "weights": "none" if self.weights is None else self.weights,
            "epochs": self.epochs,
            "image_size": self.image_size,
            "batch_size": self.batch_size,
            "learning_rate": self.learning_rate,
            "seed": self.seed,
            "threads": self.threads,
        }
        if not self.early_stopping:
            settings.update(train_on_valid=True, keep="last", patience=0, schedule="one-cycle")
        settings.update(self.settings or {})
        return settings

    def _slices(self, X) -> list:
        """One slice each, whatever X is."""
        if self._range is None:
            return list(X)
        low, high = self._range
        grey = (np.asarray(X, dtype=np.float64) - low) / max(high - low, np.finfo(float).tiny)
        grey = np.rint(np.clip(grey, 0.0, 1.0) * 255.0).astype(np.uint8)
        return list(grey.reshape(len(grey), *self._shape(grey.shape[1])))

    def _shape(self, count: int) -> tuple[int, int]:
        if self.image_shape is not None:
            height, width = self.image_shape
            if height * width != count:
                raise ValueError(f"rows of {count} values are no slices of {height} x {width} pixels")
            return height, width
        side = round(count**0.5)
        return (side, side) if side * side == count else (1, count)


def _is_table(X) -> bool:
    """Whether X is a table of numbers, and no list of slices."""
    if hasattr(X, "ndim") and hasattr(X, "dtype") and X.dtype != object:
        return X.ndim < 3 and X.dtype.kind not in "US"
    if hasattr(X, "iloc"):
        first = X.iloc[0] if len(X) and X.ndim == 1 else None
        return not _is_slice(first)
    if isinstance(X, (list, tuple)) or hasattr(X, "dtype"):
        return not (len(X) and _is_slice(X[0]))
    return True


def _is_slice(one) -> bool:
    if isinstance(one, (str, bytes, os.PathLike)):
        return True
    if hasattr(one, "ndim"):
        return one.ndim >= 2
    if isinstance(one, (list, tuple)) or one is None or np.isscalar(one):
        return False
    names = ("__array__", "__array_interface__", "read", "PixelData")
    return any(hasattr(one, name) for name in names)


def _name(position: int) -> str:
    """What a class is called in the model; labels may be anything."""
    return f"class-{position:04}"


def _write(folder: str, slices: list, positions) -> str:
    """Slices in memory as files, and a manifest of all."""
    given = Inputs(slices)
    in_memory = dict(given.files)
    manifest = os.path.join(folder, "slices.csv")
    with open(manifest, "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["path", "class", "split"])
        for index, (name, position) in enumerate(zip(given.names, positions, strict=True)):
            data = in_memory.get(name)
            path = os.path.abspath(name)
            if data is not None:
                path = os.path.join(folder, f"slice-{index:06}")
                with open(path, "wb") as written:
                    written.write(data)
            rows.writerow([path, _name(position), "train"])
    return manifest
