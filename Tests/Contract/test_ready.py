"""GET /ready: the truth of now, whoever hangs, dies or comes back."""
import datetime
import os
import signal
import subprocess
import time
import unittest

from client import Client, Connection
from pipeline import PROGRAM, Pipeline, free_port, until

NAMES = {"kafka", "clickhouse", "schema"}


class Ready(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pipeline = Pipeline()
        cls.addClassCleanup(cls.pipeline.remove)
        cls.pipeline.start()

    def setUp(self):
        self.client = self.pipeline.client()
        self.addCleanup(self.client.drop)

    def all_ready(self):
        response = self.client.get("/ready")
        return response.status == 200 and response

    def not_ready(self, name):
        response = self.client.get("/ready")
        return response.status == 503 and not response.data[name]["ready"] and response

    def test_all_is_well(self):
        response = until(self.all_ready)
        self.assertEqual(response.json, {"success": True, "data": {name: {"ready": True} for name in NAMES}})

    def hang(self, role, name, then=lambda: None):
        """The role hangs, and comes back: without any request that would notice."""
        until(self.all_ready)
        before = datetime.datetime.now(datetime.timezone.utc)
        child = self.pipeline.child(role)
        os.kill(child, signal.SIGSTOP)
        try:
            response = until(lambda: self.not_ready(name), 5, f"{role} being missed")
            self.assertEqual(response.headers["retry-after"], "1")
            self.assertFalse(response.json["success"])
            self.assertIn(f"not ready: {name}: ", response.error)
            self.assertNotIn("\n", response.error)
            self.assertEqual(set(response.data), NAMES)
            since = response.data[name]["since"]
            self.assertRegex(since, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
            self.assertGreaterEqual(datetime.datetime.fromisoformat(since), before - datetime.timedelta(seconds=1))
            log = self.pipeline.folder / "data/logs/api.log"
            until(lambda: f"warning api: not ready dependency={name} error=" in log.read_text(), 5, "the log saying so")
            again = self.not_ready(name)
            self.assertTrue(again, "it is still away")
            self.assertEqual(again.data[name]["since"], since)
            then()
        finally:
            os.kill(child, signal.SIGCONT)
        until(self.all_ready, 10, f"{role} being back")
        until(lambda: f"notice api: ready again dependency={name} " in log.read_text(), 5, "the log saying so")

    def test_clickhouse_hangs(self):
        def read():
            patient = Client("127.0.0.1", self.pipeline.port)
            patient.connection = Connection("127.0.0.1", self.pipeline.port, timeout=40)
            self.addCleanup(patient.drop)
            response = patient.get("/analytics/latency?limit=5")
            self.assertEqual(response.status, 503)
            # Either it took the query and is silent, or it does not even greet: never what the query asks for.
            self.assertIn(response.error, ("ClickHouse did not answer in time: try again",
                                           "ClickHouse cannot be reached: try again"))
            lines = [line for line in self.pipeline.log("api").splitlines()
                     if f"request_id={response.headers['x-request-id']}" in line]
            self.assertEqual(len(lines), 1, lines)
            self.assertRegex(lines[0], r"warning http.server: request refused .*method=GET path=/analytics/latency error=")
            self.assertIn(response.error + " (", lines[0])
            self.assertRegex(lines[0], "not answer|no answer|silent|within")
            self.assertNotIn("limit=5", lines[0])
        self.hang("clickhouse", "clickhouse", read)

    def test_kafka_hangs(self):
        self.hang("broker", "kafka")

    def die(self, role, name, request, reason):
        """The role dies, and nobody starts it again for a while."""
        until(self.all_ready)
        supervisor = self.pipeline.process.pid
        os.kill(supervisor, signal.SIGSTOP)
        try:
            self.pipeline.kill(role)
            response = until(lambda: self.not_ready(name), 5, f"the {role}'s death being noticed")
            self.assertIn(f"127.0.0.1:{self.pipeline.ports[role.upper() + '_PORT']}", response.data[name]["problem"])
            refused = request()
            self.assertEqual(refused.status, 503)
            self.assertIn(reason, refused.error)
            self.assertIn("retry-after", refused.headers)
        finally:
            os.kill(supervisor, signal.SIGCONT)
        until(self.all_ready, 30, "its return being noticed")

    def test_clickhouse_dies(self):
        self.die("clickhouse", "clickhouse", lambda: self.client.get("/event/01890a5d-ac96-774b-bcce-b302099a8057"),
                 "ClickHouse cannot be reached: try again")

    def test_kafka_dies(self):
        self.die("broker", "kafka", lambda: self.client.post({"conversation_id": "c", "event_name": "event_a"}),
                 "Kafka cannot be reached: try again")


class Alone(unittest.TestCase):
    def test_it_says_what_it_waits_for(self):
        """An API with neither Kafka nor ClickHouse answers at once, and its log names what is missing within seconds."""
        port, nowhere = free_port(), free_port()
        environment = {"API_PORT": str(port), "KAFKA_BROKERS": f"127.0.0.1:{nowhere}", "CLICKHOUSE_HOST": "127.0.0.1",
                       "CLICKHOUSE_PORT": str(nowhere), "PATH": os.environ["PATH"]}
        process = subprocess.Popen([str(PROGRAM), "api"], env=environment, stderr=subprocess.PIPE,
                                   stdin=subprocess.DEVNULL)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait, 20)
        self.addCleanup(process.terminate)
        client = Client("127.0.0.1", port)
        self.addCleanup(client.drop)

        def answers():
            try:
                return client.get("/health").status == 200
            except OSError:
                return False
        until(answers, 5, "the API answering")
        ready = client.get("/ready")
        self.assertEqual(ready.status, 503)
        self.assertEqual({name: value["ready"] for name, value in ready.data.items()}, dict.fromkeys(NAMES, False))
        os.set_blocking(process.stderr.fileno(), False)
        log = b""

        def says():
            nonlocal log
            log += process.stderr.read() or b""
            return all(f"dependency={name}".encode() in log for name in NAMES)
        until(says, 5, "the log naming what is missing")
        self.assertEqual(log.count(f"127.0.0.1:{nowhere}".encode()) >= 2, True, log)
        # A refused read is in the log, with its request and reason, and a flood of them is not.
        for _ in range(200):
            refused = client.request("GET", "/event/01890a5d-ac96-774b-bcce-b302099a8057?secret=1",
                                     headers=["X-Request-Id: one-of-many"])
            self.assertEqual(refused.status, 503)
            self.assertEqual(refused.headers["x-request-id"], "one-of-many")
        time.sleep(1.2)
        client.get("/event/01890a5d-ac96-774b-bcce-b302099a8057")
        until(lambda: (says() or True) and b"left_out=" in log, 5, "the log counting what it left out")
        lines = [line for line in log.decode().splitlines() if "request refused" in line]
        self.assertIn("request_id=one-of-many method=GET path=/event/01890a5d-ac96-774b-bcce-b302099a8057", lines[0])
        self.assertIn(f"ClickHouse cannot be reached: try again (127.0.0.1:{nowhere}", lines[0])
        self.assertLess(len(lines), 100)
        self.assertNotIn(b"secret", log)


if __name__ == "__main__":
    unittest.main()
