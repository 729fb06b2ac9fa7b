#!/usr/bin/env python3
"""Times hilum's engine against ONNX Runtime, OpenVINO, Keras and PyTorch, in turns.

    python scripts/export_onnx.py FOLDER
    python scripts/compare_engines.py FOLDER [ROUNDS [predict|train]]

Needs `target/release/hilum` (cargo build --release) and torch 2.15, torchvision 0.29,
onnxruntime 1.32, openvino 2026.4 and tensorflow 2.21. Two threads everywhere. In each round every
engine does each piece of work once, in a process of its own, best of several repeats; printed is
the best of all rounds, in milliseconds per image, and hilum's share of the peer's time at the same
precision: OpenVINO takes bf16 by itself where the processor has it, the others f32.
"""
import json
import pathlib
import subprocess
import sys

THREADS = 2
HILUM = pathlib.Path(__file__).parent.parent / "target/release/hilum"

BEST = """
import json, os, sys, time
import numpy as np
def best(run, repeats):
    run()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times) * 1e3
"""

ONNX_RUNTIME = BEST + """
import onnxruntime
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = %d
session = onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
entry, batch = session.get_inputs()[0], int(sys.argv[2])
images = np.random.rand(batch, *entry.shape[1:]).astype("float32")
print(best(lambda: session.run(None, {entry.name: images}), 12 if batch == 1 else 4) / batch)
""" % THREADS

OPENVINO = BEST + """
import openvino
core, batch = openvino.Core(), int(sys.argv[2])
model = core.read_model(sys.argv[1])
shape = [batch] + [d.get_length() for d in list(model.inputs[0].partial_shape)[1:]]
model.reshape(shape)
compiled = core.compile_model(model, "CPU", {"INFERENCE_NUM_THREADS": %d,
                              "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": sys.argv[3]})
request, images = compiled.create_infer_request(), np.random.rand(*shape).astype("float32")
print(best(lambda: request.infer({0: images}), 12 if batch == 1 else 4) / batch)
""" % THREADS

KERAS = BEST + """
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow as tf
tf.config.threading.set_intra_op_parallelism_threads(%d)
import keras
L = keras.layers
if sys.argv[1] == "reference-cnn":
    shape, model = (200, 200, 1), keras.Sequential([L.Input((200, 200, 1))])
    for filters in (64, 128, 256, 512, 512, 1024):
        model.add(L.Conv2D(filters, 3, activation="relu"))
        model.add(L.MaxPooling2D(2))
    for layer in (L.Flatten(), L.BatchNormalization(), L.Dense(128, activation="relu"),
                  L.Dense(128, activation="relu"), L.BatchNormalization(),
                  L.Dense(4, activation="softmax")):
        model.add(layer)
else:
    shape = (224, 224, 3)
    base = keras.applications.MobileNetV2(weights=None, include_top=False, input_shape=shape)
    model = keras.Sequential([base, L.GlobalAveragePooling2D(), L.Dense(4, activation="softmax")])
model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="categorical_crossentropy")
images, truth = np.random.rand(16, *shape).astype("float32"), np.eye(4, dtype="float32")[np.arange(16) %% 4]
print(best(lambda: model.train_on_batch(images, truth), 4) / 16)
""" % THREADS

NETWORKS = ["reference-cnn", "resnet-18", "resnet-50", "mobilenet-v2", "efficientnet-b0"]


def python(source: str, *words: str) -> float:
    done = subprocess.run([sys.executable, "-c", source, *map(str, words)], capture_output=True,
                          text=True, check=True)
    return float(done.stdout.split()[-1])


def hilum(arch: str, mode: str, batch: int, precision: str = "f32") -> dict:
    command = [HILUM, "bench", "--arch", arch, "--mode", mode, "--batch", str(batch),
               "--threads", str(THREADS), "--precision", precision]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def pytorch(name: str) -> dict:
    script = pathlib.Path(__file__).parent / "bench_pytorch.py"
    done = subprocess.run([sys.executable, script, name], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


class Best:
    """The best time of every piece of work and engine so far."""

    def __init__(self) -> None:
        self.of: dict[tuple[str, str], float] = {}

    def note(self, work: str, engine: str, milliseconds: float) -> None:
        self.of[work, engine] = min(milliseconds, self.of.get((work, engine), float("inf")))

    def print(self) -> None:
        for (work, engine), value in self.of.items():
            same = "bf16" if engine.endswith("bf16") else "f32"
            share = self.of[work, f"hilum {same}"] / value
            shown = "" if engine.startswith("hilum") or "MB" in engine else f"  hilum takes {share:.3f} of it"
            print(f"{work:36} {engine:14} {value:9.2f}{shown}")


def predictions(best: Best, folder: pathlib.Path) -> None:
    for arch in NETWORKS:
        for batch in (1, 16):
            work, path = f"{arch}, predict, batch {batch}", folder / f"{arch}.onnx"
            for precision in ("f32", "bf16"):
                found = hilum(arch, "predict", batch, precision)
                best.note(work, f"hilum {precision}", found["ms_per_image"])
                best.note(work, f"openvino {precision}", python(OPENVINO, path, batch, precision))
            best.note(work, "onnxruntime", python(ONNX_RUNTIME, path, batch))


def training_steps(best: Best) -> None:
    for arch, name in (("reference-cnn", None), ("mobilenet-v2", "mobilenet_v2"), ("resnet-18", "resnet18")):
        work = f"{arch}, train, batch 16"
        found = hilum(arch, "train", 16)
        best.note(work, "hilum f32", found["ms_per_image"])
        best.note(work, "hilum, MB", found["memory_mb"])
        if arch != "resnet-18":
            best.note(work, "keras", python(KERAS, arch))
        if name:
            found = pytorch(name)
            best.note(work, "pytorch", found["ms_per_image"])
            best.note(work, "pytorch, MB", found["memory_mb"])


def main(folder: pathlib.Path, rounds: int, mode: str) -> None:
    best = Best()
    for _ in range(rounds):
        if mode in ("all", "predict"):
            predictions(best, folder)
        if mode in ("all", "train"):
            training_steps(best)
    best.print()


if __name__ == "__main__":
    words = sys.argv[1:]
    if not 1 <= len(words) <= 3:
        sys.exit(__doc__)
    main(pathlib.Path(words[0]), int(words[1]) if len(words) > 1 else 3, words[2] if len(words) > 2 else "all")
