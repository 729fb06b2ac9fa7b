#!/usr/bin/env python3
"""Holds ONNX files that hilum wrote against `hilum predict`, in ONNX Runtime and OpenVINO.

    check_onnx.py HILUM MODELS DATA... [--limit COUNT] [--torchvision SLICES]

MODELS is a folder of `NAME/model.safetensors`, DATA a folder of slices. Of each model the whole graph reads what
`hilum predict --inputs-out` wrote of each slice (the image as decoded, in the body's frame if the model has one), and
where nothing was framed also what Pillow reads of the file itself; the bare graph reads the prepared numbers. The class
must be the same everywhere, probabilities within 1e-3 from files and 1e-5 from tensors. Prints a Markdown table.

With `--torchvision`, networks of random weights go through `torch.onnx.export` and `hilum train --weights`, too.
"""
import argparse
import base64
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from PIL import Image

try:
    import openvino
except ImportError:
    openvino = None

FROM_FILES, FROM_TENSORS = 1e-3, 1e-5
REASONS = {None: 0, "not like the training data": 1, "two classes are as likely": 2, "below --threshold": 3}
# What only the caller can see: ONNX does not look for lungs.
OF_THE_BODY = ("no lungs are seen", "the body in it is narrower")


class OnnxRuntime:
    name = f"ONNX Runtime {onnxruntime.__version__}"

    def __init__(self, path):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 2
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.outputs = [output.name for output in self.session.get_outputs()]
        self.input = self.session.get_inputs()[0].name

    def __call__(self, values):
        return dict(zip(self.outputs, self.session.run(None, {self.input: values})))


