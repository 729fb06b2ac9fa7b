"""Writes training.json: five training steps of a small network, by PyTorch.

Run: python make_training.py    (PyTorch 2.15)
Arithmetic is float64. Adam's epsilon is large, so that gradients of nothing but rounding move
nothing: with 1e-8 PyTorch's own float32 and float64 losses differ by 0.2% after a step.
The network has every kind of layer of the large ones: strided and depthwise convolutions,
batch norm, ReLU, ReLU6, SiLU, a squeeze-and-excitation gate, max pooling and a residual sum.
"""

import json
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

torch.manual_seed(3)


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(1, 8, 3, stride=2, padding=1, bias=False)
        self.stem_norm = nn.BatchNorm2d(8, eps=1e-3, momentum=0.1)
        self.depthwise = nn.Conv2d(8, 8, 3, padding=1, groups=8, bias=False)
        self.depthwise_norm = nn.BatchNorm2d(8)
        self.squeeze = nn.Conv2d(8, 4, 1)
        self.excite = nn.Conv2d(4, 8, 1)
        self.project = nn.Conv2d(8, 8, 1, bias=False)
        self.project_norm = nn.BatchNorm2d(8)
        self.last = nn.Conv2d(8, 12, 3)
        self.hidden = nn.Linear(12, 10)
        self.hidden_norm = nn.BatchNorm1d(10, eps=1e-3, momentum=0.01)
        self.head = nn.Linear(10, 4)

    def forward(self, x):
        x = functional.relu6(self.stem_norm(self.stem(x)))
        x = functional.max_pool2d(x, 3, stride=2, padding=1)
        y = functional.silu(self.depthwise_norm(self.depthwise(x)))
        gate = functional.silu(self.squeeze(y.mean((2, 3), keepdim=True)))
        y = y * torch.sigmoid(self.excite(gate))
        x = x + self.project_norm(self.project(y))
        x = functional.relu(self.last(x)).mean((2, 3))
        return self.head(self.hidden_norm(functional.relu(self.hidden(x))))


network = Network()
with torch.no_grad():
    for name, value in network.named_parameters():
        if "norm" in name:
            value.add_(0.2 * torch.randn_like(value))


def values(tensors):
    return {
        name: {"shape": list(value.shape), "data": value.flatten().tolist()}
        for name, value in tensors
        if "num_batches" not in name
    }


network.double()
images = torch.randn(8, 1, 24, 20).double()
truth = torch.arange(8) % 4
class_weights = torch.tensor([1.0, 0.5, 2.0, 1.25]).double()
reference = {
    "images": images.flatten().tolist(),
    "truth": truth.tolist(),
    "class_weights": class_weights.tolist(),
    "label_smoothing": 0.1,
    "before": values(network.state_dict().items()),
}
optimizer = torch.optim.Adam(network.parameters(), lr=0.02, eps=1e-3)
losses = []
for step in range(5):
    optimizer.zero_grad()
    loss = functional.cross_entropy(
        network(images), truth, weight=class_weights, label_smoothing=0.1
    )
    loss.backward()
    if step == 0:
        gradients = [(name, value.grad) for name, value in network.named_parameters()]
        reference["first_gradients"] = values(gradients)
    optimizer.step()
    losses.append(loss.item())
reference["losses"] = losses
reference["after"] = values(network.state_dict().items())
network.eval()
with torch.no_grad():
    reference["logits"] = network(images).flatten().tolist()

Path(__file__).with_name("training.json").write_text(json.dumps(reference) + "\n")
