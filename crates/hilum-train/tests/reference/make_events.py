"""Writes events.json: two TensorBoard records, byte by byte, as TensorFlow frames them.

Run: python make_events.py (in this folder)
Made with tensorflow 2.21.0, tensorboard 2.21.0.
"""

import json
import os
import tempfile

import tensorflow as tf
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary

SCALARS = [["loss/train", 1.25], ["loss/valid", 0.5], ["learning_rate", 0.001]]


def record(event):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "events")
        with tf.io.TFRecordWriter(path) as writer:
            writer.write(event.SerializeToString())
        with open(path, "rb") as file:
            return file.read().hex()


if __name__ == "__main__":
    values = [Summary.Value(tag=tag, simple_value=value) for tag, value in SCALARS]
    result = {
        "wall_time_s": 1700000000.25,
        "step": 300,
        "scalars": SCALARS,
        "version_record": record(Event(wall_time=1700000000.25, file_version="brain.Event:2")),
        "scalars_record": record(Event(wall_time=1700000000.25, step=300, summary=Summary(value=values))),
    }
    with open("events.json", "w") as file:
        json.dump(result, file, indent=1)
        file.write("\n")
