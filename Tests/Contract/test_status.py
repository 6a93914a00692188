"""How the pipeline fares, for people; and metrics by route."""
import json
import signal
import unittest

from case import ContractCase
from pipeline import Pipeline, until


class Status(ContractCase):
    def test_rates_lag_and_processes_are_told(self):
        def status():
            answer = self.client.get("/pipeline/status")
            self.assertEqual(answer.status, 200, answer)
            return answer.data
        event = json.dumps({"conversation_id": "status", "event_name": "event_a"}).encode()
        self.assertEqual(self.client.post(b"[" + b",".join([event] * 600) + b"]", "/events/batch").status, 202)
        # Others use the pipeline too, and processes say how they fare every few seconds.
        until(lambda: min(status()["rates"].values()) >= 600 / 60 - 1, 30, "rates")
        data = until(lambda: status() if status()["lag"] == {"messages": 0, "seconds": 0} else None, 30, "no lag")
        self.assertEqual(data["problems"], [])
        self.assertEqual([row["partition"] for row in data["partitions"]], list(range(len(data["partitions"]))))
        for row in data["partitions"]:
            self.assertEqual(row["lag"], row["end"] - (row["committed"] or 0))
        roles = {row["role"] for row in data["processes"]}
        self.assertEqual(roles, {"api", "consumer"})
        for row in data["processes"]:
            self.assertEqual(row["version"], "1.0.0")
            self.assertTrue(0 <= row["uptime_seconds"] < 86_400)
            self.assertTrue(row["host"])
        self.assertIsInstance(data["dead_letters"], int)

    def test_requests_are_counted_by_route_and_status(self):
        def counted(method, route, status):
            text = self.client.get("/metrics").body.decode()
            name = f'api_requests_total{{method="{method}",route="{route}",status="{status}"}} '
            return sum(float(line.removeprefix(name)) for line in text.splitlines() if line.startswith(name))
        before = [counted("GET", "/event/:id", 400), counted("POST", "/event", 202), counted("POST", "/event", 400)]
        for _ in range(3):
            self.client.get("/event/7")
        self.create(conversation_id="metrics")
        self.client.post(b"{")
        after = [counted("GET", "/event/:id", 400), counted("POST", "/event", 202), counted("POST", "/event", 400)]
        for was, now, added in zip(before, after, (3, 1, 1)):
            # Other tests use the same pipeline.
            self.assertGreaterEqual(now, was + added)
        self.assertIn('api_request_seconds_bucket{method="POST",route="/event",', self.client.get("/metrics").body.decode())


class Lag(unittest.TestCase):
    def test_what_is_not_applied_yet_is_lag_and_what_cannot_be_asked_is_a_problem(self):
        with Pipeline() as pipeline:
            client = pipeline.client()
            until(lambda: client.get("/pipeline/status").data["rates"]["applied"] is not None, 20)
            pipeline.kill("clickhouse", signal.SIGSTOP)
            try:
                event = json.dumps({"conversation_id": "lag", "event_name": "event_a"}).encode()
                self.assertEqual(client.post(b"[" + b",".join([event] * 50) + b"]", "/events/batch").status, 202)
                data = until(lambda: (data := client.get("/pipeline/status").data)["lag"]["messages"] == 50 and data, 10, "lag")
                self.assertTrue(any(problem.startswith("ClickHouse: ") for problem in data["problems"]), data)
                self.assertIsNone(data["rates"]["applied"])
            finally:
                pipeline.kill("clickhouse", signal.SIGCONT)
            until(lambda: client.get("/pipeline/status").data["lag"]["messages"] == 0, 60, "no lag")
            client.drop()


if __name__ == "__main__":
    unittest.main()
