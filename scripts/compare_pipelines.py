#!/usr/bin/env python3
"""From file to answer: `hilum predict` beside Python, whole processes, in turns.

    python scripts/compare_pipelines.py FOLDER [--rounds 3] [--hilum target/release/hilum]

FOLDER is searched for PNG and DICOM files, and each kind is timed by itself. Python's side is what a
good engineer writes: OpenCV or pydicom on as many threads as there are cores, ONNX Runtime on as
many, batches of 16, one view; MobileNetV2 with the weights of torchvision's architecture, which
`scripts/export_onnx.py` writes. hilum's rows are the bundled model as it comes, and the same with
one view, with `bf16` and without. Printed are seconds from the start of a process to its end, the
best of all rounds, and the ratio to Python's; and the processor's seconds, which other work on the
machine disturbs less.

Made with onnxruntime 1.32, opencv-python-headless, pydicom 3.0, onnx 1.23 (to make `--onnx`).
"""
import argparse
import concurrent.futures as futures
import json
import os
import pathlib
import re
import resource
import struct
import subprocess
import sys
import tempfile
import time

THREADS = os.cpu_count()
BATCH = 16


def python_side(kind: str, model: str, listing: str) -> None:
    import cv2
    import numpy as np
    import onnxruntime

    cv2.setNumThreads(1)
    mean = np.array([0.485, 0.456, 0.406], "float32")
    deviation = np.array([0.229, 0.224, 0.225], "float32")

    def load(path: str):
        if kind == "png":
            grey = cv2.imread(path, cv2.IMREAD_GRAYSCALE)
        else:
            import pydicom

            data = pydicom.dcmread(path)
            slope, intercept = float(data.RescaleSlope), float(data.RescaleIntercept)
            hounsfield = data.pixel_array.astype("float32") * slope + intercept
            grey = np.clip((hounsfield + 1350) / 1500 * 255, 0, 255).astype("uint8")
        small = cv2.resize(grey, (224, 224), interpolation=cv2.INTER_AREA).astype("float32") / 255
        return ((np.repeat(small[..., None], 3, 2) - mean) / deviation).transpose(2, 0, 1)

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    answers, batch = 0, []
    with futures.ThreadPoolExecutor(THREADS) as pool:
        for one in pool.map(load, pathlib.Path(listing).read_text().splitlines()):
            batch.append(one)
            if len(batch) == BATCH:
                answers += len(session.run(None, {name: np.stack(batch)})[0])
                batch = []
    if batch:
        answers += len(session.run(None, {name: np.stack(batch)})[0])
    print(answers)


def with_one_view(hilum: str, folder: pathlib.Path) -> str:
    """The bundled model in one view: its recipe says so, and its digest is put right."""
    whole, path = folder / "bundled.safetensors", folder / "one-view.safetensors"
    subprocess.run([hilum, "--quiet", "export", "--model", "bundled", "--out", whole], check=True, stdout=subprocess.DEVNULL)
    data = whole.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    recipe = json.loads(header["__metadata__"]["hilum.recipe"])
    recipe["views"] = "single"
    header["__metadata__"]["hilum.recipe"] = json.dumps(recipe, separators=(",", ":"))
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data[8 + length:])
    told = subprocess.run([hilum, "card", path], capture_output=True, text=True).stderr
    digests = re.search(r"its digest is (blake3:\w+), its content has (blake3:\w+)", told)
    path.write_bytes(path.read_bytes().replace(digests[1].encode(), digests[2].encode()))
    subprocess.run([hilum, "--quiet", "card", path], check=True, stdout=subprocess.DEVNULL)
    return str(path)


def timed(command: list[str]) -> tuple[float, float]:
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wall, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def compare(kind: str, files: list[str], arguments, one_view: str, folder: pathlib.Path) -> None:
    listing = folder / f"{kind}.txt"
    listing.write_text("\n".join(files) + "\n")
    predict = [arguments.hilum, "--quiet", "predict", "--format", "json"]
    rows = {
        "Python, one view": [sys.executable, __file__, "--python", kind, arguments.onnx, str(listing)],
        "hilum as it comes": [*predict, *files],
        "hilum as it comes, f32": [*predict, "--precision", "f32", *files],
        "hilum, one view, bf16": [*predict, "--precision", "bf16", "--model", one_view, *files],
        "hilum, one view, f32": [*predict, "--precision", "f32", "--model", one_view, *files],
    }
    best = dict.fromkeys(rows, (float("inf"), float("inf")))
    for turn in range(arguments.rounds):
        order = list(rows) if turn % 2 == 0 else list(rows)[::-1]
        for name in order:
            best[name] = tuple(map(min, best[name], timed(rows[name])))
    print(f"\n{len(files)} {kind} files\n\n| | s | ratio | processor, s | ratio |\n|---|---|---|---|---|")
    wall, processor = best["Python, one view"]
    for name, (seconds, busy) in best.items():
        print(f"| {name} | {seconds:.2f} | {seconds / wall:.2f} | {busy:.2f} | {busy / processor:.2f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--onnx", required=True, help="MobileNetV2, as `export_onnx.py` writes it")
    parser.add_argument("--hilum", default="target/release/hilum")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    kinds = {"png": ".png", "dicom": ".dcm"}
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        one_view = with_one_view(arguments.hilum, folder)
        for kind, ending in kinds.items():
            files = sorted(str(path) for path in arguments.folder.rglob(f"*{ending}"))
            if files:
                compare(kind, files, arguments, one_view, folder)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--python"]:
        python_side(*sys.argv[2:])
    else:
        main()
