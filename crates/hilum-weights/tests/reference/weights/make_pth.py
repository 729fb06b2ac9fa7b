"""Small files of `torch.save`, and what PyTorch reads from them.

Run in this folder: `python make_pth.py`, with torch 2.15.0 and safetensors 0.8.0. Writes the
`.pth` files, `half.safetensors` and `expected.json`: for each tensor of floating-point numbers its
shape and its values as f32, from PyTorch. Nothing in hilum's build or tests runs this.
"""

import collections
import json
import os
import zipfile

import torch
from safetensors.torch import save_file

torch.manual_seed(32)
grid = torch.arange(24, dtype=torch.float32).reshape(4, 6) / 7 - 1
shared = torch.randn(30)

tensors = collections.OrderedDict(
    weight=torch.randn(2, 3, 1, 2),
    transposed=grid.t(),
    slice=grid[1:3, 1:6:2],
    channels_last=torch.randn(1, 2, 2, 3).contiguous(memory_format=torch.channels_last),
    first_view=shared[:10].view(2, 5),
    second_view=shared[10:],
    expanded=torch.tensor([[1.5], [-2.5]]).expand(2, 3),
    parameter=torch.nn.Parameter(grid[0]),
    scalar=torch.tensor(0.1),
    empty=torch.zeros(0, 4),
    half=torch.tensor([0.1, -65504.0, 6e-8]).half(),
    brain=torch.tensor([0.1, -3e38, 1e-40]).bfloat16(),
    double=torch.tensor([0.1, -1e30], dtype=torch.float64),
)
tensors["norm.num_batches_tracked"] = torch.tensor(7)
tensors["positions"] = torch.arange(3)
tensors["mask"] = torch.tensor([True, False])

torch.save(tensors, "zip.pth")
torch.save(tensors, "legacy.pth", _use_new_zipfile_serialization=False)
torch.save(tensors, "protocol4.pth", pickle_protocol=4)

with zipfile.ZipFile("zip.pth") as stored, zipfile.ZipFile("deflated.pth", "w") as deflated:
    for name in stored.namelist():
        deflated.writestr(name, stored.read(name), compress_type=zipfile.ZIP_DEFLATED)

# A checkpoint of a training script, from a model behind DataParallel.
model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2))
optimizer = torch.optim.Adam(model.parameters())
model(torch.randn(4, 2)).sum().backward()
optimizer.step()
wrapped = torch.nn.DataParallel(model).state_dict()
checkpoint = {"epoch": 3, "best": 0.5, "model": None, "shape": torch.Size([2, 2])}
torch.save(checkpoint | {"state_dict": wrapped, "optimizer": optimizer.state_dict()}, "nested.pth")

# What has to be refused.
torch.save(torch.nn.Linear(2, 1), "whole_model.pth")
torch.save([torch.zeros(2)], "list.pth")
torch.save({"epoch": 3, "weights": {"weight": torch.zeros(2)}}, "other_keys.pth")
torch.save({"fine": torch.zeros(2), "diverged": torch.tensor([[1.0, 2.0], [float("inf"), 0.0]])}, "infinite.pth")
torch.save({"positions": torch.arange(3)}, "integers.pth")


class Exploit:
    def __reduce__(self):
        return os.system, ("touch /tmp/hilum-was-tricked",)


torch.save({"weight": torch.zeros(2), "extra": Exploit()}, "exploit.pth")

floats = {name: tensor for name, tensor in tensors.items() if tensor.is_floating_point()}
save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, "half.safetensors")


def described(state_dict):
    return {
        name: {"shape": list(tensor.shape), "values": tensor.float().flatten().tolist()}
        for name, tensor in state_dict.items()
        if tensor.is_floating_point()
    }


with open("expected.json", "w") as file:
    json.dump({"tensors": described(floats), "nested": described(model.state_dict())}, file, indent=1)
