"""Answers of two Python workers of Spark."""

from __future__ import annotations

import shutil

import pytest

pytest.importorskip("pyspark")
engine = pytest.importorskip("hilum.spark")
from death import MortalWorker  # noqa: E402

if shutil.which("java") is None:
    pytest.skip("no Java here, which Spark runs on", allow_module_level=True)


@pytest.fixture(scope="module")
def session():
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2,4]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.ui.showConsoleProgress", "false")
    session = builder.config("spark.sql.execution.arrow.maxRecordsPerBatch", 8).getOrCreate()
    yield session
    session.stop()


def numbered(session, paths):
    return session.createDataFrame(list(enumerate(paths)), "row long, path string").repartition(4)


def pairs(frame):
    table = frame.toArrow()
    return list(zip(table["row"].to_pylist(), table["answer"].to_pylist(), strict=True))


def test_every_row_comes_back_once_with_its_own_answer(session, paths, holds):
    answers = engine.predict_udf("bundled")
    holds(pairs(numbered(session, paths).withColumn("answer", answers("path"))))


def test_every_row_comes_back_once_though_a_worker_dies(session, paths, holds, death):
    answers = engine._udf(MortalWorker, "bundled", {"death": death.folder})
    holds(pairs(numbered(session, paths).withColumn("answer", answers("path"))))
    assert death.came()


def test_bytes_are_answered(session, slices, expected):
    answers = engine.predict_udf("bundled", threshold=0.5)
    files = session.read.format("binaryFile").load(slices)
    table = files.select("path", answers("content").alias("answer")).toArrow()
    said = dict(zip(table["path"].to_pylist(), table["answer"].to_pylist(), strict=True))
    assert len(said) == table.num_rows == len(slices)
    for path, wanted in zip(slices, expected, strict=False):
        assert said[f"file:{path}"]["probabilities"] == wanted["probabilities"]


def test_a_class_with_dots_in_its_name_can_be_selected(session, slices, model):
    answers = engine.predict_udf("bundled")
    name = next(name for name in model.classes if "." in name)
    frame = numbered(session, slices[:3]).select(answers("path").alias("answer"))
    values = frame.select(f"answer.probabilities.`{name}`").collect()
    assert all(0.0 < value[0] < 1.0 for value in values)
