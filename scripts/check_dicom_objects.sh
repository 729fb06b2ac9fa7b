#!/usr/bin/env bash
# Holds every DICOM object that hilum writes against programs of others: dciodvfy of dicom3tools finds no error, in the
# phantoms either; dsrdump and dcm2pnm of dcmtk read reports and captures; pydicom and highdicom find in them what was said.
# Where one of these programs is not to be had, a line says so, and that is no failure.
#
#     scripts/check_dicom_objects.sh [FOLDER FOR PICTURES OF CAPTURES]
set -euo pipefail
cd "$(dirname "$0")/.."

skip() { printf 'skipped: %s\n' "$1"; exit 0; }

if ! { command -v dciodvfy && command -v dsrdump && command -v dcm2pnm; } >/dev/null; then
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || skip 'no dicom3tools and dcmtk here (`apt-get install dicom3tools dcmtk`)'
  export DEBIAN_FRONTEND=noninteractive
  { timeout 120 apt-get update && timeout 300 apt-get install -y --no-install-recommends dicom3tools dcmtk; } \
    >/dev/null 2>&1 || skip 'dicom3tools and dcmtk cannot be installed'
fi

folder=target/check-dicom-objects
mkdir -p "$folder"
rm -rf "$folder/images" "$folder/results" "$folder/pictures"
mkdir "$folder/pictures"
# Of the whole workspace, as its tests are built: what they have built is built already.
cargo build --quiet --workspace --example objects
"${CARGO_TARGET_DIR:-target}/debug/examples/objects" "$folder"

failed=0
for file in "$folder"/images/*/*.dcm "$folder"/results/*.dcm; do
  # The verifier knows no private coding scheme, which is what the standard has private ones for.
  found=$(dciodvfy -new "$file" 2>&1 | grep -v 'Unrecognized defined term = <99HILUM>' || true)
  # Some images are written wrong on purpose: what is written about them has to be right.
  case $file in */images/bare/* | */images/odd/*) continue ;; esac
  if grep -q '^Error' <<<"$found"; then
    printf '%s\n%s\n' "$file" "$found"
    failed=1
  else
    grep '^Warning' <<<"$found" | sed 's/\[[0-9]*\]//g' >>"$folder/warnings.txt" || true
  fi
done
if [ -s "$folder/warnings.txt" ]; then
  echo 'warnings of dciodvfy, and how often:'
  sort "$folder/warnings.txt" | uniq -c | sort -rn
  rm "$folder/warnings.txt"
fi

for file in "$folder"/results/sr-*.dcm; do
  dsrdump "$file" >"$folder/dump.txt" 2>"$folder/problems.txt" || { echo "dsrdump fails on $file"; failed=1; }
  # It says of most character sets that it checks no values in them.
  if grep -v 'does not support this Specific Character Set\|unsupported SpecificCharacterSet' "$folder/problems.txt"; then
    printf 'says dsrdump of %s\n' "$file"
    failed=1
  fi
  grep -q 'Measurement Group' "$folder/dump.txt" || { echo "no measurement group in $file"; failed=1; }
done
for file in "$folder"/results/capture-*.dcm; do
  dcm2pnm --write-png "$file" "$folder/pictures/$(basename "$file" .dcm).png" || failed=1
done
[ $# -eq 0 ] || { mkdir -p "$1" && cp "$folder"/pictures/*.png "$1"; }

objects=$(find "$folder/results" -name '*.dcm' | wc -l)
[ "$failed" = 0 ] || exit 1
printf 'dciodvfy, dsrdump and dcm2pnm: %s objects and the phantoms, no error\n' "$objects"

command -v python3 >/dev/null || skip 'pydicom and highdicom: no python3 here'
venv=$folder/venv
if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -c 'import highdicom' 2>/dev/null; then
  { python3 -m venv "$venv" && timeout 300 "$venv/bin/pip" install --quiet 'highdicom>=0.25,<1' 'pydicom>=3,<4'; } \
    >"$folder/pip.log" 2>&1 || skip "pydicom and highdicom: $(tail -n 1 "$folder/pip.log")"
fi
"$venv/bin/python" scripts/check_dicom_objects.py "$folder/images" "$folder/results"
