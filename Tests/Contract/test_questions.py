"""Questions, held against the same computed in Python, after random changes and deletions, in zones whose clocks change."""
import json
import random
import unittest
import uuid
from datetime import datetime, timedelta, timezone

import model
from case import ContractCase
from pipeline import Pipeline, until

ZONES = ("UTC", "Europe/Berlin", "America/St_Johns")
# Both clocks change in it: Berlin's on 29 March 2026, St. John's on 8 March.
FIRST = datetime(2026, 3, 1, tzinfo=timezone.utc)
DAYS = 35


def close(one, other):
    """Whether two answers are the same, numbers as far as rounding goes."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(close(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(close, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return abs(one - other) <= 1e-9 * max(1, abs(one), abs(other))
    return one == other


class Questions(ContractCase):
    @classmethod
    def setUpClass(cls):
        cls.pipeline = Pipeline(EVENT_NAMES="*").start()
        cls.addClassCleanup(cls.pipeline.__exit__)
        cls.events = cls.seed(cls.pipeline.client(), 1_500, random.Random(7))

    def setUp(self):
        self.client = self.pipeline.client()
        self.addCleanup(self.client.drop)

    @staticmethod
    def seed(client, count, source):
        """Writes events, changes some and deletes some; gives what must be left."""
        names = ["open", "ask", "answer", "rate", "close"]
        left, batch = {}, []
        for _ in range(count):
            metadata = {"model": source.choice(["gpt-x", "claude", "ümläut", "a,b"]), "cost": source.choice([1, 2, 2.5, "2", True]),
                        "user": {"id": source.randrange(40), "plan": source.choice(["pro", "free", None])}}
            if source.random() < 0.2:
                del metadata["model"]
            if source.random() < 0.15:
                del metadata["user"]
            at = FIRST + timedelta(milliseconds=source.randrange(DAYS * 86_400_000) // source.choice([1, 1, 3_600_000]) )
            if source.random() < 0.2:
                at = at.replace(second=0, microsecond=0)
            event = {
                "id": str(uuid.UUID(int=source.getrandbits(128), version=4)),
                "conversation_id": f"conversation {source.randrange(60)}", "event_name": source.choice(names),
                "error": source.choice(["", "", "", "timeout", "refused"]), "input": source.choice(["", "why", "Why?"]),
                "output": source.choice(["", "because", "100%"]), "latency": source.choice([0, 1.5, 20, 300.25, source.random() * 1e4]),
                "conversation_metadata": json.dumps(metadata) if source.random() < 0.95 else source.choice(["", "[1]", "no json"]),
                "created_at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            }
            left[event["id"]] = event
            batch.append(event)
        ids = list(left)
        for identity in source.sample(ids, count // 5):
            change = {"event_name": source.choice(names), "error": source.choice(["", "late"]), "latency": source.random() * 100}
            left[identity] = {**left[identity], **change}
            batch.append({"operation": "update", "id": identity, **change})
        for identity in source.sample(ids, count // 10):
            del left[identity]
            batch.append({"operation": "delete", "id": identity})
        answer = client.post(json.dumps(batch).encode(), "/events/batch")
        assert answer.status == 202, answer
        for event in left.values():
            try:
                value = json.loads(event["conversation_metadata"])
            except ValueError:
                value = None
            event["metadata"] = value if isinstance(value, dict) else {}
        until(lambda: sum(row["count"] for row in client.get("/event-names").data) == len(left), 30, "all events being there")
        want = sorted((event["id"], event["event_name"], event["latency"]) for event in left.values())

        def settled():
            lines = client.get("/export").body.decode().splitlines()
            return sorted((event["id"], event["event_name"], event["latency"]) for event in map(json.loads, lines)) == want
        until(settled, 30, "all changes being there")
        return list(left.values())

    def ask(self, kind, question):
        return self.client.post(json.dumps(question).encode(), f"/query/{kind}")

    def check(self, kind, question, **fields):
        question = {"from": "2026-03-01T00:00:00Z", "to": "2026-04-05T00:00:00Z", **question, **fields}
        answer = self.ask(kind, question)
        self.assertEqual(answer.status, 200, (question, answer))
        self.assertEqual(set(answer.json), {"success", "data", "meta"})
        self.assertLessEqual({"rows_read", "elapsed_ms", "from", "to"}, set(answer.json["meta"]))
        wanted = getattr(model, kind)(self.events, question)
        if not close(answer.data, wanted):
            self.fail(f"{question}\n\nsays   {json.dumps(answer.data)[:3000]}\n\nshould {json.dumps(wanted)[:3000]}")

    FILTERS = [
        [{"field": "event_name", "op": "=", "value": "ask"}],
        [{"field": "event_name", "op": "not in", "value": ["ask", "rate"]}, {"field": "error", "op": "exists"}],
        [{"field": "metadata.model", "op": "!=", "value": "claude"}],
        [{"field": "metadata.model", "op": "not exists"}],
        [{"field": "metadata.user.plan", "op": "exists"}],
        [{"field": "metadata.user.id", "op": ">=", "value": 20}, {"field": "latency", "op": "<", "value": 300.25}],
        [{"field": "metadata.user.id", "op": "in", "value": [1, "2", 3]}],
        [{"field": "metadata.cost", "op": "=", "value": 2}], [{"field": "metadata.cost", "op": "=", "value": "2.5"}],
        [{"field": "metadata.cost", "op": "=", "value": True}], [{"field": "metadata.cost", "op": "<=", "value": 2}],
        [{"field": "created_at", "op": ">", "value": "2026-03-10T10:00:00+02:00"}],
        [{"field": "input", "op": "contains", "value": "Why"}, {"field": "output", "op": "not exists"}],
        [{"field": "output", "op": "starts with", "value": "100%"}], [{"field": "latency", "op": "in", "value": [0, 20]}],
        [{"field": "conversation_id", "op": "starts with", "value": "conversation 1"}],
    ]
    MEASURES = ["count", "actors", "error_rate", "latency_avg", "latency_p50", "latency_p95", "latency_p99"]

    def test_segmentation_by_time_in_zones(self):
        for zone in ZONES:
            for interval in ("hour", "day", "week", "month", "none"):
                self.check("segmentation", {"measures": self.MEASURES}, interval=interval, timezone=zone)
        for zone, near in (("Europe/Berlin", "2026-03-29T00:30:00Z"), ("America/St_Johns", "2026-03-08T05:00:00Z")):
            end = model.moment(near) + timedelta(hours=3)
            self.check("segmentation", {"from": near, "to": end.isoformat()}, interval="minute", timezone=zone)

    def test_segmentation_by_groups(self):
        for breakdown in (["event_name"], ["metadata.model"], ["metadata.user.plan", "event_name"], ["error", "metadata.cost", "input"]):
            for top in (1, 3, 100):
                for first in ("count", "latency_p95", "actors"):
                    measures = [first] + [name for name in self.MEASURES if name != first]
                    self.check("segmentation", {"measures": measures, "breakdown": breakdown, "top": top}, interval="week",
                               actor="metadata.user.id")

    def test_filters(self):
        for filters in self.FILTERS:
            self.check("segmentation", {"filters": filters, "measures": ["count", "error_rate"]}, interval="month")


if __name__ == "__main__":
    unittest.main()
