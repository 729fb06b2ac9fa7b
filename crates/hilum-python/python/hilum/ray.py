"""Answers for a dataset of Ray.

    import ray
    import hilum.ray

    # Paths: each worker reads the files itself.
    files = ray.data.from_items([{"path": str(path)} for path in folder.glob("**/*.png")])
    answers = files.map_batches(
        hilum.ray.Predictor,
        batch_format="pyarrow",
        batch_size=128,
        compute=ray.data.ActorPoolStrategy(size=2),
        fn_constructor_kwargs={"model": "bundled", "column": "path"},
    )
    answers.write_parquet("answers")

    # Bytes, from wherever Ray reads them.
    files = ray.data.read_binary_files("s3://slices/", include_paths=True)
    files.map_batches(hilum.ray.Predictor, batch_format="pyarrow", concurrency=2,
                      fn_constructor_kwargs={"column": "bytes"})

A worker that dies is started again by Ray, and its batches are judged again. Workers that hold every
processor leave none for the tasks that read or divide a dataset, which then wait for ever: start Ray
with one more (`ray.init(num_cpus=3)` for two workers), or give `map_batches` `num_cpus=0.5`.
"""

from __future__ import annotations

import os

import pyarrow as pa

from .arrow import Worker, is_encoded
from .errors import InputError
from .ray_search import search

__all__ = ["Predictor", "search"]


class Predictor:
    """Adds a column of answers to batches; a model a worker, for `ray.data.Dataset.map_batches`."""

    def __init__(
        self,
        model: str | os.PathLike = "bundled",
        column: str = "path",
        answer: str = "answer",
        keep_bytes: bool = False,
        **settings: object,
    ) -> None:
        """Opens the model, with one thread, as a worker has one processor unless `num_cpus` says
        otherwise.

        Args:
            model: as of `hilum.load`.
            column: where paths or the bytes of files are.
            answer: what the column of answers is called, of `hilum.arrow.answer_type`.
            keep_bytes: whether the bytes of files are handed on beside their answers.
            **settings: keywords of `hilum.load` and of `hilum.arrow.predict`.
        """
        self._worker = Worker(model, **settings)
        self._column = column
        self._answer = answer
        self._keep_bytes = keep_bytes

    def __call__(self, table: pa.Table) -> pa.Table:
        """The batch with its answers.

        Raises:
            InputError: if it is no Arrow table, or has no such column.
        """
        if not isinstance(table, pa.Table):
            raise InputError(
                f"a batch is a `{type(table).__name__}`",
                ['`map_batches` takes `batch_format="pyarrow"`'],
            )
        if self._column not in table.column_names:
            names = ", ".join(f"`{name}`" for name in table.column_names)
            raise InputError(f"there is no column `{self._column}`", [f"there are {names}"])
        files = table[self._column]
        answers = self._worker(files)
        if is_encoded(files.type) and not self._keep_bytes:
            table = table.drop_columns([self._column])
        return table.append_column(self._answer, answers)
