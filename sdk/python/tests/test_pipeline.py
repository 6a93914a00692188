"""The client against the pipeline as it runs."""
import ast
import asyncio
import gzip
import io
import os
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import threading
import unittest
import venv
from pathlib import Path

from setting import PACKAGE, Pipeline, base_url, shared, until

from event_client import AsyncEventClient, EventBatchError, EventClient, EventValidationError


def memory():
    """The most memory that this process ever had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


class Calls(unittest.TestCase):
    def setUp(self):
        self.client = EventClient(base_url())
        self.addCleanup(self.client.close)

    def test_an_event_from_its_creation_to_its_end(self):
        client = self.client
        client.wait_until_ready(30)
        self.assertTrue(client.health_check())
        identity = client.track_event("sdk é", "event_a", "in", "out", 12.5, "no", conversation_metadata={"user": 7})
        event = client.wait_for_event(identity)
        self.assertEqual((event["input"], event["output"], event["latency"], event["error"]), ("in", "out", 12.5, "no"))
        self.assertEqual(event["conversation_metadata"], '{"user":7}')
        client.update_event(identity, error="", latency=3)
        until(lambda: client.get_event(identity)["latency"] == 3)
        self.assertEqual([event["id"] for event in client.get_events_by_conversation("sdk é")], [identity])
        client.delete_event(identity)
        until(lambda: client.get_event(identity) is None)
        with self.assertRaises(EventValidationError) as caught:
            client.track_event("sdk", "unheard_of")
        self.assertEqual(caught.exception.field, "event_name")

    def test_many_in_order_and_page_by_page(self):
        events = [{"conversation_id": "sdk many", "event_name": "event_b", "latency": number,
                   "created_at": f"2026-01-09T12:00:{number % 60:02}.{number:03}Z"} for number in range(300)]
        events[17]["event_name"] = "unheard_of"
        client = EventClient(base_url(), batch_size=64, gzip_min_bytes=0)
        with self.assertRaises(EventBatchError) as caught:
            client.track_events(events)
        result = caught.exception.batch
        self.assertEqual([(refusal.index, refusal.field) for refusal in result.refused], [(17, "event_name")])
        self.assertEqual(sum(identity is not None for identity in result.ids), 299)
        until(lambda: len(client.get_events_by_conversation("sdk many")) == 299)
        listed = list(client.iter_events(conversation_id="sdk many", page_size=50))
        self.assertEqual(len({event["id"] for event in listed}), 299)
        self.assertEqual([event["created_at"] for event in listed],
                         sorted((event["created_at"] for event in listed), reverse=True))
        some = list(client.iter_events(conversation_id="sdk many", latency_min=10, latency_max=19.5))
        self.assertEqual(sorted(event["latency"] for event in some), [10, 11, 12, 13, 14, 15, 16, 18, 19])
        self.assertEqual(len(list(client.export_events(conversation_id="sdk many"))), 299)
        file = io.BytesIO()
        client.export(file, "csv", conversation_id="sdk many")
        self.assertEqual(file.getvalue().count(b"\r\n"), 300)
        conversation = next(client.iter_conversations(conversation_id="sdk many"))
        self.assertEqual(conversation["event_count"], 299)
        self.assertIn("event_b", {name["event_name"] for name in client.get_event_names()})
        for rows in (client.get_error_counts("event_b", 7), client.get_latency_stats(10),
                     client.get_top_error_sessions(10)):
            self.assertIsInstance(rows, list)

    def test_observed_calls_are_recorded(self):
        client = self.client

        @client.observe("sdk observed", "event_a")
        def divide(left, right):
            return left / right

        self.assertEqual(divide(6, right=3), 2)
        with self.assertRaises(ZeroDivisionError):
            divide(1, 0)
        with client.observe("sdk observed", "event_c", input="block") as observation:
            observation.output = {"a": 1}
        until(lambda: len(client.get_events_by_conversation("sdk observed")) == 3)
        events = client.get_events_by_conversation("sdk observed")
        self.assertIn("ZeroDivisionError", [event["error"] for event in events][1])
        self.assertEqual(events[2]["output"], '{"a": 1}')

    def test_asyncio(self):
        async def main():
            async with AsyncEventClient(base_url(), buffered=True, flush_interval=0.05) as client:
                ids = [await client.track_event("sdk async", "event_a", latency=number) for number in range(50)]
                self.assertTrue(await client.flush(20))
                await client.wait_for_event(ids[-1])
                found = [event["id"] async for event in client.iter_events(conversation_id="sdk async")]
                self.assertEqual(sorted(found), sorted(ids))
                self.assertIsNone(await client.get_event("01890a5d-ac96-774b-bcce-b302099a8057"))
        asyncio.run(main())


class Buffered(unittest.TestCase):
    def test_a_hundred_thousand_at_once_in_bounded_memory(self):
        before = memory()
        with EventClient(base_url(), buffered=True, buffer_events=20_000, on_failure=self.fail) as client:
            for number in range(100_000):
                client.track_event(f"sdk bulk {number % 100}", "event_c", latency=number)
            self.assertTrue(client.flush(120))
        self.assertLess(memory() - before, 150 << 20)
        client = EventClient(base_url())

        def count():
            names = {name["event_name"]: name["count"] for name in client.get_event_names()}
            return names.get("event_c", 0) >= 100_000
        until(count, 60, "100,000 events")

    def test_a_fork_sends_nothing_twice(self):
        client = EventClient(base_url(), buffered=True, flush_interval=0.5)
        for _ in range(20):
            client.track_event("sdk fork", "event_a", output="parent")
        child = os.fork()
        if child == 0:
            status = 1
            try:
                for _ in range(20):
                    client.track_event("sdk fork", "event_a", output="child")
                status = 0 if client.close(20) else 1
            finally:
                os._exit(status)
        self.assertTrue(client.flush(20))
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        until(lambda: len(client.get_events_by_conversation("sdk fork")) == 40)
        outputs = [event["output"] for event in client.get_events_by_conversation("sdk fork")]
        self.assertEqual((outputs.count("parent"), outputs.count("child")), (20, 20))
        client.close()

    def test_the_api_dies_in_the_middle_and_nothing_is_lost_or_doubled(self):
        with Pipeline() as pipeline:
            handed = []
            client = EventClient(f"http://127.0.0.1:{pipeline.port}", buffered=True, flush_interval=0.01, batch_size=200,
                                 retry_delay=0.05, on_failure=lambda event, error: handed.append(event))
            ids = []

            def put():
                for number in range(20_000):
                    ids.append(client.track_event("sdk killed", "event_a", latency=number))
            putting = threading.Thread(target=put)
            putting.start()
            until(lambda: len(ids) > 2_000, 30)
            pipeline.kill("api", signal.SIGKILL)
            putting.join()
            self.assertTrue(client.flush(60))
            client.close()
            self.assertEqual(handed, [])
            reader = EventClient(f"http://127.0.0.1:{pipeline.port}")
            reader.wait_until_ready(30)
            until(lambda: reader.get_event_names()[0]["count"] == 20_000, 30)
            found = [event["id"] for event in reader.export_events()]
            self.assertEqual(found, sorted(ids, key=dict(zip(found, range(len(found)))).__getitem__))
            self.assertEqual(len(set(found)), 20_000)


    def test_the_brokers_disk_fills_up_and_nothing_is_lost_or_doubled(self):
        folder = Path(tempfile.mkdtemp(prefix="pipeline-full-"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        disk = folder / "data/broker"
        disk.mkdir(parents=True)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "none", str(disk)], capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("a small disk cannot be mounted here: " + mounted.stderr.decode().strip())
        self.addCleanup(subprocess.run, ["umount", "-l", str(disk)])
        pipeline = Pipeline(folder)
        self.addCleanup(pipeline.stop)
        pipeline.start()
        with open(disk / "filler", "wb") as filler:
            try:
                while True:
                    filler.write(bytes(1 << 16))
                    filler.flush()
            except OSError:
                pass
        handed = []
        client = EventClient(f"http://127.0.0.1:{pipeline.port}", buffered=True, flush_interval=0.01, batch_size=50,
                             retry_delay=0.05, max_retries=100, on_failure=lambda event, error: handed.append(event))
        ids = [client.track_event("sdk full", "event_a", latency=number) for number in range(2_000)]
        until(lambda: "No space left on device" in pipeline.log("broker"), 30, "the disk being full")
        self.assertFalse(client.flush(0.5))
        (disk / "filler").unlink()
        self.assertTrue(client.flush(60))
        client.close()
        self.assertEqual(handed, [])
        reader = EventClient(f"http://127.0.0.1:{pipeline.port}")
        until(lambda: sum(name["count"] for name in reader.get_event_names()) == 2_000, 30)
        self.assertEqual([event["id"] for event in reader.export_events()], ids)


class Package(unittest.TestCase):
    def test_the_oldest_python_can_read_it(self):
        for file in (PACKAGE / "src/event_client").glob("*.py"):
            ast.parse(file.read_text(), feature_version=(3, 9))

    def test_the_readme_word_by_word_after_pip_install(self):
        blocks = re.findall(r"```python\n(.*?)```", (PACKAGE / "README.md").read_text(), re.S)
        self.assertGreater(len(blocks), 5)
        program = "\n".join(blocks).replace("http://127.0.0.1:8080", base_url())
        with tempfile.TemporaryDirectory() as folder:
            venv.create(folder, with_pip=True)
            python = str(Path(folder, "bin/python"))
            subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(PACKAGE)],
                           check=True, capture_output=True, timeout=120)
            done = subprocess.run([python, "-c", program], cwd=folder, capture_output=True, text=True, timeout=120)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("It arrives today.", done.stdout)
            self.assertIn("2500 events", done.stdout)


if __name__ == "__main__":
    unittest.main()
