"""What Prometheus and Grafana are given: rules and a dashboard that name what the metrics pages have."""
import json
import re
import shutil
import subprocess
import unittest

from client import Client
from pipeline import ROOT, shared, until

MONITORING = ROOT / "Monitoring"


@unittest.skipIf(shutil.which("promtool") is None, "promtool is not on this machine (Debian's package prometheus)")
class Rules(unittest.TestCase):
    def promtool(self, *words, said=None):
        ended = subprocess.run(["promtool", *words], cwd=MONITORING, input=said, capture_output=True, timeout=60)
        return ended.returncode, (ended.stdout + ended.stderr).decode()

    def test_rules_are_rules_and_fire_when_they_should(self):
        for words in (("check", "rules", "alerts.yml"), ("test", "rules", "alerts-test.yml")):
            status, said = self.promtool(*words)
            self.assertEqual(status, 0, said)

    def test_the_metrics_pages_are_as_prometheus_wants_them(self):
        for port in (shared().port, shared().ports["METRICS_PORT"]):
            client = Client("127.0.0.1", port)
            self.addCleanup(client.drop)
            status, said = self.promtool("check", "metrics", said=client.get("/metrics").body)
            # Advice on names is none of errors: promtool ends with 3 then.
            self.assertIn(status, (0, 3), said)
            self.assertNotIn("error", said.lower())


class Names(unittest.TestCase):
    def metrics(self):
        """The names of all metrics, of both processes."""
        names = set()
        for port in (shared().port, shared().ports["METRICS_PORT"]):
            client = Client("127.0.0.1", port)
            self.addCleanup(client.drop)
            page = client.get("/metrics").body.decode()
            names |= set(re.findall(r"^([a-z_]+)[{ ]", page, re.M))
        return names

    def test_rules_and_dashboard_name_metrics_that_there_are(self):
        client = shared().client()
        self.addCleanup(client.drop)
        client.post({"conversation_id": "monitored", "event_name": "event_a"})
        client.get("/health")
        until(lambda: {"consumer_batch_operations_bucket", "consumer_partition_lag"} <= self.metrics(), 20, "a batch")
        known = self.metrics()
        board = json.loads((MONITORING / "grafana/event-analytics.json").read_text())
        self.assertGreaterEqual(len(board["panels"]), 10)
        queries = [(panel["title"], target["expr"]) for panel in board["panels"] for target in panel["targets"]]
        queries += [("alerts.yml", expression) for expression in
                    re.findall(r"^\s+expr: (.+)$", (MONITORING / "alerts.yml").read_text(), re.M)]
        for where, query in queries:
            named = set(re.findall(r"\b((?:api|consumer|http|kafka|clickhouse|event)_[a-z_]+)\b", query))
            self.assertTrue(named, where)
            self.assertLessEqual(named, known, where)


if __name__ == "__main__":
    unittest.main()
