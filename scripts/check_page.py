#!/usr/bin/env python3
"""Uses the page of `hilum serve` in a headless Chromium, as a person would, and checks what it relies on.

    scripts/check_page.py --hilum target/debug/hilum --series FOLDER --axe axe.min.js [--shots FOLDER]

`FOLDER` holds a DICOM series of a phantom. The series is dropped and looked through with wheel, keys, mouse and fingers; a
picture that is no slice is not answered; a text is refused; the table sorts and is the CSV that `hilum predict` writes; a
report is printed; a token is asked for. Meanwhile: nothing on the console, nothing that axe-core finds, no sideways
scrolling from 360 to 1920 pixels, in the light and in the dark. `--shots` keeps pictures of all of it, and `--figure` the
one of the README.

Python's own library is enough.
"""

import argparse
import base64
import csv
import json
import random
import re
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import zipfile
import zlib
from pathlib import Path

from webdriver import Browser

SIZES = [(360, 740), (1280, 900), (1920, 1080)]
SCHEMES = ["light", "dark"]
TOKEN = "a-token-of-these-tests-0123456789"
# Of the window of the README's picture: the stage takes what is left of the height.
FIGURE = (1160, 660)
# A4 less the margins of the page's style, in CSS pixels.
PAPER_WIDTH = round((210 - 2 * 14) / 25.4 * 96)

IS_DONE = "(({hidden, dataset}) => !hidden && dataset.state === 'ended')(document.querySelector('#progress'))"
SHOWN = "document.querySelector('.over.top-left').textContent.split('\\n')[0]"
WINDOW = "document.querySelector('.over.bottom-left').textContent"
ZOOM = "document.querySelector('.over.bottom-right').textContent"

TOO_WIDE = """
  const room = document.documentElement.clientWidth;
  const wide = [];
  for (const element of document.querySelectorAll("body *")) {
    const {right, width} = element.getBoundingClientRect();
    const isClipped = element.closest(".scroll, .unseen, canvas, svg, .skip");
    if (width > 1 && right > room + 1 && !isClipped) wide.push(element.tagName + "." + element.className + " ends at " + Math.round(right));
  }
  return wide.slice(0, 5);
"""


