#!/usr/bin/env python3
"""What a model is worth on the same slices in another look.

    scripts/stress_table.py HILUM MODEL DATA [SPLIT]

DATA is what `hilum evaluate` takes (a manifest or a folder of splits); SPLIT is `test` by default. Every slice of
the split is rewritten as a grey PNG in each look and judged by `hilum evaluate`. Prints a table in
Markdown: accuracy and macro-F1 of all slices, and the share that is called `normal`. Needs Pillow and numpy.
"""
import csv
import io
import json
import os
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps


def tone(function):
    return lambda image: image.point([int(np.clip(function(level), 0, 255)) for level in range(256)])


def zoomed(share):
    def change(image):
        width, height = image.size
        small = image.resize((int(width * share), int(height * share)), Image.BILINEAR)
        if share < 1:
            return ImageOps.pad(small, (width, height), color=image.getpixel((0, 0)))
        return ImageOps.fit(small, (width, height))
    return change


def with_table(image):
    image = image.copy()
    width, height = image.size
    draw = ImageDraw.Draw(image)
    for lift in (0.02, 0.07):
        box = (-0.2 * width, 0.55 * height, 1.2 * width, (1 - lift) * height)
        draw.arc(box, 20, 160, fill=200, width=max(1, width // 150))
    return image


def with_border(image):
    inner = image.resize((int(image.width * 0.85), int(image.height * 0.85)), Image.BILINEAR)
    return ImageOps.pad(inner, image.size, color=0)


def jpeg(quality):
    def change(image):
        data = io.BytesIO()
        image.save(data, "JPEG", quality=quality)
        return Image.open(data).convert("L")
    return change


LOOKS = {
    "as it is": lambda image: image,
    "brightness x 0.75": lambda image: ImageEnhance.Brightness(image).enhance(0.75),
    "brightness x 1.25": lambda image: ImageEnhance.Brightness(image).enhance(1.25),
    "contrast x 0.75": lambda image: ImageEnhance.Contrast(image).enhance(0.75),
    "contrast x 1.25": lambda image: ImageEnhance.Contrast(image).enhance(1.25),
    "gamma 0.7": tone(lambda level: 255 * (level / 255) ** 0.7),
    "gamma 1.4": tone(lambda level: 255 * (level / 255) ** 1.4),
    "narrower window": tone(lambda level: (level - 30) * 1.8),
    "lighter air": tone(lambda level: 40 + level * 0.84),
    "table": with_table,
    "border": with_border,
    "zoom 0.75": zoomed(0.75),
    "zoom 1.2": zoomed(1.2),
    "soft kernel": lambda image: image.filter(ImageFilter.GaussianBlur(image.width / 400)),
    "sharp kernel": lambda image: image.filter(ImageFilter.UnsharpMask(image.width / 250, 120, 0)),
    "half the size": lambda image: image.resize((image.width // 2, image.height // 2), Image.BILINEAR),
    "JPEG 40": jpeg(40),
}


def slices(data, split):
    """Paths and classes of a split."""
    if os.path.isfile(data):
        for row in csv.DictReader(open(data, newline="")):
            if row.get("split", split) == split:
                yield os.path.join(os.path.dirname(data), row["path"]), row["class"]
        return
    for name in sorted(os.listdir(os.path.join(data, split))):
        folder = os.path.join(data, split, name)
        for file in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            yield os.path.join(folder, file), name


def grey(path):
    image = Image.open(path).convert("RGBA")
    black = Image.new("RGBA", image.size, (0, 0, 0, 255))
    return Image.alpha_composite(black, image).convert("L")


def judged(hilum, model, found, look, folder):
    manifest = os.path.join(folder, "manifest.csv")
    with open(manifest, "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["path", "class", "split"])
        for number, (path, name) in enumerate(found):
            look(grey(path)).save(os.path.join(folder, f"{number}.png"))
            rows.writerow([f"{number}.png", name, "test"])
    out = os.path.join(folder, "out")
    command = [hilum, "evaluate", manifest, "--model", model, "--split", "test", "--out", out,
               "--force", "--quiet"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return json.load(open(os.path.join(out, "metrics.json")))["as_is"]


def main(hilum, model, data, split="test"):
    found = list(slices(data, split))
    print("| look | accuracy | macro-F1 | called `normal` |\n|---|---|---|---|")
    for name, look in LOOKS.items():
        with tempfile.TemporaryDirectory() as folder:
            figures = judged(hilum, model, found, look, folder)
        table = figures["confusion"]
        called = 0.0
        if "normal" in table["classes"]:
            at = table["classes"].index("normal")
            called = sum(row[at] for row in table["counts"]) / figures["count"]
        print(f"| {name} | {figures['accuracy']:.3f} | {figures['macro_f1']:.3f} | {called:.2f} |",
              flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
