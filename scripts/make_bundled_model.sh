#!/usr/bin/env bash
# Makes models/mobilenet-v2-chest-ct.safetensors and its card. Run by hand; needs the data.
#
#   scripts/make_bundled_model.sh DATA WEIGHTS LICENCE JUDGED [FLAG OF `hilum train`...]
#
# JUDGED is the folder of a finished `hilum cross-validate` of the same network, recipe and training: a
# model whose exact settings were not judged out of fold is not made, and it is calibrated on what
# was judged. All three are linked into a fresh folder, so that the model names no place on this
# machine. Same data, weights and flags: same bytes. Every x86 processor of the last years has AVX2;
# wider registers would round otherwise.
set -euo pipefail
data=$(realpath "$1") weights=$2 licence=$3 judged=$(realpath "$4")
shift 4
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
mkdir "$folder/runs"
ln -s "$judged" "$folder/runs/judged"
cd "$folder"

train=(train chest-ct --arch mobilenet-v2 --weights "$weights" --name bundled "$@")
export=(export --model runs/bundled/model.safetensors --precision f16 --calibrate-on runs/judged --check-on chest-ct --licence "$licence" --out "$name.safetensors")
printf -v command 'HILUM_SIMD=avx2 hilum %s\nhilum %s' "${train[*]@Q}" "${export[*]@Q}"
# Quotes only where a shell needs them.
command=$(sed -E "s/'([A-Za-z0-9_.:\/@=+-]+)'/\1/g" <<<"$command")

# The settings that decide what a network learns, a line each with their table's name.
decisive() {
  sed -E 's/^\[run\.?/[/' "$1" | awk '
    /^\[/ { table = $0; next }
    /=/ && table ~ /^\[(network|recipe|training)/ { print table, $0 }' | sort
}
if [[ ! -f $judged/metrics.json ]]; then
  echo "\`$judged\` holds no finished cross-validation" >&2
  exit 1
fi

HILUM_SIMD=avx2 "$hilum" "${train[@]}"
others=$(comm -23 <(decisive "$judged/settings.toml") <(decisive runs/bundled/settings.toml))
if [[ -n $others ]]; then
  printf 'judged out of fold were other settings than these:\n%s\n' "$others" >&2
  exit 1
fi
card=(--card "$name.md" --command "$command")
if [[ -f $notes ]]; then card+=(--notes "$notes"); fi
"$hilum" "${export[@]}" "${card[@]}"
mv "$name.safetensors" "$name.md" "$root/models/"
