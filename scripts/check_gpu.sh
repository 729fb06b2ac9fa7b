#!/usr/bin/env bash
# The GPU builds on software drivers: `wgpu` trains and predicts as the processor does, and a
# driver that computes wrongly is refused. `docs/gpu.md` says what was seen.
#
#     scripts/check_gpu.sh            # both builds
#     scripts/check_gpu.sh wgpu       # one of them
#
# Drivers come from Debian: Mesa's lavapipe is installed where that is allowed, SwiftShader is
# taken out of chromium's package. What cannot be had is skipped, with a line that says so.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=target/gpu-check
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
skipped=0

say() { printf '== %s\n' "$*"; }
skip() { printf 'skipped: %s\n' "$*"; skipped=$((skipped + 1)); }
fail() { printf 'failed: %s\n' "$*" >&2; exit 1; }

lavapipe=$(find /usr/share/vulkan/icd.d -name 'lvp_icd*.json' 2>/dev/null | head -n 1 || true)
if [ -z "$lavapipe" ] && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  say "installing mesa-vulkan-drivers"
  { apt-get update && apt-get install --yes --no-install-recommends mesa-vulkan-drivers; } \
    >"$folder/apt.log" 2>&1 || true
  lavapipe=$(find /usr/share/vulkan/icd.d -name 'lvp_icd*.json' 2>/dev/null | head -n 1 || true)
fi

swiftshader=$(find /usr/lib/chromium "$folder/chromium" -name 'vk_swiftshader_icd.json' \
  2>/dev/null | head -n 1 || true)
if [ -z "$swiftshader" ] && command -v apt-get >/dev/null; then
  say "taking SwiftShader out of chromium-common"
  (cd "$folder" && apt-get download chromium-common && dpkg-deb -x chromium-common_*.deb chromium) \
    >>"$folder/apt.log" 2>&1 || true
  swiftshader=$(find "$folder/chromium" -name 'vk_swiftshader_icd.json' 2>/dev/null \
    | head -n 1 || true)
fi

if ! ldconfig -p | grep -q 'libvulkan\.so\.1'; then
  skip "Vulkan's loader (libvulkan1) is not here and could not be had, and no driver without it"
  lavapipe= swiftshader=
fi

# on DRIVER COMMAND...: with that driver alone.
on() {
  local driver=$1
  shift
  VK_DRIVER_FILES=$driver VK_ICD_FILENAMES=$driver "$@"
}

# with FEATURE: what cargo must be told for a program and tests with that feature alone, without
# Burn's backend for processors, which takes the longest to compile.
with() {
  printf '%s\n' --quiet --locked --package hilum --package hilum-burn --no-default-features \
    --features "hilum/$1"
}

# build FEATURE: the program with that feature, under a name of its own.
build() {
  say "building with the feature $1"
  # shellcheck disable=SC2046
  cargo build $(with "$1") --bin hilum --test gpu
  cp "${CARGO_TARGET_DIR:-target}/debug/hilum" "$folder/hilum-$1"
}

# logit_gap FILE FILE: by how much the logits behind two tables of predictions are apart, and of
# how many slices. Logits are the logarithms of probabilities, but for a number that all classes
# of a slice share.
logit_gap() {
  paste -d , "$1" "$2" | awk -F , '
    NR == 1 { width = NF / 2; first = 3; last = width - 2; next }
    $1 != $(width + 1) { print "the tables name other slices" > "/dev/stderr"; exit 1 }
    {
      mean = 0
      for (c = first; c <= last; c++) {
        gap[c] = log($(c + width)) - log($c)
        mean += gap[c] / (last - first + 1)
      }
      for (c = first; c <= last; c++) {
        off = gap[c] < mean ? mean - gap[c] : gap[c] - mean
        if (off > worst) worst = off
      }
    }
    END { if (NR > 1) printf "%.1e %d\n", worst, NR - 1 }'
}

# trains_and_predicts DRIVER: two epochs of the demo through `wgpu`, and its model's predictions
# against the processor's.
trains_and_predicts() {
  local name=$1 driver=$2 out="$folder/demo-$1"
  if [ -z "$driver" ]; then
    skip "$name is not here and could not be had"
    return
  fi
  say "$name: the tests of operations and of compact-cnn"
  # SwiftShader crashes some processes when they exit: what counts is what the tests said before.
  local said="$folder/tests-$name.txt"
  # shellcheck disable=SC2046
  HILUM_TEST_DEVICE=wgpu on "$driver" cargo test $(with wgpu) --test gpu -- \
    --ignored --nocapture --test-threads 1 2>&1 | tee "$said" || true
  grep -q '^test result: ok' "$said" || fail "$name: the tests did not pass"
  say "$name: training two epochs of the demo"
  rm -rf "$out"
  on "$driver" "$folder/hilum-wgpu" demo --device wgpu --epochs 2 --slices 16 --out "$out"
  local model="$out/runs/demo/model.safetensors"
  on "$driver" "$folder/hilum-wgpu" predict "$out/slices/test" --model "$model" --format csv \
    --device wgpu --quiet >"$out/wgpu.csv"
  "$folder/hilum-wgpu" predict "$out/slices/test" --model "$model" --format csv \
    --device cpu --quiet >"$out/cpu.csv"
  local gap count
  read -r gap count < <(logit_gap "$out/wgpu.csv" "$out/cpu.csv")
  say "$name: logits of $count slices are within $gap of those of the processor"
  awk -v gap="$gap" 'BEGIN { exit !(gap < 1e-4) }' || fail "$name: logits differ by $gap"
}

# is_refused DRIVER: `--device vulkan` says that it computes wrongly.
is_refused() {
  local name=$1 driver=$2 status=0
  if [ -z "$driver" ]; then
    skip "$name is not here and could not be had"
    return
  fi
  say "$name: --device vulkan is refused"
  on "$driver" "$folder/hilum-vulkan" demo --device vulkan --epochs 1 --slices 4 \
    --out "$folder/refused" 2>"$folder/refused.txt" || status=$?
  rm -rf "$folder/refused"
  cat "$folder/refused.txt"
  [ "$status" -ne 0 ] || fail "$name: \`--device vulkan\` was accepted"
  grep -q 'it computes wrongly' "$folder/refused.txt" || fail "$name: refused for another reason"
}

which=${1:-all}
if [ "$which" = all ] || [ "$which" = wgpu ]; then
  build wgpu
  trains_and_predicts lavapipe "$lavapipe"
  trains_and_predicts SwiftShader "$swiftshader"
fi
if [ "$which" = all ] || [ "$which" = vulkan ]; then
  build vulkan
  is_refused SwiftShader "$swiftshader"
fi
[ "$skipped" = 0 ] || printf '%d checks were skipped\n' "$skipped"
