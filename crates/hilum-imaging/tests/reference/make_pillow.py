"""Writes pillow.json: Pillow's resize, pad and grey conversion of images given by a formula.

Run: python make_pillow.py (beside this file). Made with Pillow 13.0.0, NumPy 2.4.6.
"""

import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
}
# (source width, source height), (target width, target height), channels
RESIZES = [
    ((37, 53), (20, 16), 1),
    ((37, 53), (20, 16), 3),
    ((64, 48), (40, 66), 1),
    ((50, 41), (50, 20), 3),
    ((31, 29), (7, 64), 1),
    ((300, 200), (20, 20), 3),
    ((300, 200), (21, 13), 1),
    ((5, 4), (40, 33), 3),
    ((1, 1), (3, 2), 1),
    ((13, 11), (13, 11), 1),
]
PADS = [
    ((37, 53), (20, 20), 1),
    ((53, 37), (20, 20), 3),
    ((64, 48), (30, 41), 1),
    ((40, 20), (32, 16), 1),
    ((200, 30), (16, 17), 1),
]


def formula(width: int, height: int, channels: int) -> Image.Image:
    """value(x, y, c) = (3 x^2 + 7 x y + 5 y^2 + 40 c) mod 256."""
    y, x, c = np.mgrid[0:height, 0:width, 0:channels]
    values = ((3 * x * x + 7 * x * y + 5 * y * y + 40 * c) % 256).astype(np.uint8)
    return Image.fromarray(values[..., 0] if channels == 1 else values)


def case(source, target, channels, name, image) -> dict:
    return {
        "source": source,
        "target": target,
        "channels": channels,
        "filter": name,
        "hex": image.tobytes().hex(),
    }


def main() -> None:
    result = {"resize": [], "letterbox": [], "grey": []}
    for source, target, channels in RESIZES:
        for name, resampling in FILTERS.items():
            image = formula(*source, channels).resize(target, resampling)
            result["resize"].append(case(source, target, channels, name, image))
    for source, target, channels in PADS:
        image = ImageOps.pad(formula(*source, channels), target, Image.Resampling.BILINEAR)
        result["letterbox"].append(case(source, target, channels, "bilinear", image))
    source = (61, 47)
    grey = formula(*source, 3).convert("L")
    result["grey"].append(case(source, source, 3, "none", grey))
    Path(__file__).with_name("pillow.json").write_text(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
