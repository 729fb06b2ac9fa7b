"""The verbs of the command line as functions."""

from __future__ import annotations

import os

from . import _hilum
from .observing import Observer
from .requests import parted, request
from .results import Audit, CrossValidation, Division, Evaluation, Picture, Run, SearchOutcome

# As `typing` has it, whose import takes longer than the rest of this package's.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    Path = str | os.PathLike


def audit(
    data: Path,
    *,
    page: Path | None = None,
    fix: Path | None = None,
    overwrite: bool = False,
    progress: bool | None = None,
    **settings: object,
) -> Audit:
    """What makes figures on `data` worthless, before they are figures.

    Args:
        data: a folder of class folders, with or without splits, or a CSV manifest.
        page: a folder for an HTML page that shows data and findings.
        fix: a manifest to write, of the dataset without copies and contradictions.
        overwrite: whether an older manifest may be replaced.
        **settings: how data is read, such as ``class_map=["from=to"]``.
    """
    wanted = request(data=data, page=page, fix=fix, overwrite=overwrite, settings=settings)
    return Audit(_called(_hilum.audit, wanted, progress)[0])


def split(
    data: Path,
    out: Path,
    *,
    fractions: str = "70/10/20",
    infer_groups: bool = False,
    overwrite: bool = False,
    progress: bool | None = None,
    **settings: object,
) -> Division:
    """A stratified, group-aware split of `data` as a manifest in `out`.

    Args:
        fractions: shares of train, valid and test in percent.
        infer_groups: keep slices together that look like one scan where no patient is named.
        **settings: such as ``split_seed``.
    """
    wanted = request(
        data=data,
        out=out,
        fractions=fractions,
        infer_groups=infer_groups,
        overwrite=overwrite,
        settings=settings,
    )
    return Division(_called(_hilum.split, wanted, progress)[0])


def preview(data: Path, out: Path = "preview.png", **settings: object) -> Picture:
    """A picture of slices of each class, each beside what augmentation makes of it."""
    wanted = request(data=data, out=out, settings=settings)
    return Picture(_called(_hilum.preview, wanted, False)[0])


def train(
    data: Path,
    *,
    out: Path | None = None,
    runs: Path = "runs",
    name: str | None = None,
    resume: bool = False,
    progress: bool | None = None,
    **settings: object,
) -> Run:
    """Trains a network on `data`.

    Ctrl-C ends it after the running batch; ``resume=True`` goes on from the last whole epoch.

    Args:
        data: a folder of class folders, with or without splits, or a CSV manifest.
        out: the folder of the run itself, instead of one of its name under `runs`.
        runs: the folder of all runs.
        name: what the run is called.
        resume: go on with a run that was interrupted.
        progress: whether a bar is drawn; None draws one where somebody looks.
        **settings: every flag of `hilum train --help`, with ``_`` for ``-``: ``arch``, ``weights``,
            ``epochs``, ``batch_size``, ``learning_rate``, ...

    Raises:
        InputError: if the data cannot support a figure, or a setting is misspelt.
        KeyboardInterrupt: after Ctrl-C.
    """
    wanted = request(data=data, out=out, runs=runs, name=name, resume=resume, settings=settings)
    said = _called(_hilum.train, wanted, progress)[0]
    return Run({**said, "data": os.fspath(data)})


def evaluate(
    data: Path,
    *,
    model: Path = "bundled",
    split: str = "test",
    out: Path | None = None,
    overwrite: bool = False,
    batch: int = 16,
    stress: str = "off",
    explain: str | None = None,
    seed: int = 32,
    progress: bool | None = None,
    **settings: object,
) -> Evaluation:
    """What a model is worth on slices that it has not seen.

    Args:
        model: a path, or ``"bundled"``.
        split: the slices that are judged; nothing else is read.
        out: the folder of report and plots; ``evaluation`` beside the model, if None.
        stress: ``"off"``, ``"fast"`` or ``"full"``: judge again after changes of the pictures.
        explain: a method of heat, to say where the model looks.
        seed: of the bootstrap.
        **settings: ``abstain``, ``threshold``, ``coverage``, ... and how data is read.
    """
    answers, settings = parted(settings)
    wanted = request(
        data=data,
        model=model,
        split=split,
        out=out,
        overwrite=overwrite,
        batch=batch,
        stress=stress,
        explain=explain,
        seed=seed,
        answers=answers,
        settings=settings,
    )
    said, folder = _called(_hilum.evaluate, wanted, progress)
    return Evaluation({**said, "folder": folder})


