#!/usr/bin/env bash
# Trains small models of every architecture on synthetic slices, exports them as ONNX, and holds ONNX Runtime and OpenVINO
# against `hilum predict`. Where Python's packages are not to be had, a line says so, and that is no failure.
#
#     scripts/check_onnx.sh [HILUM [FOLDER OF SLICES...]]
set -euo pipefail
cd "$(dirname "$0")/.."

skip() { printf 'skipped: %s\n' "$1"; exit 0; }

hilum=$(realpath "${1:-target/debug/hilum}")
[ -x "$hilum" ] || skip "no binary \`$hilum\`"
command -v python3 >/dev/null || skip 'no python3 here'
shift || true

work=target/check-onnx
if [ ! -x $work/venv/bin/python ]; then
  { python3 -m venv $work/venv && $work/venv/bin/pip install --quiet numpy pillow onnx onnxruntime; } \
    || { rm -rf $work/venv; skip 'no onnx and onnxruntime to be had'; }
  $work/venv/bin/pip install --quiet openvino || echo 'no openvino to be had: ONNX Runtime alone'
fi

[ -d $work/demo/slices ] || { rm -rf $work/demo; "$hilum" demo --out $work/demo --slices 12 --epochs 1 --quiet >/dev/null; }

# Recipes differ, so that all that a file can say is said by one of them.
train() {
  local name=$1
  shift
  [ -f "$work/runs/$name/model.safetensors" ] && return
  [[ " $* " == *" --epochs "* ]] || set -- --epochs 4 --batch 2 "$@"
  rm -rf "$work/runs/$name"
  "$hilum" train $work/demo/slices --arch "$name" --weights none --runs $work/runs --name "$name" --quiet "$@" >/dev/null
}
train reference-cnn
train compact-cnn --fit letterbox --interpolation bicubic
train local-cnn --interpolation nearest
# Without batch norms it dies of large steps, and takes its time with small ones.
train squeezenet-1.1 --epochs 30 --learning-rate 0.0001 --batch 8 --keep last --patience 0 \
  --fit letterbox --interpolation nearest --channels rgb
train mobilenet-v2 --views mirrored --frame both
train resnet-18 --channels grey --fit letterbox
train efficientnet-b0 --interpolation bicubic
# Its batch norms forget slowly: after a few steps they hold what they began with.
train efficientnet-b0-tf --epochs 40 --batch 2 --views mirrored-if-unsure
train resnet-50

[ $# -gt 0 ] || set -- $work/demo/slices/valid
limit=()
[ -n "${HILUM_CHECK_ALL:-}" ] || limit=(--limit 20)
$work/venv/bin/python scripts/check_onnx.py "$hilum" $work/runs "$@" "${limit[@]}"
