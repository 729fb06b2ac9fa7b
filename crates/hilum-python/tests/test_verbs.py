"""The verbs do what the commands do, and give it as typed objects."""

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
import warnings
from pathlib import Path

import pytest

import hilum


def test_an_audit_finds_copies(slices, tmp_path):
    clean = hilum.audit(slices)
    assert {name: split["files"] for name, split in clean.splits.items()} == {
        "train": 32,
        "valid": 16,
        "test": 16,
    }
    copied = tmp_path / "copied"
    subprocess.run(["cp", "-r", str(slices), str(copied)], check=True)
    one = next((copied / "train").rglob("*.png"))
    target = copied / "test" / one.parent.name / "copy.png"
    target.write_bytes(one.read_bytes())
    audit = hilum.audit(copied)
    assert "duplicate-across-splits" in [finding["rule"] for finding in audit.errors]
    assert "duplicate-across-splits" in repr(audit)
    fixed = hilum.audit(copied, fix=tmp_path / "fixed.csv")
    assert fixed.errors == []
    with pytest.raises(hilum.InputError, match="fixed.csv"):
        hilum.audit(copied, fix=tmp_path / "fixed.csv")


def test_a_class_that_train_lacks_stops_the_run(slices, quick, tmp_path):
    lacking = tmp_path / "lacking"
    subprocess.run(["cp", "-r", str(slices), str(lacking)], check=True)
    shutil.rmtree(lacking / "train" / "normal")
    with pytest.raises(hilum.InputError, match="normal"):
        hilum.train(lacking, out=tmp_path / "run", **quick)
    assert not (tmp_path / "run").exists()


def test_a_run_is_trained_loaded_and_evaluated(run, slices, tmp_path):
    assert [row["epoch"] for row in run.history] == [1, 2, 3]
    assert Path(run.model).is_file()
    assert "data:image/svg" in run._repr_html_()
    evaluation = run.evaluate(out=tmp_path / "evaluation")
    assert evaluation.split == "test" and evaluation.as_is.count == 16
    assert Path(evaluation.report).is_file()
    answers = run.load().predict(slices / "test")
    truth = [Path(answer.path).parent.name for answer in answers]
    right = sum(
        max(answer.probabilities, key=answer.probabilities.get) == name
        for answer, name in zip(answers, truth, strict=True)
    )
    assert evaluation.as_is.accuracy == pytest.approx(right / 16)
    assert "<table>" in evaluation._repr_html_()
    counts = evaluation.as_is.confusion["counts"]
    assert sum(map(sum, counts)) == 16


def test_the_same_call_trains_the_same_weights(run, slices, quick, tmp_path):
    again = hilum.train(slices, out=tmp_path / "again", **quick)
    assert Path(again.model).read_bytes() == Path(run.model).read_bytes()


def test_a_split_is_a_dataset(slices, quick, tmp_path):
    division = hilum.split(slices, tmp_path / "slices.csv", fractions="50/25/25", split_seed=7)
    assert sum(sum(classes.values()) for classes in division.splits.values()) == 64
    assert hilum.train(division, out=tmp_path / "run", **quick).folder == str(tmp_path / "run")


def test_augmentation_can_be_looked_at(slices, tmp_path):
    picture = hilum.preview(slices, tmp_path / "preview.png", rotation_range=20)
    assert Path(picture).read_bytes().startswith(b"\x89PNG")
    assert "data:image/png" in picture._repr_html_()


def test_folds_say_what_to_expect(slices, quick, tmp_path):
    found = hilum.cross_validate(slices, folds=2, runs=tmp_path, group="none", **quick)
    assert found.figures.count == 48
    assert len(found.folds) == 2


def test_a_search_ranks_its_trials(slices, quick, tmp_path):
    space = "[learning_rate]\nlog = [1e-4, 1e-2]\n"
    found = hilum.search(slices, space=space, trials=2, folds=2, runs=tmp_path, group="none", **quick)
    assert sorted(found.ranking) == [1, 2]
    assert "hilum train" in found.winner["command"]


def test_a_misspelt_setting_is_told(slices):
    with pytest.raises(hilum.InputError) as caught:
        hilum.train(slices, learnin_rate=0.1)
    assert caught.value.hints == ["did you mean `learning_rate`?"]
    with pytest.raises(hilum.InputError, match="epochs"):
        hilum.train(slices, epochs="many")
    with pytest.raises(ValueError, match="No such file|nowhere"):
        hilum.audit("/nowhere")


def test_what_takes_worth_from_figures_is_a_warning(run, slices, tmp_path):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        hilum.evaluate(slices, model=run.model, split="valid", out=tmp_path / "evaluation")
    said = [one for one in caught if one.category is hilum.HilumWarning]
    assert said
    assert said[0].filename == __file__


def test_bars_are_drawn_by_tqdm_where_they_are_wanted(slices, quick, tmp_path, capsys):
    pytest.importorskip("tqdm")
    hilum.train(slices, out=tmp_path / "run", progress=True, **quick)
    assert "training" in capsys.readouterr().err
    hilum.train(slices, out=tmp_path / "quiet", progress=False, **quick)
    assert capsys.readouterr().err == ""


def test_ctrl_c_ends_a_training_that_goes_on_later(slices, tmp_path):
    script = textwrap.dedent(
        """
        import sys, hilum
        try:
            hilum.train(sys.argv[1], out=sys.argv[2], arch="compact-cnn", weights="none",
                        image_size=64, epochs=2000, keep="last", patience=0, schedule="constant")
        except KeyboardInterrupt as stop:
            print("stopped", stop)
        """
    )
    folder = tmp_path / "run"
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(slices), str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        # What runs in the background of a shell passes on that Ctrl-C is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    deadline = time.monotonic() + 60
    while not (folder / "checkpoint.safetensors").exists():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=30)
    assert said.startswith("stopped") and process.returncode == 0
    assert os.path.exists(folder / "log.csv")


def test_another_thread_of_python_runs_meanwhile(slices, quick, tmp_path):
    import threading

    ticks, done = [], threading.Event()

    def tick():
        while not done.is_set():
            ticks.append(time.monotonic())
            time.sleep(0.005)

    watcher = threading.Thread(target=tick)
    watcher.start()
    start = time.monotonic()
    hilum.train(slices, out=tmp_path / "run", **{**quick, "epochs": 20})
    seconds = time.monotonic() - start
    done.set()
    watcher.join()
    assert len(ticks) > 0.2 * seconds / 0.005
