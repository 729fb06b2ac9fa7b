#!/usr/bin/env bash
# Prints where axe-core lies, fetched once and held against its checksum; or, failing, why there is none.
set -euo pipefail
cd "$(dirname "$0")/.."

# A wheel that holds axe-core 4.12.1; axe-core itself is only published for Node.
PACKAGE=axe-playwright-python==0.1.8
SHA256=fdd263c998388f1a8e67cad02677e612d946248bd44d163be5e8650ea31f95f8

folder=target/check-report
mkdir -p "$folder"
if [ ! -s "$folder/axe.min.js" ]; then
  printf '%s --hash=sha256:%s\n' "$PACKAGE" "$SHA256" >"$folder/axe.txt"
  python3 -m pip download --quiet --no-deps --only-binary :all: --require-hashes \
    --dest "$folder" --requirement "$folder/axe.txt" >"$folder/pip.log" 2>&1 \
    || { tail -n 1 "$folder/pip.log"; exit 1; }
  python3 -c 'import sys, zipfile
[wheel, name, to] = sys.argv[1:]
open(to, "wb").write(zipfile.ZipFile(wheel).read(name))' \
    "$folder"/axe_playwright_python-*.whl axe_playwright_python/axe.min.js "$folder/axe.min.js"
fi
printf '%s\n' "$folder/axe.min.js"
