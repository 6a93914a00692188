"""Nothing is lost, nothing is there twice, whatever dies: each of these has a pipeline of its own."""
import json
import os
import signal
import subprocess
import threading
import time
import unittest

from load import Expected, Load, request
from pipeline import PROGRAM, STARTER, Pipeline, alive, free_port, until


class Exact(unittest.TestCase):
    def settle(self, pipeline, expected, acknowledged, unknown=(), seconds=10):
        """Wait until what is there is exactly what is expected; says the differences otherwise."""
        client = pipeline.client()
        began, wrong = time.monotonic(), ["not looked yet"]
        while wrong and time.monotonic() - began < seconds:
            try:
                wrong = expected.differences(client, acknowledged, unknown)
            except OSError as error:
                wrong = [f"no answer: {error}"]
            if wrong:
                time.sleep(0.2)
        client.drop()
        self.assertEqual(wrong[:5], [], f"{len(wrong)} differences after {seconds} s\n{pipeline.output[-2000:]}")
        return time.monotonic() - began

    def split(self, expected, statuses, allowed):
        """The acknowledged events, and those without an answer; any other status must be among the allowed."""
        self.assertLessEqual(set(statuses), {202, *allowed}, {status: statuses.count(status) for status in set(statuses)})
        acknowledged = [event for event, status in zip(expected.events, statuses) if status == 202]
        unknown = [event for event, status in zip(expected.events, statuses) if status != 202]
        return acknowledged, unknown


class Load20000(Exact):
    def test_creates_updates_deletes(self):
        """20,000 creates, 2,000 updates, 2,000 deletes at concurrency 100: exactly right within ten seconds."""
        with Pipeline() as pipeline:
            expected = Expected(20_000)
            load = Load(pipeline.port)
            requests = expected.creates()
            updated, deleted = expected.events[:2000], expected.events[1000:3000]
            began = time.monotonic()
            statuses = load.send(requests)
            statuses += load.send([request("PUT", f"/event/{event['id']}", {"output": "new", "latency": 7})
                                   for event in updated])
            statuses += load.send([request("DELETE", f"/event/{event['id']}") for event in deleted])
            sent = time.monotonic() - began
            self.assertEqual(load.answers, {202: 24_000})
            for event in updated:
                event.update(output="new", latency=7)
            gone = {event["id"] for event in deleted}
            wait = self.settle(pipeline, expected, [event for event in expected.events if event["id"] not in gone])
            print(f"24,000 operations in {sent:.1f} s, exactly right {wait:.1f} s after the last answer")


class Deaths(Exact):
    def through(self, role, count=20_000, rate=4000, seconds=30):
        """Kill a child while creates flow; everything acknowledged is there afterwards, once."""
        with Pipeline() as pipeline:
            expected = Expected(count)
            load = Load(pipeline.port, rate=rate)
            first = pipeline.child(role)
            killer = threading.Timer(count / rate / 2, lambda: os.kill(first, signal.SIGKILL))
            killer.start()
            statuses = load.send(expected.creates())
            killer.join()
            until(lambda: pipeline.child(role) != first, 20, f"another {role}")
            # What had no answer, or a clear refusal, may be sent again: the id makes it the same event.
            until(pipeline.answers, 30, "the pipeline answering again")
            acknowledged, unknown = self.split(expected, statuses, {503, 0} if role != "consumer" else set())
            self.settle(pipeline, expected, acknowledged, unknown, seconds)
            again = [request("POST", "/event", event) for event in unknown]
            self.assertLessEqual(set(load.send(again)), {202}, load.answers)
            self.settle(pipeline, expected, expected.events, seconds=seconds)
            print(f"kill -9 of the {role}: {load.answers}")

    def test_consumer(self):
        self.through("consumer")

    def test_broker(self):
        self.through("broker")

    def test_api(self):
        self.through("api")

    def test_clickhouse(self):
        self.through("clickhouse", seconds=60)

    def test_clickhouse_away_for_ten_seconds(self):
        """ClickHouse stopped while 20,000 creates flow: every one is acknowledged, and there afterwards."""
        port = free_port()
        server = subprocess.Popen([STARTER, "--json", "--stop-at-eof", "--port", str(port)], text=True,
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(server.wait)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.stdin.close)
        json.loads(server.stdout.readline())

        def tell(word):
            server.stdin.write(word + "\n")
            server.stdin.flush()
            self.assertIn("done", json.loads(server.stdout.readline()))

        pipeline = Pipeline(CLICKHOUSE_HOST="127.0.0.1")
        pipeline.ports["CLICKHOUSE_PORT"] = port
        with pipeline:
            expected = Expected(20_000)
            load = Load(pipeline.port, rate=1700)
            statuses = []
            flow = threading.Thread(target=lambda: statuses.extend(load.send(expected.creates())))
            flow.start()
            time.sleep(1)
            tell("kill")
            client = pipeline.client()
            refused = client.get("/events/conversation/none")
            self.assertEqual(refused.status, 503, refused)
            self.assertIn("retry-after", refused.headers)
            time.sleep(10)
            tell("start")
            flow.join()
            acknowledged, unknown = self.split(expected, statuses, {503})
            self.settle(pipeline, expected, acknowledged, unknown, seconds=30)
            print(f"ClickHouse away for ten seconds: {load.answers}")


