#!/usr/bin/env bash
# Uses the page of `hilum serve` in a headless Chromium: see `check_page.py`. Where Chromium, its driver or the package of
# axe-core is not to be had, a line says so, and that is no failure.
#
#     scripts/check_page.sh [--figure FILE] [FOLDER FOR SCREENSHOTS]
set -euo pipefail
cd "$(dirname "$0")/.."

skip() { printf 'skipped: %s\n' "$1"; exit 0; }

chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome) \
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
cargo run --quiet --package hilum-imaging --example phantom_series -- "$series" 24 512
cargo build --quiet --package hilum
python3 scripts/check_page.py --chromium "$chromium" --driver "$driver" --axe "$axe" \
  --hilum target/debug/hilum --series "$series" "${options[@]}"
