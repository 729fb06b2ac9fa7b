"""Answers of two workers of Ray."""

from __future__ import annotations

import pytest

import hilum

pa = pytest.importorskip("pyarrow")
ray = pytest.importorskip("ray")
pytest.importorskip("ray.data")
engine = pytest.importorskip("hilum.ray")


@pytest.fixture(scope="module", autouse=True)
def cluster():
    # Two workers, and a place for what reads.
    ray.init(num_cpus=3, include_dashboard=False, logging_level="error")
    ray.data.DataContext.get_current().enable_progress_bars = False
    yield
    ray.shutdown()


def answered(kind, data, **settings):
    answers = data.map_batches(
        kind,
        batch_format="pyarrow",
        batch_size=8,
        compute=ray.data.ActorPoolStrategy(size=2),
        fn_constructor_kwargs=settings,
    )
    return answers.take_all()


def numbered(paths):
    table = pa.table({"row": range(len(paths)), "path": pa.array(paths, pa.string())})
    return ray.data.from_arrow([table.slice(first, 12) for first in range(0, len(paths), 12)])


def pairs(rows):
    return [(row["row"], row["answer"]) for row in rows]


def test_every_row_comes_back_once_with_its_own_answer(paths, holds):
    holds(pairs(answered(engine.Predictor, numbered(paths), model="bundled", column="path")))


def test_every_row_comes_back_once_though_a_worker_dies(paths, holds, death):
    class Mortal(engine.Predictor):
        def __call__(self, table):
            death.comes()
            return super().__call__(table)

    holds(pairs(answered(Mortal, numbered(paths))))
    assert death.came()


def test_bytes_are_answered_and_not_handed_on(slices, expected):
    data = ray.data.read_binary_files(slices, include_paths=True)
    rows = answered(engine.Predictor, data, column="bytes")
    assert sorted(row["path"] for row in rows) == slices
    said = {row["path"]: row["answer"] for row in rows}
    for path, wanted in zip(slices, expected, strict=False):
        assert said[path]["probabilities"] == wanted["probabilities"]
    assert all(set(row) == {"path", "answer"} for row in rows)
    kept = answered(engine.Predictor, data, column="bytes", keep_bytes=True)
    assert all(set(row) == {"bytes", "path", "answer"} for row in kept)


def test_a_batch_without_its_column_says_which_there_are(slices):
    worker = engine.Predictor(column="file")
    with pytest.raises(hilum.InputError, match="there is no column `file`"):
        worker(pa.table({"path": slices}))
    with pytest.raises(hilum.InputError, match="a batch is a `dict`"):
        worker({"file": slices})