class Served:
    """`hilum serve` on a port of its own."""

    def __init__(self, hilum, *arguments):
        command = [hilum, "serve", "--address", "127.0.0.1:0", *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.said = []
        self.url = None
        ready = threading.Event()
        threading.Thread(target=self.listen, args=(ready,), daemon=True).start()
        if not ready.wait(60):
            raise TimeoutError("\n".join(self.said))

    def listen(self, ready):
        for line in self.process.stdout:
            self.said.append(line.rstrip())
            found = re.search(r"https?://127\.0\.0\.1:\d+", line)
            if found and not self.url:
                self.url = found[0] + "/"
                ready.set()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


class Check:
    """What is wrong, with where it was found."""

    def __init__(self, browser, axe, shots):
        self.browser, self.axe, self.shots = browser, axe, shots
        self.faults = []

    def holds(self, is_so, what):
        if not is_so:
            self.faults.append(what)

    def equal(self, found, expected, what):
        self.holds(found == expected, f"{what}: {found!r} instead of {expected!r}")

    def look(self, name, whole=True):
        """The page as it is, at every size and in every scheme."""
        for width, height in SIZES:
            for scheme in SCHEMES:
                self.browser.look(width, height, scheme)
                where = f"{name}, {width} pixels, {scheme}"
                if self.shots:
                    self.browser.shot(self.shots / f"{name}-{width}-{scheme}.png", whole)
                scroll = self.browser.value("return document.documentElement.scrollWidth")
                if scroll > width:
                    self.faults.append(f"{where}: {scroll} pixels wide: {'; '.join(self.browser.value(TOO_WIDE))}")
                for fault in self.violations():
                    self.faults.append(f"{where}: {fault}")
        self.browser.look(1280, 900, "light")
        self.quiet(name)

    def violations(self):
        found = self.browser.value(
            "if (!window.axe) (0, eval)(arguments[0]);"
            "const found = await axe.run(document, {resultTypes: ['violations']});"
            "return found.passes.length > 0 ? found.violations : null",
            self.axe,
        )
        for violation in found:
            nodes = "; ".join(str(node["target"]) + " " + node["html"][:80] for node in violation["nodes"][:3])
            yield f"axe: {violation['id']} ({violation['help']}), {len(violation['nodes'])} times: {nodes}"

    def quiet(self, name):
        for error in self.browser.errors():
            self.faults.append(f"{name}: on the console: {error}")


def drop(browser, paths):
    browser.drop("#drop", paths)
    # The line says that files are on their way before it says that they are answered.
    browser.wait(IS_DONE, "answers")


def start_over(browser):
    browser.click("#start-over")


def check_empty(check, served):
    browser = check.browser
    browser.look(1280, 900, "light")
    browser.open(served.url)
    browser.wait("document.querySelector('.worth-line')", "models")
    check.look("empty")
    check.holds("not for diagnosis" in browser.text(".notice"), "the notice is not there")
    check.holds("Macro-F1" in browser.text(".worth-line"), "what the model is worth is not said")
    browser.press("Tab")
    check.equal(browser.value("return document.activeElement.getAttribute('href')"), "#main", "the first press of Tab")


def check_series(check, series, count, said):
    browser = check.browser
    drop(browser, [series])
    browser.wait("document.querySelector('.over.bottom-left').textContent", "a slice")
    check.equal(browser.value("return document.querySelectorAll('.answers tbody tr').length"), count, "rows of the table")
    check.equal(browser.text(".whole .verdict").splitlines()[0], said, "the answer of the whole series")
    check.look("series")
    browser.click(".stage canvas")
    for keys, number in [(["Home"], 1), (["ArrowDown", "ArrowRight"], 3), (["PageDown"], 13), (["End"], count), (["Home"], 1)]:
        browser.press(*keys)
        browser.wait(f"{SHOWN} === '{number} / {count}'", f"slice {number} by keys", 5)
    browser.wheel(".stage canvas", 120)
    browser.wait(f"{SHOWN} === '3 / {count}'", "the wheel", 5)
    check.holds("Slice 3" in browser.text(".of-slice"), "the answer follows the slice")
    current = browser.value("return document.querySelector('.answers tr.current th').innerText")
    browser.click(".steps button:last-of-type")
    browser.wait(f"{SHOWN} === '4 / {count}'", "the button", 5)
    after = browser.value("return document.querySelector('.answers tr.current th').innerText")
    check.holds(current != after, "the table marks the slice that is shown")
    check.quiet("the series")


def check_windows(check):
    browser = check.browser
    browser.click(".stage canvas")
    for key, expected in [("2", "C 40 W 400 HU"), ("3", "C 400 W 1800 HU"), ("4", "C 50 W 350 HU"), ("1", "C -600 W 1500 HU")]:
        browser.press(key)
        browser.wait(f"{WINDOW}.replace(/\\s+/g, ' ') === '{expected}'", f"the window of key {key}", 5)
    lung = painted(browser)
    browser.press("2")
    browser.wait(f"{WINDOW}.includes('W 400')", "the mediastinum", 5)
    check.holds(painted(browser) != lung, "another window is another picture")
    browser.press("1")
    browser.wait(f"{WINDOW}.includes('W 1500')", "the lungs", 5)
    browser.drag(".stage canvas", (0, 0), (80, 40))
    # 80 pixels of 400 across are a fifth of 1500 in width, 40 down a tenth in the centre.
    browser.wait(f"/C -4[45]\\d\\s+W 1[78]\\d\\d/.test({WINDOW})", "a window by dragging", 5)
    check.equal(browser.value("return document.querySelector('#preset').value"), "own", "the choice of windows")
    browser.press("1")
    browser.press("+", "+")
    browser.wait(f"{ZOOM}.includes('156%')", "zoom by keys", 5)
    browser.press("f")
    browser.wait(f"{ZOOM}.includes('100%')", "fit", 5)
    browser.pinch(".stage canvas", 40, 80)
    browser.wait(f"parseInt({ZOOM}) > 150", "zoom by two fingers", 5)
    browser.press("f")


def painted(browser):
    """What the stage shows, as a picture."""
    return browser.value(
        "await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));"
        "const canvas = document.querySelector('.stage canvas');"
        "return canvas.toDataURL()"
    )


def check_measures(check, spacing, rows):
    """Against the distance in mm that the header and the size of the stage make of a drag."""
    browser = check.browser
    browser.click(".stage canvas")
    browser.press("m")
    browser.drag(".stage canvas", (-60, 10), (60, 10))
    browser.wait("document.querySelectorAll('.measures li').length === 1", "a measure", 5)
    found = float(re.search(r"([\d.]+) mm", browser.text(".measures li"))[1])
    stage = browser.value("const {clientWidth, clientHeight} = document.querySelector('.stage canvas'); return [clientWidth, clientHeight]")
    expected = 120 / min(stage[0] / rows, stage[1] / rows) * spacing
    check.holds(abs(found - expected) < 1.5 * spacing, f"a line of {found} mm instead of {expected:.1f}")
    browser.press("Enter", "ArrowRight", "ArrowRight")
    browser.press("ArrowRight", "ArrowRight", hold="Shift")
    browser.press("Enter")
    browser.wait("document.querySelectorAll('.measures li').length === 2", "a measure by keys", 5)
    found = float(re.search(r"([\d.]+) mm", browser.text(".measures li:last-child"))[1])
    check.holds(abs(found - 22 * spacing) < 0.06, f"22 pixels by keys are {found} mm instead of {22 * spacing:.1f}")
    if check.shots:
        browser.shot(check.shots / "measures.png", whole=False)
    browser.click(".measures li:last-child button")
    browser.wait("document.querySelectorAll('.measures li').length === 1", "a measure taken back", 5)
    browser.click(".stage canvas")
    browser.press("Escape")
    check.quiet("measures")


def check_heat(check):
    browser = check.browser
    browser.click(".stage canvas")
    plain = painted(browser)
    browser.press("h")
    browser.wait("!document.querySelector('.heat .scale').hidden && !document.querySelector('.heat').hidden", "heat")
    check.holds("lungs" in browser.text(".heat .facts"), f"what is said of heat: {browser.text('.heat .facts')}")
    strong = painted(browser)
    check.holds(strong != plain, "heat is seen")
    check.look("heat")
    browser.value("document.querySelector('#heat-method').focus()")
    browser.press("ArrowDown")
    browser.wait("document.querySelector('.heat .facts').innerText.includes('Grad-CAM++')", "another method by keyboard")
    check.holds("twice" in browser.text("#heat-about"), f"what a method does: {browser.text('#heat-about')}")
    check.holds(painted(browser) != strong, "another method is another picture")
    methods = browser.value("return [...document.querySelectorAll('#heat-method option')].map((one) => one.value)")
    check.holds(len(methods) >= 5 and methods[0] == "grad-cam", f"the methods: {methods}")
    choose_heat(browser, "grad-cam")
    browser.wait("document.querySelector('.heat .facts').innerText.includes('Grad-CAM ')", "the first method again")
    browser.value("const slider = document.querySelector('#opacity'); slider.value = 0; slider.dispatchEvent(new Event('input'))")
    check.equal(painted(browser), plain, "heat of no opacity is the slice")
    browser.click(".stage canvas")
    browser.press("h")
    check.holds(browser.value("return document.querySelector('.heat').hidden"), "heat goes again")


def choose_heat(browser, method):
    browser.value("const choice = document.querySelector('#heat-method'); choice.value = arguments[0]; choice.dispatchEvent(new Event('change'))", method)


def check_no_heat(check, folder):
    """A black picture: nothing of it can be blacked out, and that is said where heat would be."""
    browser = check.browser
    start_over(browser)
    picture = folder / "black.png"
    picture.write_bytes(png([[0, 0, 0] * 64] * 64))
    drop(browser, [picture])
    browser.click(".stage canvas")
    browser.press("h")
    browser.wait("!document.querySelector('.heat').hidden", "the panel of heat", 5)
    choose_heat(browser, "occlusion")
    browser.wait("document.querySelector('.heat .facts').innerText.includes('There is no heat')", "that there is no heat")
    check.holds("no heat" in browser.text(".over.top-left"), "that there is no heat is seen on the slice")
    check.holds(browser.value("return document.querySelector('.heat .scale').hidden"), "no scale where there is no heat")
    check.look("no-heat")
    choose_heat(browser, "grad-cam")
    browser.click(".stage canvas")
    browser.press("h")


def check_album(check, folder, series):
    """A folder of more files than a table shows at once, most of them no slices."""
    browser = check.browser
    start_over(browser)
    album = folder / "album"
    album.mkdir()
    slice_ = sorted(series.glob("*.dcm"))[0].read_bytes()
    for number in range(60):
        (album / f"{number}.dcm").write_bytes(slice_)
    for number in range(240):
        (album / f"{number}.txt").write_text(f"note {number}\n")
    drop(browser, [album])
    rows = "return document.querySelectorAll('.answers tbody tr').length"
    check.equal(browser.value(rows), 200, "rows of a long table")
    check.holds("240 not read" in browser.text(".files"), f"what is counted of an album: {browser.text('.files .muted')}")
    browser.click(".files > button")
    check.equal(browser.value(rows), 300, "rows when more are asked for")
    check.quiet("an album")


def check_dialogs(check):
    browser = check.browser
    browser.click(".stage canvas")
    browser.press("?")
    browser.wait("document.querySelector('dialog[open] .keys')", "the help", 5)
    check.look("help", whole=False)
    browser.press("Escape")
    browser.wait("!document.querySelector('dialog')", "the help closed by Escape", 5)
    browser.click(".model button")
    browser.wait("document.querySelector('dialog.card')", "the card", 5)
    check.holds("Calibration" in browser.text("dialog"), "the card says how it is calibrated")
    check.look("card", whole=False)
    browser.press("Escape")


def check_table(check, hilum, folder, names):
    """The CSV is the one that `hilum predict` writes of the same files, row for row."""
    browser = check.browser
    said = subprocess.run([hilum, "predict", *names, "--format", "csv", "--quiet"], cwd=folder, capture_output=True, text=True)
    expected = sorted(csv.reader(said.stdout.splitlines()))
    downloads = browser.downloads
    browser.click(".files .buttons button:nth-of-type(1)")
    file = downloads / "hilum-answers.csv"
    end = time.monotonic() + 10
    while not file.exists() and time.monotonic() < end:
        time.sleep(0.1)
    found = sorted(csv.reader(file.read_text(encoding="utf-8").splitlines())) if file.exists() else []
    check.equal(found[-1] if found else [], expected[-1], "the columns of the CSV")
    without_model = lambda rows: [[cell for cell, head in zip(row, expected[-1]) if head != "model"] for row in rows]
    check.equal(without_model(found), without_model(expected), "the rows of the CSV")
    column = "thead th:nth-child(3)"
    values = "[...document.querySelectorAll('.answers tbody tr')].map((row) => parseFloat(row.cells[2].innerText)).filter((value) => !isNaN(value))"
    browser.value(f"document.querySelector('{column} button').focus()")
    browser.press("Enter")
    check.equal(browser.value(f"return document.querySelector('{column}').ariaSort"), "descending", "sorted by key")
    falling = browser.value(f"return {values}")
    check.equal(falling, sorted(falling, reverse=True), "values from the highest")
    browser.press("Enter")
    rising = browser.value(f"return {values}")
    check.equal(rising, sorted(rising), "values from the lowest, the focus still on the heading")
    check.quiet("the table")


def check_strangers(check, folder, series):
    """A picture that is no slice, and a text, beside a slice."""
    browser = check.browser
    start_over(browser)
    (folder / "photograph.png").write_bytes(photograph())
    (folder / "notes.txt").write_text("These are notes and no slice.\n")
    slice_ = folder / "slice.dcm"
    slice_.write_bytes(sorted(series.glob("*.dcm"))[0].read_bytes())
    names = ["photograph.png", "notes.txt", "slice.dcm"]
    drop(browser, [folder / name for name in names])
    rows = {row[0]: row for row in browser.value(
        "return [...document.querySelectorAll('.answers tbody tr')].map((row) => [...row.cells].map((cell) => cell.innerText.trim()))")}
    check.equal(sorted(rows), sorted(names), "the files in the table")
    check.holds("I don't know" in rows["photograph.png"][1], f"a photograph is answered: {rows['photograph.png']}")
    check.holds("not like the training data" in rows["photograph.png"][-1], f"why not: {rows['photograph.png']}")
    check.holds("not an image" in rows["notes.txt"][-1], f"why a text is refused: {rows['notes.txt']}")
    check.holds("could not be read" in browser.text("#progress"), "a refusal is told at once")
    browser.value("[...document.querySelectorAll('.answers button.link')].find((one) => one.innerText === 'photograph.png').click()")
    browser.wait("document.querySelector('.of-slice .file-name').innerText === 'photograph.png'", "the photograph", 5)
    check.holds("I don't know" in browser.text(".of-slice .verdict"), "the answer of a photograph")
    check.look("strangers")
    return names


def photograph():
    """A PNG of coloured blobs, as no scanner makes."""
    draw = random.Random(1)
    side, blobs = 240, [[draw.random() * 240, draw.random() * 240, 20 + draw.random() * 60, [draw.random() * 255 for _ in "rgb"]] for _ in range(14)]
    rows = []
    for row in range(side):
        line = []
        for column in range(side):
            color = [120.0, 170.0, 220.0]
            for x, y, radius, other in blobs:
                if (column - x) ** 2 + (row - y) ** 2 < radius**2:
                    color = other
            line += [int(part) for part in color]
        rows.append(line)
    return png(rows)


def png(rows):
    """Rows of red, green and blue, one after the other."""
    lines = b"".join(b"\0" + bytes(row) for row in rows)
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", len(rows[0]) // 3, len(rows), 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")


