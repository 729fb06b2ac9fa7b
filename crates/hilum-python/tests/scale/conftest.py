"""Rows that every engine is asked: slices, each twice, nulls, a file that is no picture, one that is
not there; and what must come back."""

from __future__ import annotations

import os
import sys

import pytest

pytest.importorskip("pyarrow")

from death import Death  # noqa: E402

import hilum  # noqa: E402

# Workers find this Python, and the files beside this one.
os.environ["PYSPARK_PYTHON"] = sys.executable
os.environ["PYTHONPATH"] = os.pathsep.join([os.path.dirname(__file__), os.environ.get("PYTHONPATH", "")])


@pytest.fixture(scope="session")
def model():
    return hilum.load(threads=1)


@pytest.fixture(scope="session")
def slices(tmp_path_factory):
    """PNG files of phantoms."""
    folder = tmp_path_factory.mktemp("phantoms") / "png"
    drawn = hilum.phantoms(folder, train_per_class=4, valid_per_class=2, test_per_class=2, size=64)
    found = sorted(path for path in drawn if path.endswith(".png"))
    assert len(found) == 32
    return found


@pytest.fixture(scope="session")
def paths(slices, tmp_path_factory):
    """A path a row, or None."""
    corrupt = tmp_path_factory.mktemp("corrupt") / "corrupt.png"
    with open(slices[0], "rb") as file:
        corrupt.write_bytes(file.read()[:200])
    return [*slices, None, str(corrupt), *slices, "/nowhere/at-all.png", None]


@pytest.fixture(scope="session")
def expected(model, slices, paths):
    """What `hilum.Model.predict` says of each row, as an engine would give it."""
    said = {}
    for one in model.predict(slices, progress=False):
        values = one.to_dict()
        del values["logits"]
        said[one.path] = present(values)
    return [said.get(path) for path in paths]


@pytest.fixture(scope="session")
def holds(paths, expected):
    """Checks pairs of a row's number and its answer: every row is there once, with its own answer."""

    def check(pairs):
        answers = dict(pairs)
        assert sorted(row for row, _ in pairs) == list(range(len(paths)))
        for row, path in enumerate(paths):
            if path is None:
                assert answers[row] is None
            elif expected[row] is not None:
                assert present(answers[row]) == expected[row]
            else:
                assert set(present(answers[row])) == {"path", "error"}
                assert answers[row]["path"] == path
                assert f"cannot read `{path}`: " in answers[row]["error"]

    return check


def present(answer: dict) -> dict:
    """What is said, without what is null."""
    return {name: value for name, value in answer.items() if value is not None}


@pytest.fixture
def death(tmp_path):
    return Death(tmp_path)
