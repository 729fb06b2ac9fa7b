"""Writes optimizers.json: six steps of Adam, AdamW and SGD on one dense layer, by PyTorch.

Run: python make_optimizers.py    (PyTorch 2.15; any version with these optimisers will do)
Arithmetic is float64, so that the numbers are those of the formulas.
"""

import json
from pathlib import Path

import torch

torch.manual_seed(7)
torch.set_default_dtype(torch.float64)

IMAGES = torch.randn(6, 5, 4).float().double()  # steps, images, features
TRUTH = torch.randint(0, 3, (6, 5))
WEIGHT = torch.randn(3, 4).float().double()
BIAS = torch.randn(3).float().double()
CLASS_WEIGHTS = torch.tensor([0.5, 1.0, 2.25])
SMOOTHING = 0.125

RULES = {
    "adam": lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.9, 0.999), eps=1e-8),
    "adam_w": lambda p: torch.optim.AdamW(
        p, lr=0.02, betas=(0.8, 0.99), eps=1e-6, weight_decay=0.1
    ),
    "sgd": lambda p: torch.optim.SGD(p, lr=0.05),
    "sgd_momentum": lambda p: torch.optim.SGD(
        p, lr=0.05, momentum=0.9, weight_decay=0.01
    ),
}


def sequence(make):
    layer = torch.nn.Linear(4, 3)
    with torch.no_grad():
        layer.weight.copy_(WEIGHT)
        layer.bias.copy_(BIAS)
    optimizer = make(layer.parameters())
    cross_entropy = torch.nn.CrossEntropyLoss(
        weight=CLASS_WEIGHTS, label_smoothing=SMOOTHING
    )
    steps = []
    for images, truth in zip(IMAGES, TRUTH):
        optimizer.zero_grad()
        loss = cross_entropy(layer(images), truth)
        loss.backward()
        optimizer.step()
        steps.append(
            {
                "loss": loss.item(),
                "weight": layer.weight.flatten().tolist(),
                "bias": layer.bias.tolist(),
            }
        )
    return steps


reference = {
    "images": IMAGES.flatten(1).tolist(),
    "truth": TRUTH.tolist(),
    "weight": WEIGHT.flatten().tolist(),
    "bias": BIAS.tolist(),
    "class_weights": CLASS_WEIGHTS.tolist(),
    "label_smoothing": SMOOTHING,
    "rules": {name: sequence(make) for name, make in RULES.items()},
}
Path(__file__).with_name("optimizers.json").write_text(json.dumps(reference, indent=1) + "\n")
