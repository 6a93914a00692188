"""A browser without a window, driven over its own protocol (Chrome DevTools)."""
import base64
import json
import shutil
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

import websocket

from pipeline import until

PROGRAM = shutil.which("chromium") or shutil.which("google-chrome")


class Browser:
    # One that does not get as far as a page in so many seconds is given up, and another one is started.
    PATIENCE, ATTEMPTS = 30, 3

    def __init__(self):
        for attempt in range(self.ATTEMPTS):
            try:
                port = self.start()
                break
            except AssertionError:
                self.end()
                if attempt == self.ATTEMPTS - 1:
                    raise
        page = next(target for target in self.targets(port) if target["type"] == "page")
        self.socket = websocket.create_connection(page["webSocketDebuggerUrl"], timeout=30, suppress_origin=True)
        self.count = 0
        # What a page's console, its exceptions and its policy said.
        self.complaints = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def start(self):
        """Starts the browser; its port, once it has a page."""
        self.folder = tempfile.mkdtemp(prefix="browser-")
        # In containers there are no namespaces to build a sandbox of, and little shared memory.
        self.process = subprocess.Popen(
            [PROGRAM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--remote-debugging-port=0", f"--user-data-dir={self.folder}", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        file = Path(self.folder, "DevToolsActivePort")
        lines = until(lambda: file.exists() and file.read_text().split("\n")[:2], self.PATIENCE, "the browser's port")
        until(lambda: self.targets(lines[0]), self.PATIENCE, "the browser's page")
        return lines[0]

    def end(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    @staticmethod
    def targets(port):
        """The browser's pages; none where it does not listen yet, or is busy starting."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=10) as answer:
                return [target for target in json.load(answer) if target["type"] == "page"]
        except OSError:
            return []

    def close(self):
        self.socket.close()
        self.end()

    def call(self, method, **parameters):
        self.count += 1
        self.socket.send(json.dumps({"id": self.count, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == self.count:
                if "error" in message:
                    raise AssertionError(f"{method}: {message['error']}")
                return message["result"]
            self.note(message)

    def note(self, message):
        parameters = message.get("params", {})
        if message["method"] == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description", details["text"]))
        elif message["method"] == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
            self.complaints.append(f"{parameters['entry']['text']} {parameters['entry'].get('url', '')}")
        elif message["method"] == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning", "assert"):
            self.complaints.append(str([argument.get("value") for argument in parameters["args"]]))

    def run(self, script):
        """The value of an expression, awaited."""
        result = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            raise AssertionError(result["exceptionDetails"].get("exception", result["exceptionDetails"]))
        return result["result"].get("value")

    def size(self, width, height=900):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)

    def theme(self, name):
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def open(self, url):
        # Another fragment alone would not load the page again.
        self.call("Page.navigate", url="about:blank")
        self.call("Page.navigate", url=url)

    def until(self, script, seconds=15):
        """Waits until an expression is true; gives its value."""
        deadline = time.monotonic() + seconds
        while True:
            value = self.run(script)
            if value:
                return value
            if time.monotonic() > deadline:
                text = self.run("document.querySelector('main')?.innerText ?? ''")
                raise AssertionError(f"{script} did not come true; the page says: …{text[-1500:]}")
            time.sleep(0.05)

    def picture(self, path):
        Path(path).write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))
