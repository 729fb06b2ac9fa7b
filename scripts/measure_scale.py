"""Classifies the files of a folder by plain hilum, Ray, Spark or Daft, says how many rows a second that
makes, and holds the answers against those of plain hilum.

    pip install hilum[ray,spark,daft]
    python scripts/measure_scale.py FOLDER plain --threads 2 --write reference.jsonl
    python scripts/measure_scale.py FOLDER ray --workers 2 --kill --reference reference.jsonl

ENGINE is `plain` (one process, or as many as `--workers`), `ray`, `spark`, `daft`, or `daft-ray`, which is
Daft on Ray. Two rates are printed: of the whole, from the call to the last answer with all that is
started for it, and from the first row that a worker takes to the last that one answers. With `--kill`,
one worker is killed when half of the rows are answered.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import hilum
import hilum.arrow
import pyarrow as pa

CHUNK = 1024


class Journal:
    """What workers did and when: a line a batch, a file a process."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def of(self, work, rows: int):
        began = time.time()
        done = work()
        with open(os.path.join(self.folder, str(os.getpid())), "a") as file:
            file.write(f"{began} {time.time()} {rows}\n")
        return done

    def batches(self) -> list[tuple[float, float, int, int]]:
        """Beginning, end, rows and process of each batch that was finished."""
        found = []
        for file in Path(self.folder).iterdir():
            for line in file.read_text().splitlines():
                began, ended, rows = line.split()
                found.append((float(began), float(ended), int(rows), int(file.name)))
        return found


class JournalWorker(hilum.arrow.Worker):
    """A worker that keeps a journal."""

    def __init__(self, model: str, journal: str, **settings: object) -> None:
        super().__init__(model, **settings)
        self._journal = Journal(journal)

    def __call__(self, column):
        return self._journal.of(lambda: super(JournalWorker, self).__call__(column), len(column))


