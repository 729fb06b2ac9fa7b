"""Writes dicom/*.dcm, tiny CT slices of every kind, and dicom.json with pydicom's values of them.

`hounsfield` is `pydicom.pixels.apply_rescale`. `grey` is `apply_windowing` brought to 0..255 by the
values that it gives for far too small and far too large input, rounded half up; then inverted for
MONOCHROME1 (PS3.3 C.7.6.3.1.2) and padding set to 0 (PS3.3 C.7.5.1.1.2), which pydicom leaves to
its user.

Run: python make_dicom.py [FOLDER] (beside this file; with a folder it prints the same JSON for the
DICOM files there). Made with pydicom 3.0.2, NumPy 2.4.6, Pillow 13.0.0, pylibjpeg 2.1.0,
pylibjpeg-libjpeg 2.5.0, pylibjpeg-openjpeg 2.6.0, pyjpegls 1.5.1.
"""

import copy
import io
import json
import struct
import sys
from pathlib import Path

import numpy as np
import pydicom
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels import apply_rescale, apply_windowing
from pydicom.uid import (
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    EnhancedCTImageStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    MRImageStorage,
    RLELossless,
    SecondaryCaptureImageStorage,
)

HERE = Path(__file__).parent
FOLDER = HERE / "dicom"
COLUMNS, ROWS = 16, 12
ROOT = "1.2.826.0.1.3680043.8.498."


def stored(low: int, high: int, rows: int = ROWS, columns: int = COLUMNS) -> np.ndarray:
    """Values from `low` to `high`, with jumps."""
    y, x = np.mgrid[0:rows, 0:columns]
    steps = (x * x * 5 + y * 37 + x * y * 3) % 256
    return low + (high - low) * steps // 255


