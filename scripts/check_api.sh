#!/usr/bin/env bash
# Holds `hilum serve` against what others speak: Triton's client, curl, and schemathesis, which makes requests from
# /openapi.json. Where Python, curl or the index of Python's packages is not to be had, a line says so, and that is no failure.
#
#     scripts/check_api.sh
#
# HILUM is the program to try, PYTHON a Python with pip.
set -euo pipefail
cd "$(dirname "$0")/.."

skip() { printf 'skipped: %s\n' "$1"; exit 0; }

python=${PYTHON:-python3}
have() { command -v curl && "$python" -m pip --version; }
if ! have >/dev/null 2>&1; then
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || skip 'no curl or no Python with pip here'
  export DEBIAN_FRONTEND=noninteractive
  { timeout 120 apt-get update && timeout 300 apt-get install -y --no-install-recommends curl python3 python3-pip; } \
    >/dev/null 2>&1 || skip 'curl and Python cannot be installed'
  have >/dev/null 2>&1 || skip 'no curl or no Python with pip here'
fi

folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || { kill "$server" 2>/dev/null && wait "$server" || true; }; rm -rf "$folder"' EXIT

# Into a folder of their own: they change nothing of the machine's Python.
timeout 300 "$python" -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target "$folder/packages" \
  'tritonclient[http]==2.73.0' schemathesis==4.32.5 >"$folder/pip.log" 2>&1 \
  || skip "tritonclient and schemathesis cannot be installed: $(tail -n 1 "$folder/pip.log")"
export PYTHONPATH=$folder/packages

# Of the whole workspace, as its tests are built: what they have built is built already.
built=${CARGO_TARGET_DIR:-target}/debug
if [ -n "${HILUM:-}" ]; then
  cargo build --quiet --workspace --locked --example slices
else
  cargo build --quiet --workspace --locked --example slices --bin hilum
fi
hilum=${HILUM:-$built/hilum}
"$built/examples/slices" "$folder/slices"

"$python" scripts/check_kserve.py "$hilum" "$folder"/slices/*.png

"$hilum" serve --address 127.0.0.1:0 --log errors 2>"$folder/log" &
server=$!
url=
for _ in $(seq 600); do
  url=$(sed -n 's/^listening on //p' "$folder/log")
  [ -z "$url" ] || break
  sleep 0.1
done
[ -n "$url" ] || { cat "$folder/log"; echo 'the server does not start'; exit 1; }

first=$folder/slices/0.png
curl -sSf -F "file=@$first" "$url/api/predict" | "$python" -c '
import json, sys
answer = json.load(sys.stdin)["answers"][0]
assert abs(sum(answer["probabilities"].values()) - 1) < 1e-9, answer
'
printf '{"inputs":[{"name":"image","shape":[1],"datatype":"BYTES","data":["%s"]}]}' \
  "$(base64 -w0 "$first")" >"$folder/request.json"
curl -sSf -H 'content-type: application/json' --data-binary "@$folder/request.json" \
  "$url/v2/models/mobilenet-v2-chest-ct/infer" | grep -q '"model_version":"1"'
echo 'curl is answered'

# Names that are there, so that requests come further than a 404, and heat that takes no minutes.
cat >"$folder/schemathesis.toml" <<END
[parameters]
"path.model" = ["mobilenet-v2-chest-ct", "no-such-model"]
"path.version" = ["1", "2"]
"query.heat" = ["grad-cam", "eigen-cam"]
"query.sanity" = "off"
END
# Any bytes are a file by the description, and most are no image. It keeps a cache where it runs.
(cd "$folder" && exec "$python" -m schemathesis.cli --config-file "$folder/schemathesis.toml" run "$url/openapi.json" --url "$url" \
  --max-examples 20 --checks all --exclude-checks positive_data_acceptance --seed 16 --workers 1 --no-color \
  --request-timeout 60) >"$folder/schemathesis.log" 2>&1 || { cat "$folder/schemathesis.log"; exit 1; }
sed -n 's/^ *\([0-9]* generated, .*\)/schemathesis: \1/p' "$folder/schemathesis.log"
