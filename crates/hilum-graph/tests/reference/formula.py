"""The fill that hilum_graph::formula computes too, value for value.

Imported by the make_*.py scripts beside it, which also share the JSON writer at its end.
"""

import json

import numpy as np


def _mix(x):
    """Wellons's lowbias32 hash, on uint32 arrays."""
    x = x ^ (x >> np.uint32(16))
    x = x * np.uint32(0x7FEB352D)
    x = x ^ (x >> np.uint32(15))
    x = x * np.uint32(0x846CA68B)
    return x ^ (x >> np.uint32(16))


def _name_hash(name):
    """FNV-1a, 32 bits, of the name behind a `0`.

    With that `0` no class of SqueezeNet dies under its last ReLU.
    """
    value = 0x811C9DC5
    for byte in ("0" + name).encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def values(name, count):
    """`count` multiples of 2^-23 in -1.0..1.0, exact in float32."""
    index = np.arange(count, dtype=np.uint32)
    hashed = _mix(np.array(_name_hash(name), np.uint32) + index * np.array(0x9E3779B9, np.uint32))
    return ((hashed >> np.uint32(8)).astype(np.float64) / 2**23 - 1).astype(np.float32)


def parameter(name, shape):
    """A parameter's values, by its name and shape (PyTorch's names and layouts)."""
    v = values(name, int(np.prod(shape))).reshape(shape)
    suffix = name.rsplit(".", 1)[1]
    if suffix == "running_var":
        return np.float32(0.75) + np.float32(0.375) * v
    if suffix == "weight" and len(shape) == 1:
        return np.float32(1) + np.float32(0.25) * v
    if suffix == "weight":
        return np.float32(np.sqrt(6 / np.prod(shape[1:]))) * v
    return np.float32(0.125) * v


def norm_and_projection(name, tensor):
    """Length of a tensor, and its product with a vector that only its name decides.

    The second notices values at the wrong place, which the first does not.
    """
    flat = np.asarray(tensor, np.float64).ravel()
    return [float(np.linalg.norm(flat)), float(flat @ values(name + "/projection", flat.size))]


def images(count, height, width, channels):
    """Images, NHWC: half coarse blocks of 8 x 8 pixels, half fine noise; in -1.0..1.0."""
    fine = values("fine", count * height * width * channels)
    fine = fine.reshape(count, height, width, channels)
    rows, columns = -(-height // 8), -(-width // 8)
    coarse = values("coarse", count * rows * columns * channels)
    coarse = coarse.reshape(count, rows, columns, channels)
    coarse = coarse.repeat(8, axis=1).repeat(8, axis=2)[:, :height, :width]
    return np.float32(0.5) * coarse + np.float32(0.5) * fine


def write(path, reference):
    """Writes a dictionary with one entry of its lists and dictionaries a line."""

    def compact(value):
        return json.dumps(value, separators=(",", ":"))

    parts = []
    for key, value in reference.items():
        if isinstance(value, dict):
            lines = [f"  {compact(k)}: {compact(v)}" for k, v in value.items()]
            parts.append(f"{compact(key)}: {{\n" + ",\n".join(lines) + "\n}")
        elif isinstance(value, list):
            lines = [f"  {compact(entry)}" for entry in value]
            parts.append(f"{compact(key)}: [\n" + ",\n".join(lines) + "\n]")
        else:
            parts.append(f"{compact(key)}: {compact(value)}")
    path.parent.mkdir(exist_ok=True)
    path.write_text("{\n" + ",\n".join(parts) + "\n}\n")
