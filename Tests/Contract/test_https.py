"""HTTPS by the API's own listener: certificates, reading them again, and settings that cannot work."""
import json
import os
import signal
import ssl
import subprocess
import tempfile
import unittest
import urllib.request
from pathlib import Path

from client import Client
from pipeline import PROGRAM, Pipeline, until


def certificate(folder, name):
    """A certificate of its own for localhost, and its key."""
    path = Path(folder)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-keyout", path / f"{name}.key", "-out", path / f"{name}.pem", "-subj", f"/CN={name}",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)
    return path / f"{name}.pem", path / f"{name}.key"


class HTTPSPipeline(Pipeline):
    """Its API speaks HTTPS; the consumer's page does not."""

    def answers(self):
        return "The event pipeline runs." in self.output


class HTTPS(unittest.TestCase):
    def test_serves_and_reads_its_certificate_again(self):
        with tempfile.TemporaryDirectory() as folder:
            first, first_key = certificate(folder, "first")
            second, second_key = certificate(folder, "second")
            used, used_key = Path(folder) / "used.pem", Path(folder) / "used.key"
            used.write_bytes(first.read_bytes())
            used_key.write_bytes(first_key.read_bytes())
            with HTTPSPipeline(API_TLS_CERTIFICATE=used, API_TLS_KEY=used_key) as pipeline:
                def ask(path, authority, body=None):
                    context = ssl.create_default_context(cafile=str(authority))
                    request = urllib.request.Request(f"https://localhost:{pipeline.port}{path}", data=body)
                    with urllib.request.urlopen(request, context=context, timeout=10) as response:
                        return response.status, response.read()

                self.assertIn("https://127.0.0.1:", pipeline.output)
                self.assertEqual(ask("/ping", first)[0], 204)
                status, body = ask("/event", first, b'{"conversation_id":"tls","event_name":"event_a"}')
                self.assertEqual(status, 202)
                event = json.loads(body)["data"]["id"]

                def stored():
                    try:
                        return ask(f"/event/{event}", first)[0] == 200
                    except urllib.error.HTTPError as error:
                        self.assertEqual(error.code, 404)
                until(stored, 10, "the event being there")
                with self.assertRaises(urllib.error.URLError):
                    ask("/ping", second)
                plain = Client("127.0.0.1", pipeline.port)
                with self.assertRaises(OSError):
                    plain.get("/ping")
                plain.drop()

                children = {role: pipeline.child(role) for role in ("api", "consumer", "broker")}
                used.write_bytes(second.read_bytes())
                used_key.write_bytes(second_key.read_bytes())
                pipeline.process.send_signal(signal.SIGHUP)

                def changed():
                    try:
                        return ask("/ping", second)[0] == 204
                    except urllib.error.URLError:
                        return False
                until(changed, 10, "the new certificate")
                # What cannot be used changes nothing.
                used.write_text("nonsense")
                os.kill(children["api"], signal.SIGHUP)
                until(lambda: "all stays as it was" in pipeline.log("api"), 10, "the error")
                self.assertEqual(ask("/ping", second)[0], 204)
                self.assertEqual({role: pipeline.child(role) for role in children}, children, "a child was started again")

    def test_says_what_is_wrong_with_its_settings(self):
        with tempfile.TemporaryDirectory() as folder:
            good, key = certificate(folder, "good")
            other, _ = certificate(folder, "other")
            for settings, words in [
                ({"API_TLS_CERTIFICATE": good}, ["API_TLS_KEY"]),
                ({"API_TLS_KEY": key}, ["API_TLS_CERTIFICATE"]),
                ({"API_TLS_CERTIFICATE": "/nowhere.pem", "API_TLS_KEY": key}, ["API_TLS_CERTIFICATE", "/nowhere.pem"]),
                ({"API_TLS_CERTIFICATE": other, "API_TLS_KEY": key}, ["private key", str(key)]),
            ]:
                with self.subTest(settings):
                    variables = {**os.environ, **{name: str(value) for name, value in settings.items()}}
                    result = subprocess.run(
                        [PROGRAM, "api"], env=variables, capture_output=True, text=True, timeout=20)
                    self.assertEqual(result.returncode, 78)
                    for word in words:
                        self.assertIn(word, result.stderr)
                    self.assertEqual(len(result.stderr.strip().splitlines()), 1, result.stderr)


if __name__ == "__main__":
    unittest.main()
