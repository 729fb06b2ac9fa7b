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
from collections.abc import Iterator

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
    return _udf(Worker, os.fspath(model), settings)


def _udf(worker, model, settings):
    from pyspark.sql.functions import arrow_udf
    from pyspark.sql.pandas.types import from_arrow_type

    # Spark reads the types of this function: it is called once a task, not once a batch.
    def hilum_predict(columns: Iterator[pa.Array]) -> Iterator[pa.Array]:
        opened = worker(model, **settings)
        for column in columns:
            yield opened(column)

    return arrow_udf(hilum_predict, from_arrow_type(worker(model, **settings).answer_type))
