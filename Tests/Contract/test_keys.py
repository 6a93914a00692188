"""API keys with scopes, and how many events a client may write."""
import hashlib
import json
import os
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from api import API
from pipeline import PROGRAM, until

KEYS = {"writer": "write", "reader": "read", "both": "write+read", "boss": "admin"}
EVENT = json.dumps({"conversation_id": "keys", "event_name": "event_a"}).encode()


def entry(name, scopes, key=None):
    return f"{name}:{scopes}:{hashlib.sha256((key or 'key-' + name).encode()).hexdigest()}"


class Keys(unittest.TestCase):
    OPEN = ("/health", "/ready", "/ping", "/openapi.json", "/docs", "/", "/vendor/swagger-ui/swagger-ui.css")
    READING = ("/events?limit=1", "/conversations?limit=1", "/event-names", "/export?conversation_id=nobody",
               "/events/conversation/keys?limit=1", "/analytics/errors?event_name=event_a", "/analytics/latency?limit=1",
               "/analytics/sessions/top-errors?limit=1", "/reports")
    ADMIN = ("/metrics", "/pipeline/status")

    @classmethod
    def setUpClass(cls):
        cls.api = API(API_KEYS=",".join(entry(name, scopes) for name, scopes in KEYS.items())).__enter__()
        cls.addClassCleanup(cls.api.__exit__)

    def status(self, name, method, path, body=None):
        return self.api.by(f"key-{name}", method, path, body).status

    def test_without_a_key_only_what_is_open_answers(self):
        for path in self.OPEN:
            self.assertEqual(self.api.request("GET", path).status, 204 if path == "/ping" else 200, path)
        self.assertEqual(self.api.request("OPTIONS", "/event").status, 204)
        for method, path in [("GET", path) for path in self.READING + self.ADMIN] + [
                ("POST", "/event"), ("POST", "/event/"), ("POST", "/events/batch"), ("HEAD", "/events"),
                ("PUT", "/event/01890a5d-ac96-774b-bcce-b302099a8057"),
                ("DELETE", "/event/01890a5d-ac96-774b-bcce-b302099a8057")]:
            answer = self.api.request(method, path, EVENT if method in ("POST", "PUT") else None)
            self.assertEqual(answer.status, 401, (method, path))
            self.assertTrue(answer.headers["www-authenticate"].startswith("Bearer"), answer.headers)
            if method != "HEAD":
                self.assertEqual(answer.json, {"success": False, "error": answer.error})
                self.assertIn("API key", answer.error)

    def test_a_key_that_is_not_known_is_refused_like_none(self):
        for headers in ({"Authorization": "Bearer nothing"}, {"Authorization": "Basic a2V5LWJvdGg="}, {"X_API_Key": "x"},
                        {"Authorization": "Bearer"}, {"Authorization": "Bearer "}, {"Authorization": "key-both"},
                        {"X_API_Key": ""}, {"Authorization": "Bearer key-both2"}, {"Authorization": "Bearer key-bot"}):
            self.assertEqual(self.api.request("GET", "/events", **headers).status, 401, headers)

    def test_either_header_will_do(self):
        for headers in ({"Authorization": "Bearer key-both"}, {"authorization": "bearer key-both"},
                        {"X_API_Key": "key-both"}, {"Authorization": "BEARER   key-both"}):
            self.assertEqual(self.api.request("GET", "/events", **headers).status, 200, headers)
            self.assertEqual(self.api.request("POST", "/event", EVENT, **headers).status, 202, headers)

    def test_a_key_does_what_its_scopes_say(self):
        for name, writes, reads, sees in (("writer", True, False, False), ("reader", False, True, False),
                                          ("both", True, True, False), ("boss", True, True, True)):
            self.assertEqual(self.status(name, "POST", "/event", EVENT), 202 if writes else 403, name)
            self.assertEqual(self.status(name, "POST", "/events/batch", b"[" + EVENT + b"]"), 202 if writes else 403)
            for path in self.READING:
                self.assertEqual(self.status(name, "GET", path), 200 if reads else 403, (name, path))
            for path in self.ADMIN:
                self.assertEqual(self.status(name, "GET", path), 200 if sees else 403, (name, path))
            self.assertEqual(self.status(name, "POST", "/query/segmentation", b"{}"), 200 if reads else 403, name)
            self.assertEqual(self.status(name, "POST", "/reports", b"{}"), 400 if sees else 403, name)
        answer = self.api.by("key-reader", "POST", "/event", EVENT)
        self.assertEqual(answer.error, "the API key 'reader' does not have the scope 'write'")

    def test_what_is_not_there_is_not_there_without_a_key_too(self):
        self.assertEqual(self.api.request("GET", "/nothing").status, 404)
        self.assertEqual(self.api.request("PATCH", "/event").status, 405)

    def test_the_description_says_what_is_wanted(self):
        document = self.api.request("GET", "/openapi.json").json
        self.assertEqual(set(document["components"]["securitySchemes"]), {"bearer", "apiKey"})
        self.assertIn("security", document["paths"]["/events"]["get"])
        self.assertIn("401", document["paths"]["/events"]["get"]["responses"])
        self.assertNotIn("security", document["paths"]["/health"]["get"])


