"""Writes clahe.json: OpenCV's CLAHE of grey images given by a formula.

Run: python make_clahe.py (beside this file). Made with opencv-python-headless 5.0.0.93, NumPy 2.4.6.
"""

import json
from pathlib import Path

import cv2
import numpy as np

# width, height, clip limit, tiles per side
CASES = [(48, 40, 2.0, 4), (48, 40, 40.0, 2), (37, 29, 3.0, 8), (50, 40, 1.0, 8), (9, 9, 2.0, 1)]


def formula(width: int, height: int) -> np.ndarray:
    """value(x, y) = (x^2 + 2 x y + 3 y) mod 97 + 60."""
    y, x = np.mgrid[0:height, 0:width]
    return ((x * x + 2 * x * y + 3 * y) % 97 + 60).astype(np.uint8)


def main() -> None:
    cases = []
    for width, height, clip_limit, tiles in CASES:
        clahe = cv2.createCLAHE(clip_limit, (tiles, tiles))
        result = clahe.apply(formula(width, height))
        cases.append(
            {
                "width": width,
                "height": height,
                "clip_limit": clip_limit,
                "tile_count": tiles,
                "hex": result.tobytes().hex(),
            }
        )
    Path(__file__).with_name("clahe.json").write_text(json.dumps(cases) + "\n")


if __name__ == "__main__":
    main()
