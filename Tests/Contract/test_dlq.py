"""Dead letters, as an operator lists them, looks at one, and sends them again after a fix."""
import json
import subprocess
import unittest
import uuid

from pipeline import PROGRAM, Pipeline, until
from test_topic import Producer


class DeadLetters(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pipeline = Pipeline().__enter__()
        cls.addClassCleanup(cls.pipeline.__exit__, None, None, None)
        cls.brokers = f"127.0.0.1:{cls.pipeline.ports['BROKER_PORT']}"

    def dlq(self, *words, status=0):
        process = subprocess.run(
            [str(PROGRAM), "dlq", *words], capture_output=True, text=True, timeout=60,
            env={**self.pipeline.environment, "KAFKA_BROKERS": self.brokers})
        self.assertEqual(process.returncode, status, process)
        return process.stdout, process.stderr

    def test_they_are_listed_shown_and_sent_again_once(self):
        self.assertIn("0 dead letters", self.dlq("list")[0])
        producer = Producer({"bootstrap.servers": self.brokers})
        ids = [str(uuid.uuid4()) for _ in range(3)]
        # An event that lacks its conversation; and, between, one that can be applied.
        for identity in ids:
            value = json.dumps({"operation": "create", "id": identity, "time": "2026-01-01T00:00:00.000Z", "event_name": "event_a"})
            producer.produce("events", key=identity, value=value, partition=0, headers={"trace": b"\x1b[31mred"})
        producer.produce("events", key="k", value=b"\xff\x00 no JSON", partition=0)
        producer.flush(10)
        lines = until(lambda: (out := self.dlq("list")[0].splitlines()) and "4 dead letters, 0 of them sent again" in out and out, 30, "letters")
        places = [line.split()[0] for line in lines[:4]]
        self.assertEqual(len(set(places)), 4)
        for identity, line in zip(ids, lines):
            self.assertIn(identity, line)
            self.assertIn("events/0:", line)
        shown = self.dlq("show", places[0])[0]
        self.assertIn("reason: ", shown)
        self.assertIn(f'"id": "{ids[0]}"', shown)
        self.assertIn("header dlq.partition: 0", shown)
        self.assertNotIn("\x1b", shown)
        # Sent again they are put aside again: nothing was mended.
        out, _ = self.dlq("replay", places[1], places[0])
        self.assertEqual(out.splitlines(), [f"{places[0]}: sent again", f"{places[1]}: sent again", "2 letters were sent again"])
        until(lambda: "6 dead letters, 2 of them sent again" in self.dlq("list")[0], 30, "letters again")
        again, _ = self.dlq("replay", places[0])
        self.assertIn("was sent again before", again)
        self.assertIn("0 letters were sent again", again)
        self.assertIn("1 letters were sent again", self.dlq("replay", places[0], "--again")[0])
        out, _ = self.dlq("replay", "--all")
        self.assertIn("was sent again before", out)
        listed = self.dlq("list")[0]
        self.assertEqual(sum("(sent again)" in line for line in listed.splitlines()) >= 5, True, listed)

    def test_what_cannot_be_understood_is_said(self):
        for words in (["replay"], ["show"], ["show", "7"], ["list", "0:1"], ["replay", "0:1", "--all"], ["drop"], ["list", "--x"]):
            _, said = self.dlq(*words, status=64)
            self.assertIn("event-analytics dlq: ", said)
        self.assertIn("no letter 0:999999", self.dlq("show", "0:999999", status=1)[1])
        self.assertIn("no such letter", self.dlq("replay", "0:999999", status=1)[0])


if __name__ == "__main__":
    unittest.main()
