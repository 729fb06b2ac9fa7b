"""Writes formula.json: samples of what formula.py computes, for the Rust side to equal.

    python make_formula.py
"""

import pathlib

import formula

NAMES = {
    "features.0.0.weight": [3, 2, 3, 3], "features.0.1.weight": [5], "features.0.1.bias": [5],
    "features.0.1.running_mean": [5], "features.0.1.running_var": [5], "fc.weight": [4, 7],
    "fc.bias": [4],
}

if __name__ == "__main__":
    parameters = {
        name: {"shape": shape, "data": formula.parameter(name, shape).ravel().tolist()}
        for name, shape in NAMES.items()
    }
    formula.write(
        pathlib.Path(__file__).parent / "formula.json",
        {
            "values": formula.values("any name", 9).tolist(),
            "parameters": parameters,
            "image": {"count": 2, "shape": [9, 10, 2],
                      "data": formula.images(2, 9, 10, 2).ravel().tolist()},
            "measured": formula.norm_and_projection("fc.weight", formula.values("x", 28)),
        },
    )
