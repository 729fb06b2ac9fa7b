#!/usr/bin/env bash
# Opens reports of made-up results in a headless Chromium: no error, no sideways scrolling, nothing that axe-core finds.
# Where Chromium or the package of axe-core is not to be had, a line says so, and that is no failure.
#
#     scripts/check_report.sh [FOLDER FOR SCREENSHOTS]
set -euo pipefail
cd "$(dirname "$0")/.."

# A wheel that holds axe-core 4.12.1; axe-core itself is only published for Node.
AXE_PACKAGE=axe-playwright-python==0.1.8
AXE_SHA256=fdd263c998388f1a8e67cad02677e612d946248bd44d163be5e8650ea31f95f8

skip() { printf 'skipped: %s\n' "$1"; exit 0; }

chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome) \
  || skip 'no Chromium here (`apt-get install chromium`)'
command -v python3 >/dev/null || skip 'no python3 here'

folder=target/check-report
mkdir -p "$folder"
if [ ! -s "$folder/axe.min.js" ]; then
  printf '%s --hash=sha256:%s\n' "$AXE_PACKAGE" "$AXE_SHA256" >"$folder/axe.txt"
  python3 -m pip download --quiet --no-deps --only-binary :all: --require-hashes \
    --dest "$folder" --requirement "$folder/axe.txt" >"$folder/pip.log" 2>&1 \
    || skip "no axe-core: $(tail -n 1 "$folder/pip.log")"
  python3 -c 'import sys, zipfile
[wheel, name, to] = sys.argv[1:]
open(to, "wb").write(zipfile.ZipFile(wheel).read(name))' \
    "$folder"/axe_playwright_python-*.whl axe_playwright_python/axe.min.js "$folder/axe.min.js"
fi

cargo run --quiet --package hilum-report --example gallery -- "$folder/gallery"
shots=()
[ $# -eq 0 ] || shots=(--shots "$1")
python3 scripts/check_report.py --chromium "$chromium" --axe "$folder/axe.min.js" "${shots[@]}" \
  "$folder"/gallery/*/report.html
