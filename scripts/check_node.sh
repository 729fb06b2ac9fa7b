#!/usr/bin/env bash
# Tries the DICOM node with programs of others: echoscu and storescu of dcmtk send to it in many transfer syntaxes, Orthanc
# sends to it and gets reports and captures back by C-STORE and by STOW-RS, dcmqrscp gets them too, dsrdump reads them. Then
# series are sent while the node is killed again and again and Orthanc comes and goes: each has one report in the end.
# Where one of these programs is not to be had, a line says so, and that is no failure.
#
#     scripts/check_node.sh [SERIES OF THE LAST PART, 12 BY DEFAULT]
#
# HILUM is the program to try, HILUM_SERIES the folder of the series that is timed (one of ../shared/data/dicom, or phantoms),
# HILUM_SECONDS what it may take (it is only said, if nothing is given).
set -euo pipefail
cd "$(dirname "$0")/.."

skip() { printf 'skipped: %s\n' "$1"; exit 0; }

have() { command -v Orthanc && command -v storescu && [ -e /usr/share/orthanc/plugins/libOrthancDicomWeb.so ]; }
if ! have >/dev/null; then
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null \
    || skip 'no Orthanc and dcmtk here (`apt-get install orthanc orthanc-dicomweb dcmtk`)'
  export DEBIAN_FRONTEND=noninteractive
  { timeout 120 apt-get update && timeout 300 apt-get install -y --no-install-recommends \
    orthanc orthanc-dicomweb dcmtk; } >/dev/null 2>&1 || skip 'Orthanc and dcmtk cannot be installed'
  have >/dev/null || skip 'Orthanc, its DICOMweb plugin or dcmtk is not where it should be'
fi
command -v python3 >/dev/null || skip 'no python3 here'

# Of the whole workspace, as its tests are built: what they have built is built already.
built=${CARGO_TARGET_DIR:-target}/debug
if [ -n "${HILUM:-}" ]; then
  cargo build --quiet --workspace --example series
else
  cargo build --quiet --workspace --example series --bin hilum
fi
hilum=${HILUM:-$built/hilum}
folder=target/check-node
rm -rf "$folder"
mkdir -p "$folder"
"$built/examples/series" "$folder/phantoms" "${1:-12}" 4 128
"$built/examples/series" "$folder/large" 1 64 512
python3 scripts/check_node.py --hilum "$hilum" --folder "$folder"
