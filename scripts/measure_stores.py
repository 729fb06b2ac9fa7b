"""How fast `hilum predict` works through objects that are far away: a web server on this machine that waits
before every answer, as a store across a network does.

    python scripts/measure_stores.py HILUM FOLDER [--count N] [--latency MS ...] [--requests N ...]

FOLDER holds PNG files; they are asked for in turns until N objects are reached. Prints the objects a second for
each latency and number of requests in flight, and beside them those of the same files from the disk.
"""

import argparse
import http.server
import itertools
import subprocess
import tempfile
import threading
import time
from pathlib import Path


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024
    latency = 0.0
    files: list[bytes] = []


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        server = self.server
        time.sleep(server.latency)
        data = server.files[int(self.path.rsplit("/", 1)[1].split(".")[0]) % len(server.files)]
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("ETag", '"1"')
        self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


def rate(hilum: str, listing: Path, count: int, *more: str) -> float:
    start = time.monotonic()
    command = [hilum, "predict", "--listing", str(listing), "--format", "json", "--quiet", *more]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    answers = done.stdout.splitlines()
    assert len(answers) == count and not any('"error"' in line for line in answers), done.stdout[:500]
    return count / (time.monotonic() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("hilum")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--latency", type=float, nargs="+", default=[0, 20, 100, 300])
    parser.add_argument("--requests", type=int, nargs="+", default=[1, 16, 64, 256])
    asked = parser.parse_args()
    paths = sorted(asked.folder.rglob("*.png"))
    server = Server(("127.0.0.1", 0), Answer)
    server.files = [path.read_bytes() for path in paths]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "files").mkdir()
        names = list(itertools.islice(itertools.cycle(paths), asked.count))
        for index, path in enumerate(names):
            (folder / "files" / f"{index}.png").symlink_to(path.resolve())
        disk, web = folder / "disk.txt", folder / "web.txt"
        disk.write_text("".join(f"{folder}/files/{index}.png\n" for index in range(asked.count)))
        host = f"http://127.0.0.1:{server.server_address[1]}"
        web.write_text("".join(f"{host}/{index}.png\n" for index in range(asked.count)))
        print(f"from the disk: {rate(asked.hilum, disk, asked.count):.0f} objects a second")
        print("| latency | " + " | ".join(f"{count} in flight" for count in asked.requests) + " |")
        print("|---" * (len(asked.requests) + 1) + "|")
        for latency in asked.latency:
            server.latency = latency / 1000
            cells = []
            for requests in asked.requests:
                # One at a time, far away, says the same of fewer.
                if requests == 1 and latency > 20:
                    cells.append("-")
                    continue
                found = rate(asked.hilum, web, asked.count, "--requests", str(requests))
                cells.append(f"{found:.0f}")
            print(f"| {latency:g} ms | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
