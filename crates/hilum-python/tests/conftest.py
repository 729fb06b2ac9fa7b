"""Phantoms, and a model that learned from them, for every test."""

import pytest

import hilum

QUICK = {"arch": "compact-cnn", "weights": "none", "image_size": 32, "epochs": 3}


@pytest.fixture(scope="session")
def quick():
    """Settings that train in a moment."""
    return dict(QUICK)


@pytest.fixture(scope="session")
def slices(tmp_path_factory):
    """A folder of synthetic slices in splits and classes."""
    folder = tmp_path_factory.mktemp("phantoms") / "slices"
    written = hilum.phantoms(folder, size=64)
    assert len(written) == 4 * (8 + 4 + 4)
    return folder


@pytest.fixture(scope="session")
def run(slices, tmp_path_factory):
    """A training that has ended."""
    return hilum.train(slices, out=tmp_path_factory.mktemp("runs") / "quick", **QUICK)
