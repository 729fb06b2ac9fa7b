"""Holds `hilum serve` against Triton's own client, tritonclient[http], and against `hilum predict`.

python check_kserve.py HILUM IMAGE...
    HILUM: the binary. IMAGE: PNG, JPEG or DICOM files of one slice each.
"""

import json
import subprocess
import sys

import numpy as np
import tritonclient.http as triton

MODEL = "mobilenet-v2-chest-ct"


def served(binary):
    """The server, and where it listens."""
    process = subprocess.Popen(
        [binary, "serve", "--address", "127.0.0.1:0", "--log", "errors"], stderr=subprocess.PIPE, text=True
    )
    for line in process.stderr:
        if "listening on http://" in line:
            return process, line.strip().rsplit("http://", 1)[1]
    raise SystemExit("the server does not start")


def predicted(binary, images):
    told = subprocess.run(
        [binary, "predict", "--format", "json", *images], capture_output=True, text=True, check=True
    )
    answers = {answer["path"]: answer for answer in map(json.loads, told.stdout.splitlines())}
    return [answers[image] for image in images]


def check(client, files, expected, binary_data):
    data = np.array(files, dtype=np.object_)
    image = triton.InferInput("image", [len(files)], "BYTES")
    image.set_data_from_numpy(data, binary_data=True)
    names = ["probabilities", "logits", "class", "abstained", "reason", "set"]
    outputs = [triton.InferRequestedOutput(name, binary_data=binary_data) for name in names]
    told = client.infer(MODEL, [image], outputs=outputs, request_id="check")
    assert told.get_response()["id"] == "check"
    for row, answer in enumerate(expected):
        ours = told.as_numpy("probabilities")[row]
        assert np.allclose(ours, list(answer["probabilities"].values()), atol=1e-6), (ours, answer)
        assert told.as_numpy("abstained")[row] == answer["abstained"]
        text = lambda name: (lambda value: value.decode() if isinstance(value, bytes) else value)(told.as_numpy(name)[row])
        assert text("class") == (answer["class"] or "")
        assert text("reason") == (answer["reason"] or "")
        assert json.loads(text("set")) == answer["set"]
    return told


def main():
    binary, images = sys.argv[1], sys.argv[2:]
    expected = predicted(binary, images)
    process, address = served(binary)
    try:
        client = triton.InferenceServerClient(address)
        assert client.is_server_live() and client.is_server_ready() and client.is_model_ready(MODEL)
        assert client.get_server_metadata()["name"] == "hilum"
        metadata = client.get_model_metadata(MODEL)
        assert client.get_model_metadata(MODEL, "1") == metadata
        files = [open(image, "rb").read() for image in images]
        for binary_data in (True, False):
            check(client, files, expected, binary_data)
        # All outputs in binary, as the client asks for by default.
        image = triton.InferInput("image", [1], "BYTES")
        image.set_data_from_numpy(np.array(files[:1], dtype=np.object_), binary_data=True)
        told = client.infer(MODEL, [image])
        assert told.as_numpy("probabilities").shape == (1, len(expected[0]["probabilities"]))
        # A tensor: the sum of probabilities is 1 whatever the values are.
        shapes = {one["name"]: one["shape"] for one in metadata["inputs"]}
        for name, datatype, kind in (("pixels", "UINT8", np.uint8), ("tensor", "FP32", np.float32)):
            shape = [2, *shapes[name][1:]]
            values = (np.random.default_rng(16).random(shape) * (200 if kind == np.uint8 else 1)).astype(kind)
            for binary_data in (True, False):
                tensor = triton.InferInput(name, shape, datatype)
                tensor.set_data_from_numpy(values, binary_data=binary_data)
                sums = client.infer(MODEL, [tensor]).as_numpy("probabilities").sum(axis=1)
                assert np.allclose(sums, 1), sums
        try:
            client.infer("no-such-model", [image])
        except triton.InferenceServerException as error:
            assert "no model of this name" in str(error)
        else:
            raise AssertionError("a model that is not there answers")
    finally:
        process.terminate()
    assert process.wait(20) == 0
    print(f"tritonclient and hilum predict agree on {len(images)} images")


# tritonclient needs its exception under one name in every version.
if not hasattr(triton, "InferenceServerException"):
    from tritonclient.utils import InferenceServerException

    triton.InferenceServerException = InferenceServerException

if __name__ == "__main__":
    main()
