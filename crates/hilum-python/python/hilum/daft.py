"""Answers for a data frame of Daft.

    import daft
    import hilum.daft

    answers = hilum.daft.predictor("bundled", concurrency=2)
    files = daft.from_glob_path("slices/**/*.png")
    files.with_column("answer", answers(files["path"])).write_parquet("answers")

    # Bytes, from wherever Daft reads them.
    files.select("path", answers(files["path"].download()).alias("answer"))

Daft itself ends a query when a worker process dies, unless it runs on Ray. So the workers are hilum's
own (`hilum.apart`): one that dies is started again, and its rows are judged again.
"""

from __future__ import annotations

import os

from .apart import apart
from .arrow import Worker

__all__ = ["predictor"]


def predictor(
    model: str | os.PathLike = "bundled",
    *,
    concurrency: int | None = None,
    rows: int = 128,
    **settings: object,
):
    """A function of columns: paths or the bytes of files in, structs out.

    Args:
        model: as of `hilum.load`.
        concurrency: worker processes of each machine; each opens the model once, with one thread.
            None for one a processor.
        rows: how many a worker is handed at once.
        **settings: keywords of `hilum.load` and of `hilum.arrow.predict`.
    """
    return _udf(Worker, os.fspath(model), concurrency, rows, settings)


def _udf(worker, model, concurrency, rows, settings):
    import daft

    answer = daft.DataType.from_arrow_type(worker(model, **settings).answer_type)
    settings = tuple(sorted(settings.items()))

    class Predictor:
        def __init__(self):
            self.workers = apart(worker, model, settings, concurrency)

        @daft.method.batch(return_dtype=answer, batch_size=rows)
        def __call__(self, column):
            return self.workers(column.to_arrow())

    return daft.cls(Predictor, use_process=False, name_override="hilum")()
