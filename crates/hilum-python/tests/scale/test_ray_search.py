"""Ray Tune finds what one machine finds."""

import pytest

import hilum

pytest.importorskip("ray.tune")

SPACE = "[learning_rate]\nlog = [1e-4, 1e-2]\n"
QUICK = {
    "arch": "compact-cnn",
    "weights": "none",
    "image_size": 32,
    "epochs": 3,
    "keep": "last",
    "patience": 0,
    "schedule": "one-cycle",
    "group": "none",
    "folds": 2,
    "threads": 1,
}


@pytest.mark.parametrize("strategy", ["random", "halving"])
def test_trials_of_many_workers_are_those_of_one_machine(tmp_path, strategy):
    import ray

    from hilum.ray import search

    slices = tmp_path / "slices"
    hilum.phantoms(slices, size=64)
    wanted = {"space": SPACE, "trials": 3, "strategy": strategy, "name": "found", **QUICK}
    alone = hilum.search(slices, runs=tmp_path / "alone", **wanted)
    ray.init(num_cpus=2, include_dashboard=False, ignore_reinit_error=True)
    try:
        found = search(slices, runs=tmp_path / "many", **wanted)
    finally:
        ray.shutdown()
    assert found.ranking == alone.ranking and found.winner["table"] == alone.winner["table"]
    one, other = (tmp_path / name / "found" / "trials.csv" for name in ("alone", "many"))
    assert sorted(one.read_text().splitlines()) == sorted(other.read_text().splitlines())
