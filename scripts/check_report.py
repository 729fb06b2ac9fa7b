#!/usr/bin/env python3
"""Opens reports in a headless Chromium and checks what a reader relies on.

    scripts/check_report.py --axe axe.min.js [--shots FOLDER] [--chromium PATH] report.html...

Each page at 360 and 1280 pixels, in the light and in the dark: no error on the console, nothing fetched, no sideways
scrolling of the page, no violation that axe-core finds, a text for each picture; one press of Tab shows the way past the
navigation; and on paper nothing is wider than a page. `--shots` keeps pictures of all of it, and the printed page.

Python's own library is enough: Chromium is spoken to through its debugging pipe (file descriptors 3 and 4, JSON with a
zero byte behind each message).
"""

import argparse
import base64
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SIZES = [(360, 740), (1280, 900)]
SCHEMES = ["light", "dark"]
# A4 less the margins of the page's style, in CSS pixels.
PAPER_WIDTH = round((210 - 2 * 14) / 25.4 * 96)
TIMEOUT_S = 120

PICTURES = """
(() => {
  const bare = [];
  for (const image of document.images) {
    if (!image.alt.trim()) bare.push("an img without a text");
    if (!image.complete || image.naturalWidth === 0) bare.push("an img that is no picture: " + image.alt);
  }
  for (const drawing of document.querySelectorAll("svg")) {
    const text = drawing.getAttribute("aria-label") || "";
    if (drawing.getAttribute("role") !== "img" || !/[0-9]/.test(text))
      bare.push("an svg without a text that has its figures: " + text);
  }
  return bare;
})()
"""

TOO_WIDE = """
(() => {
  const room = document.documentElement.clientWidth;
  const wide = [];
  for (const element of document.querySelectorAll("main *")) {
    const {right, width} = element.getBoundingClientRect();
    if (width > 0 && right > room + 1) wide.push(element.tagName + " " + element.className + " ends at " + Math.round(right));
  }
  return wide.slice(0, 5);
})()
"""


class Chromium:
    """A headless Chromium, and one page in it."""

    def __init__(self, path, profile):
        to_child, self.out = os.pipe()
        self.into, from_child = os.pipe()
        arguments = [
            path,
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            "--no-first-run",
            "--disable-background-networking",
            f"--user-data-dir={profile}",
            "--remote-debugging-pipe",
        ]
        shell = f'exec "$@" 3<&{to_child} 4>&{from_child}'
        self.process = subprocess.Popen(
            ["bash", "-c", shell, "chromium", *arguments],
            pass_fds=(to_child, from_child),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_child)
        os.close(from_child)
        self.number = 0
        self.buffer = b""
        self.session = None
        self.errors = []
        self.fetched = []
        self.loaded = False
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        for domain in ["Page", "Runtime", "Log", "Network"]:
            self.call(f"{domain}.enable")

    def message(self, deadline):
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.into], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                raise TimeoutError("Chromium says nothing")
            more = os.read(self.into, 1 << 20)
            if not more:
                raise ConnectionError("Chromium is gone")
            self.buffer += more
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **parameters):
        self.number += 1
        request = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            request["sessionId"] = self.session
        data = json.dumps(request).encode() + b"\0"
        while data:
            data = data[os.write(self.out, data) :]
        deadline = time.monotonic() + TIMEOUT_S
        while True:
            message = self.message(deadline)
            if message.get("id") == self.number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                return message["result"]
            self.notice(message)

    def notice(self, message):
        name, what = message.get("method"), message.get("params", {})
        if name == "Page.loadEventFired":
            self.loaded = True
        elif name == "Runtime.exceptionThrown":
            self.errors.append(what["exceptionDetails"]["text"])
        elif name == "Runtime.consoleAPICalled" and what["type"] in ("error", "warning", "assert"):
            self.errors.append(" ".join(str(one.get("value", "")) for one in what["args"]))
        elif name == "Log.entryAdded" and what["entry"]["level"] in ("error", "warning"):
            self.errors.append(what["entry"]["text"])
        elif name == "Network.requestWillBeSent":
            self.fetched.append(what["request"]["url"])

    def open(self, address):
        self.errors, self.fetched, self.loaded = [], [], False
        self.call("Page.navigate", url=address)
        deadline = time.monotonic() + TIMEOUT_S
        while not self.loaded:
            self.notice(self.message(deadline))

    def value(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return answer["result"].get("value")

    def look(self, width, height, scheme, media=""):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", media=media, features=features)

    def shot(self, path):
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)["data"]
        path.write_bytes(base64.b64decode(data))

    def close(self):
        try:
            self.session = None
            self.call("Browser.close")
        except (OSError, RuntimeError, TimeoutError):
            self.process.kill()
        self.process.wait()