def cross_validate(
    data: Path,
    *,
    folds: int = 5,
    repeats: int = 1,
    splits: Sequence[str] = ("train", "valid"),
    group: str = "inferred",
    inner_valid: str | None = None,
    keep_models: bool = False,
    leak: bool = False,
    runs: Path = "runs",
    name: str | None = None,
    progress: bool | None = None,
    **settings: object,
) -> CrossValidation:
    """What to expect of a model that is trained like this. The test split is never read.

    Args:
        folds: of each round.
        repeats: rounds, each with a seed of its own.
        group: what stays on one side of a fold: ``"inferred"``, ``"given"`` or ``"none"``.
        leak: do it again with folds by slice, to see what leakage would have claimed.
        **settings: as of `train`.
    """
    wanted = request(
        data=data,
        folds=_folds(folds, splits, group, inner_valid),
        repeats=repeats,
        keep_models=keep_models,
        leak=leak,
        runs=runs,
        name=name,
        settings=settings,
    )
    return CrossValidation(_called(_hilum.cross_validate, wanted, progress)[0])


def search(data: Path, *, progress: bool | None = None, **wanted: Any) -> SearchOutcome:
    """Which settings do best on folds of train and valid; `hilum.ray.search` asks many machines.

    Args:
        space: what is varied, as TOML (`hilum search --print-space` shows an example).
        trials: sets of values that are tried; 20.
        strategy: ``"random"`` or ``"halving"``.
        folds: of every trial; 3.
        splits, group, inner_valid: as of `cross_validate`.
        runs, name: as of `train`.
        **settings: as of `train`, the same for all trials.
    """
    return SearchOutcome(_called(_hilum.search, search_request(data, **wanted), progress)[0])


def search_request(
    data: Path,
    *,
    space: str | None = None,
    trials: int = 20,
    strategy: str = "random",
    folds: int = 3,
    splits: Sequence[str] = ("train", "valid"),
    group: str = "inferred",
    inner_valid: str | None = None,
    runs: Path = "runs",
    name: str | None = None,
    **settings: object,
) -> dict:
    """What a search is, as the library reads it."""
    return request(
        data=data,
        space=space,
        trials=trials,
        strategy=strategy,
        folds=_folds(folds, splits, group, inner_valid),
        runs=runs,
        name=name,
        settings=settings,
    )


def phantoms(
    folder: Path,
    *,
    train_per_class: int = 8,
    valid_per_class: int = 4,
    test_per_class: int = 4,
    slices_per_patient: int = 1,
    size: int = 256,
    seed: int = 32,
    dicom: bool = False,
) -> list[str]:
    """Draws synthetic chest slices of four classes into a new folder, for trying things out.

    Returns:
        Every file that was written.
    """
    wanted = request(
        folder=folder,
        train_per_class=train_per_class,
        valid_per_class=valid_per_class,
        test_per_class=test_per_class,
        slices_per_patient=slices_per_patient,
        size=size,
        seed=seed,
        dicom=dicom,
    )
    return _hilum.phantoms(wanted)


def _folds(count: int, splits: Sequence[str], group: str, inner_valid: str | None) -> dict:
    inner = None if inner_valid is None else str(inner_valid)
    return {"splits": list(splits), "group": group, "inner_valid": inner, "count": count}


def _called(verb, wanted: dict, progress: bool | None):
    """The result as plain values, and the folder of all results, if there is one."""
    with Observer(progress) as observer:
        return verb(wanted, observer), observer.results
