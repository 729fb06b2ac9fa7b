"""Whether PyTorch takes a model that hilum wrote, as it is.

Run by hand: `python check_model.py runs/NAME/model.safetensors`, with torch 2.15.0, torchvision
0.29.2 and safetensors 0.8.0. Loads the file into torchvision's network of the same name with
`strict=True` and prints what the metadata says. Nothing in hilum's build or tests runs this.
"""

import json
import sys

import torchvision
from safetensors import safe_open
from safetensors.torch import load_file

path = sys.argv[1]
with safe_open(path, "pt") as file:
    metadata = file.metadata()
described = {key: json.loads(text) for key, text in metadata.items() if key != "hilum.digest"}
print(json.dumps(described, indent=1))


def letters(name):
    return "".join(filter(str.isalnum, name))


# torchvision's network of the same letters and digits: `resnet18` for `resnet-18`.
models = torchvision.models
names = {letters(name): name for name in models.list_models(models)}
architecture = described["hilum.architecture"]["name"]
if letters(architecture) not in names:
    print(f"{len(load_file(path))} tensors; torchvision has no {architecture}")
else:
    network = models.get_model_builder(names[letters(architecture)])
    model = network(num_classes=len(described["hilum.classes"]))
    print(model.load_state_dict(load_file(path), strict=True))
