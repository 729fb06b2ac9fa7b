"""Networks of torchvision, exported by PyTorch, as weights of a training."""
import importlib.util
import subprocess

import numpy as np
import onnxruntime

EXPORTERS = {"TorchScript": {"dynamo": False}, "torch.export": {"dynamo": True}}
NETWORKS = {"mobilenet-v2": "mobilenet_v2", "efficientnet-b0": "efficientnet_b0", "resnet-18": "resnet18",
            "resnet-50": "resnet50", "squeezenet-1.1": "squeezenet1_1"}


def disturbed(network, torch):
    """Statistics of batch norms are as after a training, not 0 and 1."""
    generator = torch.Generator().manual_seed(1)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            for tensor in (module.weight.data, module.running_var):
                tensor.copy_(0.8 + 0.4 * torch.rand(tensor.shape, generator=generator))
            for tensor in (module.bias.data, module.running_mean):
                tensor.copy_(0.1 * torch.randn(tensor.shape, generator=generator))
    return network.eval()


def logits_after_training(hilum, data, network, weights, image, folder):
    """What hilum's network says that began with `weights`, and what hilum said of them."""
    out, bare = folder / f"{weights.stem}-run", folder / "in.onnx"
    # The head is trained with a rate that changes no number; all else is frozen.
    arguments = ["train", data, "--arch", network, "--weights", weights, "--out", out, "--epochs", "1", "--freeze", "backbone",
                 "--learning-rate", "1e-30", "--weight-decay", "0", "--image-size", "64"]
    done = subprocess.run([hilum, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    export = ["export", "--model", out / "model.safetensors", "--format", "onnx", "--bare", "--out", bare, "--force"]
    subprocess.run([hilum, *map(str, export)], check=True, capture_output=True)
    session = onnxruntime.InferenceSession(str(bare), providers=["CPUExecutionProvider"])
    return session.run(None, {"input": image})[0], done.stderr


def check_torchvision(hilum, data, folder):
    """Prints a table; whether every network gives PyTorch's logits after hilum took its weights."""
    if any(importlib.util.find_spec(name) is None for name in ("torch", "torchvision", "onnxscript")):
        print("\nskipped: no torch, torchvision and onnxscript here")
        return True
    import torch
    import torchvision
    print(f"\ntorch {torch.__version__}, torchvision {torchvision.__version__}\n")
    print("| network | exporter | taken | largest logit | largest difference |")
    print("|---|---|---|---:|---:|")
    is_right = True
    for ours, theirs in NETWORKS.items():
        torch.manual_seed(0)
        network = disturbed(getattr(torchvision.models, theirs)(num_classes=4), torch)
        image = torch.rand(1, 3, 64, 64)
        expected = network(image).detach().numpy()
        for exporter, settings in EXPORTERS.items():
            path = folder / f"{ours}-{exporter}.onnx"
            torch.onnx.export(network, (image,), str(path), verbose=False, **settings)
            found, said = logits_after_training(hilum, data, ours, path, image.numpy(), folder)
            difference, largest = (float(np.abs(values).max()) for values in (found - expected, expected))
            taken = "by order" if "names of its own" in said else "by name"
            is_right &= difference <= 1e-4 * max(1.0, largest)
            print(f"| {ours} | {exporter} | {taken} | {largest:.3f} | {difference:.1e} |", flush=True)
    return is_right
