#!/usr/bin/env bash
# Uses the page of `hilum serve` in a headless Chromium: see `check_page.py`. Where Chromium, its driver or the package of
# axe-core is not to be had, a line says so, and that is no failure.
#
#     scripts/check_page.sh [--figure FILE] [FOLDER FOR SCREENSHOTS]
#
# HILUM is the program to try.
set -euo pipefail
cd "$(dirname "$0")/.."

skip() { printf 'skipped: %s\n' "$1"; exit 0; }

have() { command -v chromium || command -v chromium-browser || command -v google-chrome; }
if ! { have && command -v chromedriver && command -v python3; } >/dev/null &&
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  # What is missing then is said below.
  { timeout 120 apt-get update && timeout 300 apt-get install -y --no-install-recommends \
    chromium chromium-driver fonts-liberation python3 python3-pip; } >/dev/null 2>&1 || true
fi
chromium=$(have) \
  || skip 'no Chromium here (`apt-get install chromium`)'
driver=$(command -v chromedriver) || skip 'no driver of Chromium here (`apt-get install chromium-driver`)'
command -v python3 >/dev/null || skip 'no python3 here'

axe=$(scripts/fetch_axe.sh) || skip "no axe-core: $axe"

options=()
if [ "${1:-}" = --figure ]; then
  options+=(--figure "$2")
  shift 2
fi
[ $# -eq 0 ] || options+=(--shots "$1")

series=target/check-page/phantom
rm -rf "$series"
# Of the whole workspace, as its tests are built: what they have built is built already.
built=${CARGO_TARGET_DIR:-target}/debug
if [ -n "${HILUM:-}" ]; then
  cargo build --quiet --workspace --example phantom_series
else
  cargo build --quiet --workspace --example phantom_series --bin hilum
fi
hilum=${HILUM:-$built/hilum}
"$built/examples/phantom_series" "$series" 24 512
python3 scripts/check_page.py --chromium "$chromium" --driver "$driver" --axe "$axe" \
  --hilum "$hilum" --series "$series" "${options[@]}"
