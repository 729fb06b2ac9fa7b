"""Answers for a data frame of Daft.

    import daft
    import hilum.daft

    answers = hilum.daft.predictor("bundled", concurrency=2)
    files = daft.from_glob_path("slices/**/*.png")
    files.with_column("answer", answers(files["path"])).write_parquet("answers")

    # Bytes, from wherever Daft reads them.
    files.select("path", answers(files["path"].download()).alias("answer"))
"""

from __future__ import annotations

import os

from .arrow import Worker

__all__ = ["Predictor", "predictor"]


class Predictor:
    """What each worker holds."""

    def __init__(self, model: str | os.PathLike, settings: dict) -> None:
        self._worker = Worker(model, **settings)

    def answers(self, column):
        """The answers for a series of paths or of the bytes of files."""
        return self._worker(column.to_arrow())


def predictor(
    model: str | os.PathLike = "bundled",
    *,
    concurrency: int = 1,
    rows: int = 128,
    **settings: object,
):
    """A function of columns: paths or the bytes of files in, structs out.

    Args:
        model: as of `hilum.load`.
        concurrency: worker processes; each opens the model once, with one thread.
        rows: how many a worker is handed at once.
        **settings: keywords of `hilum.load` and of `hilum.arrow.predict`.
    """
    return _udf(Predictor, model, concurrency, rows, settings)


def _udf(kind, model, concurrency, rows, settings):
    import daft

    answer = daft.DataType.from_arrow_type(Worker(model, **settings).answer_type)

    class Called(kind):
        @daft.method.batch(return_dtype=answer, batch_size=rows)
        def __call__(self, column):
            return self.answers(column)

    workers = daft.cls(Called, use_process=True, max_concurrency=concurrency, name_override="hilum")
    return workers(model, settings)
