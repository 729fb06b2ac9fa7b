"""What NumPy writes of two small maps.

    pip install numpy==2.4.6
    python make_npy.py
"""

from pathlib import Path

import numpy as np

HERE = Path(__file__).parent

if __name__ == "__main__":
    np.save(HERE / "map_2x3.npy", np.array([[0.5, -1.25, np.inf], [np.nan, -0.0, 3e-42]], dtype="<f4"))
    np.save(HERE / "map_251x1.npy", np.arange(251, dtype="<f4")[:, None] / 7)
