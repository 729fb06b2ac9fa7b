#!/usr/bin/env bash
# Holds `hilum serve` against what others speak: Triton's client, curl, and schemathesis, which makes
# requests from /openapi.json. Needs a binary (the first argument, else target/debug/hilum) and Python
# with pip; says `skipped` where these are not to be had.
set -euo pipefail
cd "$(dirname "$0")/.."

hilum=${1:-target/debug/hilum}
[ -x "$hilum" ] || cargo build -p hilum --locked
python=${PYTHON:-python3}
if ! command -v "$python" >/dev/null || ! command -v curl >/dev/null; then
  echo "skipped: no python3 or no curl"
  exit 0
fi
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
if ! { "$python" -m venv "$folder/venv" &&
  "$folder/venv/bin/pip" install -q 'tritonclient[http]==2.73.0' schemathesis==4.32.5; } >"$folder/pip.log" 2>&1; then
  echo "skipped: tritonclient and schemathesis cannot be installed"
  exit 0
fi

cargo run -q -p hilum-serve --example slices --locked -- "$folder/slices"
images=$(find "$folder/slices" -name '*.png' | sort)

# shellcheck disable=SC2086
"$folder/venv/bin/python" scripts/check_kserve.py "$hilum" $images

"$hilum" serve --address 127.0.0.1:0 --log errors 2>"$folder/log" &
server=$!
for _ in $(seq 100); do
  url=$(sed -n 's/^listening on //p' "$folder/log")
  [ -z "$url" ] || break
  sleep 0.1
done
first=$(printf '%s\n' $images | head -1)
curl -sSf -F "file=@$first" "$url/api/predict" | "$folder/venv/bin/python" -c '
import json, sys
answer = json.load(sys.stdin)["answers"][0]
assert abs(sum(answer["probabilities"].values()) - 1) < 1e-9
'
printf '{"inputs":[{"name":"image","shape":[1],"datatype":"BYTES","data":["%s"]}]}' \
  "$(base64 -w0 "$first")" >"$folder/request.json"
curl -sSf -H 'content-type: application/json' --data-binary "@$folder/request.json" \
  "$url/v2/models/mobilenet-v2-chest-ct/infer" | grep -q '"model_version":"1"'

"$folder/venv/bin/schemathesis" run "$url/openapi.json" --url "$url" --max-examples 30 \
  --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance \
  --seed 16 --workers 2
