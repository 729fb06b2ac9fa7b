"""What the verbs give: typed objects over the values that the command line prints as JSON."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .model import Model

_CELL = "padding:2px 8px;text-align:right"


class Result:
    """Values under the names that hilum's JSON has."""

    __slots__ = ("_said",)

    def __init__(self, said: dict) -> None:
        self._said = said

    def to_dict(self) -> dict:
        """The same as plain values."""
        return dict(self._said)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._said == other._said  # type: ignore[attr-defined]

    __hash__ = None  # type: ignore[assignment]


class Audit(Result):
    """What makes figures on a dataset worthless."""

    @property
    def findings(self) -> list[dict]:
        """What the rules found: ``rule``, ``severity``, ``files``, ``message``."""
        return self._said["findings"]

    @property
    def errors(self) -> list[dict]:
        """Those that stop a training."""
        return [one for one in self.findings if one["severity"] == "error"]

    @property
    def splits(self) -> dict:
        """Of each split ``files``, ``distinct`` and ``classes``."""
        return self._said["splits"]

    def to_pandas(self):
        """A frame of a row a finding."""
        import pandas

        rows = [
            {**{name: one[name] for name in ("severity", "rule", "message")}, "files": len(one["files"])}
            for one in self.findings
        ]
        return pandas.DataFrame(rows, columns=["severity", "rule", "message", "files"])

    def to_dict(self) -> dict:
        return {name: value for name, value in self._said.items() if name != "text"}

    def __repr__(self) -> str:
        return self._said["text"].rstrip()

    def _repr_html_(self) -> str:
        return f"<pre>{escape(self._said['text'])}</pre>"


class Division(Result):
    """A split of a dataset, and the manifest that holds it."""

    @property
    def manifest(self) -> str:
        """The file; give it where a dataset is asked for."""
        return self._said["manifest"]

    @property
    def splits(self) -> dict[str, dict[str, int]]:
        """Slices of each class of each split."""
        return self._said["splits"]

    def __fspath__(self) -> str:
        return self.manifest

    def __repr__(self) -> str:
        counts = {name: sum(classes.values()) for name, classes in self.splits.items()}
        shown = ", ".join(f"{name} {count}" for name, count in counts.items())
        return f"<Division {self.manifest}: {shown}>"


class Picture:
    """A picture on the disk, which notebooks show."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        self.path = path

    def __fspath__(self) -> str:
        return self.path

    def __repr__(self) -> str:
        return f"<Picture {self.path}>"

    def _repr_html_(self) -> str:
        return picture_html(self.path)


class Run(Result):
    """A training that has ended."""

    @property
    def folder(self) -> str:
        """Everything that was written."""
        return self._said["folder"]

    @property
    def model(self) -> str:
        """The model's file."""
        return self._said["model"]

    @property
    def stopped_early(self) -> bool:
        """Whether it ended before its last epoch, because nothing got better."""
        return self._said["stopped_early"]

    @property
    def best_epoch(self) -> int | None:
        """The epoch whose weights became the model."""
        return self._said["history"]["best_epoch"]

    @property
    def history(self) -> list[dict]:
        """A row an epoch: ``epoch``, ``learning_rate``, ``seconds``, ``train`` and ``valid``."""
        return self._said["history"]["rows"]

    @property
    def curves(self) -> Picture:
        """Loss and scores of every epoch."""
        return Picture(os.path.join(self.folder, "curves.svg"))

    def load(self, **settings: object) -> Model:
        """The model, open; keywords as of `hilum.load`."""
        from .model import load

        return load(self.model, **settings)

    def evaluate(self, data: str | os.PathLike | None = None, **wanted: Any) -> Evaluation:
        """What the model is worth on the test split of `data`, or of the data that it learned from;
        keywords as of `hilum.evaluate`."""
        from .verbs import evaluate

        return evaluate(self._said["data"] if data is None else data, model=self.model, **wanted)

    def to_pandas(self):
        """A frame of a row an epoch, with columns such as ``valid_macro_f1``."""
        import pandas

        rows = []
        for row in self.history:
            flat = {name: row[name] for name in ("epoch", "learning_rate", "seconds")}
            for split in ("train", "valid"):
                flat.update({f"{split}_{name}": value for name, value in row[split].items()})
            rows.append(flat)
        return pandas.DataFrame(rows)

    def __repr__(self) -> str:
        return f"<Run {self.folder}: {len(self.history)} epochs, the model is of epoch {self.best_epoch}>"

    def _repr_html_(self) -> str:
        return f"<p>{escape(repr(self))}</p>{picture_html(self.curves.path)}"


