#!/usr/bin/env python3
"""Times the engine on 1, 2, 4, ... threads, and as two processes side by side, on one machine.

    python scripts/compare_threads.py [HILUM [THREADS]]

HILUM is `target/release/hilum` if left out, THREADS the processor's. Printed are images per second, and in
brackets the share of as many times what one thread does. Of a batch threads take images by themselves;
an image alone, and a training step, are split layer by layer. Two processes have half of the threads each.
"""
import json
import os
import subprocess
import sys

WORK = [("mobilenet-v2", "predict", 1), ("mobilenet-v2", "predict", 32), ("resnet-50", "predict", 16),
        ("mobilenet-v2", "train", 16), ("resnet-18", "train", 16)]


def start(hilum: str, arch: str, mode: str, batch: int, precision: str, threads: int) -> subprocess.Popen:
    command = [hilum, "bench", "--arch", arch, "--mode", mode, "--batch", str(batch), "--threads",
               str(threads), "--precision", precision]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def images_per_second(running: list) -> float:
    return sum(1e3 / json.loads(one.communicate()[0])["ms_per_image"] for one in running)


def main(hilum: str, most: int) -> None:
    counts = [count for count in (1, 2, 4, 8, 16, 32, 64) if count <= most]
    for arch, mode, batch in WORK:
        for precision in ("f32", "bf16") if mode == "predict" else ("f32",):
            rates = [images_per_second([start(hilum, arch, mode, batch, precision, count)])
                     for count in counts]
            shown = [f"{count}: {rate:.1f} ({rate / rates[0] / count:.2f})"
                     for count, rate in zip(counts, rates)]
            half = max(counts[-1] // 2, 1)
            pair = images_per_second([start(hilum, arch, mode, batch, precision, half) for _ in range(2)])
            print(f"{arch}, {mode}, batch {batch}, {precision}: " + ", ".join(shown)
                  + f"; twice {half}: {pair:.1f}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 3:
        sys.exit(__doc__)
    main(sys.argv[1] if len(sys.argv) > 1 else "target/release/hilum",
         int(sys.argv[2]) if len(sys.argv) > 2 else len(os.sched_getaffinity(0)))
