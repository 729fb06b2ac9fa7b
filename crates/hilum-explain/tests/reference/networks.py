"""Small networks as lists of hilum's nodes, and PyTorch modules that run such lists.

Imported by make_maps.py. Operations are spelt as hilum_graph::Op is serialised.
"""

import pathlib
import sys

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).parents[3] / "hilum-graph/tests/reference"))
import formula  # noqa: E402


class Nodes:
    """A list in the making, whose next node by default reads the last one."""

    def __init__(self, name, height, width, channels):
        self.name, self.input, self.head = name, [height, width, channels], None
        self.nodes, self.last = [], "input"

    def then(self, name, op, *inputs, **fields):
        inputs = list(inputs) or [self.last]
        self.nodes.append({"name": name, "op": {"op": op, **fields}, "inputs": inputs})
        self.last = name
        return name

    def convolution(self, name, channels, kernel, stride=1, padding=0, groups=1, bias=False):
        return self.then(
            name, "convolution", out_channels=channels, kernel=[kernel] * 2, stride=[stride] * 2,
            padding=sides(padding), groups=groups, bias=bias,
        )

    def norm(self, name):
        return self.then(name, "batch_norm", epsilon=1e-5, momentum=0.1)

    def activation(self, name, kind):
        return self.then(name, "activation", **{kind: None})

    def normalised(self, name, kind, channels, kernel, **fields):
        """Convolution, batch norm, activation."""
        self.convolution(f"{name}_conv", channels, kernel, **fields)
        self.norm(f"{name}_norm")
        return self.activation(f"{name}_{kind}", kind)

    def max_pool(self, name, kernel, stride, padding=0, ceil=False):
        return self.then(
            name, "max_pool", kernel=[kernel] * 2, stride=[stride] * 2, padding=sides(padding), ceil=ceil
        )

    def dense(self, name, features):
        return self.then(name, "dense", out_features=features, bias=True)

    def begin_head(self):
        self.head = len(self.nodes)

    def described(self):
        head = self.nodes[self.head]["name"]
        return {"name": self.name, "input": self.input, "head": head, "nodes": self.nodes}


def sides(amount):
    return dict.fromkeys(["top", "bottom", "left", "right"], amount)


def residual():
    """Batch norm, a stride, a shortcut, a mean over places; grey, odd sides."""
    nodes = Nodes("residual", 13, 9, 1)
    nodes.normalised("stem", "relu", 8, 3, padding=1)
    shortcut = nodes.normalised("down", "relu", 12, 3, stride=2, padding=1)
    nodes.normalised("first", "relu", 12, 3, padding=1)
    nodes.convolution("second_conv", 12, 3, padding=1)
    branch = nodes.norm("second_norm")
    nodes.then("add", "add", shortcut, branch)
    nodes.activation("block_relu", "relu")
    nodes.then("pool", "global_average_pool")
    nodes.begin_head()
    nodes.dense("dense", 3)
    return nodes, ["block_relu", "stem_relu"]


def inverted():
    """As MobileNetV2: a repeated grey image, ReLU6, depthwise filters, linear bottlenecks."""
    nodes = Nodes("inverted", 15, 11, 1)
    nodes.then("repeat", "repeat_channels", count=3)
    shortcut = nodes.normalised("stem", "relu6", 8, 3, stride=2, padding=1)
    nodes.normalised("expand1", "relu6", 24, 1)
    nodes.normalised("filter1", "relu6", 24, 3, padding=1, groups=24)
    nodes.convolution("project1_conv", 8, 1)
    branch = nodes.norm("project1_norm")
    nodes.then("add1", "add", shortcut, branch)
    nodes.normalised("expand2", "relu6", 24, 1)
    nodes.normalised("filter2", "relu6", 24, 3, stride=2, padding=1, groups=24)
    nodes.convolution("project2_conv", 12, 1)
    nodes.norm("project2_norm")
    nodes.normalised("last", "relu6", 40, 1)
    nodes.then("pool", "global_average_pool")
    nodes.begin_head()
    nodes.dense("dense", 4)
    return nodes, ["last_relu6", "project2_norm"]


def flattened():
    """As the reference recipe: max pool, flatten, batch norm of a vector, two dense layers."""
    nodes = Nodes("flattened", 13, 9, 1)
    nodes.convolution("conv1", 8, 3, bias=True)
    nodes.activation("conv1_relu", "relu")
    nodes.max_pool("pool1", 2, 2)
    nodes.convolution("conv2", 16, 3, padding=1, bias=True)
    nodes.activation("conv2_relu", "relu")
    nodes.then("flatten", "flatten")
    nodes.norm("norm")
    nodes.dense("dense1", 16)
    nodes.activation("dense1_relu", "relu")
    nodes.begin_head()
    nodes.dense("dense2", 3)
    return nodes, ["conv2_relu", "conv1_relu"]