def main() -> None:
    asked = arguments()
    files = sorted(os.path.join(asked.folder, name) for name in os.listdir(asked.folder))[: asked.count]
    engine = {"plain": plain, "ray": by_ray, "spark": by_spark, "daft": by_daft, "daft-ray": by_daft}
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(folder)
        prepared = engine[asked.engine](files, asked, journal)
        killer = None
        if asked.kill:
            killer = threading.Thread(target=kill_one, args=(journal, len(files) // 2), daemon=True)
            killer.start()
        began = time.time()
        answers = prepared()
        whole = time.time() - began
        batches = journal.batches()
    up = max(end for _, end, _, _ in batches) - min(start for start, _, _, _ in batches)
    processes = len({process for *_, process in batches})
    print(
        f"{asked.engine}, {asked.workers} workers of {asked.threads} threads, {len(files)} files, "
        f"{processes} processes: {len(files) / whole:.1f} rows a second of the whole ({whole:.1f} s), "
        f"{len(files) / up:.1f} from the first row ({up:.1f} s)"
    )
    judge(answers, files, asked)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("engine", choices=["plain", "ray", "spark", "daft", "daft-ray"])
    parser.add_argument("--workers", type=int, default=1, metavar="N")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="of each worker")
    parser.add_argument("--rows", type=int, default=128, metavar="N", help="that a worker takes at once")
    parser.add_argument("--count", type=int, metavar="N", help="only the first N files")
    parser.add_argument("--bytes", action="store_true", help="the engine reads the files, not the worker")
    parser.add_argument("--kill", action="store_true", help="kill a worker in the middle")
    parser.add_argument("--write", metavar="FILE", help="keep the answers, a line of JSON each")
    parser.add_argument("--reference", metavar="FILE", help="answers that must be the same")
    return parser.parse_args()


def kill_one(journal: Journal, rows: int) -> None:
    """Kills the worker that was the last to finish a batch, once `rows` are answered."""
    while sum(batch[2] for batch in journal.batches()) < rows:
        time.sleep(0.1)
    _, _, _, process = max(journal.batches(), key=lambda batch: batch[1])
    os.kill(process, signal.SIGKILL)
    print(f"killed the worker {process}", flush=True)


def judge(answers: list[dict], files: list[str], asked: argparse.Namespace) -> None:
    """Says whether each file has one answer, and the same as in the reference."""
    answers = [{name: value for name, value in one.items() if value is not None} for one in answers]
    if asked.write:
        Path(asked.write).write_text("".join(json.dumps(one) + "\n" for one in answers))
    distinct = {one["path"] for one in answers}
    print(f"{len(answers)} answers of {len(distinct)} files of {len(files)}")
    right = len(answers) == len(distinct) == len(files) and distinct == set(files)
    if asked.reference:
        lines = Path(asked.reference).read_text().splitlines()
        reference = {one["path"]: one for one in map(json.loads, lines)}
        differ = sum(one != reference.get(one["path"]) for one in answers)
        print(f"{differ} answers differ from the reference")
        right = right and differ == 0
    sys.exit(not right)


def plain(files: list[str], asked: argparse.Namespace, journal: Journal):
    if asked.workers == 1:
        return lambda: [one for chunk in judged(files, asked.threads, journal) for one in chunk]

    def run():
        command = [sys.executable, __file__, "--part"]
        processes = []
        for worker in range(asked.workers):
            part = "\n".join(files[worker :: asked.workers])
            settings = json.dumps({"threads": asked.threads, "journal": journal.folder})
            process = subprocess.Popen(
                [*command, settings], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            process.stdin.write(part)
            process.stdin.close()
            processes.append(process)
        texts = [process.stdout.read() for process in processes]
        return [json.loads(line) for text in texts for line in text.splitlines()]

    return run


def judged(files: list[str], threads: int, journal: Journal):
    """The answers of plain hilum, as the command line's JSON has them."""
    model = hilum.load(threads=threads)
    for first in range(0, len(files), CHUNK):
        chunk = files[first : first + CHUNK]
        answers = journal.of(lambda: model.predict(chunk, progress=False), len(chunk))
        yield [{key: value for key, value in one.to_dict().items() if key != "logits"} for one in answers]


def part(settings: dict) -> None:
    """One of several processes of plain hilum: paths come in, answers go out."""
    files = sys.stdin.read().splitlines()
    for chunk in judged(files, settings["threads"], Journal(settings["journal"])):
        for one in chunk:
            print(json.dumps(one))


def by_ray(files: list[str], asked: argparse.Namespace, journal: Journal):
    import hilum.ray
    import ray

    class Worker(hilum.ray.Predictor):
        def __call__(self, table):
            return journal.of(lambda: super(Worker, self).__call__(table), table.num_rows)

    start_ray(asked.workers)
    ray.data.DataContext.get_current().enable_progress_bars = False

    def run():
        if asked.bytes:
            data = ray.data.read_binary_files(files, include_paths=True)
        else:
            data = ray.data.from_items([{"path": path} for path in files], override_num_blocks=blocks(files, asked))
        answers = data.map_batches(
            Worker,
            batch_format="pyarrow",
            batch_size=asked.rows,
            compute=ray.data.ActorPoolStrategy(size=asked.workers),
            fn_constructor_kwargs={"column": "bytes" if asked.bytes else "path", "threads": asked.threads},
        )
        tables = answers.iter_batches(batch_format="pyarrow", batch_size=None)
        return [one for table in tables for one in of_table(table)]

    return run


def start_ray(workers: int) -> None:
    """With a place beside the workers for Ray's own tasks, without which none of them ends."""
    import ray

    ray.init(num_cpus=workers + 1, include_dashboard=False, logging_level="error")


def blocks(files: list[str], asked: argparse.Namespace) -> int:
    """How many pieces a list of paths is cut into: two batches each."""
    return max(asked.workers, len(files) // (2 * asked.rows))


def of_table(table: pa.Table) -> list[dict]:
    answers = table["answer"].to_pylist()
    for path, answer in zip(table["path"].to_pylist(), answers):
        answer["path"] = answer["path"] or hilum.arrow._local(path)
    return answers


def by_spark(files: list[str], asked: argparse.Namespace, journal: Journal):
    import hilum.spark
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    session = SparkSession.builder.master(f"local[{asked.workers},4]").config("spark.ui.enabled", "false")
    session = session.config("spark.sql.execution.arrow.maxRecordsPerBatch", asked.rows)
    session = session.config("spark.ui.showConsoleProgress", "false").getOrCreate()

    def run():
        if asked.bytes:
            data, column = session.read.format("binaryFile").load(asked.folder), "content"
        else:
            data = session.createDataFrame([(path,) for path in files], "path string")
            data, column = data.repartition(blocks(files, asked)), "path"
        answer = hilum.spark._udf(JournalWorker, "bundled", {"journal": journal.folder, "threads": asked.threads})
        return of_table(data.select("path", answer(column).alias("answer")).toArrow())

    return run


def by_daft(files: list[str], asked: argparse.Namespace, journal: Journal):
    os.environ.setdefault("DAFT_PROGRESS_BAR", "0")
    import daft
    import hilum.daft
    from measure_scale import JournalWorker

    if asked.engine == "daft-ray":
        start_ray(asked.workers)
        daft.set_runner_ray()

    def run():
        settings = {"journal": journal.folder, "threads": asked.threads}
        answer = hilum.daft._udf(JournalWorker, "bundled", asked.workers, asked.rows, settings)
        data = daft.from_pydict({"path": files})
        if asked.engine == "daft-ray":
            data = data.into_partitions(blocks(files, asked))
        column = data["path"].download() if asked.bytes else data["path"]
        return of_table(data.select("path", answer(column).alias("answer")).to_arrow())

    return run


if __name__ == "__main__":
    if sys.argv[1:2] == ["--part"]:
        part(json.loads(sys.argv[2]))
    else:
        main()