class Figures(Result):
    """Figures of one set of slices; what is undefined is None."""

    @property
    def count(self) -> int:
        """Slices that were judged."""
        return self._said["count"]

    @property
    def accuracy(self) -> float | None:
        """The share of slices whose likeliest class is the truth."""
        return self._said.get("accuracy")

    @property
    def balanced_accuracy(self) -> float | None:
        """The mean of the classes' recall."""
        return self._said.get("balanced_accuracy")

    @property
    def macro_f1(self) -> float | None:
        """The mean of the classes' F1."""
        return self._said.get("macro_f1")

    @property
    def macro_auroc(self) -> float | None:
        """The mean of the classes' AUROC, one against the rest."""
        return self._said.get("macro_auroc")

    @property
    def log_loss(self) -> float | None:
        """The mean cross-entropy."""
        return self._said.get("log_loss")

    @property
    def ece(self) -> float | None:
        """The expected calibration error."""
        return self._said.get("ece")

    @property
    def per_class(self) -> dict[str, dict]:
        """Of each class ``precision``, ``recall``, ``f1``, ``support`` and ``auroc``."""
        return self._said["per_class"]

    @property
    def confusion(self) -> dict:
        """``classes``, and ``counts``: a row a truth, a column a prediction."""
        return self._said["confusion"]

    @property
    def intervals(self) -> dict:
        """95% intervals of figures."""
        return self._said.get("intervals", {})

    def to_pandas(self):
        """A frame of a row a class."""
        import pandas

        return pandas.DataFrame.from_dict(self.per_class, orient="index")

    def __repr__(self) -> str:
        shown = (f"{words} {_figure(self._said.get(name))}" for name, words in _HEADLINES.items())
        return f"<Figures of {self.count} slices: {', '.join(shown)}>"

    def _repr_html_(self) -> str:
        names = ("precision", "recall", "f1", "support", "auroc")
        head = "".join(f"<th>{name}</th>" for name in ("class", *names))
        rows = []
        for name, figures in self.per_class.items():
            cells = [f"<td>{escape(name)}</td>"]
            cells += [f'<td style="{_CELL}">{_figure(figures.get(one))}</td>' for one in names]
            rows.append(f"<tr>{''.join(cells)}</tr>")
        return (
            f"<p>{escape(repr(self)[1:-1])}</p><table><thead><tr>{head}</tr></thead>"
            f"<tbody>{''.join(rows)}</tbody></table>{self._confusion_html()}"
        )

    def _confusion_html(self) -> str:
        classes, counts = self.confusion["classes"], self.confusion["counts"]
        head = "".join(f"<th>{escape(name)}</th>" for name in ("truth \\ predicted", *classes))
        rows = []
        for name, row in zip(classes, counts, strict=True):
            cells = "".join(f'<td style="{_CELL}">{count}</td>' for count in row)
            rows.append(f"<tr><th>{escape(name)}</th>{cells}</tr>")
        return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


_HEADLINES = {
    "accuracy": "accuracy",
    "macro_f1": "macro-F1",
    "macro_auroc": "macro AUROC",
    "log_loss": "log-loss",
}


class Evaluation(Result):
    """What a model is worth on one split: as it is, and on the slices that say something."""

    @property
    def split(self) -> str:
        """Which split was judged."""
        return self._said["split"]

    @property
    def as_is(self) -> Figures:
        """Of all slices."""
        return Figures(self._said["as_is"])

    @property
    def clean(self) -> Figures | None:
        """Without copies of other splits, repeats, and whatever the model was made with; None if
        nothing is left."""
        said = self._said.get("clean")
        return None if said is None else Figures(said)

    @property
    def folder(self) -> str | None:
        """The report, the plots and the predictions."""
        return self._said.get("folder")

    @property
    def report(self) -> str | None:
        """The page to read."""
        return None if self.folder is None else os.path.join(self.folder, "report.html")

    def to_pandas(self):
        """A frame of the headline figures: a row `as_is`, a row `clean`."""
        import pandas

        names = ("count", *_HEADLINES, "balanced_accuracy", "ece")
        parts = {"as_is": self.as_is, "clean": self.clean}
        rows = {
            part: {name: figures.to_dict().get(name) for name in names}
            for part, figures in parts.items()
            if figures is not None
        }
        return pandas.DataFrame.from_dict(rows, orient="index")

    def to_dict(self) -> dict:
        return {name: value for name, value in self._said.items() if name != "folder"}

    def __repr__(self) -> str:
        return f"<Evaluation of `{self.split}`\n  as it is: {self.as_is!r}\n  clean: {self._clean_words()}>"

    def _repr_html_(self) -> str:
        parts = [f"<h4>{escape(self.split)}, as it is</h4>{self.as_is._repr_html_()}<h4>clean</h4>"]
        clean = self.clean
        if clean is None or clean == self.as_is:
            parts.append(f"<p>{escape(self._clean_words())}</p>")
        else:
            parts.append(clean._repr_html_())
        return "".join(parts)

    def _clean_words(self) -> str:
        clean = self.clean
        if clean is None:
            return "no slice is left that says anything"
        return "all slices are" if clean == self.as_is else repr(clean)


