"""Writes dicom_variants/*.dcm, tiny CT files as scanners, archives and broken programs leave them, and
dicom_variants.json with the values of each frame.

`values` come from the decoder named as `by`: the pixels that were encoded where the syntax is
lossless (`source`), CharLS, OpenJPEG or GDCM where it is not, and pydicom's `apply_modality_lut` for
lookup tables. `grey` of a VOI LUT is pydicom's `apply_voi`, its 8 bits as they are. `forgiven` is what
departs from the standard, by our own words for it: the file was made to.

Run: python make_dicom_variants.py. Made with pydicom 3.0.2, NumPy 2.4.6, pyjpegls 1.5.1 (CharLS 2.4),
pylibjpeg-openjpeg 2.6.0 (OpenJPEG 2.5), imagecodecs 2026.3.6 (OpenJPH 0.26.3, ljpeg), python-gdcm
3.2.6, and dcmcjpeg of DCMTK 3.6.7.
"""

import copy
import json
import struct
import subprocess
import tempfile
from pathlib import Path

import gdcm
import imagecodecs
import jpeg_ls
import numpy as np
import openjpeg
import openjpeg.utils
import pydicom
from make_dicom import COLUMNS, ROWS, slice_of, stored, with_syntax
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.pixels import apply_modality_lut, apply_voi
from pydicom.uid import (
    JPEG2000,
    CTImageStorage,
    EnhancedCTImageStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2K,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLossless,
    JPEGLSLossless,
    JPEGLSNearLossless,
    MediaStorageDirectoryStorage,
)

HERE = Path(__file__).parent
FOLDER = HERE / "dicom_variants"
UNSIGNED = {"bits": 12, "signed": False, "RescaleIntercept": "-1024"}


def jls(values: np.ndarray, bits: int, near: int = 0) -> bytes:
    kind = np.uint8 if bits <= 8 else np.uint16
    return bytes(
        jpeg_ls.encode_pixel_data(
            values.astype(kind).tobytes(),
            rows=values.shape[0],
            columns=values.shape[1],
            samples_per_pixel=1,
            bits_stored=bits,
            photometric_interpretation="MONOCHROME2",
            lossy_error=near,
        )
    )


def j2k(values: np.ndarray, bits: int, signed: bool, **options) -> bytes:
    kind = np.int16 if signed else np.uint16
    return bytes(
        openjpeg.utils.encode_array(
            values.astype(kind), bits_stored=bits, photometric_interpretation=2, **options
        )
    )


def htj2k(values: np.ndarray, **options) -> bytes:
    return bytes(imagecodecs.htj2k_encode(values.astype(np.int16), **options))


def compressed(ds: Dataset, frames: list[bytes], syntax: str, **options) -> Dataset:
    ds.file_meta.TransferSyntaxUID = syntax
    ds.PixelData = encapsulate(frames, **options)
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True
    return ds


def case(ds: Dataset, values: np.ndarray, by: str, **more) -> dict:
    return {"ds": ds, "values": [values], "by": by, **more}


