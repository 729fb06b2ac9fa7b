#!/usr/bin/env python3
"""Holds `hilum explain` against pytorch-grad-cam and Captum: the same maps, and how long both take.

    python scripts/compare_heat_maps.py maps SLICES [--model FILE] [--count 8] [--methods METHOD ...]
    python scripts/compare_heat_maps.py times SLICES [--count 64] [--rounds 3] [--methods METHOD ...]

SLICES is a folder, searched downwards; its first COUNT pictures, one of each subfolder in turn, are brought to the
network's size and saved as grey PNG, so that both programs read the very same pixels. The model is the bundled one by
default; it must be of an architecture that torchvision has, reading 3 channels stretched to its size. Both explain the
class that hilum names, at the layer that hilum names.

maps    prints for each method the largest and the mean difference, over all slices, as a share of the map's range
        (0 to 1). Eigen-CAM's sign is open: slices on which the programs took different ones are counted, and compared
        the other way round. SmoothGrad draws its own noise: what is printed is the difference of two draws, and the
        correlation. Occlusion, integrated gradients and SmoothGrad are Captum's, black being the model's.
times   prints a Markdown table: seconds of the whole process (reading, maps, a picture and a .npy of each slice), of
        processor time, and the memory at its peak. Two threads each, in turns, the best of all rounds. The peer's
        process is Python with its imports; its `work` is from reading the first slice on, against all of hilum's.

Needs target/release/hilum (cargo build --release -p hilum), torch 2.15, torchvision 0.29, grad-cam 1.5.7, captum
0.9.0, safetensors and Pillow.
"""
import argparse
import itertools
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parent.parent
THREADS = 2
CAMS = {
    "grad-cam": "GradCAM",
    "grad-cam++": "GradCAMPlusPlus",
    "hires-cam": "HiResCAM",
    "layer-cam": "LayerCAM",
    "eigen-cam": "EigenCAM",
    "score-cam": "ScoreCAM",
}
METHODS = [*CAMS, "occlusion", "integrated-gradients", "smooth-grad"]
# Passes through the network, a slice: these take minutes for what others do in seconds.
SLOW = {"score-cam": 1280, "occlusion": 225, "integrated-gradients": 50, "smooth-grad": 25}


