"""Writes torchvision/*.json: what torchvision and PyTorch say of each architecture.

    python make_torchvision.py [NAME ...]

Made with torch 2.15.0 and torchvision 0.29.2, in float64. Every file holds

    architecture  hilum's name
    made_by       versions
    parameters    [[name, shape], ...]: the state dict in its order, without num_batches_tracked
    published_ops billions of multiply-adds at 224 x 224 with 1000 classes, meta["_ops"] of
                  torchvision's IMAGENET1K_V1; null for what torchvision has not
    shapes        [{"input": [h, w, c], "outputs": {module: [h, w, c]} or null}, ...]: every
                  convolution, pool and dense layer; null where PyTorch finds the image too small
    forward       [{"input": [h, w, c], "logits": [[...], ...], "truth": [...], "loss": ...}, ...]:
                  inference on formula.images(len(logits), h, w, c); a grey image is repeated
    training      five steps on formula.images(8, h, w, c), from formula.parameter, dropout and
                  stochastic depth off: "input", "truth", "class_weights", "label_smoothing",
                  "learning_rate", "beta1", "beta2", "epsilon" (Adam), and "losses" before each step
    float32       how far PyTorch's own float32 is off: "losses", relative; "gradients" and
                  "statistics", the worst norm or projection relative to the norm (at least 1e-3)
    gradients     {name: [norm, projection]} of the first step, formula.norm_and_projection
    statistics    {name: [norm, projection]} of running means and variances after the first step

A network that has not learnt anything amplifies rounding: a value that changes its side of a ReLU
changes gradients by per cents. The learning rates are so small that float32 finds all five losses
within LOSSES; the script stops where it does not.
"""

import functools
import pathlib
import sys

import formula
import numpy as np
import torch
import torchvision
from torch import nn

CLASS_COUNT = 4
TRUTH = [2, 0, 3, 1, 1, 2, 0, 3]
CLASS_WEIGHTS = [1.0, 0.5, 2.0, 1.5]
LABEL_SMOOTHING = 0.1
LOSSES = 2.5e-4


