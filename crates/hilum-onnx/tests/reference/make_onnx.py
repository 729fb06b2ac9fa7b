"""Small ONNX files whose numbers follow a formula: seeds of mutations.

    python make_onnx.py        # needs onnx and numpy; writes beside itself

`plain.onnx` names its weights and stores them raw; `numbered.onnx` has names that say nothing, numbers in
typed fields, half precision and a constant node.
"""

import pathlib

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save

HERE = pathlib.Path(__file__).parent


def numbers(*shape):
    return (np.arange(np.prod(shape), dtype=np.float32).reshape(shape) % 7 - 3) / 8


def graph(name, constants, nodes):
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 1, 8, 8])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 2])
    made = helper.make_graph(nodes, name, [image], [logits], constants)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, {"classes": "a,b"})
    checker.check_model(model)
    save(model, HERE / f"{name}.onnx")


def network(weight, norm, head):
    return [
        helper.make_node("Conv", ["image", weight], ["convolved"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        helper.make_node("BatchNormalization", ["convolved", *norm], ["normalised"], epsilon=1e-5),
        helper.make_node("Relu", ["normalised"], ["active"]),
        helper.make_node("GlobalAveragePool", ["active"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("Gemm", ["flat", *head], ["logits"], transB=1),
    ]


def plain():
    norm = [f"norm.{part}" for part in ("weight", "bias", "running_mean", "running_var")]
    constants = [numpy_helper.from_array(numbers(4, 1, 3, 3), "conv.weight")]
    constants += [numpy_helper.from_array(np.abs(numbers(4)) + 1, name) for name in norm]
    constants += [numpy_helper.from_array(numbers(2, 4), "head.weight")]
    constants += [numpy_helper.from_array(numbers(2), "head.bias")]
    graph("plain", constants, network("conv.weight", norm, ["head.weight", "head.bias"]))


def numbered():
    conv = numbers(4, 1, 3, 3)
    constants = [helper.make_tensor("11", TensorProto.FLOAT, conv.shape, conv.ravel())]
    norm = ["12", "13", "14", "15"]
    constants += [helper.make_tensor(name, TensorProto.FLOAT, [4], np.abs(numbers(4)) + 1) for name in norm]
    half = numpy_helper.from_array(numbers(2, 4).astype(np.float16), "half")
    constants += [half]
    bias = helper.make_tensor("bias", TensorProto.FLOAT, [2], numbers(2))
    nodes = [
        helper.make_node("Constant", [], ["16"], value=bias),
        helper.make_node("Cast", ["half"], ["17"], to=TensorProto.FLOAT),
        *network("11", norm, ["17", "16"]),
    ]
    graph("numbered", constants, nodes)


if __name__ == "__main__":
    plain()
    numbered()
