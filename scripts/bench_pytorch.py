#!/usr/bin/env python3
"""Times a training step of PyTorch, every layer, channels-last, two threads: one JSON line.

    python scripts/bench_pytorch.py mobilenet_v2|resnet18 [BATCH]

Made with torch 2.15 and torchvision 0.29. The best of six steps after one to warm up; peak memory
is what the process held at most.
"""
import json
import resource
import sys
import time

import torch
from torchvision import models

CLASSES = 4


def main(name: str, batch: int) -> None:
    torch.set_num_threads(2)
    torch.manual_seed(0)
    network = getattr(models, name)(num_classes=CLASSES).train().to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    images = torch.rand(batch, 3, 224, 224).to(memory_format=torch.channels_last)
    truth = torch.arange(batch) % CLASSES
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    times = []
    for _ in range(7):
        start = time.perf_counter()
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network(images), truth).backward()
        optimizer.step()
        times.append(time.perf_counter() - start)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"peer": "pytorch", "arch": name, "mode": "train", "batch": batch,
                      "ms_per_image": min(times[1:]) * 1e3 / batch,
                      "memory_mb": (after - before) / 1024}))


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) == 3 else 16)
