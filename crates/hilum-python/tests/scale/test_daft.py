"""Answers of two workers that Daft asks, by itself and on Ray."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

os.environ.setdefault("DAFT_PROGRESS_BAR", "0")
daft = pytest.importorskip("daft")
engine = pytest.importorskip("hilum.daft")
from death import MortalWorker  # noqa: E402


def numbered(paths):
    frame = daft.from_pydict({"row": list(range(len(paths))), "path": paths})
    return frame


def pairs(frame):
    table = frame.to_arrow()
    return list(zip(table["row"].to_pylist(), table["answer"].to_pylist(), strict=True))


def test_every_row_comes_back_once_with_its_own_answer(paths, holds):
    answers = engine.predictor("bundled", concurrency=2, rows=8)
    frame = numbered(paths)
    holds(pairs(frame.with_column("answer", answers(frame["path"]))))


def test_a_column_of_nulls_is_answered_by_nulls():
    answers = engine.predictor("bundled", concurrency=2)
    frame = daft.from_pydict({"row": [0, 1, 2], "path": [None, None, None]})
    assert pairs(frame.with_column("answer", answers(frame["path"]))) == [(0, None), (1, None), (2, None)]


def test_bytes_are_answered(slices, expected):
    answers = engine.predictor("bundled", concurrency=2, rows=8)
    frame = daft.from_glob_path([f"file://{path}" for path in slices])
    table = frame.select("path", answers(frame["path"].download()).alias("answer")).to_arrow()
    said = dict(zip(table["path"].to_pylist(), table["answer"].to_pylist(), strict=True))
    assert len(said) == table.num_rows == len(slices)
    for path, wanted in zip(slices, expected, strict=False):
        assert said[f"file://{path}"]["probabilities"] == wanted["probabilities"]


def mortal(folder):
    return engine._udf(MortalWorker, "bundled", 2, 8, {"death": str(folder)})


def test_every_row_comes_back_once_though_a_worker_dies(paths, holds, death):
    answers = mortal(death.folder)
    frame = numbered(paths)
    holds(pairs(frame.with_column("answer", answers(frame["path"]))))
    assert death.came()


ON_RAY = """
import json, sys
import daft, ray, test_daft
from death import Death

ray.init(num_cpus=3, include_dashboard=False, logging_level="error")
daft.set_runner_ray()
frame = test_daft.numbered(json.load(sys.stdin)).into_partitions(4)
answers = test_daft.mortal(sys.argv[1])
rows = test_daft.pairs(frame.with_column("answer", answers(frame["path"])))
assert Death(sys.argv[1]).came()
print("answers", json.dumps(rows))
"""


def test_every_row_comes_back_once_on_ray_though_a_worker_dies(paths, holds, tmp_path):
    # In a process of its own: a process keeps the runner that it began with.
    pytest.importorskip("ray")
    command = [sys.executable, "-c", ON_RAY, str(tmp_path)]
    ended = subprocess.run(command, input=json.dumps(paths), capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stderr[-2000:]
    line = next(line for line in ended.stdout.splitlines() if line.startswith("answers "))
    holds([tuple(pair) for pair in json.loads(line[len("answers ") :])])