def check_paste(check):
    """A picture from the clipboard."""
    browser = check.browser
    start_over(browser)
    browser.value(
        "const bytes = Uint8Array.from(atob(arguments[0]), (letter) => letter.charCodeAt(0));"
        "const transfer = new DataTransfer();"
        "transfer.items.add(new File([bytes], 'image.png', {type: 'image/png'}));"
        "document.dispatchEvent(new ClipboardEvent('paste', {clipboardData: transfer, bubbles: true}))",
        base64.b64encode(photograph()).decode(),
    )
    browser.wait(IS_DONE, "an answer of what was pasted")
    check.equal(browser.value("return document.querySelectorAll('.answers tbody tr').length"), 1, "a pasted picture")
    check.quiet("pasting")


def check_archive(check, folder, series, count, said):
    browser = check.browser
    start_over(browser)
    archive = folder / "series.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(series.glob("*.dcm")):
            file.write(path, f"scan/{path.name}")
    drop(browser, [archive])
    browser.wait("document.querySelector('.over.bottom-left').textContent", "a slice of the archive")
    check.equal(browser.value("return document.querySelectorAll('.answers tbody tr').length"), count, "slices of an archive")
    check.equal(browser.text(".whole .verdict").splitlines()[0], said, "the answer of an archived series")
    check.quiet("an archive")


