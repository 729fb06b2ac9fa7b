"""Writes raster/*.png and *.jpg of every kind, and raster.json with what Pillow makes of them.

Opacity is composited with `Image.paste(image, mask=alpha)` on black. Of 16-bit grey the high byte
is expected, which is what Pillow keeps of 16-bit RGB. The orientation of EXIF is applied.

Run: python make_raster.py (beside this file). Made with Pillow 13.0.0, NumPy 2.4.6.
"""

import io
import json
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

HERE = Path(__file__).parent
FOLDER = HERE / "raster"
WIDTH, HEIGHT = 19, 13


def smooth(channels: int) -> np.ndarray:
    y, x, c = np.mgrid[0:HEIGHT, 0:WIDTH, 0:channels]
    return (40 + 7 * x + 5 * y + 20 * c * (x + y) // 12).clip(0, 255).astype(np.uint8)


def noise(channels: int) -> np.ndarray:
    y, x, c = np.mgrid[0:HEIGHT, 0:WIDTH, 0:channels]
    return ((31 * x * x + 17 * x * y + 11 * y + 83 * c) % 256).astype(np.uint8)


def png_bytes(bits: int, color: int, rows: list[bytes]) -> bytes:
    """A PNG that Pillow does not write: 16-bit RGB and RGBA."""

    def chunk(name: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(name + data)
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", crc)

    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, bits, color, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", data), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def sixteen(channels: int, color: int) -> bytes:
    values = noise(channels).astype(np.uint16) * 256 + noise(channels)[::-1]
    return png_bytes(16, color, [row.astype(">u2").tobytes() for row in values])


def on_black(image: Image.Image) -> Image.Image:
    if image.mode == "I;16":
        high = (np.asarray(image) >> 8).astype(np.uint8)
        return Image.fromarray(high)
    if image.mode in ("1", "L"):
        return image.convert("L")
    if image.mode == "CMYK":
        return image.convert("RGB")
    grey = image.mode == "LA"
    colors = image.convert("RGBA")
    black = Image.new("RGB", image.size)
    black.paste(colors.convert("RGB"), mask=colors.getchannel("A"))
    return black.getchannel(0) if grey else black


def palette(with_opacity: bool, colors: int) -> bytes:
    image = Image.fromarray((noise(1)[..., 0] % colors).astype(np.uint8), "P")
    image.putpalette([(37 * i * (i % 3 + 1)) % 256 for i in range(3 * colors)])
    out = io.BytesIO()
    opacity = bytes((29 * i) % 256 for i in range(colors))
    image.save(out, "PNG", **({"transparency": opacity} if with_opacity else {}))
    return out.getvalue()


def saved(image: Image.Image, kind: str, **options) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def files() -> dict[str, bytes]:
    rgb = Image.fromarray(smooth(3))
    exif = Image.Exif()
    exif[0x0112] = 6
    return {
        "grey.png": saved(Image.fromarray(noise(1)[..., 0]), "PNG"),
        "grey-1-bit.png": saved(Image.fromarray(noise(1)[..., 0]).convert("1"), "PNG"),
        "grey-alpha.png": saved(Image.fromarray(noise(2), "LA"), "PNG"),
        "grey-16-bit.png": sixteen(1, 0),
        "rgb.png": saved(Image.fromarray(noise(3)), "PNG"),
        "rgb-16-bit.png": sixteen(3, 2),
        "rgba.png": saved(Image.fromarray(noise(4)), "PNG"),
        "rgba-16-bit.png": sixteen(4, 6),
        "palette.png": palette(False, 200),
        "palette-4-bit.png": palette(False, 13),
        "palette-alpha.png": palette(True, 200),
        "rgb-transparent-color.png": saved(rgb, "PNG", transparency=rgb.getpixel((3, 2))),
        "grey.jpg": saved(rgb.convert("L"), "JPEG", quality=95),
        "rgb-444.jpg": saved(rgb, "JPEG", quality=95, subsampling=0),
        "rgb-420.jpg": saved(rgb, "JPEG", quality=95, subsampling=2),
        "rgb-progressive.jpg": saved(rgb, "JPEG", quality=95, progressive=True),
        "rgb-turned-by-exif.jpg": saved(rgb, "JPEG", quality=95, exif=exif),
        "cmyk.jpg": saved(rgb.convert("CMYK"), "JPEG", quality=95),
    }


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    expected = {}
    for name, data in files().items():
        (FOLDER / name).write_bytes(data)
        image = on_black(ImageOps.exif_transpose(Image.open(io.BytesIO(data))))
        expected[name] = {
            "width": image.width,
            "height": image.height,
            "channels": len(image.getbands()),
            "hex": image.tobytes().hex(),
        }
    (HERE / "raster.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main()
