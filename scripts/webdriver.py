"""A browser by W3C WebDriver (https://www.w3.org/TR/webdriver2/), with Python's own library alone.

    with Browser("chromedriver", "chromium", folder) as browser:
        browser.open("http://127.0.0.1:8080/")
        browser.press(browser.one("canvas"), "ArrowDown")

What the standard lacks (colour scheme, dropping files, printing on screen) goes through `chromedriver`'s way to the
DevTools protocol, `goog/cdp/execute`.
"""

import base64
import json
import subprocess
import time
import urllib.error
import urllib.request

# https://www.w3.org/TR/webdriver2/#dfn-web-element-identifier
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
# https://www.w3.org/TR/webdriver2/#keyboard-actions
KEYS = {
    "Enter": "\ue007", "Shift": "\ue008", "Escape": "\ue00c", "PageUp": "\ue00e", "PageDown": "\ue00f", "End": "\ue010",
    "Home": "\ue011", "ArrowLeft": "\ue012", "ArrowUp": "\ue013", "ArrowRight": "\ue014", "ArrowDown": "\ue015", "Tab": "\ue004",
}
TIMEOUT_S = 60


class Browser:
    """A headless Chromium behind its driver."""

    def __init__(self, driver, chromium, downloads):
        self.downloads = downloads
        self.process = subprocess.Popen([driver, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.root = f"http://127.0.0.1:{self.port()}"
        options = {
            "binary": chromium,
            "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"],
            "prefs": {"download.default_directory": str(downloads)},
        }
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        self.root += f"/session/{self.ask('POST', '/session', {'capabilities': {'alwaysMatch': wanted}})['sessionId']}"

    def port(self):
        for line in self.process.stdout:
            if "started successfully on port" in line:
                return int(line.split()[-1].rstrip("."))
        raise ConnectionError("the driver did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.ask("DELETE", "")
        except (OSError, RuntimeError):
            pass
        self.process.terminate()
        self.process.wait()

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.root + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S * 3) as reply:
                return json.load(reply)["value"]
        except urllib.error.HTTPError as error:
            said = json.load(error)["value"]
            raise RuntimeError(f"{said['error']}: {said['message'].splitlines()[0]}") from None

    def devtools(self, command, **parameters):
        return self.ask("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def open(self, address):
        self.ask("POST", "/url", {"url": address})

    def value(self, script, *arguments):
        """What a function body returns, promises waited for."""
        script = f"return (async () => {{ {script} }}).apply(null, arguments)"
        return self.ask("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def one(self, selector):
        return self.ask("POST", "/element", {"using": "css selector", "value": selector})

    def click(self, selector):
        # In the middle: what sticks to an edge of the window is in nobody's way there.
        self.value("document.querySelector(arguments[0]).scrollIntoView({block: 'center', behavior: 'instant'})", selector)
        self.ask("POST", f"/element/{self.one(selector)[ELEMENT]}/click", {})

    def type_into(self, selector, text):
        self.ask("POST", f"/element/{self.one(selector)[ELEMENT]}/value", {"text": text})

    def text(self, selector):
        return self.value("return document.querySelector(arguments[0]).innerText", selector)

    def press(self, *keys, hold=None):
        """Presses keys one after the other, wherever the focus is."""
        actions = [{"type": "keyDown", "value": KEYS[hold]}] if hold else []
        for key in keys:
            actions += [{"type": kind, "value": KEYS.get(key, key)} for kind in ["keyDown", "keyUp"]]
        actions += [{"type": "keyUp", "value": KEYS[hold]}] if hold else []
        self.ask("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def wheel(self, selector, distance):
        origin = self.one(selector)
        scroll = {"type": "scroll", "x": 0, "y": 0, "deltaX": 0, "deltaY": distance, "origin": origin}
        self.ask("POST", "/actions", {"actions": [{"type": "wheel", "id": "wheel", "actions": [scroll]}]})

    def drag(self, selector, start, end, button=0):
        """Drags a mouse over an element; places are pixels from its middle."""
        origin = self.one(selector)
        move = lambda place, duration: {"type": "pointerMove", "x": place[0], "y": place[1], "origin": origin, "duration": duration}
        actions = [move(start, 0), {"type": "pointerDown", "button": button}, move(end, 100), {"type": "pointerUp", "button": button}]
        pointer = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": actions}
        self.ask("POST", "/actions", {"actions": [pointer]})

    def pinch(self, selector, near, far):
        """Two fingers on an element that move apart, from `near` pixels of its middle to `far`."""
        origin = self.one(selector)

        def finger(name, way):
            place = lambda distance: {"type": "pointerMove", "x": way * distance, "y": 0, "origin": origin, "duration": 50}
            actions = [place(near), {"type": "pointerDown", "button": 0}, place(far), {"type": "pointerUp", "button": 0}]
            return {"type": "pointer", "id": name, "parameters": {"pointerType": "touch"}, "actions": actions}

        self.ask("POST", "/actions", {"actions": [finger("thumb", -1), finger("index", 1)]})

    def drop(self, selector, paths):
        """Drops files and folders of this machine on an element."""
        place = self.value("const box = document.querySelector(arguments[0]).getBoundingClientRect();"
                           "return {x: box.left + box.width / 2, y: box.top + box.height / 2}", selector)
        data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        for kind in ["dragEnter", "dragOver", "drop"]:
            self.devtools("Input.dispatchDragEvent", type=kind, data=data, **place)

    def wait(self, condition, what, timeout_s=TIMEOUT_S):
        """Until the expression is true."""
        end = time.monotonic() + timeout_s
        while not self.value(f"return Boolean({condition})"):
            if time.monotonic() > end:
                raise TimeoutError(f"{what}: {condition} stays false")
            time.sleep(0.1)

    def look(self, width, height, scheme, media=""):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        features = [{"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": "reduce"}]
        self.devtools("Emulation.setEmulatedMedia", media=media, features=features)
        # A frame with the new size.
        self.value("await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def shot(self, path, whole=True, end=None):
        """A picture of the page, of its window, or of what lies above the end of an element."""
        if whole:
            # What sticks to the top of the window is at the top of the picture.
            self.value("scrollTo({top: 0, behavior: 'instant'})")
            size = self.devtools("Page.getLayoutMetrics")["cssContentSize"]
            if end:
                size["height"] = 16 + self.value("return document.querySelector(arguments[0]).getBoundingClientRect().bottom", end)
            clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
            data = self.devtools("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)["data"]
        else:
            data = self.devtools("Page.captureScreenshot", format="png")["data"]
        path.write_bytes(base64.b64decode(data))

    def print(self, path):
        data = self.devtools("Page.printToPDF", preferCSSPageSize=True, printBackground=True, paperWidth=8.27, paperHeight=11.69)
        path.write_bytes(base64.b64decode(data["data"]))

    def errors(self):
        """What the console has said since it was asked last, but for chatter."""
        log = self.ask("POST", "/se/log", {"type": "browser"})
        return [entry["message"] for entry in log if entry["level"] in ("SEVERE", "WARNING")]
