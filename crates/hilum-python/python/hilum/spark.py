"""Answers for a data frame of Spark.

    import hilum.spark

    answers = hilum.spark.predict_udf("bundled")
    files = spark.createDataFrame([(path,) for path in paths], "path string")
    files.repartition(2).withColumn("answer", answers("path")).write.parquet("answers")

    # Bytes, from wherever Spark reads them.
    files = spark.read.format("binaryFile").load("hdfs:///slices/")
    files.select("path", answers("content").alias("answer"))

A task whose worker dies is tried again, as often as `spark.task.maxFailures` says; a master
`local[2]` tries nothing again, `local[2,4]` does. Of paths, make as many partitions as there are
workers, or a few times as many: Spark has none of its own of a short list.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

import pyarrow as pa

from .arrow import Worker

__all__ = ["predict_udf"]


def predict_udf(model: str | os.PathLike = "bundled", **settings: object):
    """A function of columns: paths or the bytes of files in, structs out.

    Each Python worker of Spark opens the model once, with one thread, as a task has one processor
    unless `spark.task.cpus` says otherwise.

    Args:
        model: as of `hilum.load`.
        **settings: keywords of `hilum.load` and of `hilum.arrow.predict`.
    """
    return _udf(answer_batches, model, settings)


def answer_batches(
    columns: Iterable[pa.Array], model: str | os.PathLike, settings: dict
) -> Iterator[pa.Array]:
    """The answers for each batch of a task."""
    worker = Worker(model, **settings)
    for column in columns:
        yield worker(column)


def _udf(batches, model, settings):
    from pyspark.sql.functions import arrow_udf
    from pyspark.sql.pandas.types import from_arrow_type

    kind = from_arrow_type(Worker(model, **settings).answer_type)

    # Spark reads the types of this function: a call a task, not a batch.
    def hilum_predict(columns: Iterator[pa.Array]) -> Iterator[pa.Array]:
        return batches(columns, model, settings)

    return arrow_udf(hilum_predict, kind)
