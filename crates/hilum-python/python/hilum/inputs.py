"""What can be predicted: paths, arrays, images, DICOM datasets, bytes."""

from __future__ import annotations

import io
import os
import sys

from . import _hilum
from .errors import InputError

_COLOUR = (3, 4)


class Inputs:
    """Inputs as the library takes them, and which answers belong to which.

    Attributes:
        paths: files and folders, each once.
        files: pairs of a name and the bytes of a file in memory.
        names: for each input, the path that its answers have or lie below.
    """

    def __init__(self, inputs: object) -> None:
        self.paths: list[str] = []
        self.files: list[tuple[str, bytes]] = []
        self.names: list[str] = []
        self.labels: dict[str, str] = {}
        known = set()
        for index, one in enumerate(_each(inputs)):
            path = _path(one)
            if path is None:
                label, data = _file(one, index)
                name = f"memory/{index}"
                self.labels[name] = label
                self.files.append((name, data))
                self.names.append(name)
            else:
                if path not in known:
                    known.add(path)
                    self.paths.append(path)
                self.names.append(path)

    def positions(self, path: str) -> list[int]:
        """The inputs that an answer of `path` is of."""
        if not hasattr(self, "_positions"):
            self._positions: dict[str, list[int]] = {}
            for index, name in enumerate(self.names):
                self._positions.setdefault(name.rstrip("/"), []).append(index)
        while path:
            found = self._positions.get(path)
            if found is not None:
                return found
            path = path.rpartition("/")[0]
        return []

    def label(self, path: str) -> str:
        """What an answer of `path` is called outside."""
        for name in (path, "/".join(path.split("/")[:2])):
            label = self.labels.get(name)
            if label is not None:
                return label + path[len(name) :]
        return path


def _each(inputs: object):
    """The inputs one by one: a single one stands for itself."""
    if _path(inputs) is not None or isinstance(inputs, (bytes, bytearray, memoryview)):
        return [inputs]
    if _is_dataset(inputs) or _is_array(inputs) or hasattr(inputs, "read"):
        return [inputs]
    if _is_image(inputs):
        return [inputs]
    try:
        return list(inputs)  # type: ignore[call-overload]
    except TypeError:
        raise _unknown(inputs) from None


def _path(one: object) -> str | None:
    if isinstance(one, str):
        return one
    return os.fsdecode(one) if isinstance(one, os.PathLike) else None


def _file(one: object, index: int) -> tuple[str, bytes]:
    """A label and the bytes of a file."""
    if isinstance(one, (bytes, bytearray, memoryview)):
        return f"<bytes {index}>", bytes(one)
    if _is_dataset(one):
        name = getattr(one, "filename", None)
        label = name if isinstance(name, str) and name else f"<dataset {index}>"
        return label, _dataset_bytes(one)
    if _is_image(one):
        name = getattr(one, "filename", None)
        return str(name) if name else f"<image {index}>", _image_bytes(one)
    if _is_array(one):
        return f"<array {index}>", _array_bytes(one)
    if hasattr(one, "read"):
        name = getattr(one, "name", None)
        return name if isinstance(name, str) else f"<file {index}>", one.read()
    raise _unknown(one)


def _unknown(one: object) -> InputError:
    return InputError(
        f"a `{type(one).__name__}` is no slice",
        ["give a path, an array, a PIL image, a pydicom dataset, the bytes of a file, or a list of these"],
    )


def _is_dataset(one: object) -> bool:
    module = sys.modules.get("pydicom")
    return module is not None and isinstance(one, module.Dataset)


def _is_image(one: object) -> bool:
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(one, module.Image)


def _is_array(one: object) -> bool:
    return hasattr(one, "__array__") and not _is_image(one)


def _dataset_bytes(dataset) -> bytes:
    import pydicom

    buffer = io.BytesIO()
    try:
        try:
            pydicom.dcmwrite(buffer, dataset, enforce_file_format=True)
        except TypeError:  # pydicom 2
            pydicom.dcmwrite(buffer, dataset, write_like_original=False)
    except (AttributeError, ValueError) as error:
        raise InputError(
            f"the dataset cannot be written as DICOM: {error}",
            ["it needs a SOP class, a SOP instance UID and a transfer syntax"],
        ) from error
    return buffer.getvalue()


def _image_bytes(image) -> bytes:
    if image.mode in ("1", "P", "LA", "PA", "CMYK", "YCbCr", "HSV", "LAB"):
        image = image.convert("RGBA" if image.mode in ("P", "LA", "PA") else "RGB")
    if image.mode == "F":
        return _array_bytes(image)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def _array_bytes(array) -> bytes:
    import numpy

    array = numpy.asarray(array)
    if array.ndim == 3 and array.shape[0] in (1, 3) and array.shape[2] not in (1, *_COLOUR):
        array = numpy.moveaxis(array, 0, 2)
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in _COLOUR):
        raise InputError(
            f"an array of the shape {array.shape} is no slice",
            ["give (height, width) or (height, width, 3); of a stack, `list(stack)` are the slices"],
        )
    if 0 in array.shape:
        raise InputError(f"an array of the shape {array.shape} holds no pixel")
    array = _plain(array, numpy)
    height, width = array.shape[:2]
    channels = 1 if array.ndim == 2 else array.shape[2]
    data = numpy.ascontiguousarray(array).tobytes()
    try:
        return _hilum.tiff_of(data, (height, width, channels), array.dtype.name)
    except ValueError as error:
        raise InputError(str(error)) from None


def _plain(array, numpy):
    """The array in a kind of values that files have, little-endian."""
    kind = array.dtype.kind
    if kind == "b":
        return array.astype(numpy.uint8) * 255
    if kind in "ui":
        if array.dtype == numpy.uint8:
            return array
        low, high = int(array.min()), int(array.max())
        for wanted in ("uint16", "int16"):
            limits = numpy.iinfo(wanted)
            if limits.min <= low and high <= limits.max:
                # A kind with a sign keeps it: Hounsfield units may happen to be above 0.
                if wanted == "uint16" and kind == "i":
                    continue
                return array.astype(f"<{wanted[0]}2")
        raise InputError(
            f"the values of the array lie between {low} and {high}",
            ["grey levels are uint8 or uint16, Hounsfield units int16"],
        )
    if kind == "f":
        if not numpy.isfinite(array).all():
            raise InputError("the array holds values that are no numbers")
        low, high = float(array.min()), float(array.max())
        if 0.0 <= low and high <= 1.0:
            return (array * 255.0 + 0.5).astype(numpy.uint8)
        if 0.0 <= low and high <= 255.0:
            return numpy.rint(array).astype(numpy.uint8)
        if array.ndim == 2 and -32768 <= low and high <= 32767:
            return numpy.rint(array).astype("<i2")
        raise InputError(
            f"the values of the array lie between {low:g} and {high:g}",
            ["grey levels are floats from 0 to 1, or uint8; Hounsfield units int16"],
        )
    raise InputError(f"an array of `{array.dtype}` is no picture")