def check_report(check, shots, said):
    """The browser's printing is stood in for: what it would print is looked at."""
    browser = check.browser
    browser.value("window.print = () => { window.printed = true; }")
    browser.click(".files .buttons button:nth-of-type(2)")
    browser.wait("window.printed", "the report")
    browser.look(PAPER_WIDTH, 1000, "dark", media="print")
    check.equal(browser.value(TOO_WIDE), [], "wider than paper")
    ground = browser.value("return getComputedStyle(document.body).backgroundColor")
    check.equal(ground, "rgb(255, 255, 255)", "the ground on paper")
    text = browser.text("#report")
    for words in ["not for diagnosis", said, "What it tells apart"]:
        check.holds(words in text, f"the report does not say: {words}")
    if shots:
        browser.print(shots / "report.pdf")
    browser.look(1280, 900, "light")
    browser.value("dispatchEvent(new Event('afterprint'))")
    check.holds(browser.value("return document.querySelector('#report').hidden"), "the report goes after printing")
    check.quiet("the report")


def check_cancel(check, series):
    browser = check.browser
    start_over(browser)
    # Slow enough that somebody can cancel.
    browser.devtools("Network.enable")
    browser.devtools("Network.emulateNetworkConditions", offline=False, latency=0, downloadThroughput=-1, uploadThroughput=200_000)
    browser.drop("#drop", [series])
    browser.wait("!document.querySelector('#progress').hidden && !document.querySelector('#progress .row').hidden", "progress")
    browser.click("#progress button")
    browser.wait("document.querySelector('#progress').innerText.includes('Cancelled')", "a cancelled request", 10)
    browser.devtools("Network.emulateNetworkConditions", offline=False, latency=0, downloadThroughput=-1, uploadThroughput=-1)
    drop(browser, [series])
    check.holds(browser.value("return document.querySelectorAll('.answers tbody tr').length") > 1, "files that were cancelled can be given again")
    check.quiet("cancelling")


