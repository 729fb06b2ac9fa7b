"""Holds DICOM decoding against other programs, by hand.

    cargo build -p hilum-imaging --example dicom_values
    python scripts/check_dicom.py random [COUNT] [SEED]     random images in every syntax
    python scripts/check_dicom.py files FILE...             files, against GDCM

`random` encodes COUNT images (2 to 16 bits, smooth, noisy, flat, with edges) in JPEG-LS, JPEG 2000,
HTJ2K, JPEG Lossless, baseline JPEG and uncompressed with odd high bits, and compares with the pixels
that were encoded or, where the syntax is lossy, with CharLS, OpenJPEG and libjpeg: to the grey level.
`files` compares Hounsfield units; padding counts as equal.

Needs pydicom, numpy, pillow, pyjpegls, pylibjpeg-openjpeg, imagecodecs, python-gdcm.
"""

import io
import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import gdcm
import imagecodecs
import jpeg_ls
import numpy as np
import openjpeg
import openjpeg.utils
import pydicom
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    CTImageStorage,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLossless,
    JPEGLSLossless,
    JPEGLSNearLossless,
    generate_uid,
)

PROGRAM = Path(__file__).parents[1] / "target/debug/examples/dicom_values"


def values_of(files: list[Path], folder: Path) -> list:
    """What hilum makes of each file: its values, or its error."""
    command = [str(PROGRAM), str(folder), *map(str, files)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    result = []
    for index, line in enumerate(map(json.loads, lines.splitlines())):
        if "error" in line:
            result.append(line["error"].splitlines()[0])
        else:
            result.append(np.fromfile(folder / str(index), "<f4").astype(float))
    return result


def random_image(rng, bits: int, least: int) -> np.ndarray:
    height, width = rng.integers(least, 70, 2)
    y, x = np.mgrid[0:height, 0:width]
    top = (1 << bits) - 1
    match rng.integers(0, 6):
        case 0:
            image = rng.integers(0, top + 1, (height, width))
        case 1:
            image = (x * rng.integers(0, 50) + y * rng.integers(0, 50)) % (top + 1)
        case 2:
            image = np.full((height, width), rng.integers(0, top + 1))
        case 3:
            image = (np.sin(x / 7.0) + np.cos(y / 5.0)) * top / 5 + top / 2
            image = np.where(image > top * 0.6, top, np.where(image < top * 0.4, 0, image))
        case 4:
            steps = rng.normal(0, max(1, top / 100), (height, width))
            image = np.cumsum(steps, 1) + top / 2
        case _:
            marks = rng.integers(0, top + 1, (height, width))
            image = np.where(rng.random((height, width)) < 0.05, marks, top // 3)
    return np.asarray(image).astype(np.int64).clip(0, top)


def signed_of(image: np.ndarray, bits: int) -> np.ndarray:
    return np.where(image >= 1 << (bits - 1), image - (1 << bits), image)


def data_set(image: np.ndarray, bits: int, syntax, stream: bytes, signed: bool) -> Dataset:
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    ds.SOPClassUID, ds.SOPInstanceUID, ds.Modality = CTImageStorage, generate_uid(), "CT"
    ds.Rows, ds.Columns = image.shape
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated = 8 if bits <= 8 else 16
    ds.BitsStored, ds.HighBit, ds.PixelRepresentation = bits, bits - 1, int(signed)
    ds.RescaleIntercept, ds.RescaleSlope = "0", "1"
    ds.PixelData = encapsulate([stream]) if syntax.is_encapsulated else stream
    ds["PixelData"].VR = "OB" if syntax.is_encapsulated else "OW"
    return ds


def jpeg_ls_case(rng):
    bits = int(rng.integers(2, 17))
    image = random_image(rng, bits, 1)
    kind = np.uint8 if bits <= 8 else np.uint16
    near = int(rng.integers(0, min(20, max(2, (1 << bits) // 4))))
    stream = jpeg_ls.encode_pixel_data(
        image.astype(kind).tobytes(),
        rows=image.shape[0],
        columns=image.shape[1],
        samples_per_pixel=1,
        bits_stored=bits,
        photometric_interpretation="MONOCHROME2",
        lossy_error=near,
    )
    decoded = jpeg_ls.decode(np.frombuffer(stream, np.uint8)).astype(int).reshape(image.shape)
    signed = bool(rng.integers(0, 2))
    syntax = JPEGLSNearLossless if near else JPEGLSLossless
    expected = signed_of(decoded, bits) if signed else decoded
    return data_set(image, bits, syntax, bytes(stream), signed), expected


def jpeg_2000_case(rng):
    bits, signed = int(rng.integers(2, 17)), bool(rng.integers(0, 2))
    image = random_image(rng, bits, 32)
    values = signed_of(image, bits) if signed else image
    name = ("" if signed else "u") + ("int8" if bits <= 8 else "int16")
    is_lossy = bool(rng.integers(0, 2))
    options = {"compression_ratios": [8]} if is_lossy else {}
    stream = openjpeg.utils.encode_array(
        values.astype(name), bits_stored=bits, photometric_interpretation=2, **options
    )
    expected = openjpeg.decode(bytes(stream)).astype(int) if is_lossy else values
    syntax = JPEG2000 if is_lossy else JPEG2000Lossless
    return data_set(image, bits, syntax, bytes(stream), signed), expected


def htj2k_case(rng):
    bits = int(rng.choice([8, 16]))
    signed = bits == 16 and bool(rng.integers(0, 2))
    image = random_image(rng, bits, 1)
    values = signed_of(image, bits) if signed else image
    name = ("" if signed else "u") + f"int{bits}"
    if rng.integers(0, 2):
        stream = imagecodecs.htj2k_encode(values.astype(name), reversible=True)
        return data_set(image, bits, HTJ2KLossless, bytes(stream), signed), values
    stream = imagecodecs.htj2k_encode(values.astype(name), level=0.01, reversible=False)
    expected = openjpeg.decode(bytes(stream)).astype(int)
    return data_set(image, bits, HTJ2K, bytes(stream), signed), expected


def jpeg_lossless_case(rng):
    bits = int(rng.integers(2, 17))
    image = random_image(rng, bits, 1)
    kind = np.uint8 if bits <= 8 else np.uint16
    stream = imagecodecs.ljpeg_encode(image.astype(kind), bitspersample=bits)
    return data_set(image, bits, JPEGLossless, bytes(stream), False), image


def baseline_case(rng):
    image = random_image(rng, 8, 1)
    out = io.BytesIO()
    Image.fromarray(image.astype(np.uint8)).save(out, "JPEG", quality=int(rng.integers(20, 100)))
    expected = np.asarray(Image.open(io.BytesIO(out.getvalue()))).astype(int)
    return data_set(image, 8, JPEGBaseline8Bit, out.getvalue(), False), expected


def native_case(rng):
    bits, signed = int(rng.integers(9, 17)), bool(rng.integers(0, 2))
    high_bit = int(rng.integers(bits - 1, 16))
    image = random_image(rng, bits, 1)
    shift = high_bit - bits + 1
    mask = ((1 << bits) - 1) << shift
    words = (image << shift) | (rng.integers(0, 65536, image.shape) & ~mask)
    ds = data_set(
        image, bits, ExplicitVRLittleEndian, words.astype("<u2").tobytes(), signed
    )
    ds.HighBit = high_bit
    return ds, signed_of(image, bits) if signed else image


CASES = [
    jpeg_ls_case,
    jpeg_2000_case,
    htj2k_case,
    jpeg_lossless_case,
    baseline_case,
    native_case,
]


def check_random(count: int, seed: int) -> bool:
    rng = np.random.default_rng(seed)
    right, wrong = Counter(), Counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        expected = []
        for index in range(count):
            case = CASES[index % len(CASES)]
            try:
                ds, values = case(rng)
            except RuntimeError as error:
                print(f"{case.__name__}: the encoder says {error}")
                continue
            ds.save_as(folder / f"{len(expected)}.dcm", enforce_file_format=True)
            expected.append((case.__name__, values))
        files = [folder / f"{index}.dcm" for index in range(len(expected))]
        for (case, values), found in zip(expected, values_of(files, folder)):
            is_right = not isinstance(found, str) and (found == values.ravel()).all()
            (right if is_right else wrong)[case] += 1
            if not is_right:
                said = found if isinstance(found, str) else np.abs(found - values.ravel()).max()
                print(f"{case}: {values.shape}: {said}")
    print(f"equal: {dict(right)}, not: {dict(wrong)}")
    return not wrong


def gdcm_values(path: Path) -> tuple[np.ndarray, np.ndarray] | None:
    """Values, and which of them are padding."""
    reader = gdcm.ImageReader()
    reader.SetFileName(str(path))
    if not reader.Read():
        return None
    image = reader.GetImage()
    raw = image.GetBuffer().encode("utf-8", "surrogateescape")
    kinds = {"UINT8": "u1", "INT8": "i1", "UINT16": "<u2", "INT16": "<i2"}
    stored = np.frombuffer(raw, kinds[image.GetPixelFormat().GetScalarTypeAsString()])
    padding = pydicom.dcmread(path, force=True, stop_before_pixels=True).get("PixelPaddingValue")
    is_padding = np.zeros(stored.shape, bool)
    if padding is not None:
        is_padding = stored.astype("<u2") == padding % 65536
    return stored * image.GetSlope() + image.GetIntercept(), is_padding


def check_files(paths: list[Path]) -> bool:
    all_right = True
    with tempfile.TemporaryDirectory() as name:
        for path, found in zip(paths, values_of(paths, Path(name))):
            expected = gdcm_values(path)
            if expected is None or isinstance(found, str):
                said = found if isinstance(found, str) else "read"
                print(f"{path.name}: {said}; GDCM: {'refused' if expected is None else 'read'}")
                all_right &= expected is None
                continue
            values, is_padding = expected
            difference = np.abs(found - values)[~is_padding].max(initial=0)
            print(f"{path.name}: largest difference {difference:.3g}")
            all_right &= difference < 1e-3
    return all_right


def main() -> None:
    gdcm.Trace.WarningOff()
    match sys.argv[1:]:
        case ["random", *numbers]:
            count, seed = (list(map(int, numbers)) + [600, 1][len(numbers) :])[:2]
            sys.exit(not check_random(count, seed))
        case ["files", *paths]:
            sys.exit(not check_files([Path(path) for path in paths]))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