def few(count, method):
    """Fewer slices where each takes many passes."""
    return min(count, max(1, 600 // SLOW.get(method, 1)))


def pictures(folder, count):
    """The first `count` files below `folder`, one of each subfolder in turn."""
    known = {".png", ".jpg", ".jpeg"}
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in known)
    groups = [list(group) for _, group in itertools.groupby(files, lambda path: path.parent)]
    turns = itertools.chain.from_iterable(itertools.zip_longest(*groups))
    return [path for path in turns if path is not None][:count]


class Model:
    """What the model file says of itself."""

    def __init__(self, path):
        from safetensors import safe_open

        self.path = path
        with safe_open(path, "np") as file:
            metadata = file.metadata()
        self.architecture = json.loads(metadata["hilum.architecture"])["name"]
        self.classes = json.loads(metadata["hilum.classes"])
        recipe = json.loads(metadata["hilum.recipe"])
        self.size = (recipe["width"], recipe["height"])
        if recipe["channels"] != "rgb" or recipe["fit"] != "stretch" or recipe["clahe"] is not None:
            sys.exit(f"{path}: only stretched colour images without CLAHE can be compared")
        normalisation = recipe["normalisation"]["mean_std"]
        self.mean, self.deviation = (np.array(normalisation[key], np.float32) for key in ("mean", "std"))

    def values(self, picture):
        """What the network reads, C x H x W."""
        values = np.asarray(Image.open(picture).convert("RGB"), np.float32) / 255
        return np.ascontiguousarray(((values - self.mean) / self.deviation).transpose(2, 0, 1))

    def black(self):
        """What black pixels become, of each channel."""
        return -self.mean / self.deviation


def torchvisions(model):
    """torchvision's network with the model's weights."""
    import torchvision
    from safetensors.torch import load_file

    def letters(text):
        return "".join(filter(str.isalnum, text))

    names = torchvision.models.list_models(torchvision.models)
    name = next(name for name in names if letters(name) == letters(model.architecture))
    network = torchvision.models.get_model_builder(name)(num_classes=len(model.classes))
    # Half precision in the file; batch norm's counters are not in it.
    weights = {name: tensor.float() for name, tensor in load_file(model.path).items()}
    missing, unexpected = network.load_state_dict(weights, strict=False)
    assert not unexpected and all(name.endswith("num_batches_tracked") for name in missing)
    return network.eval()


class Peer:
    """The same maps by pytorch-grad-cam and Captum."""

    def __init__(self, model):
        import torch

        torch.set_num_threads(THREADS)
        self.torch, self.model, self.network = torch, model, torchvisions(model)

    def layer(self, name):
        """The module whose result hilum's node `name` is: of a sum, the block that it ends."""
        return self.network.get_submodule(name.removesuffix(".add"))

    def maps(self, method, layer, images, classes):
        """Signed maps where Captum gives such, else from 0 to 1; one an image, H x W."""
        if method in CAMS:
            return self.cams(method, layer, images, classes)
        batch = self.torch.from_numpy(images)
        if method == "occlusion":
            return self.occlusion(batch, classes)
        if method == "integrated-gradients":
            return self.integrated_gradients(batch, classes)
        return self.smooth_grad(batch, classes)

    def cams(self, method, layer, images, classes):
        import pytorch_grad_cam
        from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

        targets = [ClassifierOutputTarget(number) for number in classes]
        with getattr(pytorch_grad_cam, CAMS[method])(self.network, [self.layer(layer)]) as cam:
            return cam(self.torch.from_numpy(images), targets)

    def blackened(self):
        return self.torch.from_numpy(self.model.black())[None, :, None, None]

    def occlusion(self, batch, classes):
        from captum.attr import Occlusion

        sides = [max(side // 8, 1) for side in batch.shape[2:]]
        strides = [-(-side // 2) for side in sides]
        found = Occlusion(self.network).attribute(
            batch, (3, *sides), (3, *strides), self.blackened().expand(1, 3, *batch.shape[2:]), list(classes),
            perturbations_per_eval=4,
        )
        return found.numpy()[:, 0]

    def integrated_gradients(self, batch, classes):
        from captum.attr import IntegratedGradients

        baselines = self.blackened().expand(1, 3, *batch.shape[2:])
        found = IntegratedGradients(self.network).attribute(
            batch, baselines, list(classes), n_steps=50, internal_batch_size=max(16, len(batch))
        )
        return found.detach().numpy().sum(1)

    def smooth_grad(self, batch, classes):
        from captum.attr import NoiseTunnel, Saliency

        maps = []
        for image, number in zip(batch, classes):
            sigma = 0.15 * float(image.max() - image.min())
            found = NoiseTunnel(Saliency(self.network)).attribute(
                image[None], nt_samples=25, nt_samples_batch_size=5, stdevs=sigma, target=int(number), abs=False
            )
            maps.append(found.detach().numpy().sum((0, 1)))
        return np.stack(maps)


def as_heat(method, values):
    """What speaks for the class, from 0 to 1."""
    values = np.abs(values) if method == "smooth-grad" else np.maximum(values, 0)
    values = values - values.min()
    return values / values.max() if values.max() > 0 else values


def hilum(arguments, method, paths):
    return [arguments.hilum, "explain", *paths, "--model", arguments.model, "--method", method, "--format", "json",
            "--threads", str(THREADS), *arguments.words]


def explain(command):
    """Runs hilum without checks; its lines, by the name of the picture."""
    command = [*command, "--sanity", "off"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stderr}")
    return {pathlib.Path(line["path"]).name: line for line in map(json.loads, done.stdout.splitlines())}


def prepare(slices, model, count, folder):
    """Grey pictures of the network's size."""
    folder.mkdir()
    files = pictures(slices, count)
    if not files:
        sys.exit(f"no PNG or JPEG in {slices}")
    for number, path in enumerate(files):
        Image.open(path).convert("L").resize(model.size, Image.BILINEAR).save(folder / f"{number:03}.png")
    return sorted(folder.iterdir())


def compare_maps(arguments, model, folder):
    peer = Peer(model)
    print("| method | layer | largest | mean | |\n|---|---|---|---|---|")
    for method in arguments.methods:
        count = few(arguments.count, method)
        files = prepare(arguments.slices, model, count, folder / method)
        out = folder / f"{method}-out"
        lines = explain([*hilum(arguments, method, files), "--out", out])
        largest, total, turned, correlations = 0.0, [], 0, []
        for picture in files:
            line = lines[picture.name]
            ours = np.load(line["map"]).astype(np.float64)
            number = model.classes.index(line["class"])
            theirs = peer.maps(method, line.get("layer"), model.values(picture)[None], [number])[0]
            one, other = as_heat(method, ours), as_heat(method, theirs)
            if method == "eigen-cam" and np.corrcoef(one.ravel(), other.ravel())[0, 1] < 0:
                turned += 1
                continue
            difference = np.abs(one - other)
            largest = max(largest, float(difference.max()))
            total.append(float(difference.mean()))
            correlations.append(float(np.corrcoef(one.ravel(), other.ravel())[0, 1]))
        note = f"correlation at least {min(correlations):.4f}; {len(total)} slices"
        if turned:
            note += f"; {turned} with another sign, not compared"
        print(f"| {method} | {line.get('layer')} | {largest:.1e} | {np.mean(total):.1e} | {note} |", flush=True)


def peer_process(arguments, model):
    """What the peer does alone, in a process of its own: reads, explains in batches, writes."""
    import cv2
    from pytorch_grad_cam.utils.image import show_cam_on_image

    lines = json.loads((arguments.slices / "classes.json").read_text())
    files = sorted(arguments.slices.glob("*.png"))
    peer = Peer(model)
    (method,) = arguments.methods
    start, batch = time.perf_counter(), 1 if method in SLOW else arguments.batch
    for first in range(0, len(files), batch):
        part = files[first : first + batch]
        images = np.stack([model.values(picture) for picture in part])
        numbers = [model.classes.index(lines[picture.name]["class"]) for picture in part]
        maps = peer.maps(method, lines[part[0].name].get("layer"), images, numbers)
        for picture, found in zip(part, maps):
            colour = np.asarray(Image.open(picture).convert("RGB"), np.float32) / 255
            overlay = show_cam_on_image(colour, as_heat(method, found).astype(np.float32), use_rgb=False)
            cv2.imwrite(str(arguments.out / picture.name), overlay)
            np.save(arguments.out / f"{picture.stem}.npy", found)
    print(json.dumps({"work": time.perf_counter() - start}))


def timed(command):
    """Seconds by the clock and of processor time, MB at the peak, and what was printed."""
    with tempfile.TemporaryFile("w+") as errors:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
        out = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        if status != 0:
            errors.seek(0)
            sys.exit(f"{' '.join(map(str, command))}\n{errors.read()}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, out


def compare_times(arguments, model, folder):
    columns = ["method", "slices", "hilum, s", "with fast sanity, s", "peer, s", "its work, s", "hilum of its work",
               "processor: hilum, s", "peer, s", "ratio", "hilum, MB", "peer, MB"]
    print("| " + " | ".join(columns) + " |\n" + "|---" * len(columns) + "|")
    for method in arguments.methods:
        count = few(arguments.count, method)
        pngs = folder / method
        ours = hilum(arguments, method, prepare(arguments.slices, model, count, pngs))
        (folder / "out").mkdir(exist_ok=True)
        lines = explain([*ours, "--out", folder / "out" / method])
        (pngs / "classes.json").write_text(json.dumps(lines))
        theirs = [sys.executable, __file__, "peer", pngs, "--methods", method, "--model", arguments.model,
                  "--batch", str(arguments.batch)]
        best = {}

        def note(**values):
            best.update((name, min(value, best.get(name, value))) for name, value in values.items())

        for number in range(arguments.rounds):
            for sanity in ("off", "fast"):
                out = folder / "out" / f"{method}-{sanity}-{number}"
                seconds, processor, peak, _ = timed([*ours, "--sanity", sanity, "--out", out])
                if sanity == "off":
                    note(off=seconds, processor=processor, peak=peak)
                else:
                    note(fast=seconds)
            out = folder / "out" / f"{method}-peer-{number}"
            out.mkdir()
            seconds, processor, peak, printed = timed([*theirs, "--out", out])
            work = json.loads(printed.splitlines()[-1])["work"]
            note(peer=seconds, work=work, peer_processor=processor, peer_peak=peak)
        row = [method, count, *(f"{best[key]:.2f}" for key in ("off", "fast", "peer", "work")),
               f"{best['off'] / best['work']:.2f}", f"{best['processor']:.2f}", f"{best['peer_processor']:.2f}",
               f"{best['processor'] / best['peer_processor']:.2f}", f"{best['peak']:.0f}", f"{best['peer_peak']:.0f}"]
        print("| " + " | ".join(map(str, row)) + " |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["maps", "times", "peer"])
    parser.add_argument("slices", type=pathlib.Path)
    parser.add_argument("--methods", nargs="+", default=METHODS, choices=METHODS, metavar="METHOD")
    parser.add_argument("--model", type=pathlib.Path, default=ROOT / "models/mobilenet-v2-chest-ct.safetensors")
    parser.add_argument("--hilum", type=pathlib.Path, default=ROOT / "target/release/hilum", help="the binary")
    parser.add_argument("--count", type=int)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch", type=int, default=16, help="the peer's")
    parser.add_argument("--words", nargs=argparse.REMAINDER, default=[], help="more words for hilum explain, last")
    parser.add_argument("--out", type=pathlib.Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    model = Model(arguments.model)
    if arguments.what == "peer":
        return peer_process(arguments, model)
    arguments.count = arguments.count or {"maps": 8, "times": 64}[arguments.what]
    with tempfile.TemporaryDirectory() as folder:
        work = compare_maps if arguments.what == "maps" else compare_times
        work(arguments, model, pathlib.Path(folder))


if __name__ == "__main__":
    main()