class OpenVino:
    name = f"OpenVINO {openvino.__version__.split('-')[0]}" if openvino else ""

    def __init__(self, path):
        # On some processors it computes in bf16 unless told otherwise.
        self.compiled = openvino.Core().compile_model(str(path), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        # Results have the names of inner values, too.
        self.outputs = [output.name for output in onnx.load(str(path)).graph.output]

    def __call__(self, values):
        found = self.compiled(values)
        return {name: np.asarray(found[index]) for index, name in enumerate(self.outputs)}


def hilum(binary, *arguments):
    done = subprocess.run([binary, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode not in (0, 1):
        sys.exit(done.stderr)
    return done.stdout


def pixels(path):
    """Height x width x channels, as a user of Pillow has them."""
    image = Image.open(path)
    values = np.asarray(image if image.mode in ("L", "RGB") else image.convert("RGB"))
    return values if values.ndim == 3 else values[:, :, None]


def softmax(logits, calibration):
    scaled = logits.astype(np.float64) / (calibration or {}).get("temperature", 1.0)
    scaled = scaled + np.array((calibration or {}).get("bias") or 0.0)
    powers = np.exp(scaled - scaled.max())
    return powers / powers.sum()


def answer_of_views(views, recipe):
    """The mean, in which the second may count as much as the first leaves doubt."""
    if recipe.get("views") != "mirrored-if-unsure":
        return np.mean(views, axis=0)
    weight = 0.5 * np.clip((0.65 - softmax(views[0], None).max()) / 0.15, 0, 1)
    return views[0] * (1 - weight) + views[1] * weight


class Column:
    """What one runtime makes of one model."""

    def __init__(self):
        self.from_files = self.from_tensors = self.count = self.other_class = self.other_answer = 0

    def see(self, probabilities, expected, kind):
        difference = float(np.abs(probabilities - expected).max())
        setattr(self, kind, max(getattr(self, kind), difference))
        self.other_class += int(probabilities.argmax() != expected.argmax())

    def answer(self, found, line, classes, held_out):
        """Everything but the probabilities."""
        if any(warning.startswith(OF_THE_BODY) for warning in line["warnings"]):
            return
        same = int(found["reason"][0]) == REASONS[line["reason"]]
        position = -1 if line["class"] is None else classes.index(line["class"])
        same = same and int(found["class"][0]) == position and bool(found["abstained"][0]) == line["abstained"]
        if line.get("set") is not None:
            same = same and {name for name, within in zip(classes, found["set"][0]) if within} == set(line["set"])
        if line.get("as_unlike") is not None:
            # One of the held-out scores may lie between what 32 and 64 bits make of it.
            same = same and abs(float(found["as_unlike"][0]) - line["as_unlike"]) < 1.5 / held_out
        self.other_answer += int(not same)

    def is_right(self):
        return (self.from_files <= FROM_FILES and self.from_tensors <= FROM_TENSORS
                and self.other_class == 0 and self.other_answer == 0)


def check_model(binary, model, files, folder):
    """Yields a row of the table for each runtime."""
    whole, bare = folder / "whole.onnx", folder / "bare.onnx"
    hilum(binary, "export", "--model", model, "--format", "onnx", "--out", whole, "--force")
    hilum(binary, "export", "--model", model, "--format", "onnx", "--bare", "--out", bare, "--force")
    for path in (whole, bare):
        onnx.checker.check_model(str(path), full_check=True)
    metadata = {entry.key: entry.value for entry in onnx.load(str(whole)).metadata_props}
    recipe, classes = json.loads(metadata["hilum.recipe"]), json.loads(metadata["hilum.classes"])
    calibration = json.loads(metadata.get("hilum.calibration", "null"))
    detector = json.loads(metadata.get("hilum.detector", '{"held_out": ""}'))
    held_out = max(1, len(base64.b64decode(detector["held_out"])) // 2)
    for key in ("hilum.audit", "hilum.card", "hilum.intended_use", "hilum.policy"):
        if not metadata.get(key):
            sys.exit(f"{model}: no `{key}` in the metadata")
    inputs = folder / "inputs"
    printed = hilum(binary, "predict", *files, "--model", model, "--format", "json", "--precision", "f32",
                    "--inputs-out", inputs)
    lines = [line for line in map(json.loads, printed.splitlines()) if "probabilities" in line]
    for runtime in filter(None, (OnnxRuntime, OpenVino if openvino else None)):
        run_whole, run_bare, column = runtime(whole), runtime(bare), Column()
        for line in lines:
            expected = np.array([line["probabilities"][name] for name in classes])
            seen = [inputs / line["input"]["image"]]
            is_picture = pathlib.Path(line["path"]).suffix.lower() in (".png", ".jpg", ".jpeg")
            if recipe.get("frame", "none") == "none" and is_picture:
                seen.append(line["path"])
            for path in seen:
                found = run_whole(pixels(path)[None])
                column.see(found["probabilities"][0], expected, "from_files")
                column.answer(found, line, classes, held_out)
            prepared = np.load(inputs / line["input"]["values"])
            logits = answer_of_views([run_bare(view[None])["logits"][0] for view in prepared], recipe)
            column.see(softmax(logits, calibration), expected, "from_tensors")
            column.count += 1
        yield runtime.name, recipe, column


def words(recipe):
    size = f'{recipe["height"]} x {recipe["width"]} {recipe["channels"]}'
    return ", ".join([size, recipe["interpolation"], recipe["fit"], f'frame {recipe.get("frame", "none")}',
                      f'views {recipe.get("views", "single")}'])


def odd_images(folder):
    """Pictures of sizes and shapes that no slice has, among them tall ones, whose columns are resampled first."""
    folder.mkdir()
    random = np.random.default_rng(32)
    paths = []
    for height, width in [(900, 300), (1, 1), (3, 700), (640, 5), (128, 128), (224, 224), (31, 47), (1500, 1100), (600, 380)]:
        for channels in (1, 3):
            coarse = random.integers(0, 256, (max(1, height // 9), max(1, width // 9), channels), dtype=np.uint8)
            planes = [Image.fromarray(coarse[:, :, channel]).resize((width, height)) for channel in range(channels)]
            noise = random.integers(-9, 10, (height, width, channels))
            values = np.clip(np.stack([np.asarray(plane, int) for plane in planes], axis=2) + noise, 0, 255)
            values = values.astype(np.uint8)
            paths.append(folder / f"{height}-{width}-{channels}.png")
            Image.fromarray(values[:, :, 0] if channels == 1 else values).save(paths[-1])
    return paths


def check_batch(binary, model, files, folder):
    """A batch of images says of each what it says alone."""
    path = folder / "whole.onnx"
    hilum(binary, "export", "--model", model, "--format", "onnx", "--out", path, "--force")
    run = OnnxRuntime(path)
    image = pixels(files[0])
    batch = np.stack([image, image[::-1], image[:, ::-1]])
    together = run(batch)
    for index, one in enumerate(batch):
        for name, value in run(np.ascontiguousarray(one)[None]).items():
            if not np.allclose(value[0], together[name][index], atol=1e-5):
                sys.exit(f"`{name}` of image {index} depends on its batch")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("hilum")
    parser.add_argument("models", type=pathlib.Path)
    parser.add_argument("data", type=pathlib.Path, nargs="+")
    parser.add_argument("--limit", type=int, help="slices of each folder, evenly spread")
    parser.add_argument("--torchvision", type=pathlib.Path, metavar="SLICES", help="data of four classes to train on")
    arguments = parser.parse_args()
    files = []
    for folder in arguments.data:
        found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".png", ".jpg", ".jpeg", ".dcm"))
        step = max(1, len(found) // arguments.limit) if arguments.limit else 1
        files += found[::step]
    models = sorted(arguments.models.glob("*/model.safetensors")) + [pathlib.Path("bundled")]
    is_right = True
    versions = ", ".join(filter(None, (OnnxRuntime.name, OpenVino.name)))
    print(f"{versions}, onnx {onnx.__version__}\n")
    print("| model | recipe | runtime | slices | other class | other answer | from files | from tensors |")
    print("|---|---|---|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        files += odd_images(pathlib.Path(folder) / "odd")
        for model in models:
            name = model.parent.name or "bundled"
            own = pathlib.Path(folder) / name
            own.mkdir()
            for runtime, recipe, column in check_model(arguments.hilum, model, files, own):
                is_right &= column.is_right()
                print(f"| {name} | {words(recipe)} | {runtime} | {column.count} | {column.other_class} | "
                      f"{column.other_answer} | {column.from_files:.1e} | {column.from_tensors:.1e} |", flush=True)
        check_batch(arguments.hilum, "bundled", files, pathlib.Path(folder))
        if arguments.torchvision:
            from check_onnx_in import check_torchvision
            is_right &= check_torchvision(arguments.hilum, arguments.torchvision, pathlib.Path(folder))
    sys.exit(0 if is_right else 1)


if __name__ == "__main__":
    main()
