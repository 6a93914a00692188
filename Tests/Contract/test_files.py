"""The pages inside the program, as a browser fetches them."""
import gzip
import http.client
import re
import subprocess
import tempfile
from pathlib import Path

from case import ContractCase
from pipeline import PROGRAM, free_port, until


class Files(ContractCase):
    def get(self, path, headers=(), method="GET"):
        connection = http.client.HTTPConnection("127.0.0.1", self.pipeline.port, timeout=10)
        try:
            connection.request(method, path, headers=dict(headers))
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def test_pages_are_html_and_nothing_comes_from_elsewhere(self):
        for path in ("/", "/docs"):
            status, headers, body = self.get(path)
            self.assertEqual((status, headers["content-type"]), (200, "text/html; charset=utf-8"))
            self.assertEqual(headers["cache-control"], "no-cache")
            self.assertEqual(headers["x-content-type-options"], "nosniff")
            policy = headers["content-security-policy"]
            self.assertNotIn("unsafe", policy)
            self.assertIn("frame-ancestors 'none'", policy)
            text = body.decode()
            self.assertEqual(re.findall(r"(?:src|href)=[\"']?(?:https?:)?//", text), [])
            self.assertEqual(re.findall(r"<script(?![^>]*\bsrc=)|\bon[a-z]+=|\bstyle=", text), [])
            # What a page needs is there.
            for target in re.findall(r"(?:src|href)=\"(/[^\"#]*)\"", text):
                self.assertEqual(self.get(target)[0], 200 if target != "/ready" else self.get("/ready")[0], target)

    def test_a_file_that_the_browser_has_is_not_sent_again(self):
        for path in ("/", "/docs", "/vendor/swagger-ui/swagger-ui-bundle.js"):
            for encoding in ("identity", "gzip"):
                _, headers, body = self.get(path, {"Accept-Encoding": encoding})
                tag = headers["etag"]
                self.assertRegex(tag, r'^"[^"]+"$')
                status, again, nothing = self.get(path, {"Accept-Encoding": encoding, "If-None-Match": tag})
                self.assertEqual((status, again["etag"], nothing), (304, tag, b""))
                self.assertEqual(self.get(path, {"If-None-Match": '"other"'})[0], 200)

    def test_large_files_come_compressed_to_whoever_takes_it(self):
        path = "/vendor/swagger-ui/swagger-ui-bundle.js"
        _, plain, whole = self.get(path)
        _, small, less = self.get(path, {"Accept-Encoding": "gzip"})
        self.assertNotIn("content-encoding", plain)
        self.assertEqual(small["content-encoding"], "gzip")
        self.assertIn("accept-encoding", small["vary"].lower())
        self.assertEqual(gzip.decompress(less), whole)
        self.assertLess(len(less), len(whole) / 2)
        self.assertNotEqual(plain["etag"], small["etag"])
        status, head, nothing = self.get(path, {"Accept-Encoding": "gzip"}, method="HEAD")
        self.assertEqual((status, int(head["content-length"]), nothing), (200, len(less), b""))

    def test_there_is_nothing_beside_the_files(self):
        for path in ("/index.html/", "/docs/", "/../etc/passwd", "/vendor/", "/vendor/..%2f..%2fetc/passwd", "/%2e%2e/Makefile"):
            self.assertEqual(self.get(path)[0], 404, path)
        status, headers, _ = self.get("/", method="POST")
        self.assertEqual((status, headers["allow"]), (405, "GET, HEAD, OPTIONS"))

    def test_json_is_not_to_be_guessed_at_either(self):
        self.assertEqual(self.get("/health")[1]["x-content-type-options"], "nosniff")
        self.assertEqual(self.get("/nothing")[1]["x-content-type-options"], "nosniff")

    def test_a_folder_is_served_instead_as_its_files_change(self):
        with tempfile.TemporaryDirectory() as folder:
            page = Path(folder, "index.html")
            page.write_text("one")
            process = self.pipeline.program("api", API_PORT=str(port := free_port()), DASHBOARD_DIR=folder)
            try:
                def read():
                    try:
                        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
                        connection.request("GET", "/")
                        return connection.getresponse().read()
                    except OSError:
                        return None
                until(lambda: read() == b"one", what="the folder's page")
                page.write_text("two")
                self.assertEqual(read(), b"two")
            finally:
                process.terminate()
                process.wait(timeout=20)
        wrong = subprocess.run([PROGRAM, "api"], env={"DASHBOARD_DIR": "/nowhere"}, capture_output=True, text=True, timeout=20)
        self.assertEqual(wrong.returncode, 78)
        self.assertIn("DASHBOARD_DIR", wrong.stderr)
