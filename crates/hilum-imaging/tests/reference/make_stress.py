"""Writes stress.json: changes of pixels by Pillow, SciPy and pydicom, of images given by a formula.

Run: python make_stress.py (beside this file). Made with Pillow 13.0.0, NumPy 2.4.6, SciPy 1.17.1,
pydicom 3.0.2.
"""

import io
import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops, ImageEnhance
from pydicom import Dataset
from pydicom.pixels import apply_windowing
from scipy import ndimage

# The deviation of the Gaussian of `sharpness`, as a share of the longer side.
DEVIATION = 1 / 250


def formula(width: int, height: int, channels: int) -> Image.Image:
    """value(x, y, c) = 255 - |(4 x + 3 y + floor(x y / 8) + 40 c) mod 510 - 255|."""
    y, x, c = np.mgrid[0:height, 0:width, 0:channels]
    values = 255 - np.abs((4 * x + 3 * y + x * y // 8 + 40 * c) % 510 - 255)
    values = values.astype(np.uint8)
    return Image.fromarray(values[..., 0] if channels == 1 else values)


def rounded(values: np.ndarray) -> Image.Image:
    return Image.fromarray(np.floor(np.clip(values, 0, 255) + 0.5).clip(0, 255).astype(np.uint8))


def brightness(image, factor):
    return ImageEnhance.Brightness(image).enhance(factor)


def offset(image, levels):
    grey = Image.new(image.mode, image.size, (abs(int(levels)),) * len(image.getbands()))
    return (ImageChops.add if levels > 0 else ImageChops.subtract)(image, grey)


def contrast(image, factor):
    return ImageEnhance.Contrast(image).enhance(factor)


def window(image, shift, factor):
    """The levels taken for Hounsfield units that a window of centre 127.5 and width 255 shows as they are."""
    header = Dataset()
    header.WindowCenter = 127.5 + 255 * shift
    header.WindowWidth = 255 * factor
    header.VOILUTFunction = "LINEAR_EXACT"
    header.PhotometricInterpretation = "MONOCHROME2"
    header.BitsStored = 8
    header.PixelRepresentation = 0
    return rounded(apply_windowing(np.asarray(image), header))


def jpeg(image, quality):
    data = io.BytesIO()
    image.save(data, "JPEG", quality=int(quality), subsampling=0)
    return Image.open(data)


def size(image, factor):
    width, height = (int(side * factor + 0.5) for side in image.size)
    return image.resize((width, height), Image.Resampling.BILINEAR)


def each_channel(image, change):
    values = np.asarray(image, float)
    if values.ndim == 2:
        return rounded(change(values))
    return rounded(np.stack([change(values[..., c]) for c in range(values.shape[2])], -1))


def rotation(image, degrees):
    def turn(values):
        return ndimage.rotate(values, degrees, reshape=False, order=1, mode="nearest")

    return each_channel(image, turn)


def sharpness(image, factor):
    deviation = DEVIATION * max(image.size)

    def sharpen(values):
        blurred = ndimage.gaussian_filter(values, deviation, mode="nearest", truncate=4.0)
        return blurred + factor * (values - blurred)

    return each_channel(image, sharpen)


# What it is called, how it is made, its amounts, how far a level may be off, and the largest mean
# difference.
CHANGES = [
    ("brightness", brightness, (0.75, 0.9, 1.1, 1.25), 0, 0.0),
    ("offset", offset, (-20, 20), 0, 0.0),
    ("contrast", contrast, (0.75, 1.25), 0, 0.0),
    # Half a level may fall on either side.
    ("window_centre", lambda image, shift: window(image, shift, 1), (-0.08, 0.05, 0.12), 1, 0.1),
    ("window_width", lambda image, factor: window(image, 0, factor), (0.8, 1.25), 1, 0.25),
    # Two decoders and two ways to the cosine transform.
    ("jpeg", jpeg, (90, 50, 20), 40, 0.6),
    ("size", size, (0.5, 0.75, 2), 1, 0.5),
    ("rotation", rotation, (-20, 5), 1, 0.02),
    ("sharpness", sharpness, (0, 0.5, 2), 1, 0.02),
]
SIZES = [((41, 31), 1), ((41, 31), 3)]
# So long that the Gaussian is wider than a pixel.
LONG = ((400, 12), 1)


def main() -> None:
    cases = []
    for name, change, amounts, tolerance, mean in CHANGES:
        for source, channels in SIZES + [LONG] * (name == "sharpness"):
            for amount in amounts:
                image = change(formula(*source, channels), amount)
                cases.append(
                    {
                        "change": name,
                        "amount": amount,
                        "source": source,
                        "channels": channels,
                        "target": image.size,
                        "tolerance": tolerance,
                        "mean": mean,
                        "hex": image.tobytes().hex(),
                    }
                )
    Path(__file__).with_name("stress.json").write_text(json.dumps(cases) + "\n")


if __name__ == "__main__":
    main()