def slice_of(values: np.ndarray, bits: int = 16, signed: bool = True, **attributes) -> Dataset:
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID = CTImageStorage
    ds.SOPInstanceUID = ROOT + "3"
    ds.StudyInstanceUID = ROOT + "1"
    ds.SeriesInstanceUID = ROOT + "2"
    ds.Modality = "CT"
    ds.PatientID = "P1"
    ds.Rows, ds.Columns = values.shape
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.BitsAllocated = 8 if bits <= 8 else 16
    ds.BitsStored = bits
    ds.HighBit = bits - 1
    ds.PixelRepresentation = int(signed)
    ds.RescaleIntercept = "0"
    ds.RescaleSlope = "1"
    for name, value in attributes.items():
        setattr(ds, name, value)
    kind = "i1" if signed else "u1"
    ds.PixelData = values.astype("<" + kind.replace("1", str(ds.BitsAllocated // 8))).tobytes()
    ds["PixelData"].VR = "OB" if ds.BitsAllocated == 8 else "OW"
    return ds


def lossless_jpeg(values: np.ndarray, bits: int) -> bytes:
    """ITU-T T.81 annex H, predictor 1, with one Huffman table of seventeen 5-bit codes."""
    bitstring = []
    rows = values.astype(int)
    for y in range(rows.shape[0]):
        for x in range(rows.shape[1]):
            if x > 0:
                predicted = rows[y, x - 1]
            else:
                predicted = rows[y - 1, 0] if y > 0 else 1 << (bits - 1)
            difference = (rows[y, x] - predicted + 32768) % 65536 - 32768
            size = int(abs(difference)).bit_length()
            bitstring.append(f"{size:05b}")
            if 0 < size < 16:
                offset = difference if difference > 0 else difference + (1 << size) - 1
                bitstring.append(f"{offset:0{size}b}")
    joined = "".join(bitstring)
    joined += "1" * (-len(joined) % 8)
    scan = int(joined, 2).to_bytes(len(joined) // 8, "big").replace(b"\xff", b"\xff\x00")

    def segment(marker: int, data: bytes) -> bytes:
        return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data

    height, width = values.shape
    counts = bytes([0, 0, 0, 0, 17] + [0] * 11)
    return (
        b"\xff\xd8"
        + segment(0xC3, struct.pack(">BHHB", bits, height, width, 1) + b"\x01\x11\x00")
        + segment(0xC4, b"\x00" + counts + bytes(range(17)))
        + segment(0xDA, b"\x01\x01\x00\x01\x00\x00")
        + scan
        + b"\xff\xd9"
    )


def compressed(ds: Dataset, frame: bytes, syntax: str) -> Dataset:
    ds.file_meta.TransferSyntaxUID = syntax
    ds.PixelData = encapsulate([frame])
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True
    return ds


def jpeg(values: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(values.astype(np.uint8)).save(out, "JPEG", quality=95)
    return out.getvalue()


def with_syntax(ds: Dataset, syntax: str) -> Dataset:
    ds.file_meta.TransferSyntaxUID = syntax
    return ds


def big_endian(ds: Dataset) -> Dataset:
    ds.PixelData = np.frombuffer(ds.PixelData, "<i2").astype(">i2").tobytes()
    return with_syntax(ds, ExplicitVRBigEndian)


def files() -> dict[str, Dataset]:
    hu = stored(-1500, 1500)
    raw = stored(0, 4095)
    padded = hu.copy()
    padded[:3, :5] = -2000
    low = raw.copy()
    low[5:, 9:] = np.arange(49).reshape(7, 7) % 12
    window = {"WindowCenter": ["-0600", "0040"], "WindowWidth": ["01500", "0400"]}
    unsigned = {"bits": 12, "signed": False, "RescaleIntercept": "-1024"}
    result = {
        "signed": slice_of(padded, PixelPaddingValue=-2000, **window),
        "padding-as-unsigned": slice_of(padded),
        "unsigned-12-bit": with_syntax(slice_of(raw, **unsigned), ImplicitVRLittleEndian),
        "monochrome1": slice_of(
            low,
            PhotometricInterpretation="MONOCHROME1",
            PixelPaddingValue=0,
            PixelPaddingRangeLimit=10,
            **unsigned,
        ),
        "sigmoid": slice_of(hu, VOILUTFunction="SIGMOID", **window),
        # A width that leaves no grey level halfway between two.
        "linear-exact": slice_of(
            hu, VOILUTFunction="LINEAR_EXACT", WindowCenter="-600", WindowWidth="1501"
        ),
        "fractional-slope": slice_of(
            raw,
            bits=12,
            signed=False,
            RescaleSlope="00.5",
            RescaleIntercept="-1000.25",
            WindowCenter="-500.5",
            WindowWidth="1000.25",
        ),
        "eight-bit": slice_of(stored(0, 255), bits=8, signed=False, RescaleIntercept="-500"),
        "deflated": with_syntax(slice_of(hu, **window), DeflatedExplicitVRLittleEndian),
        "big-endian": big_endian(slice_of(hu, **window)),
    }
    result["padding-as-unsigned"].add_new("PixelPaddingValue", "US", 63536)
    result["rle"] = slice_of(hu, **window)
    result["rle"].compress(RLELossless)
    # The encoder wants at least 32 pixels a side.
    result["jpeg-2000"] = slice_of(stored(-1500, 1500, 36, 40), **window)
    result["jpeg-2000"].compress(JPEG2000Lossless)
    result["jpeg-lossless"] = compressed(
        slice_of(raw, **unsigned), lossless_jpeg(raw, 12), JPEGLosslessSV1
    )
    smooth = np.add.outer(np.arange(ROWS) * 9, np.arange(COLUMNS) * 8)
    result["jpeg-baseline"] = compressed(
        slice_of(smooth, bits=8, signed=False, RescaleIntercept="-500"),
        jpeg(smooth),
        JPEGBaseline8Bit,
    )
    return result


def refused() -> dict[str, Dataset]:
    hu = stored(-1500, 1500)
    result = {
        "magnetic-resonance": slice_of(hu, SOPClassUID=MRImageStorage, Modality="MR"),
        "screenshot": slice_of(hu, SOPClassUID=SecondaryCaptureImageStorage),
        "multi-frame": slice_of(hu, SOPClassUID=EnhancedCTImageStorage, NumberOfFrames=2),
        "no-pixels": slice_of(hu),
        "jpeg-ls": slice_of(hu),
        "localizer": slice_of(
            hu,
            ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"],
            BurnedInAnnotation="YES",
            PatientIdentityRemoved="NO",
            PatientName="Doe^Jane",
            InstanceNumber="007",
            ImagePositionPatient=["-200.5", "-180", "0042"],
            ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
            PixelSpacing=["0.7", "0.8"],
        ),
    }
    del result["no-pixels"].PixelData
    result["multi-frame"].PixelData *= 2
    result["jpeg-ls"].compress(JPEGLSLossless)
    return result


def windowed(ds: Dataset, hu: np.ndarray, window) -> np.ndarray:
    ds = copy.deepcopy(ds)
    if window is not None:
        ds.WindowCenter, ds.WindowWidth = window
        if "VOILUTFunction" in ds:
            del ds.VOILUTFunction
    with_ends = np.concatenate([[-1e9, 1e9], hu.astype(np.float64).ravel()])
    out = apply_windowing(with_ends, ds, index=0)
    grey = (out[2:] - out[0]) / (out[1] - out[0]) * 255
    grey = np.floor(grey + 0.5).astype(int)
    if ds.PhotometricInterpretation == "MONOCHROME1":
        grey = 255 - grey
    return grey


def expected(ds: Dataset) -> dict:
    pixels = ds.pixel_array
    hu = apply_rescale(pixels, ds).astype(np.float64)
    padding = np.zeros(pixels.shape, bool)
    if "PixelPaddingValue" in ds:
        first = ds.PixelPaddingValue
        if ds.PixelRepresentation == 1 and first > 32767:
            first -= 65536
        last = ds.get("PixelPaddingRangeLimit", first)
        padding = (pixels >= first) & (pixels <= last)
    greys = {"lung": (-600, 1500), "mediastinum": (40, 400)}
    if "WindowCenter" in ds:
        greys["file"] = None
    result = {"width": ds.Columns, "height": ds.Rows, "grey": {}}
    for name, window in greys.items():
        grey = windowed(ds, hu, window)
        grey[padding.ravel()] = 0
        result["grey"][name] = bytes(grey.tolist()).hex()
    hu[padding] = hu[~padding].min()
    result["hounsfield"] = hu.ravel().tolist()
    return result


def main() -> None:
    if len(sys.argv) > 1:
        paths = sorted(Path(sys.argv[1]).glob("*.dcm"))
        print(json.dumps({path.name: expected(pydicom.dcmread(path)) for path in paths}))
        return
    FOLDER.mkdir(exist_ok=True)
    result = {}
    for name, ds in files().items():
        path = FOLDER / f"{name}.dcm"
        ds.save_as(path, enforce_file_format=True)
        result[path.name] = expected(pydicom.dcmread(path))
    for name, ds in refused().items():
        ds.save_as(FOLDER / f"{name}.dcm", enforce_file_format=True)
    (HERE / "dicom.json").write_text(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
