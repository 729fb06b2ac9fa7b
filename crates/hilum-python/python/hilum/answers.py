"""What a model says of slices."""

from __future__ import annotations

from .results import escape

_COLUMNS = (
    "path",
    "frame",
    "class",
    "abstained",
    "reason",
    "calibrated",
    "as_unlike",
    "model",
    "known",
    "study_uid",
    "series_uid",
    "instance_number",
    "position_mm",
    "error",
)


class Answer:
    """What a model says of one slice, or why it could not be read.

    Keys of `to_dict` are those of ``hilum predict --format json``.
    """

    __slots__ = ("_said",)

    def __init__(self, said: dict) -> None:
        self._said = said

    @property
    def path(self) -> str:
        """The file, or what stands for it."""
        return self._said["path"]

    @property
    def frame(self) -> int | None:
        """Which frame of a file that holds several, from 1."""
        return self._said.get("frame")

    @property
    def class_name(self) -> str | None:
        """The most likely class; None if the answer is "I don't know", or the file was not read."""
        return self._said.get("class")

    @property
    def abstained(self) -> bool:
        """Whether the answer is "I don't know"."""
        return bool(self._said.get("abstained", False))

    @property
    def reason(self) -> str | None:
        """Why it is."""
        return self._said.get("reason")

    @property
    def probabilities(self) -> dict[str, float]:
        """How likely each class is, in the order of the classes; empty if the file was not read."""
        return self._said.get("probabilities", {})

    @property
    def logits(self) -> list[float]:
        """What the network said before it was calibrated, in the order of the classes."""
        return self._said.get("logits", [])

    @property
    def calibrated(self) -> bool:
        """Whether the probabilities are calibrated."""
        return bool(self._said.get("calibrated", False))

    @property
    def set(self) -> list[str] | None:
        """The classes among which the truth is as often as was asked for, the likeliest first."""
        return self._said.get("set")

    @property
    def as_unlike(self) -> float | None:
        """The share of held-out slices that are as unlike the training data, or more."""
        return self._said.get("as_unlike")

    @property
    def model(self) -> str | None:
        """Which model said so."""
        return self._said.get("model")

    @property
    def warnings(self) -> list[str]:
        """What there is to doubt."""
        return self._said.get("warnings", [])

    @property
    def known(self) -> str | None:
        """Whether the model was made with the slice."""
        return self._said.get("known")

    @property
    def error(self) -> str | None:
        """Why the file could not be read; None if it was."""
        return self._said.get("error")

    def to_dict(self) -> dict:
        """The same as plain values."""
        return dict(self._said)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Answer) and self._said == other._said

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Answer {self.path}: {self._words()}>"

    def _words(self) -> str:
        if self.error is not None:
            return f"error: {self.error}"
        name = self.class_name
        if name is None:
            return f"I don't know ({self.reason})"
        return f"{name} ({self.probabilities[name]:.3f})"


class Answers(list):
    """A list of answers in the order of what was asked, which shows itself as a table."""

    def to_dict(self) -> list[dict]:
        """Every answer as plain values."""
        return [answer.to_dict() for answer in self]

    def to_pandas(self):
        """A frame of a row an answer; a column of a probability for each class.

        Raises:
            ImportError: if pandas is not installed.
        """
        import pandas

        rows = []
        for answer in self:
            said = answer.to_dict()
            row = {name: said.get(name) for name in _COLUMNS}
            row.update({f"p_{name}": value for name, value in answer.probabilities.items()})
            row["set"], row["warnings"] = answer.set, answer.warnings
            rows.append(row)
        return pandas.DataFrame(rows)

    def __repr__(self) -> str:
        lines = [repr(answer) for answer in self[:10]]
        if len(self) > 10:
            lines.append(f"... {len(self) - 10} more")
        return "\n".join([f"Answers({len(self)})", *lines])

    def _repr_html_(self) -> str:
        names = next((list(one.probabilities) for one in self if one.probabilities), [])
        head = "".join(f"<th>{escape(text)}</th>" for text in ("slice", "answer", *names))
        rows = []
        for answer in self[:50]:
            label = answer.path if answer.frame is None else f"{answer.path} #{answer.frame}"
            cells = [label, answer._words()]
            cells += [f"{answer.probabilities[name]:.3f}" for name in names if answer.probabilities]
            rows.append("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
        more = f"<p>... {len(self) - 50} more</p>" if len(self) > 50 else ""
        body = "".join(rows)
        return (
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"
            "<p><small>Research, not for diagnosis.</small></p>"
        )
