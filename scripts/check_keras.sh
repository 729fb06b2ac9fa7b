#!/usr/bin/env bash
# Imports what Keras 2 and 3 saved and compares the answers, by check_keras.py. Where Python or the index of Python's packages
# is not to be had, a line says so, and that is no failure.
#
#     scripts/check_keras.sh
#
# HILUM is the program to try, PYTHON a Python with venv, or one with tensorflow, tf-keras and Pillow.
set -euo pipefail
cd "$(dirname "$0")/.."

skip() { printf 'skipped: %s\n' "$1"; exit 0; }

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

python=${PYTHON:-python3}
if ! "$python" -c 'import importlib.util as u, sys; sys.exit(not all(map(u.find_spec, ("tensorflow", "tf_keras", "PIL"))))' \
  2>/dev/null; then
  "$python" -m venv "$folder/venv" >/dev/null 2>&1 || skip 'no Python with venv here'
  python=$folder/venv/bin/python
  timeout 600 "$python" -m pip install --quiet --disable-pip-version-check tensorflow-cpu==2.21.0 tf-keras==2.21.0 pillow \
    >"$folder/pip.log" 2>&1 || skip "tensorflow-cpu and tf-keras cannot be installed: $(tail -n 1 "$folder/pip.log")"
fi

if [ -z "${HILUM:-}" ]; then
  cargo build --quiet --workspace --locked --bin hilum
fi
"$python" scripts/check_keras.py "${HILUM:-${CARGO_TARGET_DIR:-target}/debug/hilum}" "$folder/files"
