#!/usr/bin/env bash
# Puts phantoms into a bucket of moto, a server that speaks as S3 does, predicts them by their address, and compares with what
# is said of the files, bit by bit; Parquet is read by pyarrow. Where they are not to be had, a line says so, and that is no
# failure.
#
#     scripts/check_stores.sh
#
# HILUM is the program to try.
set -euo pipefail
cd "$(dirname "$0")/.."

skip() { printf 'skipped: %s\n' "$1"; exit 0; }

command -v python3 >/dev/null || skip 'no python3 here'
folder=$PWD/target/check-stores
mkdir -p "$folder"
python=${CHECK_STORES_VENV:-$folder/venv}/bin/python
if [ ! -x "$python" ]; then
  python3 -m venv "$folder/venv" >/dev/null 2>&1 || skip 'python3 makes no virtual environment'
fi
if ! "$python" -c 'import moto.server, boto3, pyarrow' 2>/dev/null; then
  timeout 600 "$python" -m pip install --quiet 'moto[server]==5.*' boto3 pyarrow >/dev/null 2>&1 ||
    skip 'moto cannot be installed'
fi

# Of the whole workspace, as its tests are built: what they have built is built already.
[ -n "${HILUM:-}" ] || cargo build --quiet --workspace --bin hilum
hilum=$(realpath "${HILUM:-${CARGO_TARGET_DIR:-target}/debug/hilum}")

rm -rf "$folder"/{files,parquet,s3-parquet,*.json,*.txt}
mkdir -p "$folder/files"
(cd "$folder/files" && "$python" - "$hilum" <<'PY'
import os
import struct
import sys
import zlib

# 50 slices, each a bright ellipse on black with a pattern of its own, as 8-bit PNG.
def png(side, number):
    def pixel(x, y):
        inside = ((x - side / 2) / (0.42 * side)) ** 2 + ((y - side / 2) / (0.35 * side)) ** 2 < 1
        return (90 + (x * (number + 3) + y * 7) % 97) if inside else 0

    rows = b"".join(b"\0" + bytes(pixel(x, y) for x in range(side)) for y in range(side))
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")

for number in range(49):
    name = f"patient {number % 7}/{number:02}.png"
    os.makedirs(os.path.dirname(name), exist_ok=True)
    with open(name, "wb") as file:
        file.write(png(128, number))
with open("patient 0/broken.png", "wb") as file:
    file.write(b"no picture")
PY
)

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$python" -m moto.server --host 127.0.0.1 --port "$port" >"$folder/moto.txt" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT
export AWS_ENDPOINT=http://127.0.0.1:$port AWS_ALLOW_HTTP=true AWS_REGION=us-east-1
export AWS_ACCESS_KEY_ID=phantom AWS_SECRET_ACCESS_KEY=phantom
"$python" - "$folder/files" <<'PY' || skip "moto does not start: $(tail -n 1 "$folder/moto.txt")"
import os
import sys
import time

import boto3

client = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT"])
for _ in range(50):
    try:
        client.create_bucket(Bucket="bucket")
        break
    except Exception:
        time.sleep(0.2)
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        path = os.path.join(folder, name)
        client.upload_file(path, "bucket", "scans/" + os.path.relpath(path, sys.argv[1]))
PY

answer() { local out=$1; shift; "$hilum" --quiet predict "$@" >"$folder/$out" 2>"$folder/stderr.txt" || [ $? = 1 ]; }
answer files.json "$folder/files" --format json
answer s3.json s3://bucket/scans/ --format json
for shard in 1/3 2/3 3/3; do
  answer "shard-${shard%/*}.json" s3://bucket/scans --format json --shard "$shard"
  answer none.txt "$folder/files" --format parquet --out "$folder/parquet" --shard "$shard"
  answer none.txt s3://bucket/scans --format parquet --out "$folder/s3-parquet" --shard "$shard" --part 5 --features
done
(cd "$folder/files" && find . -type f | sort | sed 's|^\./|s3://bucket/scans/|') | answer listed.json --listing - --format json

"$python" - "$folder" <<'PY'
import glob
import json
import sys

import pyarrow.parquet as pq

folder = sys.argv[1]

def named(row):
    row = {key: value for key, value in row.items() if value is not None}
    row["path"] = row["path"].split("patient ", 1)[1]
    # What is wrong names the whole path.
    return row if "error" not in row else {"path": row["path"], "error": True}

def read(name):
    with open(f"{folder}/{name}") as lines:
        return sorted((named(json.loads(line)) for line in lines), key=lambda row: row["path"])

def parquet(name):
    table = pq.read_table(f"{folder}/{name}")
    said = pq.ParquetFile(glob.glob(f"{folder}/{name}/*.parquet")[0]).metadata.metadata
    assert b"not a medical device" in said[b"hilum.notice"], said
    rows = [named(row) for row in table.to_pylist()]
    return sorted(rows, key=lambda row: row["path"])

files = read("files.json")
assert len(files) == 50 and sum("error" in row for row in files) == 1, len(files)
assert read("s3.json") == files
assert read("listed.json") == files
shards = [read(f"shard-{number}.json") for number in (1, 2, 3)]
assert sorted(sum(shards, []), key=lambda row: row["path"]) == files and all(shards)
assert parquet("parquet") == files
rows = parquet("s3-parquet")
widths = {len(row.pop("features")) for row in rows if "error" not in row}
assert rows == files and len(widths) == 1, widths
print(f"{len(files)} slices: the same by s3:// as from files, as JSON and as Parquet, whole and in 3 shards; {widths.pop()} features")
PY
