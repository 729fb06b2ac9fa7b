"""Time hilum's reading and augmenting against Pillow's and Keras's, in turns.

    pip install keras pillow scipy tensorflow-cpu
    python scripts/bench_loader.py FOLDER [--rounds 3]

FOLDER holds PNG and JPEG files at any depth and nothing else. The peer is what Keras's
`flow_from_directory` does with a file: Pillow decodes it, converts it and resizes it (bilinear, as
hilum does), `ImageDataGenerator` varies it and divides by 255. Python's threads are Pillow's and
SciPy's: both let go of the interpreter's lock while they work. Every file is read once before, so
that no disk is timed.

One JSON object a line: milliseconds per image, of the clock and of all cores together, the best
of all rounds; then what the peer needs for each millisecond of hilum's.
"""

import argparse
import json
import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from keras.src.legacy.preprocessing.image import ImageDataGenerator
from PIL import Image

INPUTS = {"200x200x1": ("L", 200), "224x224x3": ("RGB", 224)}


def peer(files):
    """Every stage of the peer, by (stage, input, threads): (wall_ms, cpu_ms)."""
    generator = ImageDataGenerator(
        rescale=1 / 255,
        rotation_range=60,
        shear_range=0.1,
        zoom_range=0.1,
        fill_mode="nearest",
        horizontal_flip=True,
        vertical_flip=True,
    )

    def decode(path, mode):
        image = Image.open(path)
        image.load()
        return image if image.mode == mode else image.convert(mode)

    def prepare(image, size):
        values = np.asarray(image.resize((size, size), Image.Resampling.BILINEAR), dtype="float32")
        return values if values.ndim == 3 else values[:, :, None]

    def augment(values):
        return generator.standardize(generator.random_transform(values))

    found = {}
    for name, (mode, size) in INPUTS.items():
        decoded = [decode(path, mode) for path in files]
        prepared = [prepare(image, size) for image in decoded]
        stages = {
            "decode": lambda index: decode(files[index], mode),
            "prepare": lambda index: prepare(decoded[index], size),
            "augment": lambda index: augment(prepared[index]),
            "file to augmented": lambda index: augment(prepare(decode(files[index], mode), size)),
        }
        for stage, work in stages.items():
            for threads in (1, 2):
                found[stage, name, threads] = timed(work, len(files), threads)
    return found


def timed(work, count, threads):
    """Milliseconds per image, by the clock and of all cores, of one pass over all images."""
    with ThreadPoolExecutor(threads) as pool:
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in pool.map(work, range(count), chunksize=1):
            pass
        return [1e3 * (end - start) / count for end, start in
                ((time.perf_counter(), wall), (time.process_time(), cpu))]


def hilum(folder):
    """The same of hilum."""
    command = ["cargo", "bench", "-q", "-p", "hilum-imaging", "--bench", "loader", "--", folder]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = {}
    for line in lines.splitlines():
        if line.startswith("{"):
            row = json.loads(line)
            # Decoding does not ask what comes after it.
            inputs = INPUTS if row["input"] == "any" else [row["input"]]
            for name in inputs:
                found[row["stage"], name, row["threads"]] = (row["wall_ms"], row["cpu_ms"])
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    paths = sorted(path for path in folder.rglob("*") if path.suffix in (".png", ".jpg", ".jpeg"))
    best = {}
    for _ in range(arguments.rounds):
        for program, found in (("hilum", hilum(folder)), ("keras", peer(paths))):
            for key, times in found.items():
                before = best.get((program, *key), times)
                best[program, *key] = [min(pair) for pair in zip(before, times, strict=True)]
    for (program, stage, name, threads), (wall_ms, cpu_ms) in best.items():
        row = {"program": program, "stage": stage, "input": name, "threads": threads,
               "wall_ms": round(wall_ms, 4), "cpu_ms": round(cpu_ms, 4)}
        if program == "keras":
            ours = best["hilum", stage, name, threads]
            row |= {"wall_ratio": round(wall_ms / ours[0], 1), "cpu_ratio": round(cpu_ms / ours[1], 1)}
        print(json.dumps(row))


if __name__ == "__main__":
    main()