def check_token(check, hilum, folder, series):
    secret = folder / "token"
    secret.write_text(TOKEN + "\n")
    secret.chmod(0o600)
    browser = check.browser
    with Served(hilum, "--token-file", str(secret)) as served:
        browser.open(served.url)
        browser.wait("document.querySelector('dialog[open] #token')", "the question for a token")
        # A request without a token is answered with 401, which the browser writes on its console.
        browser.errors()
        check.look("token", whole=False)
        browser.type_into("#token", "wrong")
        browser.press("Enter")
        browser.wait("document.querySelector('dialog[open]')?.innerText.includes('does not know')", "a wrong token")
        browser.type_into("#token", TOKEN)
        browser.press("Enter")
        browser.wait("document.querySelector('.worth-line')", "models for who knows the token")
        kept = browser.value("return [Object.values(sessionStorage), Object.values(localStorage), document.cookie]")
        check.equal(kept, [[TOKEN], [], ""], "where the token is kept")
        browser.errors()
        drop(browser, [sorted(series.glob("*.dcm"))[0]])
        browser.wait("document.querySelector('.over.bottom-left').textContent", "a slice behind a token")
        check.quiet("behind a token")


def check_models(check, hilum, series):
    browser = check.browser
    with Served(hilum, "--model", "one=bundled", "--model", "two=bundled") as served:
        browser.open(served.url)
        browser.wait("document.querySelector('#model-choice')", "a choice of models")
        drop(browser, [sorted(series.glob("*.dcm"))[0]])
        browser.value("const choice = document.querySelector('#model-choice'); choice.value = 'two'; choice.dispatchEvent(new Event('change'))")
        browser.wait(IS_DONE, "answers of the other model")
        check.equal(browser.value("return document.querySelectorAll('.answers tbody tr').length"), 1, "files of another model")
        check.quiet("two models")


