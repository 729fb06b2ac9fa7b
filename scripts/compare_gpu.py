#!/usr/bin/env python3
"""Times hilum on a GPU beside PyTorch with CUDA on the same GPU, in turns.

    python scripts/compare_gpu.py HILUM DEVICE [ROUNDS]

HILUM is a program that was built for DEVICE (`vulkan`, `cuda`, ...; docs/gpu.md). Predictions and training steps of all
layers with Adam, both in f32; PyTorch channels-last with cuDNN's search for the fastest kernel, once with exact products
and once as its users run it, with TF32 allowed. Images lie in the host's memory for both, as an answer has to. Printed is
the best of all rounds, in milliseconds per image. Made with torch 2.11 and torchvision 0.26.
"""
import json
import subprocess
import sys

NETWORKS = {"mobilenet-v2": "mobilenet_v2", "resnet-18": "resnet18", "resnet-50": "resnet50"}
BATCHES = (16, 64)

PYTORCH = """
import sys, time, torch
from torchvision import models
name, mode, batch = sys.argv[1], sys.argv[2], int(sys.argv[3])
torch.backends.cudnn.benchmark = True
network = getattr(models, name)(num_classes=4).cuda().to(memory_format=torch.channels_last)
images = torch.rand(batch, 3, 224, 224).to(memory_format=torch.channels_last).pin_memory()
truth = (torch.arange(batch) % 4).cuda()
optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
network.train(mode == "train")
def run():
    given = images.cuda(non_blocking=True)
    if mode == "train":
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(network(given), truth)
        loss.backward()
        optimizer.step()
        loss.item()
    else:
        with torch.inference_mode():
            network(given).cpu()
def best():
    for _ in range(5):
        run()
    times = []
    for _ in range(20):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times) * 1e3 / batch
for tf32 in (False, True):
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32
    print(best())
"""


def pytorch(name: str, mode: str, batch: int) -> list[float]:
    """Without TF32 and with it."""
    done = subprocess.run([sys.executable, "-c", PYTORCH, name, mode, str(batch)], capture_output=True,
                          text=True, check=True)
    return [float(word) for word in done.stdout.split()[-2:]]


def hilum(program: str, device: str, arch: str, mode: str, batch: int) -> float:
    command = [program, "bench", "--device", device, "--arch", arch, "--mode", mode, "--batch", str(batch)]
    done = subprocess.run(command, capture_output=True, text=True)
    return json.loads(done.stdout)["ms_per_image"] if done.returncode == 0 else float("nan")


def main(program: str, device: str, rounds: int) -> None:
    for mode in ("predict", "train"):
        for arch, name in NETWORKS.items():
            for batch in BATCHES:
                ours, exact, tf32 = [], [], []
                for _ in range(rounds):
                    ours.append(hilum(program, device, arch, mode, batch))
                    found = pytorch(name, mode, batch)
                    exact.append(found[0])
                    tf32.append(found[1])
                print(f"{arch}, {mode}, batch {batch}: hilum {min(ours):.3f}, PyTorch {min(exact):.3f}, "
                      f"with TF32 {min(tf32):.3f}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) == 4 else 2)