def check_screen(chromium, axe, page, width, height, scheme, shots):
    chromium.look(width, height, scheme)
    chromium.open(page.as_uri())
    chromium.value("document.querySelectorAll('img').forEach(image => image.loading = 'eager')")
    chromium.value("Promise.all([...document.images].map(image => image.decode().catch(() => 0))).then(() => 0)")
    faults = [f"on the console: {error}" for error in chromium.errors]
    faults += [
        f"fetched {address[:80]}"
        for address in chromium.fetched
        if not address.startswith("data:") and address != page.as_uri()
    ]
    scroll = chromium.value("document.documentElement.scrollWidth")
    if scroll > width:
        wide = chromium.value(TOO_WIDE)
        faults.append(f"the page scrolls sideways, {scroll} pixels wide: {'; '.join(wide)}")
    faults += chromium.value(PICTURES)
    chromium.value(axe + "; 0")
    found = chromium.value("axe.run(document, {resultTypes: ['violations']}).then(found => found.violations)")
    for violation in found:
        where = "; ".join(str(node["target"]) for node in violation["nodes"][:3])
        faults.append(f"axe: {violation['id']} ({violation['help']}), {len(violation['nodes'])} times: {where}")
    if shots:
        chromium.shot(shots / f"{page.parent.name}-{width}-{scheme}.png")
    for kind in ["keyDown", "keyUp"]:
        chromium.call("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)
    if chromium.value("document.activeElement.getAttribute('href')") != "#main":
        faults.append("the first press of Tab does not show the way to the main part")
    return faults


def check_paper(chromium, page, shots):
    chromium.look(PAPER_WIDTH, 1000, "dark", media="print")
    chromium.open(page.as_uri())
    faults = [f"wider than paper: {one}" for one in chromium.value(TOO_WIDE)]
    ground = chromium.value("getComputedStyle(document.body).backgroundColor")
    if ground != "rgb(255, 255, 255)":
        faults.append(f"the ground is {ground} on paper")
    data = chromium.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True, paperWidth=8.27, paperHeight=11.69)
    if shots:
        (shots / f"{page.parent.name}.pdf").write_bytes(base64.b64decode(data["data"]))
    return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument("--axe", required=True, type=Path)
    parser.add_argument("--shots", type=Path)
    parser.add_argument("--chromium", default="chromium")
    arguments = parser.parse_args()
    axe = arguments.axe.read_text(encoding="utf-8")
    if arguments.shots:
        arguments.shots.mkdir(parents=True, exist_ok=True)
    count = 0
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        chromium = Chromium(arguments.chromium, profile)
        try:
            for page in (page.resolve() for page in arguments.pages):
                looks = [(*size, scheme) for size in SIZES for scheme in SCHEMES]
                for width, height, scheme in looks:
                    faults = check_screen(chromium, axe, page, width, height, scheme, arguments.shots)
                    count += len(faults)
                    for fault in faults:
                        print(f"{page}, {width} pixels, {scheme}: {fault}")
                faults = check_paper(chromium, page, arguments.shots)
                count += len(faults)
                for fault in faults:
                    print(f"{page}, on paper: {fault}")
        finally:
            chromium.close()
    if count:
        sys.exit(f"{count} faults")
    print(f"{len(arguments.pages)} reports: readable at 360 and 1280 pixels, light and dark, and on paper")


if __name__ == "__main__":
    main()