def check_files(check, served):
    """What a browser is told of the files, and that it may keep them."""
    address = served.url + "page/main.js"
    with urllib.request.urlopen(address) as reply:
        tag, policy = reply.headers["ETag"], reply.headers["Content-Security-Policy"]
        check.equal(reply.headers["Content-Type"], "text/javascript; charset=utf-8", "the type of a script")
    check.holds("script-src 'self'" in policy and "unsafe" not in policy, f"the policy: {policy}")
    try:
        urllib.request.urlopen(urllib.request.Request(address, headers={"If-None-Match": tag}))
        check.faults.append("a file that the browser has is sent again")
    except urllib.error.HTTPError as error:
        check.equal(error.code, 304, "a file that the browser has")


def figure(browser, served, series, path):
    """The picture of the README: a phantom, its heat, its answer."""
    browser.look(*FIGURE, "light")
    browser.open(served.url)
    browser.wait("document.querySelector('.worth-line')", "models")
    drop(browser, [series])
    browser.wait("document.querySelector('.over.bottom-left').textContent", "a slice")
    browser.click(".toolbar > button")
    browser.wait("!document.querySelector('.heat .scale').hidden && !document.querySelector('.heat').hidden", "heat")
    browser.value("document.querySelector('#progress').hidden = true; document.activeElement.blur()")
    browser.look(*FIGURE, "light")
    browser.shot(path, end="#work")


