#!/usr/bin/env bash
# Has Ray, Spark and Daft classify phantoms with two workers each, of which one is killed, by the tests of
# crates/hilum-python/tests/scale. Where Python, the index of Python's packages or Java is not to be had, a line says so, and
# that is no failure.
#
#     scripts/check_scale.sh [WHEEL, BUILT BY MATURIN IF NONE IS GIVEN]
#
# PYTHON is a Python with venv.
set -euo pipefail
cd "$(dirname "$0")/.."

skip() { printf 'skipped: %s\n' "$1"; exit 0; }

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

"${PYTHON:-python3}" -m venv "$folder/venv" >/dev/null 2>&1 || skip 'no Python with venv here'
python=$folder/venv/bin/python
install() {
  timeout 900 "$python" -m pip install --quiet --disable-pip-version-check "$@" >"$folder/pip.log" 2>&1 \
    || skip "Python's packages cannot be installed: $(tail -n 1 "$folder/pip.log")"
}
install 'daft>=0.7,<0.8' pillow 'pyarrow>=20' 'pyspark>=4.1,<5' pytest 'ray[data,tune]>=2.50,<3'

wheel=${1:-}
if [ -z "$wheel" ]; then
  install 'maturin>=1.9,<2'
  "$folder/venv/bin/maturin" build --quiet --profile dev --interpreter "$python" \
    --manifest-path crates/hilum-python/Cargo.toml --out "$folder/wheels"
  wheel=$(echo "$folder"/wheels/*.whl)
fi
install "$wheel"

# Named one by one: what a test stands on is there, or the line says what is not.
tests=crates/hilum-python/tests/scale
run=("$tests"/test_{arrow,apart,daft,ray,ray_search}.py)
if command -v java >/dev/null; then
  run+=("$tests/test_spark.py")
else
  printf 'skipped: Spark, no Java here\n'
fi
for test in "${run[@]}"; do
  "$python" -m pytest --quiet --quiet --color no -p no:cacheprovider -W ignore "$test"
done
