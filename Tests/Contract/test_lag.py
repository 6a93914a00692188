"""What the consumer says of itself while what it needs is away: the truth of now."""
import os
import re
import signal
import time
import unittest

from client import Client
from pipeline import Pipeline, until


class Lag(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pipeline = Pipeline()
        cls.addClassCleanup(cls.pipeline.remove)
        cls.pipeline.start()

    def setUp(self):
        self.client = self.pipeline.client()
        self.page = Client("127.0.0.1", self.pipeline.ports["METRICS_PORT"])
        self.addCleanup(self.client.drop)
        self.addCleanup(self.page.drop)

    def metric(self, name):
        text = self.page.get("/metrics").body.decode()
        return float(re.search(rf"^{name} ([0-9.eE+-]+)$", text, re.M)[1])

    def ready(self):
        return self.page.get("/ready").status == 200

    def not_ready(self, name):
        response = self.page.get("/ready")
        return response.status == 503 and not response.data[name]["ready"] and response

    def post(self, count):
        for _ in range(count):
            self.assertEqual(self.client.post({"conversation_id": "c", "event_name": "event_a"}).status, 202)

    def test_clickhouse_hangs(self):
        until(self.ready)
        until(lambda: self.metric("consumer_lag") == 0)
        child = self.pipeline.child("clickhouse")
        os.kill(child, signal.SIGSTOP)
        try:
            until(lambda: self.not_ready("clickhouse"), 5, "ClickHouse being missed")
            self.post(10)
            until(lambda: self.metric("consumer_lag") == 10, 5, "a lag of 10")
            # A batch is tried again all the while; what comes meanwhile counts.
            self.post(15)
            until(lambda: self.metric("consumer_lag") == 25, 5, "a lag of 25")
            before = self.metric("consumer_lag_seconds")
            time.sleep(3)
            self.assertGreaterEqual(self.metric("consumer_lag_seconds"), before + 2)
        finally:
            os.kill(child, signal.SIGCONT)
        until(self.ready, 15, "the consumer being ready again")
        until(lambda: self.metric("consumer_lag") == 0, 30, "no lag")
        self.assertEqual(self.metric("consumer_lag_seconds"), 0)

    def test_the_broker_hangs(self):
        until(self.ready, 15)
        child = self.pipeline.child("broker")
        os.kill(child, signal.SIGSTOP)
        try:
            until(lambda: self.not_ready("kafka"), 6, "Kafka being missed")
        finally:
            os.kill(child, signal.SIGCONT)
        until(self.ready, 15, "the consumer being ready again")

    def test_clickhouse_dies_while_a_batch_is_applied(self):
        until(self.ready, 15)
        self.pipeline.kill("clickhouse")
        until(lambda: self.not_ready("clickhouse"), 6, "ClickHouse being missed")
        self.post(3)
        until(self.ready, 30, "the consumer being ready again")
        until(lambda: self.metric("consumer_lag") == 0, 30, "no lag")


if __name__ == "__main__":
    unittest.main()
