"""Writes wilson.json beside itself: counts, and SciPy's Wilson intervals of their shares.

    pip install scipy==1.17.1
    python make_wilson.py
"""

import json
from pathlib import Path

from scipy.stats import binomtest

COUNTS = [(0, 1), (1, 1), (0, 12), (12, 12), (35, 40), (1, 51), (50, 100), (997, 1000)]

cases = []
for held, count in COUNTS:
    interval = binomtest(held, count).proportion_ci(confidence_level=0.95, method="wilson")
    cases.append({"held": held, "count": count, "low": interval.low, "high": interval.high})
path = Path(__file__).with_name("wilson.json")
path.write_text(json.dumps(cases, indent=1) + "\n")
