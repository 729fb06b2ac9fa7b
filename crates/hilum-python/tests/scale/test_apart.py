"""Workers in processes of their own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

import hilum

pa = pytest.importorskip("pyarrow")
engine = pytest.importorskip("hilum.apart")
from death import AlwaysMortalWorker, MortalWorker  # noqa: E402

from hilum.arrow import Worker  # noqa: E402


def test_every_row_comes_back_once_though_a_worker_dies(paths, holds, death):
    workers = engine.Apart(MortalWorker, "bundled", {"death": death.folder}, 2)
    pieces = [pa.array(paths[first : first + 8], pa.string()) for first in range(0, len(paths), 8)]
    with ThreadPoolExecutor(4) as threads:
        answers = [one for piece in threads.map(workers, pieces) for one in piece.to_pylist()]
    holds(list(enumerate(answers)))
    assert death.came()


def test_what_a_worker_raises_is_raised_and_it_lives_on(slices):
    workers = engine.Apart(Worker, "bundled", {})
    with pytest.raises(hilum.InputError, match="holds no files"):
        workers(pa.array([1]))
    assert workers(pa.array(slices[:1])).to_pylist()[0]["error"] is None
    with pytest.raises(hilum.InputError):
        engine.Apart(Worker, "no/such/model.hilum", {})(pa.array(slices[:1]))


def test_rows_that_kill_every_worker_are_given_up(slices):
    workers = engine.Apart(AlwaysMortalWorker, "bundled", {})
    with pytest.raises(hilum.FailureError, match="4 workers died of the same 1 rows"):
        workers(pa.array(slices[:1]))
