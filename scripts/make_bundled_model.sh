#!/usr/bin/env bash
# Makes models/mobilenet-v2-chest-ct.safetensors and its card. Run by hand; needs the data.
#
#   scripts/make_bundled_model.sh DATA WEIGHTS LICENCE [FLAG OF `hilum train`...]
#
# DATA and WEIGHTS are linked into a fresh folder, so that the model names no place on this
# machine. Same data, weights and flags: same bytes. Every x86 processor of the last years has AVX2;
# wider registers would round otherwise.
set -euo pipefail
data=$(realpath "$1") weights=$2 licence=$3
shift 3
root=$(cd "$(dirname "$0")/.." && pwd)
name=mobilenet-v2-chest-ct
notes=$root/models/$name.notes.md

cargo build --release --locked --manifest-path "$root/Cargo.toml" --bin hilum
hilum=${CARGO_TARGET_DIR:-$root/target}/release/hilum

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
ln -s "$data" "$folder/chest-ct"
if [[ -f $weights ]]; then
  ln -s "$(realpath "$weights")" "$folder/$(basename "$weights")"
  weights=$(basename "$weights")
fi
cd "$folder"

train=(train chest-ct --arch mobilenet-v2 --weights "$weights" --name bundled "$@")
export=(export --model runs/bundled/model.safetensors --precision f16 --licence "$licence" --out "$name.safetensors")
printf -v command 'HILUM_SIMD=avx2 hilum %s\nhilum %s' "${train[*]@Q}" "${export[*]@Q}"
# Quotes only where a shell needs them.
command=$(sed -E "s/'([A-Za-z0-9_.:\/@=+-]+)'/\1/g" <<<"$command")

HILUM_SIMD=avx2 "$hilum" "${train[@]}"
card=(--card "$name.md" --command "$command")
if [[ -f $notes ]]; then card+=(--notes "$notes"); fi
"$hilum" "${export[@]}" "${card[@]}"
mv "$name.safetensors" "$name.md" "$root/models/"