def answer_of(hilum, series):
    """What `hilum predict` says of the whole series."""
    command = [hilum, "predict", str(series), "--by", "series", "--format", "json", "--quiet"]
    answer = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return answer["class"] or "I don't know"


def header_of(served, path):
    """What the server says of a slice: see `docs/page.md`."""
    request = urllib.request.Request(served.url + "api/pixels", path.read_bytes(), {"Content-Type": "application/dicom"})
    with urllib.request.urlopen(request) as reply:
        content = reply.read()
    length = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8 : 8 + length])
    return json.loads(header["__metadata__"]["slice"]), header["pixels"]["shape"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hilum", required=True, type=Path)
    parser.add_argument("--series", required=True, type=Path)
    parser.add_argument("--axe", required=True, type=Path)
    parser.add_argument("--driver", default="chromedriver")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--shots", type=Path)
    parser.add_argument("--figure", type=Path)
    arguments = parser.parse_args()
    hilum, series = str(arguments.hilum.resolve()), arguments.series.resolve()
    count, said = len(list(series.glob("*.dcm"))), answer_of(hilum, series)
    if arguments.shots:
        arguments.shots.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, Served(hilum) as served:
        folder = Path(folder)
        downloads = folder / "downloads"
        with Browser(arguments.driver, arguments.chromium, downloads) as browser:
            if arguments.figure:
                figure(browser, served, series, arguments.figure)
            check = Check(browser, arguments.axe.read_text(encoding="utf-8"), arguments.shots)
            info, shape = header_of(served, sorted(series.glob("*.dcm"))[0])
            check_files(check, served)
            check_empty(check, served)
            check_series(check, series, count, said)
            check_windows(check)
            check_measures(check, info["spacing_mm"][0], shape[0])
            check_heat(check)
            check_dialogs(check)
            check_report(check, arguments.shots, said)
            names = check_strangers(check, folder, series)
            check_table(check, hilum, folder, names)
            check_paste(check)
            check_no_heat(check, folder)
            check_album(check, folder, series)
            check_archive(check, folder, series, count, said)
            check_cancel(check, series)
            check_token(check, hilum, folder, series)
            check_models(check, hilum, series)
    for fault in check.faults:
        print(fault)
    if check.faults:
        sys.exit(f"{len(check.faults)} faults")
    print("the page: read, used and printed; 360, 1280 and 1920 pixels, light and dark")


if __name__ == "__main__":
    main()