def syntaxes() -> dict[str, dict]:
    hu, raw = stored(-1500, 1500), stored(0, 4095)
    large, large_raw = stored(-1500, 1500, 36, 40), stored(0, 4095, 36, 40)
    word = hu.astype(np.int16).view(np.uint16)
    result = {
        "jpeg-ls-signed": case(
            compressed(slice_of(hu), [jls(word, 16)], JPEGLSLossless), hu, "source"
        ),
        "jpeg-ls-12-bit": case(
            compressed(slice_of(raw, **UNSIGNED), [jls(raw, 12)], JPEGLSLossless),
            raw - 1024,
            "source",
        ),
    }
    stream = jls(raw, 12, near=3)
    near = jpeg_ls.decode(np.frombuffer(stream, np.uint8)).astype(int)
    result["jpeg-ls-near-lossless"] = case(
        compressed(slice_of(raw, **UNSIGNED), [stream], JPEGLSNearLossless), near - 1024, "CharLS"
    )
    stream = imagecodecs.ljpeg_encode(raw.astype(np.uint16), bitspersample=12)
    result["jpeg-lossless-12-bit"] = case(
        compressed(slice_of(raw, **UNSIGNED), [bytes(stream)], JPEGLossless), raw - 1024, "source"
    )
    stream = j2k(large, 16, True, compression_ratios=[8])
    result["jpeg-2000-lossy"] = case(
        compressed(slice_of(large), [stream], JPEG2000), openjpeg.decode(stream), "OpenJPEG"
    )
    result["htj2k-lossless"] = case(
        compressed(slice_of(large), [htj2k(large, reversible=True)], HTJ2KLossless),
        large,
        "source",
    )
    result["htj2k-lossless-rpcl"] = case(
        compressed(slice_of(large), [htj2k(large, reversible=True, tlm=True)], HTJ2KLosslessRPCL),
        large,
        "source",
    )
    stream = htj2k(large, reversible=False, level=0.001)
    result["htj2k-lossy"] = case(
        compressed(slice_of(large), [stream], HTJ2K), openjpeg.decode(stream), "OpenJPEG"
    )
    # Two's complement in a codestream that is unsigned, as several encoders leave it.
    result["jpeg-2000-unsigned-codestream"] = case(
        compressed(
            slice_of(large),
            [j2k(large.astype(np.int16).view(np.uint16), 16, False)],
            JPEG2000Lossless,
        ),
        large,
        "source",
        forgiven="PixelRepresentation",
    )
    result["jpeg-2000-signed-codestream"] = case(
        compressed(slice_of(large, signed=False), [j2k(large, 16, True)], JPEG2000Lossless),
        large,
        "source",
        forgiven="PixelRepresentation",
    )
    result["jpeg-ls-called-jpeg"] = case(
        compressed(slice_of(hu), [jls(word, 16)], JPEGLossless),
        hu,
        "source",
        forgiven="JPEG-LS",
    )
    half = len(stream := j2k(large_raw, 12, False)) // 4 * 2
    result["fragments"] = case(
        compressed(
            slice_of(large_raw, **UNSIGNED),
            [stream[:half], stream[half:]],
            JPEG2000Lossless,
            has_bot=False,
        ),
        large_raw - 1024,
        "source",
    )
    return result


def twelve_bit_dct() -> dict[str, dict]:
    """dcmcjpeg's 12 bits, and GDCM's values of them."""
    y, x = np.mgrid[0:37, 0:41]
    smooth = (2048 + 1500 * np.sin(x / 9.0) * np.cos(y / 7.0)).astype(int)
    with tempfile.TemporaryDirectory() as folder:
        plain, coded = Path(folder) / "plain.dcm", FOLDER / "jpeg-12-bit.dcm"
        slice_of(smooth, **UNSIGNED).save_as(plain, enforce_file_format=True)
        subprocess.run(["dcmcjpeg", "+ee", "+un", str(plain), str(coded)], check=True)
    reader = gdcm.ImageReader()
    reader.SetFileName(str(coded))
    assert reader.Read()
    image = reader.GetImage()
    raw = image.GetBuffer().encode("utf-8", "surrogateescape")
    values = np.frombuffer(raw, "<u2").reshape(smooth.shape)
    values = values * image.GetSlope() + image.GetIntercept()
    return {"jpeg-12-bit": {"values": [values], "by": "GDCM"}}


def bits() -> dict[str, dict]:
    result = {}
    raw = stored(0, 4095)
    # The lowest four bits, and the ones above, hold something else.
    for stored_bits, high_bit, signed in [(12, 15, True), (12, 13, False), (14, 14, True)]:
        values = stored(0, (1 << stored_bits) - 1)
        shift = high_bit - stored_bits + 1
        words = values << shift | (0xFFFF & ~(((1 << stored_bits) - 1) << shift))
        ds = slice_of(words, signed=False)
        ds.BitsStored, ds.HighBit, ds.PixelRepresentation = stored_bits, high_bit, int(signed)
        if signed:
            values = np.where(values >= 1 << (stored_bits - 1), values - (1 << stored_bits), values)
        result[f"high-bit-{high_bit}-of-{stored_bits}"] = case(ds, values, "source")
    ds = slice_of(raw, **UNSIGNED)
    ds.HighBit = 3
    # What a signed slice becomes where only Pixel Representation is lost.
    low = stored(-1024, 1500)
    lost = slice_of(low.astype(np.int16).view(np.uint16), signed=False, PixelPaddingValue=63536)
    result["signed-called-unsigned"] = case(lost, low, "source", forgiven="PixelRepresentation")
    result["impossible-high-bit"] = case(ds, raw - 1024, "source", forgiven="HighBit")
    return result