class SameConv2d(nn.Conv2d):
    """TensorFlow's SAME padding, worked out for each image."""

    def forward(self, images):
        pads = []
        for size, kernel, stride in zip(images.shape[-2:], self.kernel_size, self.stride):
            total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            pads = [total // 2, total - total // 2] + pads
        images = nn.functional.pad(images, pads)
        return nn.functional.conv2d(images, self.weight, self.bias, self.stride, 0, 1, self.groups)


def efficientnet_b0_tf():
    norm = functools.partial(nn.BatchNorm2d, eps=1e-3, momentum=0.01)
    model = torchvision.models.efficientnet_b0(
        num_classes=CLASS_COUNT, dropout=0.0, stochastic_depth_prob=0.0, norm_layer=norm
    )
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            module.__class__ = SameConv2d
    return model


def reference_cnn():
    """The reference recipe's network with Keras's constants, under hilum's names."""
    layers, channels = {}, 1
    for number, filters in enumerate([64, 128, 256, 512, 512, 1024], 1):
        layers[f"conv{number}"] = nn.Conv2d(channels, filters, 3)
        layers[f"conv{number}_relu"] = nn.ReLU()
        layers[f"pool{number}"] = nn.MaxPool2d(2)
        channels = filters
    layers["flatten"] = nn.Flatten()
    layers["norm1"] = nn.BatchNorm1d(1024, eps=1e-3, momentum=0.01)
    layers["dense1"] = nn.Linear(1024, 128)
    layers["dense1_relu"] = nn.ReLU()
    layers["dense2"] = nn.Linear(128, 128)
    layers["dense2_relu"] = nn.ReLU()
    layers["norm2"] = nn.BatchNorm1d(128, eps=1e-3, momentum=0.01)
    layers["dense3"] = nn.Linear(128, CLASS_COUNT)
    model = nn.Sequential()
    for name, layer in layers.items():
        model.add_module(name, layer)
    return model


models = torchvision.models
COLOUR = [(64, 64, 3), (71, 83, 3), (64, 64, 1)]
SHAPES = [(71, 83, 3), (33, 47, 3), (15, 15, 3), (9, 9, 3)]
TRAINING = (96, 96, 3)
# How to build it, images for inference, images for training, learning rate, images for shapes.
ARCHITECTURES = {
    "mobilenet-v2": (
        lambda: models.mobilenet_v2(num_classes=CLASS_COUNT, dropout=0.0),
        COLOUR, TRAINING, 5e-6, SHAPES,
    ),
    "resnet-18": (
        lambda: models.resnet18(num_classes=CLASS_COUNT), COLOUR, TRAINING, 1e-4, SHAPES
    ),
    "resnet-50": (
        lambda: models.resnet50(num_classes=CLASS_COUNT), COLOUR, TRAINING, 5e-7, SHAPES[:2]
    ),
    "efficientnet-b0": (
        lambda: models.efficientnet_b0(
            num_classes=CLASS_COUNT, dropout=0.0, stochastic_depth_prob=0.0
        ),
        COLOUR, TRAINING, 1e-4, SHAPES[:2],
    ),
    "efficientnet-b0-tf": (efficientnet_b0_tf, COLOUR, TRAINING, 1e-4, SHAPES[:2]),
    "squeezenet-1.1": (
        lambda: models.squeezenet1_1(num_classes=CLASS_COUNT, dropout=0.0),
        COLOUR, TRAINING, 1e-4, SHAPES,
    ),
    "reference-cnn": (
        reference_cnn, [(200, 200, 1)], (200, 200, 1), 1e-6, [(200, 200, 1), (189, 189, 1)]
    ),
}


def images(count, height, width, channels, wanted):
    batch = torch.from_numpy(formula.images(count, height, width, channels)).double()
    return batch.permute(0, 3, 1, 2).expand(-1, wanted, -1, -1)


def published_ops(name):
    def letters(text):
        return text.replace("-", "").replace("_", "").replace(".", "")

    for model in models.list_models(models):
        if letters(model) == letters(name):
            return models.get_model_weights(model)["IMAGENET1K_V1"].meta["_ops"]
    return None


def channels_of(model):
    return next(model.parameters()).shape[1]


def fill(model):
    """Formula values for everything; returns names and shapes."""
    listing = []
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if name.endswith("num_batches_tracked"):
                continue
            shape = list(tensor.shape)
            listing.append([name, shape])
            tensor.copy_(torch.from_numpy(formula.parameter(name, shape)))
    return listing


def shapes(model, size):
    outputs = {}

    def keep(name, output):
        batch, channels, *rest = output.shape
        height, width = rest or (1, 1)
        outputs[name] = [height, width, channels]

    handles = [
        module.register_forward_hook(lambda _, __, output, name=name: keep(name, output))
        for name, module in model.named_modules()
        if isinstance(module, (nn.Conv2d, nn.MaxPool2d, nn.Linear))
    ]
    try:
        with torch.no_grad():
            model.eval()(torch.zeros(1, size[2], *size[:2], dtype=torch.float64))
    except RuntimeError:
        outputs = None
    for handle in handles:
        handle.remove()
    return {"input": list(size), "outputs": outputs}


def forward(model, size):
    truth = TRUTH[:2]
    with torch.no_grad():
        logits = model.eval()(images(2, *size, channels_of(model)))
        loss = nn.functional.cross_entropy(logits, torch.tensor(truth))
    return {"input": list(size), "logits": logits.tolist(), "truth": truth, "loss": loss.item()}


def measured(name, tensor):
    return [float(f"{value:.8g}") for value in formula.norm_and_projection(name, tensor)]


def train(model, size, learning_rate, dtype):
    """Losses, gradients and statistics of five steps from the formula's parameters."""
    fill(model)
    model.to(dtype).train()
    adam = torch.optim.Adam(model.parameters(), lr=learning_rate, betas=(0.9, 0.999), eps=1e-8)
    weights = torch.tensor(CLASS_WEIGHTS, dtype=dtype)
    loss_of = nn.CrossEntropyLoss(weight=weights, label_smoothing=LABEL_SMOOTHING)
    batch = images(len(TRUTH), *size, channels_of(model)).to(dtype)
    losses, gradients, statistics = [], {}, {}
    for step in range(5):
        adam.zero_grad()
        loss = loss_of(model(batch), torch.tensor(TRUTH))
        loss.backward()
        losses.append(loss.item())
        if step == 0:
            for name, parameter in model.named_parameters():
                gradients[name] = measured(name, parameter.grad)
            for name, buffer in model.named_buffers():
                if not name.endswith("num_batches_tracked"):
                    statistics[name] = measured(name, buffer)
        adam.step()
    return losses, gradients, statistics


def worst(found, expected):
    """The largest error of a norm or a projection, as a share of the norm."""
    return max(
        (
            abs(value - wanted) / max(expected[name][0], 1e-3)
            for name in expected
            for value, wanted in zip(found[name], expected[name])
        ),
        default=0.0,
    )


def training(model, size, learning_rate):
    losses, gradients, statistics = train(model, size, learning_rate, torch.float64)
    rounded = train(model, size, learning_rate, torch.float32)
    model.double()
    errors = {
        "losses": max(abs(a - b) / b for a, b in zip(rounded[0], losses)),
        "gradients": worst(rounded[1], gradients),
        "statistics": worst(rounded[2], statistics),
    }
    return {
        "training": {
            "input": list(size), "truth": TRUTH, "class_weights": CLASS_WEIGHTS,
            "label_smoothing": LABEL_SMOOTHING, "learning_rate": learning_rate,
            "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "losses": losses,
        },
        "float32": {key: float(f"{error:.2g}") for key, error in errors.items()},
        "gradients": gradients,
        "statistics": statistics,
    }


def main(names):
    folder = pathlib.Path(__file__).parent / "torchvision"
    for name in names or ARCHITECTURES:
        build, forward_sizes, training_size, learning_rate, shape_sizes = ARCHITECTURES[name]
        model = build().double()
        listing = fill(model)
        reference = {
            "architecture": name,
            "made_by": f"torch {torch.__version__}, torchvision {torchvision.__version__}",
            "parameters": listing,
            "published_ops": published_ops(name),
            "shapes": [shapes(model, size) for size in shape_sizes],
            "forward": [forward(model, size) for size in forward_sizes],
        }
        reference |= training(model, training_size, learning_rate)
        assert reference["float32"]["losses"] <= LOSSES, (name, reference["float32"])
        formula.write(folder / f"{name}.json", reference)
        print(name, reference["training"]["losses"], reference["float32"], flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
