"""Large events in a backlog: what was accepted while the consumer stood still is applied, in bounded memory."""
import os
import re
import signal
import unittest
import uuid

from client import Client
from load import Load, request
from pipeline import Pipeline, peak_memory, until

# The bound of the consumer's memory, in MiB, whatever the backlog.
BOUND = 256


def metric(pipeline, name):
    client = Client("127.0.0.1", pipeline.ports["METRICS_PORT"])
    page = client.get("/metrics").body.decode()
    client.drop()
    return float(re.search(rf"^{name} ([0-9.eE+-]+)$", page, re.M)[1])


class Backlog(unittest.TestCase):
    def test_updates_of_large_events_behind_a_backlog_of_others(self):
        count, extra = 150, 1500
        ids = [str(uuid.uuid4()) for _ in range(count)]
        # A long interval: it is bytes that end a batch.
        with Pipeline(CONSUMER_FLUSH_INTERVAL_MS=3000) as pipeline:
            load, client = Load(pipeline.port, 8), pipeline.client()
            self.addCleanup(client.drop)

            def send(requests):
                self.assertEqual({*load.send(requests)}, {202})

            def event(number, text):
                return {"id": ids[number], "conversation_id": f"c{number % 7}", "event_name": "event_a", "input": text}

            send([request("POST", "/event", event(number, f"{number}:" + "a" * 400_000)) for number in range(count)])
            until(lambda: all(client.get(f"/event/{one}").status == 200 for one in ids), 60, "150 events")

            consumer = pipeline.child("consumer")
            os.kill(consumer, signal.SIGSTOP)
            try:
                send([request("PUT", f"/event/{one}", {"output": f"u{number}"}) for number, one in enumerate(ids)])
                deleted = ids[::10]
                send([request("DELETE", f"/event/{one}") for one in deleted])
                send([request("POST", "/event", event(number, "again")) for number in range(0, count, 10)])
                send([request("POST", "/event", {"conversation_id": "large", "event_name": "event_b",
                                                 "output": "x" * 900_000}) for _ in range(extra)])
                last = client.post({"conversation_id": "last", "event_name": "event_a"}).data["id"]
            finally:
                os.kill(consumer, signal.SIGCONT)
            until(lambda: client.get(f"/event/{last}").status == 200, 120, "the last event")
            until(lambda: metric(pipeline, "consumer_lag") == 0, 120, "everything being applied")
            wrong = []
            for number, one in enumerate(ids):
                answer = client.get(f"/event/{one}")
                fine = answer.status == 404 if one in deleted else (
                    answer.status == 200 and answer.data["output"] == f"u{number}"
                    and answer.data["input"].startswith(f"{number}:"))
                if not fine:
                    wrong.append((number, answer.status))
            self.assertEqual(wrong, [])
            self.assertLess(peak_memory(consumer), BOUND)


if __name__ == "__main__":
    unittest.main()