class Starts(Exact):
    def test_stop_and_start_again(self):
        """Ctrl-C stops all of it, its data stays, and nothing of it is left running."""
        pipeline = Pipeline()
        self.addCleanup(pipeline.remove)
        pipeline.start()
        expected = Expected(500)
        self.assertEqual(set(Load(pipeline.port).send(expected.creates())), {202})
        children = [pipeline.child(role) for role in ("api", "consumer", "broker", "clickhouse")]
        self.assertEqual(pipeline.interrupt(), 0, pipeline.output[-2000:])
        self.assertEqual([child for child in children if alive(child)], [])
        pipeline.start()
        self.settle(pipeline, expected, expected.events)

    def test_killed_and_started_again(self):
        """`kill -9` of the whole leaves no child behind, and loses nothing."""
        pipeline = Pipeline()
        self.addCleanup(pipeline.remove)
        pipeline.start()
        expected = Expected(500)
        self.assertEqual(set(Load(pipeline.port).send(expected.creates())), {202})
        children = [pipeline.child(role) for role in ("api", "consumer", "broker", "clickhouse")]
        pipeline.process.kill()
        pipeline.process.wait()
        until(lambda: not any(alive(child) for child in children), 10, "every child being gone")
        pipeline.start()
        self.settle(pipeline, expected, expected.events, seconds=20)

    def test_a_second_one_on_the_same_folder(self):
        with Pipeline() as first:
            second = Pipeline(first.folder)
            second.ports = {name: free_port() for name in first.ports}
            self.refused(second, str(first.process.pid))
            self.assertTrue(first.answers())

    def test_a_port_in_use(self):
        import socket
        for name in ("API_PORT", "BROKER_PORT", "CLICKHOUSE_PORT"):
            with self.subTest(name), socket.socket() as taken:
                taken.bind(("127.0.0.1", 0))
                taken.listen()
                pipeline = Pipeline()
                self.addCleanup(pipeline.remove)
                pipeline.ports[name] = taken.getsockname()[1]
                self.refused(pipeline, str(pipeline.ports[name]))
                self.assertIn(str(os.getpid()), self.said)

    def test_invalid_settings(self):
        for name, value in (("API_PORT", "x"), ("API_PORT", "65536"), ("KAFKA_PARTITIONS", "0"), ("LOG_LEVEL", "loud"),
                            ("CONSUMER_BATCH_SIZE", "-1"), ("MAX_BODY_BYTES", "many")):
            with self.subTest(name, value=value):
                pipeline = Pipeline(**{name: value})
                self.addCleanup(pipeline.remove)
                self.refused(pipeline, name)

    def refused(self, pipeline, word):
        """`up` does not start, and says why in a line with the word in it."""
        ended = subprocess.run([str(PROGRAM), "up"], env=pipeline.environment, cwd=pipeline.folder, timeout=30,
                               capture_output=True, text=True, stdin=subprocess.DEVNULL)
        self.said = ended.stdout + ended.stderr
        self.assertNotEqual(ended.returncode, 0, self.said)
        self.assertIn(word, self.said)


if __name__ == "__main__":
    unittest.main()