def lut_item(first: int, entries: list[int], bits: int, signed: bool) -> Dataset:
    item = Dataset()
    item.add_new("LUTDescriptor", "SS" if signed else "US", [len(entries), first, bits])
    item.add_new("LUTData", "US", entries)
    return item


def tables() -> dict[str, dict]:
    raw, hu = stored(0, 200), stored(-100, 150)
    modality = slice_of(raw, bits=12, signed=False)
    del modality.RescaleSlope, modality.RescaleIntercept
    item = lut_item(10, [int(1000 + 30 * np.sqrt(index)) for index in range(160)], 16, False)
    item.ModalityLUTType = "HU"
    modality.ModalityLUTSequence = [item]
    voi = slice_of(hu)
    item = lut_item(-80, [min(255, index * index // 160) for index in range(200)], 8, True)
    voi.VOILUTSequence = [item]
    windows = slice_of(hu, WindowCenter=["5", "40"], WindowWidth=["0", "400"])
    return {
        "modality-lut": case(modality, apply_modality_lut(raw, modality), "pydicom"),
        "voi-lut": case(voi, hu, "source", grey=apply_voi(hu, voi).astype(int)),
        "impossible-first-window": case(windows, hu, "source"),
    }


def group(name: str, **attributes) -> tuple[str, Dataset]:
    item = Dataset()
    for attribute, value in attributes.items():
        setattr(item, attribute, value)
    return name, item


def groups(*of: tuple[str, Dataset]) -> Dataset:
    item = Dataset()
    for name, content in of:
        setattr(item, name, [content])
    return item


def enhanced(frame_count: int = 3) -> tuple[Dataset, list[np.ndarray]]:
    """Rescale and position a frame; orientation, spacing and frame type for all."""
    frames = [stored(-700 + 100 * index, 900 - 50 * index) for index in range(frame_count)]
    ds = slice_of(np.concatenate(frames), SOPClassUID=EnhancedCTImageStorage)
    ds.Rows, ds.NumberOfFrames = ROWS, frame_count
    ds.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    ds.InstanceNumber = "4"
    del ds.RescaleSlope, ds.RescaleIntercept
    ds.SharedFunctionalGroupsSequence = [
        groups(
            group("PixelMeasuresSequence", PixelSpacing=["0.7", "0.8"], SliceThickness="2.5"),
            group("PlaneOrientationSequence", ImageOrientationPatient=[1, 0, 0, 0, 1, 0]),
            group("CTImageFrameTypeSequence", FrameType=["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]),
            # Frames that say more themselves win.
            group("PixelValueTransformationSequence", RescaleSlope="9", RescaleIntercept="9"),
        )
    ]
    ds.PerFrameFunctionalGroupsSequence = [
        groups(
            group("PlanePositionSequence", ImagePositionPatient=[-10, -20, 30 - 2 * index]),
            group(
                "PixelValueTransformationSequence",
                RescaleSlope=str(1 + index),
                RescaleIntercept=str(-1000 * index),
                RescaleType="HU",
            ),
            group("FrameVOILUTSequence", WindowCenter=str(40 + index), WindowWidth="400"),
        )
        for index in range(frame_count)
    ]
    values = [frame * (1 + index) - 1000 * index for index, frame in enumerate(frames)]
    return ds, values


def frames() -> dict[str, dict]:
    result = {}
    ds, values = enhanced()
    result["enhanced"] = {"ds": ds, "values": values, "by": "source"}
    words = np.frombuffer(ds.PixelData, "<u2").reshape(3, ROWS, COLUMNS)
    streams = [jls(frame, 16) for frame in words]
    coded = compressed(copy.deepcopy(ds), streams, JPEGLSLossless, has_bot=False, fragments_per_frame=2)
    result["enhanced-fragments"] = {"ds": coded, "values": values, "by": "source"}
    coded = compressed(copy.deepcopy(ds), streams, JPEGLSLossless, has_bot=True, fragments_per_frame=3)
    result["enhanced-offset-table"] = {"ds": coded, "values": values, "by": "source"}
    coded = compressed(copy.deepcopy(ds), streams, JPEGLSLossless)
    data, offsets, lengths = encapsulate_extended(streams)
    coded.PixelData, coded.ExtendedOffsetTable, coded.ExtendedOffsetTableLengths = (
        data,
        offsets,
        lengths,
    )
    coded["PixelData"].VR = "OB"
    result["enhanced-extended-offset-table"] = {"ds": coded, "values": values, "by": "source"}
    legacy = slice_of(np.concatenate([stored(-700, 900), stored(-500, 600)]))
    legacy.Rows, legacy.NumberOfFrames = ROWS, 2
    values = [stored(-700, 900), stored(-500, 600)]
    result["multi-frame"] = {"ds": legacy, "values": values, "by": "source"}
    return result


def written(ds: Dataset) -> bytes:
    buffer = pydicom.filebase.DicomBytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def element(tag: tuple[int, int], vr: bytes, value: bytes, length: int | None = None) -> bytes:
    """Explicit, little endian, with a length that may be a lie."""
    length = len(value) if length is None else length
    head = struct.pack("<HH2s", *tag, vr)
    if vr in (b"SQ", b"UN", b"OB", b"OW", b"UT"):
        return head + struct.pack("<HI", 0, length) + value
    return head + struct.pack("<H", length) + value


def meta_end(data: bytes) -> int:
    length = struct.unpack("<I", data[140:144])[0]
    return 144 + length


def broken() -> dict[str, dict]:
    """One slice, and what programs have made of it."""
    hu = stored(-1500, 1500)
    ds = slice_of(hu, PatientName="Phantom", StudyDescription="CHEST", InstanceNumber="3")
    whole = written(ds)
    start = meta_end(whole)
    meta, data_set = whole[:start], whole[start:]
    implicit = written(with_syntax(copy.deepcopy(ds), ImplicitVRLittleEndian))
    big = copy.deepcopy(ds)
    big.PixelData = np.frombuffer(ds.PixelData, "<i2").astype(">i2").tobytes()
    big = written(with_syntax(big, ExplicitVRBigEndian))
    pixels = data_set.rfind(b"\xe0\x7f\x10\x00OW\x00\x00")
    rows = data_set.find(b"\x28\x00\x02\x00US")
    title = element((2, 0x16), b"AE", b" " * 18)
    private = element((0x19, 0x10), b"LO", b"SOMEBODY")
    endless = private + element((0x19, 0x1001), b"SQ", b"\xfe\xff\x00\xe0\xff\xff\xff\xff", 0xFFFFFFFF)
    too_long = private + element((0x19, 0x1001), b"SQ", b"\xfe\xff\x00\xe0\x00\x00\x00\x00", 1 << 20)
    swallows = private + element((0x19, 0x1001), b"UN", b"abcd", 60)
    icon = element((7, 0x1000), b"UN", b"\xfe\xff\x00\xe0\xff\xff\xff\xff", 0xFFFFFFFF)
    unknown = data_set
    for vr, tag in [(b"CS", (8, 0x60)), (b"US", (0x28, 0x10)), (b"DS", (0x28, 0x1052))]:
        at = unknown.find(struct.pack("<HH2s", *tag, vr))
        length = struct.unpack("<H", unknown[at + 6 : at + 8])[0]
        value = unknown[at + 8 : at + 8 + length]
        unknown = unknown[:at] + element(tag, b"UN", value) + unknown[at + 8 + length :]
    implicit_rows = struct.pack("<HHI", 0x28, 0x10, 2) + struct.pack("<H", ROWS)
    at = data_set.find(b"\x28\x00\x10\x00US")
    mixed = data_set[:at] + implicit_rows + data_set[at + 10 :]
    undefined = data_set[: pixels + 8] + b"\xff" * 4 + data_set[pixels + 12 :]
    delimited = undefined + b"\xfe\xff\xdd\xe0\x00\x00\x00\x00"
    longer = data_set[: pixels + 8] + b"\xf0\xff\xff\xff" + data_set[pixels + 12 :]
    odd = data_set.replace(
        element((8, 0x1030), b"LO", b"CHEST "), element((8, 0x1030), b"LO", b"CHEST")
    )
    wrong_length = whole[:140] + struct.pack("<I", 99) + whole[144:start]
    no_length = whole[:132] + whole[144:start]
    files = {
        "long-title": (meta + title + data_set, "SourceApplicationEntityTitle"),
        "wrong-meta-length": (wrong_length + data_set, "says 99 bytes"),
        "no-meta-length": (no_length + data_set, "does not say its length"),
        "bare-implicit": (implicit[meta_end(implicit) :], "no file meta information"),
        "bare-explicit": (data_set, "no file meta information"),
        "bare-big-endian": (big[meta_end(big) :], "no file meta information"),
        "no-meta-behind-preamble": (whole[:132] + data_set, "no file meta information"),
        "no-preamble": (whole[132:], "preamble"),
        "implicit-called-explicit": (meta + implicit[meta_end(implicit) :], "transfer syntax"),
        "known-as-unknown": (meta + unknown, "`UN`"),
        "mixed-encoding": (meta + mixed, "without a value representation"),
        "endless-sequence": (meta + data_set[:rows] + endless + data_set[rows:], "(0019,1001)"),
        "too-long-sequence": (meta + data_set[:rows] + too_long + data_set[rows:], "(0019,1001)"),
        "swallowing-length": (meta + data_set[:rows] + swallows + data_set[rows:], "(0019,1001)"),
        "broken-behind-the-pixels": (meta + data_set + icon, "behind the data set"),
        "trailing-zeros": (meta + data_set + bytes(300), "behind the data set"),
        "trailing-text": (meta + data_set + b"<html>not found</html>", "behind the data set"),
        "native-of-undefined-length": (meta + undefined, "wrong kind"),
        "native-of-undefined-length-delimited": (meta + delimited, "wrong kind"),
        "pixel-length-of-four-gigabytes": (meta + longer, "(7FE0,0010)"),
        "odd-length": (meta + odd, "odd length"),
    }
    assert len(set(content for content, _ in files.values())) == len(files)
    return {
        name: {"bytes": content, "values": [hu], "by": "source", "forgiven": forgiven}
        for name, (content, forgiven) in files.items()
    }


def directory() -> bytes:
    ds = Dataset()
    ds.file_meta = pydicom.dataset.FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID = MediaStorageDirectoryStorage
    ds.file_meta.MediaStorageSOPInstanceUID = "1.2.826.0.1.3680043.8.498.9"
    ds.FileSetID = "PHANTOM"
    ds.DirectoryRecordSequence = []
    return written(ds)


def main() -> None:
    assert CTImageStorage
    FOLDER.mkdir(exist_ok=True)
    result = {}
    everything = syntaxes() | bits() | tables() | frames() | broken() | twelve_bit_dct()
    for name, content in everything.items():
        path = FOLDER / f"{name}.dcm"
        if "bytes" in content:
            path.write_bytes(content["bytes"])
        elif "ds" in content:
            content["ds"].save_as(path, enforce_file_format=True)
        entry = {"by": content["by"], "frames": []}
        for values in content["values"]:
            values = np.asarray(values)
            height, width = values.shape
            numbers = values.astype(float).ravel().tolist()
            entry["frames"].append({"width": width, "height": height, "hounsfield": numbers})
        if "grey" in content:
            entry["grey"] = content["grey"].ravel().tolist()
        if "forgiven" in content:
            entry["forgiven"] = content["forgiven"]
        result[path.name] = entry
    (FOLDER / "directory.dcm").write_bytes(directory())
    (HERE / "dicom_variants.json").write_text(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
