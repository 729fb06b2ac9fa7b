"""What a call tells while it goes on: progress bars, log messages and warnings."""

from __future__ import annotations

import sys
import warnings

from .errors import HilumWarning

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

_QUIET_TASKS = 64


class Observer:
    """Is told of events.

    Bars are drawn by tqdm where it is installed, for calls that last: on a terminal and in notebooks
    if ``progress`` is None, always if it is true, never if it is false. Notes go to the logger
    ``hilum``, warnings are `HilumWarning`.
    """

    def __init__(self, progress: bool | None = None) -> None:
        self.results: str | None = None
        self._progress = progress
        self._bars: dict = {}

    def __call__(self, event: dict) -> None:
        getattr(self, "_" + event["event"].replace("-", "_"))(event)

    def close(self) -> None:
        """Takes every bar away."""
        for bar in self._bars.values():
            bar.close()
        self._bars.clear()

    def __enter__(self) -> Observer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _begins(self, event: dict) -> None:
        self._open(event["task"], event["total"])

    def _advances(self, event: dict) -> None:
        self._move(event["task"], event["done"])

    def _ends(self, event: dict) -> None:
        self._shut(event["task"])

    def _training_started(self, event: dict) -> None:
        self._open("training", event["epochs"], unit="epoch", least=0)
        self._move("training", event["epochs_before"])

    def _batch_done(self, event: dict) -> None:
        share = event["done"] / max(event["batch_count"], 1)
        self._move("training", round(event["epoch"] - 1 + share, 1))

    def _epoch_done(self, event: dict) -> None:
        row = event["row"]
        self._move("training", row["epoch"])
        figures = {name: row["valid"].get(name) for name in ("loss", "accuracy", "macro_f1")}
        shown = {name: f"{value:.3f}" for name, value in figures.items() if value is not None}
        bar = self._bars.get("training")
        if bar is not None:
            bar.set_postfix(shown)
        best = " (best)" if event["is_best"] else ""
        said = ", ".join(f"{name} {value}" for name, value in shown.items())
        _log("info", f"epoch {row['epoch']} of {event['epochs']}: valid {said}{best}")
        if row["epoch"] == event["epochs"]:
            self._shut("training")

    def _results_in(self, event: dict) -> None:
        self.results = event["folder"]
        _log("info", f"results are in `{event['folder']}`")

    def _note(self, event: dict) -> None:
        if event["text"]:
            _log("info", event["text"])

    def _warning(self, event: dict) -> None:
        warnings.warn(event["text"], HilumWarning, stacklevel=_caller())

    def _open(self, name: str, total: int, unit: str = "it", least: int = _QUIET_TASKS) -> None:
        self._shut(name)
        wanted = self._progress
        if wanted is None:
            wanted = total >= least and _is_watched()
        tqdm = _tqdm() if wanted else None
        if tqdm is not None:
            self._bars[name] = tqdm(total=total or None, desc=name, unit=unit, leave=False, mininterval=0.5)

    def _move(self, name: str, done: float) -> None:
        bar = self._bars.get(name)
        if bar is not None:
            bar.update(done - bar.n)

    def _shut(self, name: str) -> None:
        bar = self._bars.pop(name, None)
        if bar is not None:
            bar.close()


def _caller() -> int:
    """How many frames lie between here and whoever called hilum."""
    depth = 1
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").startswith("hilum"):
        depth, frame = depth + 1, frame.f_back
    return depth


def _is_watched() -> bool:
    return "ipykernel" in sys.modules or (sys.stderr is not None and sys.stderr.isatty())


def _tqdm():
    with warnings.catch_warnings():
        # A notebook without widgets has bars of text, and tqdm's advice on them.
        warnings.simplefilter("ignore")
        try:
            from tqdm.auto import tqdm
        except ImportError:
            return None
    return tqdm


def _log(level: str, text: str) -> None:
    import logging

    getattr(logging.getLogger("hilum"), level)(text)
