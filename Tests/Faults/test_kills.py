"""Mixed writes while processes are killed: what was acknowledged is what ClickHouse holds, field by field."""
import os
import random
import sys
import threading
import time
import unittest
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Contract"))

from client import Client  # noqa: E402
from pipeline import Pipeline, until  # noqa: E402

SEED = int(os.environ.get("FAULT_SEED", time.time_ns() % 1_000_000))
KILLS = int(os.environ.get("FAULT_KILLS", 1))  # of each process
ROLES = ("api", "consumer", "broker", "clickhouse")
FIELDS = ("conversation_id", "event_name", "error", "latency", "input")


class Writer(threading.Thread):
    """One client with events of its own. It sends an operation again until it is acknowledged: all of them overwrite
    or end, so that one that was taken without an answer changes nothing when it comes again."""

    def __init__(self, port, seed, stop):
        super().__init__(daemon=True)
        self.port, self.random, self.ending = port, random.Random(seed), stop
        self.events, self.acknowledged, self.failure = {}, 0, None

    def send(self, method, path, body=None):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            client = Client("127.0.0.1", self.port)
            try:
                status = client.request(method, path, body).status
            except (OSError, ValueError, EOFError, AssertionError):
                status = 503
            finally:
                client.drop()
            if status == 202:
                self.acknowledged += 1
                return
            if status != 503:
                raise AssertionError(f"{method} {path}: {status}")
            time.sleep(0.05)
        raise AssertionError(f"{method} {path}: not acknowledged within 60 s")

    def step(self, number):
        living = [event for event, fields in self.events.items() if fields]
        kind = self.random.choices(("create", "update", "delete"), (5, 4, 1))[0] if living else "create"
        if kind == "create":
            event = str(uuid.UUID(int=self.random.getrandbits(128), version=4))
            fields = {"conversation_id": f"c{number % 7}", "event_name": "event_a", "error": "", "latency": 0.0,
                      "input": f"first {number}"}
            self.send("POST", "/event", {"id": event, **fields})
            self.events[event] = fields
            return
        event = self.random.choice(living)
        if kind == "update":
            change = {"input": f"changed {number}", "latency": float(number)}
            self.send("PUT", f"/event/{event}", change)
            self.events[event] |= change
        else:
            self.send("DELETE", f"/event/{event}")
            self.events[event] = None

    def run(self):
        number = 0
        try:
            while not self.ending.is_set():
                self.step(number)
                number += 1
        except Exception as error:  # told by the test
            self.failure = error


class Kills(unittest.TestCase):
    def difference(self, pipeline, events):
        """What the API's answers, read from ClickHouse, say otherwise than what was acknowledged."""
        client, found = pipeline.client(), []
        try:
            for event, fields in events.items():
                answer = client.get(f"/event/{event}")
                if answer.status not in (200, 404):
                    return [f"{event}: {answer.status}"]
                held = {name: answer.data[name] for name in FIELDS} if answer.status == 200 else None
                if held != fields:
                    found.append(f"{event}: {held} instead of {fields}")
        except OSError as error:
            found.append(str(error))
        finally:
            client.drop()
        return found

    def test_each_process_killed_at_random_moments_loses_nothing(self):
        print(f"FAULT_SEED={SEED}")
        chance, stop = random.Random(SEED), threading.Event()
        with Pipeline() as pipeline:
            writers = [Writer(pipeline.port, SEED + number, stop) for number in range(4)]
            for writer in writers:
                writer.start()
            order = [role for role in ROLES for _ in range(KILLS)]
            chance.shuffle(order)
            for role in order:
                time.sleep(chance.uniform(0.5, 2))
                pipeline.kill(role)
            time.sleep(1)
            stop.set()
            for writer in writers:
                writer.join(70)
                self.assertFalse(writer.is_alive())
                self.assertIsNone(writer.failure)
            events = {event: fields for writer in writers for event, fields in writer.events.items()}
            print(f"{sum(writer.acknowledged for writer in writers)} acknowledged, {len(events)} events")
            until(pipeline.answers, 60, "the pipeline being ready again")
            deadline = time.monotonic() + 60
            while (wrong := self.difference(pipeline, events)) and time.monotonic() < deadline:
                time.sleep(0.5)
            self.assertEqual(wrong[:5], [], f"{len(wrong)} events differ, FAULT_SEED={SEED}")


if __name__ == "__main__":
    unittest.main()
