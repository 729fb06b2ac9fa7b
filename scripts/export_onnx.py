#!/usr/bin/env python3
"""Writes the networks of `docs/performance.md` as ONNX files for other engines, with random weights.

    python scripts/export_onnx.py FOLDER

Made with torch 2.15, torchvision 0.29 and onnx 1.23. Batch is the first, dynamic axis.
"""
import pathlib
import sys

import torch
from torch import nn
from torchvision import models


def reference_cnn() -> nn.Module:
    """Six convolutions and three dense layers, the network of the reference recipe."""
    layers, channels = [], 1
    for filters in (64, 128, 256, 512, 512, 1024):
        layers += [nn.Conv2d(channels, filters, 3), nn.ReLU(), nn.MaxPool2d(2)]
        channels = filters
    layers += [nn.Flatten(), nn.BatchNorm1d(1024), nn.Linear(1024, 128), nn.ReLU(),
               nn.Linear(128, 128), nn.ReLU(), nn.BatchNorm1d(128), nn.Linear(128, 4)]
    return nn.Sequential(*layers)


NETWORKS = {
    "reference-cnn": (reference_cnn, (1, 200, 200)),
    "mobilenet-v2": (lambda: models.mobilenet_v2(num_classes=4), (3, 224, 224)),
    "resnet-18": (lambda: models.resnet18(num_classes=4), (3, 224, 224)),
    "resnet-50": (lambda: models.resnet50(num_classes=4), (3, 224, 224)),
    "efficientnet-b0": (lambda: models.efficientnet_b0(num_classes=4), (3, 224, 224)),
}


def main(folder: pathlib.Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    for name, (build, shape) in NETWORKS.items():
        path = folder / f"{name}.onnx"
        torch.onnx.export(build().eval(), torch.rand(1, *shape), path, dynamo=False,
                          input_names=["images"], output_names=["logits"],
                          dynamic_axes={"images": {0: "batch"}, "logits": {0: "batch"}})
        print(path)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
