"""A search whose trials are trained wherever Ray has room."""

from __future__ import annotations

import json
import os

from . import _hilum
from .results import SearchOutcome
from .verbs import search_request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def search(
    data: str | os.PathLike,
    *,
    runs: str | os.PathLike = "runs",
    threads: int = 1,
    retries: int = 3,
    **wanted: Any,
) -> SearchOutcome:
    """`hilum.search` by Ray Tune: the same trials, and the same files in `runs`.

    Every trial is trained by a worker of `threads` processors; one whose worker dies is trained again
    from its last whole epoch, if `runs` lies where all workers reach it. `data` must.

    Args:
        data: as of `hilum.search`, by a path that is the same on every machine.
        runs: the folder of all runs; that of the search holds what `hilum.search` would write.
        threads: processors of a trial.
        retries: how often a trial whose worker died is begun again.
        **wanted: as of `hilum.search`: ``space``, ``trials``, ``strategy``, and settings.

    Raises:
        hilum.InputError: as of `hilum.search`.
        RuntimeError: if a trial failed on every try.
    """
    base = search_request(os.path.abspath(data), runs=os.path.abspath(runs), threads=threads, **wanted)
    known: list[dict] = []
    while (ahead := _hilum.trials_ahead({**base, "known": known})) is not None:
        known += _judged(base, ahead["rung"], ahead["trials"], threads, retries)
    return SearchOutcome(_hilum.search({**base, "known": known}))


def _judged(base: dict, rung: int, trials: list[int], threads: int, retries: int) -> list[dict]:
    """The records of trials that are trained side by side."""
    from ray import tune

    tuner = tune.Tuner(
        tune.with_resources(_Judge(base, rung), {"cpu": threads}),
        param_space={"trial": tune.grid_search(trials)},
        tune_config=tune.TuneConfig(metric="macro_f1", mode="max"),
        run_config=tune.RunConfig(failure_config=tune.FailureConfig(max_failures=retries), verbose=0),
    )
    grid = tuner.fit()
    results = [grid[index] for index in range(len(grid))]
    for result in results:
        if result.error is not None:
            raise RuntimeError(f"a trial failed: {result.error}") from result.error
    return [json.loads((result.metrics or {})["record"]) for result in results]


class _Judge:
    """Trains and judges the trial of a configuration."""

    def __init__(self, base: dict, rung: int) -> None:
        self.base = base
        self.rung = rung
        # Ray names the work by this.
        self.__name__ = "hilum_trial"

    def __call__(self, config: dict) -> None:
        from ray import tune

        wanted = {"trial": config["trial"], "rung": self.rung, "search": self.base}
        record = _hilum.judge_trial(wanted)
        score = record["over_folds"]["macro_f1"]["mean"]
        tune.report({"macro_f1": -1.0 if score is None else score, "record": json.dumps(record)})
