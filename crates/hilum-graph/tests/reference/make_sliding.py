"""Writes sliding.json: output sizes of PyTorch's convolution and pooling windows.

    python make_sliding.py

Made with torch 2.15.0. Every case is [pool, height, width, kernel, stride, padding, ceil, output],
the pairs as rows and columns, the output null where PyTorch finds the image too small.
"""

import pathlib
import random

import formula
import torch
from torch import nn


def case(generator):
    pair = lambda low, high: [generator.randint(low, high) for _ in range(2)]
    pool = generator.random() < 0.7
    height, width = pair(1, 16)
    kernel, stride = pair(1, 5), pair(1, 4)
    # PyTorch pads pools by half the kernel at most.
    padding = [generator.randint(0, size // 2) for size in kernel]
    ceil = pool and generator.random() < 0.7
    if pool:
        layer = nn.MaxPool2d(kernel, stride, padding, ceil_mode=ceil)
    else:
        layer = nn.Conv2d(1, 1, kernel, stride, padding)
    try:
        output = list(layer(torch.zeros(1, 1, height, width)).shape[2:])
    except RuntimeError:
        output = None
    return [pool, height, width, kernel, stride, padding, ceil, output]


if __name__ == "__main__":
    generator = random.Random(32)
    cases = [case(generator) for _ in range(150)]
    formula.write(pathlib.Path(__file__).parent / "sliding.json", {"cases": cases})
