#!/usr/bin/env python3
"""Load a model that hilum trained into torchvision and compare the outputs.

    python3 check_export.py MODEL.safetensors SLICE [HILUM]

`load_state_dict` is strict: every name and shape must fit. Then one slice goes through both programs; the
log-probabilities must agree within 1e-4 of the largest. HILUM is the binary, `target/release/hilum` by default. Needs
torch, torchvision, safetensors and Pillow. The model must have been trained on RGB input with the default recipe.
"""
import json
import subprocess
import sys

import numpy as np
import torch
import torchvision
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file


def torchvisions(name):
    """torchvision's network whose name has the same letters and digits: `resnet18` for `resnet-18`."""
    def letters(text):
        return "".join(filter(str.isalnum, text))

    models = torchvision.models.list_models(torchvision.models)
    return torchvision.models.get_model_builder(next(model for model in models if letters(model) == letters(name)))


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    model_path, slice_path = sys.argv[1:3]
    binary = sys.argv[3] if len(sys.argv) == 4 else "target/release/hilum"
    with safe_open(model_path, "pt") as file:
        metadata = file.metadata()
    name = json.loads(metadata["hilum.architecture"])["name"]
    classes = json.loads(metadata["hilum.classes"])
    recipe = json.loads(metadata["hilum.recipe"])

    network = torchvisions(name)(num_classes=len(classes))
    network.load_state_dict(load_file(model_path))
    network.eval()

    image = Image.open(slice_path).convert("RGB").resize((recipe["width"], recipe["height"]), Image.BILINEAR)
    values = np.asarray(image, np.float32) / 255
    normalisation = recipe["normalisation"]
    if "mean_std" in normalisation:
        values = (values - normalisation["mean_std"]["mean"]) / normalisation["mean_std"]["std"]
    batch = torch.from_numpy(np.ascontiguousarray(values.transpose(2, 0, 1)[None], np.float32))
    with torch.no_grad():
        theirs = torch.log_softmax(network(batch).double(), 1)[0].numpy()

    line = subprocess.run([binary, "predict", slice_path, "--model", model_path, "--format", "json"],
                          check=True, capture_output=True, text=True).stdout.splitlines()[0]
    ours = np.log([json.loads(line)["probabilities"][c] for c in classes])
    difference = np.abs(ours - theirs).max() / np.abs(theirs).max()
    for c, a, b in zip(classes, ours, theirs):
        print(f"{c:28} hilum {a:+.6f}  torchvision {b:+.6f}")
    print(f"{name}: largest difference {difference:.1e} of the largest log-probability")
    sys.exit(0 if difference <= 1e-4 else 1)


if __name__ == "__main__":
    main()
