"""Writes keras/*.json: what Keras says of the reference CNN and of its own EfficientNet-B0.

    python make_keras.py

Made with keras 3.15.1 on tensorflow 2.21.0, in float64. Every file holds "architecture",
"made_by", and "forward" as make_torchvision.py describes it. For the reference CNN also
"counts": trained and untrained values as Keras's summary prints them.
"""

import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import formula
import keras
import numpy as np
import tensorflow
from keras import layers

CLASS_COUNT = 4
TRUTH = [2, 0]
BATCH_NORM = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean",
              "moving_variance": "running_var"}


def pytorch_layout(variable, value):
    """PyTorch's shape of a Keras variable, and the permutation back to Keras's."""
    if variable.path.split("/")[-2].count("dwconv"):
        rows, columns, channels, _ = value
        return (channels, 1, rows, columns), (2, 3, 0, 1)
    if len(value) == 4:
        rows, columns, channels, filters = value
        return (filters, channels, rows, columns), (2, 3, 1, 0)
    if len(value) == 2:
        return value[::-1], (1, 0)
    return value, tuple(range(len(value)))


def fill(model, name_of):
    for variable in model.variables:
        layer, kind = variable.path.split("/")[-2:]
        name = name_of(layer)
        if name is None:
            continue
        suffix = BATCH_NORM.get(kind) or ("bias" if kind == "bias" else "weight")
        shape, back = pytorch_layout(variable, tuple(variable.shape))
        value = formula.parameter(f"{name}.{suffix}", shape)
        variable.assign(np.transpose(value, back))


def forward(model, size, factor=1):
    images = factor * formula.images(2, *size).astype(np.float64)
    logits = model(images, training=False)
    loss = keras.losses.sparse_categorical_crossentropy(np.array(TRUTH), logits, from_logits=True)
    return {"input": list(size), "logits": np.asarray(logits).tolist(), "truth": TRUTH,
            "loss": float(np.mean(loss))}


def reference_cnn():
    model = keras.Sequential([keras.Input((200, 200, 1))])
    for number, filters in enumerate([64, 128, 256, 512, 512, 1024], 1):
        model.add(layers.Conv2D(filters, (3, 3), activation="relu", name=f"conv{number}"))
        model.add(layers.MaxPooling2D((2, 2)))
    model.add(layers.Flatten())
    model.add(layers.BatchNormalization(name="norm1"))
    model.add(layers.Dense(128, activation="relu", name="dense1"))
    model.add(layers.Dense(128, activation="relu", name="dense2"))
    model.add(layers.BatchNormalization(name="norm2"))
    model.add(layers.Dense(CLASS_COUNT, name="dense3"))
    fill(model, lambda layer: layer)
    count = lambda variables: int(sum(np.prod(variable.shape) for variable in variables))
    return {
        "counts": {"trained": count(model.trainable_variables),
                   "untrained": count(model.non_trainable_variables)},
        "forward": [forward(model, (200, 200, 1))],
    }


def torchvision_name(layer):
    """`block2a_se_reduce` is `features.2.0.block.2.fc1`."""
    if layer.startswith(("normalization", "rescaling", "seed")):
        return None
    fixed = {"stem_conv": "features.0.0", "stem_bn": "features.0.1", "top_conv": "features.8.0",
             "top_bn": "features.8.1", "predictions": "classifier.1"}
    if layer in fixed:
        return fixed[layer]
    block, part = layer.removeprefix("block").split("_", 1)
    stage, index = int(block[0]), ord(block[1]) - ord("a")
    first = 0 if stage == 1 else 1
    part = {
        "expand_conv": "0.0", "expand_bn": "0.1",
        "dwconv": f"{first}.0", "bn": f"{first}.1",
        "se_reduce": f"{first + 1}.fc1", "se_expand": f"{first + 1}.fc2",
        "project_conv": f"{first + 2}.0", "project_bn": f"{first + 2}.1",
    }[part]
    return f"features.{stage}.{index}.block.{part}"


def efficientnet_b0_tf():
    results = []
    for size in [(64, 64, 3), (71, 83, 3)]:
        keras.backend.clear_session()
        model = keras.applications.EfficientNetB0(
            weights=None, classes=CLASS_COUNT, classifier_activation=None, input_shape=size
        )
        fill(model, torchvision_name)
        # Keras's model divides by 255 itself.
        results.append(forward(model, size, factor=255))
    return {"forward": results}


def main():
    keras.config.set_floatx("float64")
    made_by = f"keras {keras.__version__} on tensorflow {tensorflow.__version__}"
    for name, make in {"reference-cnn": reference_cnn, "efficientnet-b0-tf": efficientnet_b0_tf}.items():
        reference = {"architecture": name, "made_by": made_by, **make()}
        formula.write(pathlib.Path(__file__).parent / "keras" / f"{name}.json", reference)
        print(name, reference["forward"][0]["logits"], flush=True)


if __name__ == "__main__":
    main()
