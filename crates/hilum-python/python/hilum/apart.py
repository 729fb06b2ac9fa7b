"""Workers in processes of their own, which are started again when they die."""

from __future__ import annotations

import contextlib
import functools
import os
import pickle
import struct
import subprocess
import sys
import threading
import weakref

import pyarrow as pa

from .arrow import Worker
from .errors import FailureError

_TRIES = 4
_ANSWERED, _RAISED = b"a", b"e"
_LENGTH = struct.Struct("<Q")
_SERVE = "import sys; sys.path[:] = {path!r}; from hilum.apart import serve; serve()"


@functools.lru_cache(maxsize=4)
def apart(
    worker: type[Worker], model: str, settings: tuple[tuple[str, object], ...], most: int | None
) -> Apart:
    """The workers of this process that were opened alike; they live as long as it."""
    return Apart(worker, model, dict(settings), most)


class Apart:
    """Asks processes what `hilum.arrow.Worker` answers.

    The rows that a process had when it died are asked again of the next.
    """

    def __init__(
        self, worker: type[Worker], model: str | os.PathLike, settings: dict, most: int | None = None
    ) -> None:
        """Starts nothing yet.

        Args:
            worker: what a process makes once, of `model` and `settings`.
            most: processes at a time; None for as many as there are askers.
        """
        self._opening = pickle.dumps((worker, os.fspath(model), settings))
        self._idle: list[_Process] = []
        self._free = contextlib.nullcontext() if most is None else threading.BoundedSemaphore(most)

    def __call__(self, column: pa.Array | pa.ChunkedArray) -> pa.StructArray:
        """The answers for a column; may be called from any thread.

        Raises:
            InputError: as of `hilum.arrow.predict`.
            FailureError: if processes die of these rows, one after the other.
        """
        asked = _packed(column)
        with self._free:
            for _ in range(_TRIES):
                said = self._said(asked)
                if isinstance(said, Exception):
                    raise said
                if said is not None:
                    return said
        raise FailureError(
            f"{_TRIES} workers died of the same {len(column)} rows",
            ["is there enough memory? hand a worker fewer `rows` at once"],
        )

    def _said(self, asked: bytes) -> pa.StructArray | Exception | None:
        """What a process says; None if it died."""
        try:
            process = self._idle.pop()
        except IndexError:
            process = _Process(self._opening)
        try:
            said = process.said(asked)
        except (EOFError, OSError):
            process.end()
            return None
        self._idle.append(process)
        return said


class _Process:
    """A worker that is asked through pipes."""

    def __init__(self, opening: bytes) -> None:
        command = [sys.executable, "-c", _SERVE.format(path=sys.path)]
        self._child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.end = weakref.finalize(self, _ended, self._child)
        self._opening: bytes | None = opening

    def said(self, asked: bytes) -> pa.StructArray | Exception:
        """What it answers; EOFError or OSError if it dies meanwhile."""
        if self._opening is not None:
            _write(self._child.stdin, self._opening)
            self._opening = None
        _write(self._child.stdin, asked)
        mark, data = _read(self._child.stdout, 1), _read_long(self._child.stdout)
        return pickle.loads(data) if mark == _RAISED else _unpacked(data)


def _ended(child: subprocess.Popen) -> None:
    child.kill()
    child.wait()
    for pipe in filter(None, (child.stdin, child.stdout)):
        with contextlib.suppress(OSError):
            pipe.close()


def serve() -> None:
    """What such a process does until nobody can ask any more."""
    source = sys.stdin.buffer
    # What anything else prints must not end up among the answers.
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        kind, model, settings = pickle.loads(_read_long(source))
        worker = None
        while True:
            asked = _read_long(source)
            try:
                worker = worker or kind(model, **settings)
                mark, said = _ANSWERED, _packed(worker(_unpacked(asked)))
            except Exception as error:  # whoever asked raises it
                mark, said = _RAISED, pickle.dumps(error)
            sink.write(mark)
            _write(sink, said)
    except (EOFError, BrokenPipeError):
        pass


def _packed(column: pa.Array | pa.ChunkedArray) -> bytes:
    table = pa.table({"column": column})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def _unpacked(data: bytes) -> pa.Array:
    table = pa.ipc.open_stream(data).read_all()
    return table["column"].combine_chunks()


def _write(sink, data: bytes) -> None:
    sink.write(_LENGTH.pack(len(data)))
    sink.write(data)
    sink.flush()


def _read_long(source) -> bytes:
    return _read(source, _LENGTH.unpack(_read(source, _LENGTH.size))[0])


def _read(source, count: int) -> bytes:
    data = source.read(count)
    if len(data) < count:
        raise EOFError
    return data
