#!/usr/bin/env python3
"""Import models that Keras 2 and 3 saved, predict with hilum, and compare with Keras.

    python3 check_keras.py [HILUM] [FOLDER]

Makes models of the reference recipe, of every layer, of a model in a model, and Keras applications' MobileNetV2,
EfficientNet-B0 and ResNet-50 (`weights=None`, seeded, with statistics of their images), saves each as `.h5` and as
`.keras` with Keras 3 and with tf-keras, which is Keras 2, imports the files with HILUM (`target/release/hilum` by
default), and predicts the same images with both. Probabilities, and logits up to the summand that a softmax does not
see, must agree within 1e-4. Prints a Markdown table. Needs tensorflow, tf-keras and Pillow.
"""
import importlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
if os.environ.get("CHECK_KERAS_VERSION") == "2":
    os.environ["TF_USE_LEGACY_KERAS"] = "1"

TOLERANCE = 1e-4
# Sides of the blocks that images are made of, in pixels: one image each.
BLOCKS = (4, 8, 16, 28, 48, 80)


def networks(keras):
    """Name, function that builds it, flags of `hilum import`, and what the caller does to bytes."""
    layers = keras.layers
    applications = keras.applications

    def notebook():
        model = keras.Sequential([keras.Input((200, 200, 1))])
        for filters in (64, 128, 256, 512, 512, 1024):
            model.add(layers.Conv2D(filters, (3, 3), activation="relu"))
            model.add(layers.MaxPooling2D((2, 2)))
        model.add(layers.Flatten())
        model.add(layers.BatchNormalization())
        model.add(layers.Dense(128, activation="relu"))
        model.add(layers.Dense(128, activation="relu"))
        model.add(layers.BatchNormalization())
        model.add(layers.Dense(4, activation="softmax"))
        model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
        return model

    def every_layer():
        image = keras.Input((65, 70, 3))
        x = layers.Rescaling(1 / 127.5, offset=-1)(image)
        x = layers.Normalization(mean=[0.1, 0.2, 0.3], variance=[0.5, 0.25, 2.0])(x)
        x = layers.Conv2D(8, 5, strides=2, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization(scale=False)(x)
        x = layers.ReLU(6.0)(x)
        x = layers.ZeroPadding2D(((0, 1), (2, 1)))(x)
        x = layers.DepthwiseConv2D((3, 2), depth_multiplier=2, activation="swish")(x)
        left = layers.SeparableConv2D(16, 3, padding="same", activation="relu")(x)
        left = layers.MaxPooling2D(3, strides=2, padding="same")(left)
        right = layers.ZeroPadding2D(1)(x)
        right = layers.AveragePooling2D(3, strides=2)(right)
        right = layers.Conv2D(16, 1, groups=4)(right)
        x = layers.Add()([left, right])
        gate = layers.GlobalAveragePooling2D(keepdims=True)(x)
        gate = layers.Conv2D(16, 1, activation="sigmoid")(gate)
        x = layers.Multiply()([x, gate])
        x = layers.Concatenate()([x, left])
        x = layers.MaxPooling2D(2)(layers.ZeroPadding2D(1)(x))
        flat = layers.BatchNormalization()(layers.Flatten()(x))
        x = layers.Concatenate()([flat, layers.GlobalMaxPooling2D()(x)])
        x = layers.Dropout(0.25)(layers.Dense(32, activation="relu")(x))
        return keras.Model(image, layers.Dense(4, activation="softmax")(x))

    def transfer():
        base = applications.MobileNetV2(weights=None, include_top=False, input_shape=(96, 96, 3), alpha=0.35)
        settle(base, np.random.default_rng(7).uniform(-1, 1, (8, 96, 96, 3)))
        base.trainable = False
        image = keras.Input((96, 96, 3))
        x = keras.Sequential([layers.RandomFlip(), layers.RandomRotation(0.1)])(image)
        x = applications.mobilenet_v2.preprocess_input(x)
        x = layers.GlobalAveragePooling2D()(base(x, training=False))
        x = layers.Dropout(0.2)(x)
        return keras.Model(image, layers.Dense(4, activation="softmax")(x))

    def of(function, side=224):
        return lambda: function(weights=None, classes=4, input_shape=(side, side, 3))

    def signed(bytes_):
        return bytes_ / 127.5 - 1

    def caffe(bytes_):
        return bytes_[..., ::-1] - [103.939, 116.779, 123.68]

    return [
        ("the notebook's network", notebook, [], lambda bytes_: bytes_ / 255),
        ("one of every layer", every_layer, [], None),
        ("transfer learning", transfer, [], None),
        ("MobileNetV2", of(applications.MobileNetV2), ["--input-range", "signed"], signed),
        ("EfficientNet-B0", of(applications.EfficientNetB0), [], None),
        ("ResNet-50", of(applications.ResNet50), ["--input-range", "caffe"], caffe),
    ]


def write(folder, version):
    """Saves every model of this Keras, and what it says of its images."""
    import tensorflow as tf
    from PIL import Image

    keras = tf.keras
    package = importlib.import_module("tf_keras" if version == "2" else "keras")
    said = []
    for index, (name, build, flags, range_of) in enumerate(networks(keras)):
        keras.utils.set_random_seed(32 + index)
        model = build()
        random = np.random.default_rng(index)
        _, height, width, channels = model.input_shape
        pixels = np.stack([blocks(random, side, (height, width, channels)) for side in BLOCKS]).astype("uint8")
        paths = []
        for number, image in enumerate(pixels):
            paths.append(str(folder / f"{index}-{number}.png"))
            Image.fromarray(image[..., 0] if channels == 1 else image).save(paths[-1])
        given = pixels.astype("float64") if range_of is None else range_of(pixels.astype("float64"))
        settle(model, given)
        # Logits that lie no more than 4 apart, so that no class has everything.
        logits = np.log(model.predict(given.astype("float32"), verbose=0))
        last = model.layers[-1]
        weights = last.get_weights()
        gain = np.float32(min(1.0, 4 / np.ptp(logits, axis=1).max()))
        last.set_weights([weight * gain for weight in weights])
        outputs = model.predict(given.astype("float32"), verbose=0)
        files = []
        for ending in ("h5", "keras"):
            files.append(str(folder / f"{index}-keras{version}.{ending}"))
            model.save(files[-1])
        said.append({"name": name, "files": files, "flags": flags, "images": paths, "outputs": outputs.tolist()})
    (folder / f"said{version}.json").write_text(json.dumps({"keras": package.__version__, "models": said}))


def blocks(random, side, shape):
    """An image of blocks, between two grey levels of its own."""
    height, width, channels = shape
    low, high = sorted(random.integers(0, 256, 2))
    coarse = random.integers(low, high + 1, (height // side + 1, width // side + 1, channels))
    return coarse.repeat(side, axis=0).repeat(side, axis=1)[:height, :width]


def settle(model, images):
    """Gives batch norms the statistics of `images`, so that what they make differs from image to image."""
    norms = [layer for layer in model.layers if layer.__class__.__name__ == "BatchNormalization"]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 0.0
    model(images.astype("float32"), training=True)
    for norm, momentum in zip(norms, momenta):
        norm.momentum = momentum


def compare(hilum, file, said):
    """The largest difference of probabilities and of logits, and what hilum calls the network."""
    out = file + ".safetensors"
    imported = subprocess.run([hilum, "import", file, "--out", out, "--classes", "a,b,c,d", "--force", "--format", "json",
                               *said["flags"]], check=True, capture_output=True, text=True)
    predicted = subprocess.run([hilum, "predict", *said["images"], "--model", out, "--format", "json"], check=True,
                               capture_output=True, text=True)
    answers = {answer["path"]: list(answer["probabilities"].values())
               for answer in map(json.loads, predicted.stdout.splitlines())}
    ours = np.array([answers[path] for path in said["images"]])
    theirs = np.array(said["outputs"])

    def logits(probabilities):
        logs = np.log(probabilities)
        return logs - logs.mean(axis=1, keepdims=True)

    return (np.abs(ours - theirs).max(), np.abs(logits(ours) - logits(theirs)).max(),
            json.loads(imported.stdout)["architecture"])


def main():
    if len(sys.argv) > 3:
        sys.exit(__doc__)
    hilum = sys.argv[1] if len(sys.argv) > 1 else "target/release/hilum"
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for version in ("3", "2"):
            environment = {**os.environ, "CHECK_KERAS_VERSION": version, "CHECK_KERAS_FOLDER": str(folder)}
            subprocess.run([sys.executable, __file__], check=True, env=environment, capture_output=True)
        print("| model | file | network | probabilities | logits |\n|---|---|---|---|---|")
        is_close = True
        for version in ("3", "2"):
            said = json.loads((folder / f"said{version}.json").read_text())
            for model in said["models"]:
                for file in model["files"]:
                    probability, logit, network = compare(hilum, file, model)
                    ending = file.rsplit(".", 1)[1]
                    print(f"| {model['name']} | Keras {said['keras']}, `.{ending}` | `{network}` | {probability:.1e} | "
                          f"{logit:.1e} |", flush=True)
                    is_close &= max(probability, logit) < TOLERANCE
    if not is_close:
        sys.exit("too far apart")


if __name__ == "__main__":
    if "CHECK_KERAS_VERSION" in os.environ:
        write(pathlib.Path(os.environ["CHECK_KERAS_FOLDER"]), os.environ["CHECK_KERAS_VERSION"])
    else:
        main()
