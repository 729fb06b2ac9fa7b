"""Writes keras_augmentation.json: what Keras's ImageDataGenerator functions do to a small image.

Run `python make_keras_augmentation.py` in this folder. Made with keras 3.15.1, scipy 1.17.1,
numpy 2.4.6, pillow 13.0.0, torch 2.x and torchvision (for contrast).
"""

import json
import os
import types
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "torch")

import numpy as np
import scipy.ndimage
import torch
from torchvision.transforms.v2 import functional

# Keras calls a module that newer SciPy no longer has; the functions in it are the same.
if not hasattr(scipy.ndimage, "interpolation"):
    scipy.ndimage.interpolation = types.SimpleNamespace(
        affine_transform=scipy.ndimage.affine_transform
    )

from keras.src.legacy.preprocessing import image as keras_image

keras_image.scipy = scipy


def formula(height, width, channels):
    row, column, channel = np.meshgrid(
        np.arange(height), np.arange(width), np.arange(channels), indexing="ij"
    )
    return ((row * 37 + column * 91 + channel * 53 + (row * column) % 7 * 11) % 256).astype(
        np.float64
    )


PARAMETERS = [
    dict(theta=33.0, tx=0.0, ty=0.0, shear=0.0, zx=1.0, zy=1.0),
    dict(theta=-57.0, tx=1.7, ty=-2.4, shear=12.0, zx=0.9, zy=1.15),
    dict(theta=0.0, tx=9.3, ty=-14.6, shear=0.0, zx=1.0, zy=1.0),
    dict(theta=151.0, tx=0.4, ty=0.3, shear=0.1, zx=2.7, zy=2.2),
]
FLIPS = [(False, False), (True, False), (False, True), (True, True)]


def affine_cases():
    for channels, side in [(1, 11), (3, 7)]:
        for mode in ["nearest", "constant", "reflect", "wrap"]:
            for parameters, flips in zip(PARAMETERS, FLIPS):
                yield affine_case(side, side, channels, mode, parameters, flips)
    # The centre cancels in a shift, so Keras and this crate agree on an oblong image too.
    yield affine_case(5, 9, 1, "reflect", PARAMETERS[2], FLIPS[1])


def affine_case(height, width, channels, mode, parameters, flips):
    output = keras_image.apply_affine_transform(
        formula(height, width, channels),
        **parameters,
        row_axis=0,
        col_axis=1,
        channel_axis=2,
        fill_mode=mode,
        cval=77.0,
    )
    if flips[0]:
        output = keras_image.flip_axis(output, 1)
    if flips[1]:
        output = keras_image.flip_axis(output, 0)
    return dict(
        height=height,
        width=width,
        channels=channels,
        fill_mode=mode,
        cval=77.0,
        **parameters,
        horizontal_flip=flips[0],
        vertical_flip=flips[1],
        output=[round(float(value), 3) for value in output.ravel()],
    )


def tone_cases():
    for channels in [1, 3]:
        image = formula(6, 6, channels)
        half = np.clip(image, 40, 200)
        for factor in [0.6, 1.4]:
            output = keras_image.apply_brightness_shift(image, factor, scale=False)
            yield tone("brightness", factor, channels, image, output)
        for shift in [-31.5, 47.25]:
            output = keras_image.apply_channel_shift(half, shift, channel_axis=2)
            yield tone("channel_shift", shift, channels, half, output)
        tensor = torch.from_numpy(image.transpose(2, 0, 1) / 255.0).to(torch.float32)
        for factor in [0.5, 1.8]:
            output = functional.adjust_contrast(tensor, factor).numpy().transpose(1, 2, 0) * 255.0
            yield tone("contrast", factor, channels, image, output)


def tone(kind, amount, channels, image, output):
    return dict(
        kind=kind,
        amount=amount,
        channels=channels,
        input=[int(value) for value in image.ravel()],
        output=[round(float(value), 3) for value in output.ravel()],
    )


def main():
    cases = dict(affine=list(affine_cases()), tone=list(tone_cases()))
    path = Path(__file__).with_name("keras_augmentation.json")
    lines = [
        f' "{kind}": [\n' + ",\n".join("  " + json.dumps(case) for case in listed) + "\n ]"
        for kind, listed in cases.items()
    ]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")


main()
