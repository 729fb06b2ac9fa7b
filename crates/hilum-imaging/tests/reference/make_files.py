"""Writes files/*: TIFF, BMP, WebP and NIfTI of every kind, and files.json with their pixels.

TIFFs are written by tifffile and Pillow, NIfTIs by nibabel; what is expected of them is what
tifffile, Pillow and nibabel read (`as_closest_canonical`), turned to the way in which DICOM shows an
axial slice, and put through the lung window by the formula of DICOM PS3.3 C.11.2.1.2.1.

Run: python make_files.py (beside this file). Made with tifffile 2026.3.3, Pillow 13.0.0, nibabel
5.4.2, NumPy 2.4.6.
"""

import io
import json
from pathlib import Path

import nibabel
import numpy as np
import tifffile
from PIL import Image

HERE = Path(__file__).parent
FOLDER = HERE / "files"
WIDTH, HEIGHT = 19, 13


def noise(channels: int) -> np.ndarray:
    y, x, c = np.mgrid[0:HEIGHT, 0:WIDTH, 0:channels]
    return ((31 * x * x + 17 * x * y + 11 * y + 83 * c) % 256).astype(np.uint8)


def smooth(channels: int) -> np.ndarray:
    y, x, c = np.mgrid[0:HEIGHT, 0:WIDTH, 0:channels]
    return (40 + 7 * x + 5 * y + 20 * c * (x + y) // 12).clip(0, 255).astype(np.uint8)


def lung(values: np.ndarray) -> np.ndarray:
    """Centre -600, width 1500."""
    share = (values.astype(np.float64) + 600.5) / 1499 + 0.5
    return np.floor(share.clip(0, 1) * 255 + 0.5).astype(np.uint8)


def tiff(values: np.ndarray, **options) -> bytes:
    out = io.BytesIO()
    tifffile.imwrite(out, values, metadata=None, **options)
    return out.getvalue()


def saved(image: Image.Image, kind: str, **options) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def tiffs() -> dict[str, tuple[bytes, list[np.ndarray]]]:
    grey, rgb = noise(1)[..., 0], noise(3)
    hounsfield = (grey.astype(np.int16) - 128) * 12
    pages = np.stack([grey, grey[::-1], np.roll(grey, 3, 1)])
    high = grey.astype(np.uint16) * 257
    high[0, 0] = 65535
    twelve = grey.astype(np.uint16) * 16
    twelve[0, 0] = 4095
    turned = Image.fromarray(grey)
    planar = {"photometric": "rgb", "planarconfig": "separate"}
    return {
        "grey.tif": (tiff(grey), [grey]),
        "grey-big-endian.tif": (tiff(high, byteorder=">"), [high >> 8]),
        "grey-bigtiff.tif": (tiff(pages, bigtiff=True, photometric="minisblack"), list(pages)),
        "grey-lzw.tif": (saved(turned, "TIFF", compression="tiff_lzw"), [grey]),
        "grey-deflate.tif": (tiff(high, compression="zlib", predictor=True), [high >> 8]),
        "grey-packbits.tif": (saved(turned, "TIFF", compression="packbits"), [grey]),
        "grey-tiled.tif": (tiff(grey, tile=(16, 16)), [grey]),
        "grey-12-in-16.tif": (tiff(twelve), [twelve >> 4]),
        "grey-white-is-zero.tif": (tiff(grey, photometric="miniswhite"), [255 - grey]),
        "grey-1-bit.tif": (
            saved(turned.convert("1"), "TIFF"),
            [np.asarray(turned.convert("1").convert("L"))],
        ),
        "grey-turned.tif": (
            saved(turned, "TIFF", tiffinfo={274: 6}),
            [np.rot90(grey, -1)],
        ),
        "hounsfield-i16.tif": (tiff(hounsfield), [lung(hounsfield)]),
        "hounsfield-f32.tif": (tiff(hounsfield.astype(np.float32)), [lung(hounsfield)]),
        "share-f32.tif": (tiff(grey.astype(np.float32) / 255), [grey]),
        "share-f64.tif": (tiff(grey.astype(np.float64) / 255), [grey]),
        "rgb.tif": (tiff(rgb, photometric="rgb"), [rgb]),
        "rgb-planar.tif": (tiff(np.moveaxis(rgb, 2, 0), **planar), [rgb]),
        "cmyk.tif": (
            saved(Image.fromarray(rgb).convert("CMYK"), "TIFF"),
            [np.asarray(Image.fromarray(rgb).convert("CMYK").convert("RGB"))],
        ),
        "pages.tif": (tiff(pages, photometric="minisblack"), list(pages)),
    }


def rasters() -> dict[str, tuple[bytes, list[np.ndarray]]]:
    grey, rgb, rgba = (Image.fromarray(noise(1)[..., 0]), Image.fromarray(noise(3)), noise(4))
    black = Image.new("RGB", (WIDTH, HEIGHT))
    clear = Image.fromarray(rgba)
    black.paste(clear.convert("RGB"), mask=clear.getchannel("A"))
    lossy = saved(Image.fromarray(smooth(3)), "WEBP", quality=95)
    three = np.repeat(noise(1), 3, axis=2)
    return {
        "grey.bmp": (saved(grey, "BMP"), [three]),
        "rgb.bmp": (saved(rgb, "BMP"), [noise(3)]),
        "rgb-lossless.webp": (saved(rgb, "WEBP", lossless=True), [noise(3)]),
        "rgba-lossless.webp": (
            saved(clear, "WEBP", lossless=True, exact=True),
            [np.asarray(black)],
        ),
        "rgb-lossy.webp": (lossy, [np.asarray(Image.open(io.BytesIO(lossy)))]),
    }


def shown(volume: np.ndarray) -> list[np.ndarray]:
    """Axial planes of a volume in RAS order: right on the left, front on top."""
    return [volume[::-1, ::-1, index].T for index in range(volume.shape[2])]


def niftis() -> dict[str, tuple[bytes, list[np.ndarray]]]:
    x, y, z = np.mgrid[0:7, 0:5, 0:3]
    values = (150 * x + 37 * y * y + 211 * z - 1000).astype(np.int16)

    def nifti(data, affine, kind=nibabel.Nifti1Image, qform=False, slope=None):
        image = kind(data, None if qform else affine)
        if qform:
            image.set_qform(affine, 1)
            image.set_sform(None, 0)
        if slope:
            image.header.set_slope_inter(*slope)
        content = image.to_bytes()
        read = kind.from_bytes(content)
        canonical = nibabel.as_closest_canonical(read)
        planes = shown(np.asarray(canonical.get_fdata()))
        return content, [lung(plane) for plane in planes]

    ras = np.diag([0.7, 0.8, 2.5, 1])
    lps = np.diag([-0.7, -0.8, 2.5, 1])
    tilted = np.array(
        [[0, 0.05, 2.4, 3], [0.69, 0, 0.1, 4], [0.02, -0.8, 0, 5], [0, 0, 0, 1]], dtype=float
    )
    big = nibabel.Nifti1Image(values.astype(">i2"), lps, header=nibabel.Nifti1Header(endianness=">"))
    big_planes = shown(nibabel.as_closest_canonical(big).get_fdata())
    made = {
        "ras.nii": nifti(values, ras),
        "lps.nii": nifti(values, lps),
        "sagittal.nii": nifti(values, tilted),
        "float.nii": nifti(values.astype(np.float32), lps),
        "u16-scaled.nii": nifti((values + 1024).astype(np.uint16), lps, slope=(1, -1024)),
        "qform.nii": nifti(values, tilted, qform=True),
        "second.nii": nifti(values, lps, kind=nibabel.Nifti2Image),
        "big-endian.nii": (big.to_bytes(), [lung(plane) for plane in big_planes]),
    }
    import gzip

    content, planes = made["lps.nii"]
    made["lps.nii.gz"] = (gzip.compress(content, mtime=0), planes)
    return made


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    expected = {}
    for name, (content, slices) in {**tiffs(), **rasters(), **niftis()}.items():
        (FOLDER / name).write_bytes(content)
        expected[name] = [
            {
                "width": plane.shape[1],
                "height": plane.shape[0],
                "channels": 1 if plane.ndim == 2 else plane.shape[2],
                "hex": np.ascontiguousarray(plane).astype(np.uint8).tobytes().hex(),
            }
            for plane in slices
        ]
    (HERE / "files.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main()
