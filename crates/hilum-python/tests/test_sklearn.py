"""scikit-learn's own checks, and what its users do."""

import pickle
import warnings

import numpy as np
import pytest

sklearn = pytest.importorskip("sklearn")

from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import FunctionTransformer  # noqa: E402
from sklearn.utils.estimator_checks import check_estimator  # noqa: E402

from hilum import HilumWarning  # noqa: E402
from hilum.sklearn import SliceClassifier  # noqa: E402

QUICK = {"image_size": 32, "epochs": 2, "threads": 1, "settings": {"as_is": True}}


@pytest.fixture(scope="module")
def labelled(slices):
    files = sorted((slices / "train").rglob("*.png"))
    return [str(path) for path in files], [path.parent.name for path in files]


def test_it_passes_the_checks_of_scikit_learn():
    with warnings.catch_warnings():
        # Its tables are no slices, as the audit says each time.
        warnings.simplefilter("ignore", HilumWarning)
        results = check_estimator(SliceClassifier(**QUICK), on_fail=None, on_skip=None)
    failed = {one["check_name"]: one["exception"] for one in results if one["status"] == "failed"}
    assert failed == {}
    assert sum(one["status"] == "passed" for one in results) >= 45


def test_paths_images_and_arrays_are_learned_from_alike(labelled):
    image = pytest.importorskip("PIL.Image")
    files, truth = labelled
    pictures = [image.open(path).convert("L") for path in files]
    stack = np.stack([np.asarray(picture) for picture in pictures])
    expected = SliceClassifier(**QUICK).fit(files, truth).predict_proba(files)
    assert expected.shape == (32, 4)
    assert np.allclose(expected.sum(axis=1), 1.0)
    for X in (pictures, stack, list(stack), np.asarray(files), stack[..., None].repeat(3, axis=3)):
        found = SliceClassifier(**QUICK).fit(X, truth).predict_proba(X)
        assert np.array_equal(found, expected)
    table = SliceClassifier(pixel_range=(0, 255), **QUICK).fit(stack.reshape(32, -1), truth)
    assert np.array_equal(table.predict_proba(stack.reshape(32, -1)), expected)


def test_it_learns_what_can_be_learned():
    rng = np.random.default_rng(3)
    truth = np.array(["dark", "bright"])[rng.integers(0, 2, 60)]
    level = np.where(truth == "dark", 60, 180)[:, None, None]
    stack = np.clip(rng.normal(level, 20, (60, 24, 24)), 0, 255).astype(np.uint8)
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    classifier = SliceClassifier(image_size=32, epochs=25, settings={"as_is": True})
    scores = cross_val_score(classifier, stack, truth, cv=folds)
    assert scores.mean() > 0.9


def test_it_works_in_pipelines_and_grids(labelled):
    files, truth = labelled
    pipeline = make_pipeline(FunctionTransformer(), SliceClassifier(**QUICK))
    assert pipeline.fit(files, truth).predict(files).shape == (32,)
    grid = GridSearchCV(SliceClassifier(**QUICK), {"epochs": [1, 2]}, cv=2)
    grid.fit(np.asarray(files), truth)
    assert grid.best_params_["epochs"] in (1, 2)


def test_a_fitted_classifier_survives_pickling(labelled):
    files, truth = labelled
    fitted = SliceClassifier(**QUICK).fit(files, truth)
    again = pickle.loads(pickle.dumps(fitted))
    assert np.array_equal(again.predict_proba(files), fitted.predict_proba(files))
    assert list(again.classes_) == sorted(set(truth))


def test_copies_with_two_labels_are_refused(labelled):
    import hilum

    files, truth = labelled
    with pytest.raises(hilum.InputError):
        SliceClassifier(image_size=32, epochs=1).fit(files + files[:1], truth + truth[-1:])
