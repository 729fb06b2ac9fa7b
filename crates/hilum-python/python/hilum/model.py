"""A model that is open."""

from __future__ import annotations

import os

from . import _hilum
from .answers import Answer, Answers
from .errors import InputError
from .inputs import Inputs
from .observing import Observer
from .requests import parted, request
from .results import Heat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .results import Evaluation

_BATCH = 16


def load(model: str | os.PathLike = "bundled", **settings: object) -> Model:
    """Opens a model: the one that comes along, or a file that `hilum.train` wrote.

    Args:
        model: ``"bundled"`` or a path.
        **settings: of the machine, as flags have them: ``threads``, ``device``, ``precision``.

    Raises:
        InputError: if there is no such model, or a setting is misspelt.
    """
    return Model(model, **settings)


class Model:
    """A model that is open. It may be asked from any thread; pickling opens it anew elsewhere."""

    def __init__(self, model: str | os.PathLike = "bundled", **settings: object) -> None:
        self._opened = (os.fspath(model), dict(settings))
        wanted = request(model=self._opened[0], settings=settings)
        self._native = _hilum.NativeModel(wanted)
        self._described: dict | None = None

    def __reduce__(self):
        return _reopened, self._opened

    def describe(self) -> dict:
        """What the model's file says: classes, recipe, training, audit, validation, licence."""
        if self._described is None:
            self._described = self._native.describe()
        return dict(self._described)

    @property
    def classes(self) -> list[str]:
        """What it tells apart, in the order of logits."""
        return self.describe()["classes"]

    @property
    def name(self) -> str:
        """What answers call it."""
        return self.describe()["model"]

    def predict(
        self,
        inputs: object,
        *,
        batch: int = _BATCH,
        frames: str | None = None,
        strict: bool = False,
        progress: bool | None = None,
        **answers: object,
    ) -> Answers:
        """What the model says of slices.

        Args:
            inputs: a path (image, DICOM file, volume, archive, folder, manifest), a NumPy array
                (height x width, or x 3; uint8 or uint16 grey levels, floats from 0 to 1, int16
                Hounsfield units), a PIL image, a pydicom dataset, the bytes of a file, or a list of
                these in any mix.
            batch: slices that go through the network at once; no answer depends on it.
            frames: which frames of files that hold several, such as ``"1,5-9"``.
            strict: refuse DICOM slices whose header speaks of no axial slice of a chest.
            progress: whether a bar is drawn; None draws one where somebody looks.
            **answers: ``abstain``, ``threshold``, ``margin``, ``ood_share``, ``coverage``, ``sets``,
                as `hilum predict --help` has them.

        Returns:
            Answers in the order of the inputs, those of one input in its own order. A file that
            cannot be read is an answer with `Answer.error`.

        Raises:
            InputError: if an input is no slice, or a path is not there.
        """
        given = Inputs(inputs)
        wanted = request(**self._asked(given, batch, frames, strict, answers))
        with Observer(progress) as observer:
            said = self._native.predict(wanted, given.files, observer)
        return Answers(_in_order(said, given))

    def predict_series(
        self,
        inputs: object,
        *,
        by: str = "series",
        batch: int = _BATCH,
        frames: str | None = None,
        strict: bool = False,
        progress: bool | None = None,
        **answers: object,
    ) -> list[dict]:
        """One answer for all slices of a series, or of a patient.

        Args:
            inputs: as of `predict`.
            by: ``"series"`` or ``"patient"``.
            **answers: as of `predict`.

        Returns:
            Plain values, as ``hilum predict --by series --format json`` prints them.
        """
        if by not in ("series", "patient"):
            raise InputError(f"`{by}` is answered by nobody", ["say series or patient"])
        given = Inputs(inputs)
        wanted = request(**self._asked(given, batch, frames, strict, answers))
        with Observer(progress) as observer:
            said = self._native.predict_whole(wanted, by, given.files, observer)
        return [_labelled(one, given) for one in said]

    def predict_one(self, one: object, **wanted: Any) -> Answer:
        """The answer for an input of one slice; keywords as of `predict`.

        Raises:
            InputError: if there is not exactly one slice, or it cannot be read.
        """
        answers = self.predict([one], **wanted)
        if len(answers) != 1:
            raise InputError(f"there are {len(answers)} slices", ["`predict` answers them all"])
        if answers[0].error is not None:
            raise InputError(answers[0].error)
        return answers[0]

    def explain(
        self,
        inputs: object,
        out: str | os.PathLike,
        *,
        method: str = "grad-cam",
        layer: str | None = None,
        sanity: str = "fast",
        class_name: str | None = None,
        overwrite: bool = False,
        batch: int = _BATCH,
        frames: str | None = None,
        strict: bool = False,
        progress: bool | None = None,
        **answers: object,
    ) -> list[Heat]:
        """Where the model looks in each slice; pictures and maps go into the folder `out`.

        Args:
            inputs: as of `predict`.
            out: a folder that is empty or not there yet, unless `overwrite`.
            method: as `hilum explain --help` lists them.
            layer: the layer that is read; the last one that has places, if None.
            sanity: ``"off"``, ``"fast"`` or ``"full"``: how far maps are checked.
            class_name: the class that the heat speaks for; each slice's likeliest, if None.
        """
        given = Inputs(inputs)
        wanted = request(
            asked=self._asked(given, batch, frames, strict, answers),
            method=method,
            layer=layer,
            sanity=sanity,
            out=out,
            overwrite=overwrite,
            **{"class": class_name},
        )
        with Observer(progress) as observer:
            said = self._native.explain(wanted, given.files, observer)
        return [Heat(_labelled(one, given)) for one in said]

    def evaluate(self, data: str | os.PathLike, **wanted: Any) -> Evaluation:
        """What it is worth on a split of `data`; keywords as of `hilum.evaluate`."""
        from .verbs import evaluate

        return evaluate(data, model=self._opened[0], **wanted)

    @staticmethod
    def _asked(given: Inputs, batch, frames, strict, answers) -> dict:
        policy, unknown = parted(answers)
        if unknown:
            names = ", ".join(f"`{name}`" for name in unknown)
            raise TypeError(f"no keyword {names}; settings of the machine belong to `hilum.load`")
        return {
            "paths": given.paths,
            "batch": batch,
            "frames": frames,
            "strict": strict,
            "answers": policy,
        }

    def __repr__(self) -> str:
        return f"<Model {self.name}: {', '.join(self.classes)}>"


def _reopened(model: str, settings: dict) -> Model:
    return Model(model, **settings)


def _labelled(said: dict, given: Inputs) -> dict:
    if "path" in said:
        said["path"] = given.label(said["path"])
    return said


def _in_order(said: list[dict], given: Inputs) -> list[Answer]:
    """Answers in the order of their inputs; an input that was given twice has its answers twice."""
    placed = []
    for one in said:
        positions = given.positions(one["path"]) or [len(given.names)]
        answer = Answer(_labelled(one, given))
        placed += [(position, answer) for position in positions]
    placed.sort(key=lambda pair: pair[0])
    return [answer for _, answer in placed]