class CrossValidation(Result):
    """What to expect of a model that is trained like this."""

    @property
    def folder(self) -> str:
        """Everything that was written."""
        return self._said["folder"]

    @property
    def figures(self) -> Figures:
        """Of the predictions of all folds together."""
        return Figures(self._said["out_of_fold"])

    @property
    def folds(self) -> list[dict]:
        """A row a fold."""
        return self._said["per_fold"]

    def to_pandas(self):
        """A frame of a row a fold."""
        import pandas

        return pandas.json_normalize(self.folds)

    def __repr__(self) -> str:
        return f"<CrossValidation {self.folder}: {self.figures!r}>"

    def _repr_html_(self) -> str:
        return self.figures._repr_html_()


class SearchOutcome(Result):
    """Which settings do best."""

    @property
    def folder(self) -> str:
        """Everything that was written."""
        return self._said["folder"]

    @property
    def trials(self) -> list[dict]:
        """A row a trial, as ``trials.json`` holds it."""
        return self._said["trials"]["trials"]

    @property
    def ranking(self) -> list[int]:
        """Numbers of the trials, the best first."""
        return self._said["ranking"]

    @property
    def winner(self) -> dict:
        """How the best is trained."""
        return self._said["winner"]

    def to_pandas(self):
        """A frame of a row a trial."""
        import pandas

        return pandas.json_normalize(self.trials)

    def __repr__(self) -> str:
        return f"<SearchOutcome {self.folder}: {len(self.trials)} trials, the best {self.ranking[:1]}>"


class Heat(Result):
    """Where a model looks in a slice, in words, figures and files."""

    @property
    def path(self) -> str:
        """The file, or what stands for it."""
        return self._said["path"]

    @property
    def class_name(self) -> str | None:
        """The class that the heat speaks for."""
        return self._said.get("class")

    @property
    def error(self) -> str | None:
        """Why the file could not be read; None if it was."""
        return self._said.get("error")

    @property
    def inside_lungs(self) -> float | None:
        """The share of the heat that lies in the lungs."""
        return self._said.get("inside_lungs")

    @property
    def sanity(self) -> dict:
        """What checks of the map found."""
        return self._said.get("sanity", {})

    @property
    def picture(self) -> Picture | None:
        """The slice, its heat, and lines of equal heat."""
        found = self._said.get("picture")
        return None if found is None else Picture(found)

    def map(self):
        """The map as a NumPy array of float32, of the file's own size.

        Raises:
            ImportError: if NumPy is not installed.
        """
        import numpy

        return numpy.load(self._said["map"])

    def __repr__(self) -> str:
        if self.error is not None:
            return f"<Heat {self.path}: error: {self.error}>"
        return f"<Heat {self.path}: {self.class_name}, {_figure(self.inside_lungs)} in the lungs>"

    def _repr_html_(self) -> str:
        picture = self.picture
        shown = "" if picture is None else picture._repr_html_()
        return f"<p>{escape(repr(self)[1:-1])}</p>{shown}"


def escape(text: str) -> str:
    """Text as HTML."""
    import html

    return html.escape(text)


def picture_html(path: str) -> str:
    """A picture as HTML that needs no other file."""
    import base64

    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        return f"<p>{escape(str(error))}</p>"
    if path.endswith(".svg"):
        kind = "svg+xml"
    else:
        kind = "png"
    shown = base64.b64encode(data).decode()
    return f'<img style="max-width:100%" src="data:image/{kind};base64,{shown}">'


def _figure(value: float | None) -> str:
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.3f}"