def gated():
    """Colour; a gate as EfficientNet's, a concatenation as SqueezeNet's, classes before the mean."""
    nodes = Nodes("gated", 14, 9, 3)
    image = nodes.normalised("stem", "silu", 8, 3, stride=2, padding=1)
    nodes.then("squeeze", "global_average_pool")
    nodes.convolution("reduce", 4, 1, bias=True)
    nodes.activation("reduce_silu", "silu")
    nodes.convolution("excite", 8, 1, bias=True)
    gate = nodes.activation("excite_sigmoid", "sigmoid")
    pooled = nodes.then("gate", "gate", image, gate)
    pooled = nodes.max_pool("pool", 3, 2, ceil=True)
    nodes.convolution("narrow", 6, 1, bias=True)
    narrow = nodes.activation("narrow_relu", "relu")
    nodes.then("wide", "convolution", pooled, out_channels=6, kernel=[3, 3], stride=[1, 1],
               padding=sides(1), groups=1, bias=True)
    wide = nodes.activation("wide_relu", "relu")
    nodes.then("concat", "concat", narrow, wide)
    nodes.begin_head()
    nodes.convolution("classes", 4, 1, bias=True)
    nodes.activation("classes_relu", "relu")
    nodes.then("mean", "global_average_pool")
    return nodes, ["concat", "stem_silu"]


NETWORKS = [residual, inverted, flattened, gated]


class Repeat(nn.Module):
    def __init__(self, count):
        super().__init__()
        self.count = count

    def forward(self, image):
        return image.repeat(1, self.count, 1, 1)


class GlobalAveragePool(nn.Module):
    def forward(self, image):
        return image.mean((2, 3), keepdim=True)


class Flatten(nn.Module):
    def forward(self, image):
        return image.flatten(1)[:, :, None, None]


class Add(nn.Module):
    def forward(self, one, other):
        return one + other


class Concat(nn.Module):
    def forward(self, *images):
        return torch.cat(images, 1)


class Gate(nn.Module):
    def forward(self, image, gate):
        return image * gate


class Dense(nn.Linear):
    def forward(self, vector):
        return super().forward(vector[:, :, 0, 0])[:, :, None, None]


ACTIVATIONS = {"relu": nn.ReLU, "relu6": nn.ReLU6, "silu": nn.SiLU, "sigmoid": nn.Sigmoid}


def module(op, channels):
    """PyTorch's module of an operation that reads `channels`, and the channels of its result."""
    kind = op["op"]
    if kind == "convolution":
        out, padding = op["out_channels"], op["padding"]["top"]
        assert set(op["padding"].values()) == {padding}
        return nn.Conv2d(
            channels, out, op["kernel"], op["stride"], padding, groups=op["groups"], bias=op["bias"]
        ), out
    if kind == "batch_norm":
        return nn.BatchNorm2d(channels, eps=op["epsilon"], momentum=op["momentum"]), channels
    if kind == "dense":
        return Dense(channels, op["out_features"], op["bias"]), op["out_features"]
    if kind == "activation":
        (name,) = set(op) - {"op"}
        return ACTIVATIONS[name](), channels
    if kind == "max_pool":
        return nn.MaxPool2d(
            op["kernel"], op["stride"], op["padding"]["top"], ceil_mode=op["ceil"]
        ), channels
    if kind == "repeat_channels":
        return Repeat(op["count"]), channels * op["count"]
    simple = {"global_average_pool": GlobalAveragePool, "add": Add, "gate": Gate}
    return simple[kind](), channels


class Network(nn.Module):
    """Runs a list of nodes in inference mode, with hilum_graph::formula's parameters."""

    def __init__(self, description, dtype):
        super().__init__()
        self.nodes = description["nodes"]
        self.layers = nn.ModuleDict()
        height, width, channels = description["input"]
        # Channels follow from running it: a flattened image has as many as it had values.
        results = {"input": torch.zeros(1, channels, height, width)}
        for node in self.nodes:
            inputs = [results[name] for name in node["inputs"]]
            kind = node["op"]["op"]
            if kind == "flatten":
                layer = Flatten()
            elif kind == "concat":
                layer = Concat()
            else:
                layer, _ = module(node["op"], inputs[0].shape[1])
            self.layers[node["name"]] = layer.eval()
            with torch.no_grad():
                results[node["name"]] = layer(*inputs)
        state = self.layers.state_dict()
        for name, tensor in state.items():
            if not name.endswith("num_batches_tracked"):
                tensor.copy_(torch.from_numpy(formula.parameter(name, list(tensor.shape))))
        self.to(dtype).eval()

    def run(self, images):
        """The results of all nodes by name."""
        results = {"input": images}
        for node in self.nodes:
            inputs = [results[name] for name in node["inputs"]]
            results[node["name"]] = self.layers[node["name"]](*inputs)
        return results

    def forward(self, images):
        return self.run(images)[self.nodes[-1]["name"]].flatten(1)


def images(count, height, width, channels, dtype):
    """hilum_graph::formula's images as PyTorch has them, NCHW."""
    nhwc = formula.images(count, height, width, channels)
    return torch.from_numpy(np.ascontiguousarray(nhwc.transpose(0, 3, 1, 2))).to(dtype)
