#!/usr/bin/env bash
# Opens reports of made-up results in a headless Chromium: no error, no sideways scrolling, nothing that axe-core finds.
# Where Chromium or the package of axe-core is not to be had, a line says so, and that is no failure.
#
#     scripts/check_report.sh [FOLDER FOR SCREENSHOTS]
set -euo pipefail
cd "$(dirname "$0")/.."

skip() { printf 'skipped: %s\n' "$1"; exit 0; }

chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome) \
  || skip 'no Chromium here (`apt-get install chromium`)'
command -v python3 >/dev/null || skip 'no python3 here'

axe=$(scripts/fetch_axe.sh) || skip "no axe-core: $axe"

cargo run --quiet --package hilum-report --example gallery -- target/check-report/gallery
shots=()
[ $# -eq 0 ] || shots=(--shots "$1")
python3 scripts/check_report.py --chromium "$chromium" --axe "$axe" "${shots[@]}" \
  target/check-report/gallery/*/{report,comparison}.html
