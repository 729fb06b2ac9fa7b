"""Columns of files in, columns of answers out: what Ray, Spark and Daft call.

    import hilum.arrow

    model = hilum.load(threads=1)
    table = table.append_column("answer", hilum.arrow.predict(model, table["path"]))

A row is judged by itself: its answer is the same whichever rows come with it, to the last bit. So
a DICOM slice has the class and the probabilities that `hilum predict` gives it in its folder, but
none of the warnings about its place in its series, which a row does not know.
"""

from __future__ import annotations

import functools
import os
import re

import pyarrow as pa

from .errors import InputError
from .inputs import Inputs
from .model import Model
from .requests import parted

_ROWS = 128
_BYTES = 64 << 20
# No file has as many: what holds several slices says how many instead of being judged.
_NO_FRAME = "4294967295"
_SEVERAL = re.compile(rf"none of the file's (\d+) slices is one of `{_NO_FRAME}`")
_END = "end"


def answer_type(classes: list[str]) -> pa.StructType:
    """The type of an answer; fields are those of `hilum.Answer.to_dict`.

    Args:
        classes: the model's, in its order: `hilum.Model.classes`.
    """
    text, texts = pa.string(), pa.list_(pa.string())
    return pa.struct(
        [
            ("path", text),
            ("frame", pa.int64()),
            ("class", text),
            ("abstained", pa.bool_()),
            ("reason", text),
            ("probabilities", pa.struct([(name, pa.float64()) for name in classes])),
            ("set", texts),
            ("calibrated", pa.bool_()),
            ("as_unlike", pa.float64()),
            ("model", text),
            ("warnings", texts),
            ("known", text),
            ("study_uid", text),
            ("series_uid", text),
            ("instance_number", pa.int64()),
            ("position_mm", pa.float64()),
            ("error", text),
        ]
    )


def schema(classes: list[str]) -> pa.Schema:
    """The same as a schema of columns."""
    return pa.schema(list(answer_type(classes)))


def predict(
    model: Model,
    column: pa.Array | pa.ChunkedArray,
    *,
    batch: int = 16,
    frames: str | None = None,
    strict: bool = False,
    **answers: object,
) -> pa.StructArray:
    """What the model says of each row of a column.

    Args:
        model: one that is open.
        column: files, encoded (binary) or as paths (strings; `file:` may stand before them).
        batch: slices that go through the network at once; no answer depends on it.
        frames: which frame of files that hold several, such as ``"1"``.
        strict: refuse DICOM slices whose header speaks of no axial slice of a chest.
        **answers: as of `hilum.Model.predict`.

    Returns:
        A row a row, of `answer_type`. A null is answered by a null. What cannot be read, is not
        there, or holds more slices than one has `error`, and nothing else but its path; `path` is
        null for encoded files, `class` where the answer is "I don't know".

    Raises:
        InputError: if the column holds neither files nor paths, or a number is out of its range.
    """
    wanted = model._asked(Inputs([]), batch, frames or _NO_FRAME, strict, answers)
    kind = answer_type(model.classes)
    parts = [pa.array([], kind)]
    for labels, files in _chunks(column):
        said: list[list[dict]] = [[] for _ in labels]
        # A list of nothing but empty archives is refused: the last file, though empty, is none.
        named = [(f"{row}/{row}", data) for row, data in files.items() if isinstance(data, bytes)]
        for one in model._native.predict(wanted, [*named, (_END, b"")], None):
            row = one["path"].partition("/")[0]
            if row != _END:
                said[int(row)].append(one)
        rows = []
        for row, label in enumerate(labels):
            found = files.get(row)
            rows.append(_unread(label, found) if isinstance(found, str) else _row(row, label, said[row]))
        parts.append(pa.array(rows, kind))
    return pa.concat_arrays(parts)


