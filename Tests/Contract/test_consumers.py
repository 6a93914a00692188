"""Several consumers in one group: they come, idle, go and are killed, and nothing is lost on the way."""
import random
import signal
import threading
import time
import unittest
import uuid

from client import Client
from load import Load, request
from pipeline import Pipeline, free_port, until


def partition_lag(port):
    """What a consumer says of its partitions, or None while it is not ready."""
    client = Client("127.0.0.1", port)
    try:
        if client.get("/ready").status != 200:
            return None
        page = client.get("/metrics").body.decode()
        return [line for line in page.splitlines() if line.startswith("consumer_partition_lag{")]
    except OSError:
        return None
    finally:
        client.drop()


class Consumers(unittest.TestCase):
    def beside(self, pipeline):
        """A second consumer, ready and with its page's port."""
        process = pipeline.program("consumer", METRICS_PORT=str(port := free_port()))
        self.addCleanup(lambda: process.poll() is None and process.kill())
        until(lambda: partition_lag(port), 30, "the second consumer having partitions")
        return process

    def test_a_member_that_idles_and_one_that_leaves(self):
        with Pipeline() as pipeline:
            client = pipeline.client()
            self.addCleanup(client.drop)
            second = self.beside(pipeline)
            # Longer than a session: heartbeats alone keep the members in the group.
            time.sleep(15)
            for stop in (signal.SIGTERM, signal.SIGKILL):
                with self.subTest(stop=stop):
                    second.send_signal(stop)
                    second.wait(30)
                    made = [client.post({"conversation_id": "c", "event_name": "event_a"}).data["id"]
                            for _ in range(60)]
                    for event in made:
                        until(lambda: client.get(f"/event/{event}").status == 200, 30, f"event {event}")
                second = self.beside(pipeline)

    def test_members_that_come_and_go_under_load(self):
        with Pipeline() as pipeline:
            events = [str(uuid.uuid4()) for _ in range(6000)]
            state, over = {}, threading.Event()

            def churn():
                while not over.is_set():
                    process = pipeline.program("consumer")
                    over.wait(random.uniform(1, 4))
                    process.send_signal(random.choice((signal.SIGTERM, signal.SIGTERM, signal.SIGKILL)))
                    process.wait()
            churning = threading.Thread(target=churn)
            churning.start()
            try:
                load = Load(pipeline.port, 40, rate=600)

                def send(requests):
                    for status in load.send(requests):
                        self.assertEqual(status, 202)
                send([request("POST", "/event", {"id": event, "conversation_id": event[:2], "event_name": "event_a"})
                      for event in events])
                state = dict.fromkeys(events, "")
                for turn in range(2):
                    changed = random.sample(events, 2000)
                    send([request("PUT", f"/event/{event}", {"output": f"turn {turn}"}) for event in changed])
                    state |= dict.fromkeys(changed, f"turn {turn}")
                deleted = random.sample(events, 1000)
                send([request("DELETE", f"/event/{event}") for event in deleted])
                state |= dict.fromkeys(deleted)
            finally:
                over.set()
                churning.join()
            client = pipeline.client()
            self.addCleanup(client.drop)

            def stored():
                found = {}
                for conversation in {event[:2] for event in events}:
                    for event in client.get(f"/events/conversation/{conversation}").data:
                        found[event["id"]] = event["output"]
                return found
            expected = {event: output for event, output in state.items() if output is not None}
            try:
                until(lambda: stored() == expected, 60, "the final state")
            except AssertionError:
                found = stored()
                self.fail(f"{len(expected.keys() - found.keys())} missing, {len(found.keys() - expected.keys())} not "
                          f"deleted, {sum(found.get(event) != output for event, output in expected.items())} wrong")


if __name__ == "__main__":
    unittest.main()