class KeysFile(unittest.TestCase):
    def test_the_file_is_read_again_on_a_signal_and_a_bad_one_changes_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "keys")
            file.write_text(f"# who\n{entry('one', 'read')}\n")
            with API(API_KEYS_FILE=str(file)) as api:
                def status(name):
                    return api.by(f"key-{name}", "GET", "/events").status
                self.assertEqual((status("one"), status("two")), (200, 401))
                file.write_text(f"{entry('two', 'read')}\n")
                self.assertEqual((status("one"), status("two")), (200, 401))
                api.process.send_signal(signal.SIGHUP)
                until(lambda: (status("one"), status("two")) == (401, 200), what="the new keys")
                file.write_text("two:read:short\n")
                api.process.send_signal(signal.SIGHUP)
                time.sleep(0.3)
                self.assertEqual((status("one"), status("two")), (401, 200))

    def test_what_cannot_be_used_is_said_at_the_start(self):
        digest = hashlib.sha256(b"x").hexdigest()
        for settings, said in (({"API_KEYS": f"one:everything:{digest}"}, "API_KEYS"),
                               ({"API_KEYS": "one:read:abc"}, "64 hexadecimal"), ({"API_KEYS_FILE": "/nowhere"}, "/nowhere"),
                               ({"API_KEYS": f"a:read:{digest}", "API_KEYS_FILE": "/x"}, "both set"),
                               ({"RATE_LIMIT_EVENTS": "-1"}, "RATE_LIMIT_EVENTS"),
                               ({"API_KEYS": f"a:read:{digest}, a:read:{digest}"}, "two keys")):
            ended = subprocess.run([PROGRAM, "api"], env={"PATH": os.environ["PATH"], **settings}, capture_output=True,
                                   text=True, timeout=20)
            self.assertEqual(ended.returncode, 78, (settings, ended))
            self.assertIn(said, ended.stderr)
            self.assertNotIn(digest, ended.stderr)

    def test_new_keys_are_made_as_they_are_wanted(self):
        made = subprocess.run([PROGRAM, "keys", "new", "web", "--scopes", "write+read"], capture_output=True, text=True,
                              timeout=20, check=True).stdout.split("\n")
        key = next(line for line in made if line.startswith("ea_"))
        line = next(line for line in made if line.startswith("web:"))
        self.assertEqual(line, entry("web", "write+read", key))
        self.assertGreaterEqual(len(key), 40)
        with API(API_KEYS=line) as api:
            self.assertEqual(api.by(key, "GET", "/events").status, 200)
        for words in (["new"], ["new", "a b"], ["new", "a", "--scopes", "all"], ["old", "a"], ["new", "a", "b"], ["new", "a", "--x"]):
            wrong = subprocess.run([PROGRAM, "keys", *words], capture_output=True, text=True, timeout=20)
            self.assertEqual((wrong.returncode, wrong.stdout), (64, ""), words)


class Limits(unittest.TestCase):
    def test_a_client_writes_two_seconds_worth_at_once_and_is_told_when_to_go_on(self):
        with API(RATE_LIMIT_EVENTS="5") as api:
            statuses = [api.request("POST", "/event", EVENT).status for _ in range(40)]
            self.assertEqual(statuses[:10], [202] * 10)
            self.assertIn(429, statuses)
            refused = api.request("POST", "/events/batch", b"[" + b",".join([EVENT] * 10) + b"]")
            self.assertEqual(refused.status, 429)
            self.assertGreaterEqual(int(refused.headers["retry-after"]), 1)
            self.assertFalse(refused.json["success"])
            # Reads are free.
            self.assertEqual(api.request("GET", "/events").status, 200)
            time.sleep(int(refused.headers["retry-after"]))
            self.assertEqual(api.request("POST", "/events/batch", b"[" + b",".join([EVENT] * 10) + b"]").status, 202)

    def test_a_batch_larger_than_the_bucket_is_taken_when_that_is_full_and_leaves_a_debt(self):
        with API(RATE_LIMIT_EVENTS="10") as api:
            many = b"\n".join([EVENT] * 60)
            self.assertEqual(api.request("POST", "/events/batch", many).status, 202)
            answer = api.request("POST", "/event", EVENT)
            self.assertEqual(answer.status, 429)
            self.assertIn(int(answer.headers["retry-after"]), (4, 5))

    def test_each_key_has_its_own(self):
        with API(RATE_LIMIT_EVENTS="1", API_KEYS=f"{entry('a', 'write')},{entry('b', 'write')}") as api:
            self.assertEqual([api.by("key-a", "POST", "/event", EVENT).status for _ in range(3)], [202, 202, 429])
            self.assertEqual([api.by("key-b", "POST", "/event", EVENT).status for _ in range(3)], [202, 202, 429])


if __name__ == "__main__":
    unittest.main()
