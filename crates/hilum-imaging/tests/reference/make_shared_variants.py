"""Writes shared_variants.json: sums over GDCM's values of ../shared/data/dicom-variants, by which the
values can be recognised where that folder is.

Of each frame, with v the stored value as a whole number and i its place: `sum` of v and `weighted`
of v * (i % 65521). Padding holds the lowest other value, as in `decode_hounsfield`.

Run: python make_shared_variants.py FOLDER. Made with python-gdcm 3.2.6, pydicom 3.0.2, NumPy 2.4.6.
"""

import json
import sys
from pathlib import Path

import gdcm
import numpy as np
import pydicom

KINDS = {"UINT8": "u1", "INT8": "i1", "UINT16": "<u2", "INT16": "<i2"}


def frames_of(path: Path) -> dict | None:
    reader = gdcm.ImageReader()
    reader.SetFileName(str(path))
    if not reader.Read():
        return None
    image = reader.GetImage()
    dimensions = [image.GetDimension(i) for i in range(image.GetNumberOfDimensions())]
    raw = image.GetBuffer().encode("utf-8", "surrogateescape")
    kind = KINDS[image.GetPixelFormat().GetScalarTypeAsString()]
    values = np.frombuffer(raw, kind).astype(np.int64).reshape(-1, dimensions[0] * dimensions[1])
    ds = pydicom.dcmread(path, force=True, stop_before_pixels=True)
    padding = ds.get("PixelPaddingValue")
    if padding is not None and kind == "<i2" and padding > 32767:
        padding -= 65536
    frames = []
    for frame in values:
        is_padding = frame == padding if padding is not None else np.zeros(frame.shape, bool)
        frame = np.where(is_padding, frame[~is_padding].min(), frame)
        weights = np.arange(frame.size) % 65521
        frames.append({"sum": int(frame.sum()), "weighted": int((frame * weights).sum())})
    return {
        "width": dimensions[0],
        "height": dimensions[1],
        "slope": image.GetSlope(),
        "intercept": image.GetIntercept(),
        "frames": frames,
    }


def main() -> None:
    paths = sorted(Path(sys.argv[1]).glob("*.dcm"))
    result = {path.name: frames_of(path) for path in paths}
    out = Path(__file__).parent / "shared_variants.json"
    out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