class Worker:
    """A model and what it is asked: what each process of an engine holds."""

    def __init__(self, model: str | os.PathLike = "bundled", **settings: object) -> None:
        """Opens the model, with one thread unless `threads` says otherwise: engines start a worker
        for each processor.

        Args:
            model: as of `hilum.load`.
            **settings: keywords of `hilum.load` and of `predict`.
        """
        wanted, machine = parted(settings)
        wanted.update({name: machine.pop(name) for name in _PREDICT if name in machine})
        self.model = _opened(os.fspath(model), tuple(sorted({"threads": 1, **machine}.items())))
        self._wanted = wanted

    @property
    def answer_type(self) -> pa.StructType:
        """The type of its answers."""
        return answer_type(self.model.classes)

    def __call__(self, column: pa.Array | pa.ChunkedArray) -> pa.StructArray:
        """The answers for a column."""
        return predict(self.model, column, **self._wanted)


_PREDICT = ("batch", "frames", "strict")


@functools.lru_cache(maxsize=4)
def _opened(model: str, settings: tuple) -> Model:
    """A model that is opened once a process, however many tasks the process has."""
    return Model(model, **dict(settings))


def is_encoded(kind: pa.DataType) -> bool:
    """Whether a column of this type holds the bytes of files."""
    checks = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view)
    return any(check(kind) for check in checks)


def _is_paths(kind: pa.DataType) -> bool:
    checks = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return any(check(kind) for check in checks)


def _chunks(column):
    """Rows that are read together: their labels, None for a null, and by row the bytes of the file
    or why there are none."""
    if not isinstance(column, (pa.Array, pa.ChunkedArray)):
        raise InputError(
            f"a `{type(column).__name__}` is no column",
            ["give an Arrow array of paths or of the bytes of files"],
        )
    kind = column.type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if not (is_encoded(kind) or _is_paths(kind) or pa.types.is_null(kind)):
        raise InputError(
            f"a column of `{column.type}` holds no files",
            ["give paths (string) or the bytes of files (binary)"],
        )
    labels: list[str | None] = []
    files: dict[int, bytes | str] = {}
    size = 0
    for value in column:
        data = value.as_py()
        label = None if data is None else "<bytes>" if isinstance(data, bytes) else _local(data)
        if data is not None:
            files[len(labels)] = data = data if isinstance(data, bytes) else _read(label)
            size += len(data)
        labels.append(label)
        if len(labels) == _ROWS or size >= _BYTES:
            yield labels, files
            labels, files, size = [], {}, 0
    if labels:
        yield labels, files


def _local(path: str) -> str:
    """A path as engines list it (`file:/a`, `file:///a`), as the system has it."""
    return "/" + path[len("file:") :].lstrip("/") if path.startswith("file:/") else path


def _read(path: str) -> bytes | str:
    """The file, or why it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        return f"{os.strerror(error.errno)} (os error {error.errno})" if error.errno else str(error)
    except ValueError as error:
        return str(error)


def _row(row: int, label: str | None, said: list[dict]) -> dict | None:
    """The one answer for a file."""
    if label is None:
        return None
    if not said:
        return _unread(label, "it holds no slice")
    if len(said) > 1:
        if all("frame" in one for one in said):
            return _unread(label, _several(len(said)))
        return _unread(label, f"it holds {len(said)} slices, a row has one answer; unpack it")
    answer = said[0]
    path = answer["path"].replace(f"{row}/{row}", label, 1)
    answer["path"] = None if path == "<bytes>" else path
    error = answer.get("error")
    if error is not None:
        several = _SEVERAL.search(error)
        if several:
            return _unread(label, _several(int(several[1])))
        answer["error"] = error.replace(f"`{row}/{row}", f"`{label}", 1)
    return answer


def _several(count: int) -> str:
    return f'it holds {count} slices, a row has one answer; `frames="1"` takes the first'


def _unread(label: str, why: str) -> dict:
    path = None if label == "<bytes>" else label
    return {"path": path, "error": f"cannot read `{label}`: {why}"}
