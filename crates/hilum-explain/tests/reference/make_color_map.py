"""The colour map of heat, and how light each of its colours is.

    pip install matplotlib scikit-image
    python make_color_map.py

Writes `src/picture/inferno.rs` (matplotlib's table, CC0, by Nathaniel Smith and Stéfan van der Walt) and
`lightness.json`: CIELAB's L* of the 256 colours as scikit-image computes it.
"""

import json
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from skimage.color import rgb2lab

HERE = Path(__file__).parent
TARGET = HERE.parents[1] / "src" / "picture" / "inferno.rs"
HEAD = """//! matplotlib's `inferno` (CC0, by Nathaniel Smith and Stéfan van der Walt), written by
//! `tests/reference/make_color_map.py`.

/// Red, green and blue from the coolest to the hottest.
#[rustfmt::skip]
pub(super) const INFERNO: [[u8; 3]; 256] = [
"""

if __name__ == "__main__":
    table = colormaps["inferno"](np.arange(256), bytes=True)[:, :3]
    cells = [f"[{r}, {g}, {b}]" for r, g, b in table.tolist()]
    rows = ["    " + ", ".join(cells[at : at + 6]) + ",\n" for at in range(0, 256, 6)]
    TARGET.write_text(HEAD + "".join(rows) + "];\n")
    lightness = rgb2lab(table[None] / 255.0)[0, :, 0]
    (HERE / "lightness.json").write_text(json.dumps([round(value, 3) for value in lightness.tolist()]) + "\n")
