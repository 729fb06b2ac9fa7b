#!/usr/bin/env bash
# Builds the Python package as a wheel, installs it where nothing else is, and uses it: its tests,
# scikit-learn's checks, and the notebook from top to bottom.
#
#   scripts/check_python.sh [PROFILE]
#
# PROFILE is cargo's: `dev` by default, which shares what the tests have compiled; `release` for a wheel
# to give away, which stays in target/wheels. Needs Python 3.10 or later and a package index; says so,
# and checks nothing, where there is none.
set -euo pipefail
cd "$(dirname "$0")/.."
profile="${1:-dev}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

skip() {
  echo "skipped: $*"
  exit 0
}
python="$(command -v python3 || true)"
[ -n "$python" ] || skip "there is no python3"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || skip "python3 is older than 3.10"
"$python" -m venv "$work/build" >/dev/null 2>&1 || skip "python3 makes no virtual environments (python3-venv)"
"$work/build/bin/pip" install -q "maturin>=1.9,<2" >"$work/pip.log" 2>&1 || skip "the package index is not reached: $(tail -1 "$work/pip.log")"

"$work/build/bin/maturin" build --profile "$profile" -m crates/hilum-python/Cargo.toml \
  -i "$python" -o "$work/wheels"
[ "$profile" = dev ] || { mkdir -p target/wheels && cp "$work"/wheels/*.whl target/wheels/; }

# As a new user would: one package, and the README's lines.
"$python" -m venv "$work/fresh"
"$work/fresh/bin/pip" install -q "$work"/wheels/*.whl
"$work/fresh/bin/pip" check
(cd "$work" && "$work/fresh/bin/python" - <<'PYTHON'
import importlib.metadata

import hilum

assert importlib.metadata.requires("hilum")[0] == "numpy"
hilum.phantoms("slices")
hilum.audit("slices")
run = hilum.train("slices", arch="compact-cnn", weights="none", epochs=2, image_size=32)
run.evaluate()
for answer in hilum.load().predict(["slices/test", next(iter(hilum.phantoms("more")))]):
    assert answer.error is None and len(answer.probabilities) == 4
print("a fresh environment: audit, training, evaluation and prediction work")
PYTHON
)

"$work/fresh/bin/pip" install -q pytest pandas pillow pydicom tqdm nbclient ipykernel \
  scikit-learn==1.9.1 mypy==2.4.1 ruff==0.17.6
"$work/fresh/bin/python" -m pytest -q --ignore crates/hilum-python/tests/scale crates/hilum-python/tests \
  -p no:cacheprovider --rootdir "$work"
"$work/fresh/bin/python" -m mypy --ignore-missing-imports --cache-dir "$work/mypy" -p hilum \
  --python-executable "$work/fresh/bin/python"
"$work/fresh/bin/ruff" check --no-cache crates/hilum-python
"$work/fresh/bin/ruff" format --no-cache --check crates/hilum-python
mkdir "$work/notebook"
"$work/fresh/bin/python" scripts/run_notebook.py examples/from-slices-to-an-answer.ipynb "$work/notebook"
