"""Many large requests at once: all are taken, in bounded memory, and others are answered meanwhile."""
import gzip
import http.client
import json
import threading
import time
import unittest

from pipeline import Pipeline, peak_memory, until

# The bound of the API's memory, in MiB, whatever comes at once.
BOUND = 256
AT_ONCE = 64
ITEMS = 10_000


def body(number, text):
    """A batch of nearly 16 MiB: ten thousand events of one conversation."""
    lines = []
    for item in range(ITEMS):
        lines.append(json.dumps({
            "conversation_id": f"memory-{number}", "event_name": "event_a", "input": f"{item}", "output": text(item)}))
    return "\n".join(lines).encode()


class Memory(unittest.TestCase):
    def send_all(self, pipeline, body, headers):
        statuses, failures = [], []

        def send():
            connection = http.client.HTTPConnection("127.0.0.1", pipeline.port, timeout=170)
            try:
                connection.request(
                    "POST", "/events/batch", body=body, headers={"content-type": "application/x-ndjson", **headers})
                response = connection.getresponse()
                answer = json.loads(response.read())
                statuses.append((response.status, answer["data"]["accepted"]))
            except Exception as error:
                failures.append(error)
            finally:
                connection.close()
        threads = [threading.Thread(target=send) for _ in range(AT_ONCE)]
        for thread in threads:
            thread.start()
        # Single events and reads are not held up by them.
        client = pipeline.client()
        self.addCleanup(client.drop)
        while any(thread.is_alive() for thread in threads):
            self.assertEqual(client.get("/openapi.json").status, 200)
            time.sleep(0.1)
        self.assertEqual(failures, [])
        return statuses

    def test_sixty_four_large_batches_at_once(self):
        # Every answer waits its turn: nobody is refused, if it takes as long as the machine needs.
        with Pipeline(CONSUMER_FLUSH_INTERVAL_MS=1000) as pipeline:
            plain = body(0, lambda item: "x" * 1_550)
            self.assertLess(len(plain), 16 << 20)
            self.assertGreater(len(plain), 15 << 20)
            statuses = self.send_all(pipeline, plain, {})
            self.assertEqual(set(statuses), {(202, ITEMS)})
            squeezed = gzip.compress(plain, 1)
            statuses = self.send_all(pipeline, squeezed, {"content-encoding": "gzip"})
            self.assertEqual(set(statuses), {(202, ITEMS)})
            self.assertLess(peak_memory(pipeline.child("api")), BOUND)
            client = pipeline.client()
            self.addCleanup(client.drop)
            until(lambda: client.get("/ready").status == 200, 60, "the pipeline being ready")


if __name__ == "__main__":
    unittest.main()
