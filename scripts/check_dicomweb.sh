#!/usr/bin/env bash
# Has Orthanc hold series of phantoms, predicts them by their DICOMweb address, and compares with what is said of the files;
# what is written of them goes back into Orthanc. Where Orthanc is not to be had, a line says so, and that is no failure.
#
#     scripts/check_dicomweb.sh
#
# HILUM is the program to try.
set -euo pipefail
cd "$(dirname "$0")/.."

skip() { printf 'skipped: %s\n' "$1"; exit 0; }

plugin=/usr/share/orthanc/plugins/libOrthancDicomWeb.so
if ! command -v Orthanc >/dev/null || [ ! -e "$plugin" ]; then
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || skip 'no Orthanc here (`apt-get install orthanc orthanc-dicomweb`)'
  export DEBIAN_FRONTEND=noninteractive
  { timeout 120 apt-get update && timeout 300 apt-get install -y --no-install-recommends orthanc orthanc-dicomweb; } \
    >/dev/null 2>&1 || skip 'Orthanc cannot be installed'
fi
command -v python3 >/dev/null || skip 'no python3 here'
command -v curl >/dev/null || skip 'no curl here'

folder=$PWD/target/check-dicomweb
rm -rf "$folder"
mkdir -p "$folder"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >"$folder/orthanc.json" <<JSON
{"HttpPort": $port, "DicomServerEnabled": false, "RemoteAccessAllowed": false,
 "StorageDirectory": "$folder/database", "IndexDirectory": "$folder/database",
 "AuthenticationEnabled": true, "RegisteredUsers": {"hilum": "phantom"},
 "Plugins": ["$plugin"], "DicomWeb": {"Enable": true, "Root": "/dicom-web/"}}
JSON
Orthanc "$folder/orthanc.json" >"$folder/orthanc.log" 2>&1 &
orthanc=$!
trap 'kill "$orthanc" 2>/dev/null || true' EXIT
server=http://127.0.0.1:$port
for _ in $(seq 50); do
  curl --silent --fail --user hilum:phantom "$server/system" >/dev/null && break
  kill -0 "$orthanc" 2>/dev/null || skip "Orthanc does not start: $(tail -n 1 "$folder/orthanc.log")"
  sleep 0.2
done

# Of the whole workspace, as its tests are built: what they have built is built already.
built=${CARGO_TARGET_DIR:-target}/debug
if [ -n "${HILUM:-}" ]; then
  cargo build --quiet --workspace --example objects
else
  cargo build --quiet --workspace --example objects --bin hilum
fi
hilum=${HILUM:-$built/hilum}
"$built/examples/objects" "$folder/slices"
images=$folder/slices/images/plain
for file in "$images"/*.dcm "$folder"/slices/images/japanese/*.dcm; do
  curl --silent --fail --user hilum:phantom --data-binary "@$file" "$server/instances" >/dev/null
done
study=$(curl --silent --fail --user hilum:phantom "$server/tools/find" \
  --data '{"Level": "Study", "Query": {"PatientName": "PHANTOM*"}, "Expand": true}' |
  python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["MainDicomTags"]["StudyInstanceUID"])')

address=dicomweb:$server/dicom-web/studies/$study
export HILUM_DICOMWEB_USER=hilum HILUM_DICOMWEB_PASSWORD=phantom
"$hilum" --quiet predict "$address" --format json --sr "$folder/fetched" >"$folder/fetched.json"
"$hilum" --quiet predict "$images" --format json --sr "$folder/read" >"$folder/read.json"
diff -r "$folder/read" "$folder/fetched"
python3 - "$folder" <<'PY'
import json
import sys

def answers(name):
    with open(f"{sys.argv[1]}/{name}.json") as lines:
        return [{key: value for key, value in json.loads(line).items() if key != "path"} for line in lines]

read, fetched = answers("read"), answers("fetched")
assert read and read == fetched, (read, fetched)
print(f"{len(read)} slices: the same by DICOMweb as from files")
PY
unset HILUM_DICOMWEB_USER HILUM_DICOMWEB_PASSWORD
if "$hilum" --quiet predict "$address" >/dev/null 2>"$folder/refused.txt"; then
  echo 'Orthanc answers without a password'
  exit 1
fi
grep -q 'HILUM_DICOMWEB_USER' "$folder/refused.txt"

for file in "$folder"/read/*.dcm; do
  curl --silent --fail --user hilum:phantom --data-binary "@$file" "$server/instances" >/dev/null
done
modalities=$(curl --silent --fail --user hilum:phantom "$server/tools/find" \
  --data "{\"Level\": \"Series\", \"Query\": {\"StudyInstanceUID\": \"$study\"}, \"Expand\": true}" |
  python3 -c 'import json, sys; print(*sorted(one["MainDicomTags"]["Modality"] for one in json.load(sys.stdin)))')
[ "$modalities" = 'CT OT SR' ] || { echo "the study holds $modalities"; exit 1; }
echo 'Orthanc keeps report and captures in the study of the images'
