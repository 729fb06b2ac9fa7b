"""Writes small Keras files, and what Keras says of an image with each: NAME.h5, NAME.keras, NAME.json.

    python make_files.py 3; python make_files.py 2

`2` writes with tf-keras, which is Keras 2. Made with keras 3.15.1 and tf-keras 2.21.0 on
tensorflow 2.21.0. Weights are hilum_graph::formula's, by the weight's number in the model. A JSON
file holds "input" (height, width, channels), "files", and "outputs" for formula.images(2, ...): what
the model gives, its last activation included, which is "activation".
"""

import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
VERSION = sys.argv[1]
if VERSION == "2":
    os.environ["TF_USE_LEGACY_KERAS"] = "1"

import numpy as np
import tensorflow as tf

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE / "../../../hilum-graph/tests/reference"))
import formula

keras = tf.keras
layers = keras.layers


@keras.utils.register_keras_serializable(package="Addons")
class F1Score(keras.metrics.Metric):
    """Named as tensorflow-addons registers its own, which Keras cannot load without it."""

    def __init__(self, num_classes=4, average="macro", name="f1_score", dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.num_classes, self.average = num_classes, average
        self.seen = self.add_weight(name="seen", shape=(num_classes,), initializer="zeros")

    def update_state(self, truth, predicted, sample_weight=None):
        self.seen.assign_add(tf.reduce_sum(tf.cast(truth, tf.float32), axis=0))

    def result(self):
        return tf.reduce_mean(self.seen)

    def get_config(self):
        return {**super().get_config(), "num_classes": self.num_classes, "average": self.average}


def fill(model):
    """Weights of formula.py, with variances that are positive."""
    filled = []
    for number, weight in enumerate(model.get_weights()):
        if weight.dtype != np.float32:
            filled.append(weight)
            continue
        name = model.weights[number].name.split("/")[-1].split(":")[0]
        values = formula.values(f"{model.name}.{number}", weight.size).reshape(weight.shape)
        if name in ("moving_variance", "variance"):
            values = np.float32(0.75) + np.float32(0.375) * values
        elif name == "gamma":
            values = np.float32(1) + np.float32(0.25) * values
        elif weight.ndim > 1:
            fan = weight.shape[0] * weight.shape[1] if "depthwise" in name else weight.size / weight.shape[-1]
            values = np.float32(np.sqrt(6 / fan)) * values
        else:
            values = np.float32(0.125) * values
        filled.append(values.astype(np.float32))
    model.set_weights(filled)


def write(name, model, activation):
    fill(model)
    files = []
    for ending in ("h5", "keras"):
        files.append(f"{name}{VERSION}.{ending}")
        model.save(HERE / files[-1])
    _, *shape = model.input_shape
    outputs = model.predict(formula.images(2, *shape), verbose=0)
    formula.write(HERE / f"{name}{VERSION}.json", {
        "input": shape, "files": files, "activation": activation,
        "outputs": np.asarray(outputs, np.float64).tolist()})


def notebook():
    """The reference recipe's network, with fewer filters and one block less, as it was compiled."""
    model = keras.Sequential(name="notebook")
    model.add(layers.Conv2D(3, 3, activation="relu", input_shape=(22, 20, 1)))
    model.add(layers.MaxPooling2D())
    model.add(layers.Conv2D(5, (3, 3), activation="relu"))
    model.add(layers.MaxPooling2D((2, 2)))
    model.add(layers.Flatten())
    model.add(layers.BatchNormalization())
    model.add(layers.Dense(6, activation="relu"))
    model.add(layers.Dropout(0.2))
    model.add(layers.BatchNormalization())
    model.add(layers.Dense(4, activation="softmax"))
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy", F1Score()])
    model.fit(np.zeros((4, 22, 20, 1)), np.eye(4), verbose=0)
    write("notebook", model, "softmax")


def all_layers():
    """One of each layer, in a functional model."""
    image = keras.Input((24, 24, 3), name="image")
    x = layers.Rescaling(1 / 127.5, offset=-0.25)(image)
    x = layers.Normalization(mean=[0.1, 0.2, 0.3], variance=[0.5, 0.25, 2.0])(x)
    x = layers.Conv2D(6, 3, strides=2, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(scale=False, epsilon=1e-4)(x)
    x = layers.ReLU(6.0)(x)
    x = layers.ZeroPadding2D(((0, 1), (2, 1)))(x)
    x = layers.DepthwiseConv2D((3, 2), depth_multiplier=2, activation="swish")(x)
    left = layers.SeparableConv2D(8, 3, padding="same", activation="relu")(x)
    left = layers.MaxPooling2D(3, strides=2, padding="same")(left)
    right = layers.ZeroPadding2D(1)(x)
    right = layers.AveragePooling2D(3, strides=2)(right)
    right = layers.Conv2D(8, 1, groups=2)(right)
    right = layers.BatchNormalization(center=False)(right)
    x = layers.Add()([left, right])
    gate = layers.GlobalAveragePooling2D()(x)
    gate = layers.Reshape((1, 1, 8))(gate)
    gate = layers.Conv2D(8, 1, activation="sigmoid")(gate)
    x = layers.Multiply()([x, gate])
    x = layers.Concatenate()([x, layers.Activation("relu")(left)])
    x = layers.ZeroPadding2D(1)(x)
    x = layers.MaxPooling2D(2)(x)
    flat = layers.Flatten()(x)
    flat = layers.BatchNormalization()(flat)
    most = layers.GlobalMaxPooling2D()(x)
    x = layers.Concatenate()([flat, most])
    x = layers.Dropout(0.25)(x)
    x = layers.Dense(5, name="logits")(x)
    write("layers", keras.Model(image, x, name="layers"), "linear")


def nested():
    """A model in a model behind augmentation and arithmetic, with one output."""
    body = keras.Input((12, 12, 3))
    x = layers.Conv2D(4, 3, activation="relu", name="first")(body)
    x = layers.Conv2D(4, 3, name="second")(x)
    x = layers.BatchNormalization(name="norm")(x)
    body = keras.Model(body, x, name="body")
    body.trainable = False
    image = keras.Input((12, 12, 1))
    x = keras.Sequential([layers.RandomFlip("horizontal"), layers.RandomRotation(0.1)],
                         name="augmentation")(image)
    x = keras.applications.mobilenet_v2.preprocess_input(x)
    x = layers.Concatenate()([x, x, x])
    x = body(x, training=False)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(1, activation="sigmoid")(x)
    write("nested", keras.Model(image, x, name="whole"), "sigmoid")


notebook()
all_layers()
nested()
