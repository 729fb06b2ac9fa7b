#!/usr/bin/env bash
# How fast `hilum serve` answers beside its own engine, and beside FastAPI with ONNX Runtime, in one
# sitting: 64 clients on this very machine, each with one connection, that ask for one PNG after the other; then as
# many whose requests come at two thirds of that rate.
#
# scripts/bench_serving.sh [REQUESTS] [CLIENTS]; FILES=FILE or FOLDER of PNGs, a phantom of 224 pixels unless given. The
# peer needs Python with fastapi, uvicorn, onnxruntime, pillow
# and an ONNX file of scripts/export_onnx.py for the peer: PYTHON=... ONNX=folder/mobilenet-v2.onnx
set -euo pipefail
cd "$(dirname "$0")/.."

requests=${1:-2000}
clients=${2:-64}
threads=$(nproc)
port=8917
cargo build -q --release -p hilum --locked
cargo build -q --release -p hilum-serve --example load --example slices --locked
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
target/release/examples/slices "$folder"
files=${FILES:-$folder/0.png}

# Waits until somebody answers, and warms it up.
warm_up() {
  for _ in $(seq 100); do
    curl -sf -o /dev/null -H 'content-type: image/png' --data-binary "@$folder/0.png" "$1" && return
    sleep 0.1
  done
}

load() { target/release/examples/load "127.0.0.1:$port" "$1" image/png "$files" "${@:2}"; }

# A single client, many, the processor time of the server that they take, and many in less of a hurry.
ask() {
  load "$1" 1 200
  load "$1" "$clients" "$requests"
  local before after line
  before=$(awk '{print $14 + $15}' "/proc/$server/stat")
  line=$(load "$1" "$clients" "$requests")
  after=$(awk '{print $14 + $15}' "/proc/$server/stat")
  echo "$line"
  echo "{\"cpu_ms_per_request\": $(awk "BEGIN {print ($after - $before) * 10 / $requests}")}"
  load "$1" "$clients" "$requests" "$(sed -E 's/.*"per_second": ([0-9.]+).*/\1/' <<<"$line" | awk '{print $1 * 2 / 3}')"
}

echo "the engine alone:"
for batch in 1 16; do
  target/release/hilum bench --arch mobilenet-v2 --mode predict --batch "$batch" --threads "$threads"
done

echo "hilum serve:"
target/release/hilum serve --address "127.0.0.1:$port" --log errors --threads "$threads" ${SERVE:-} 2>/dev/null &
server=$!
warm_up "http://127.0.0.1:$port/api/predict"
ask /api/predict
grep VmHWM "/proc/$server/status"
kill "$server"
wait "$server" || true

if [ -n "${ONNX:-}" ]; then
  echo "FastAPI with ONNX Runtime:"
  "${PYTHON:-python3}" scripts/bench_serving.py "$ONNX" "$port" "$threads" &
  server=$!
  warm_up "http://127.0.0.1:$port/predict"
  ask /predict
fi
