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
                "input_embeddings": source.choice([[], [0, 0, 0], [1, 0]] + [[source.choice([-1, 0.5, 0.25, 2]) for _ in range(3)]] * 4),
                "output_embeddings": [],
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
        data = answer.data
        wanted = getattr(model, kind)(self.events, question)
        # Nodes and edges have no order of their own.
        for part in ("nodes", "edges") if kind == "flows" else ():
            data[part].sort(key=lambda row: sorted(map(str, row.items())))
            wanted[part].sort(key=lambda row: sorted(map(str, row.items())))
        if not close(data, wanted):
            self.fail(f"{question}\n\nsays   {json.dumps(data)[:3000]}\n\nshould {json.dumps(wanted)[:3000]}")

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

    STEPS = [
        [{"event_name": "open"}, {"event_name": "ask"}],
        [{"event_name": "open"}, {"event_name": ["ask", "answer"]}, {"event_name": "rate"}, {"event_name": "close"}],
        [{}, {"filters": [{"field": "error", "op": "exists"}]}, {"event_name": "answer"}],
        [{"event_name": "ask"}, {"event_name": "ask"}, {"event_name": "ask"}],
        [{"filters": [{"field": "metadata.model", "op": "=", "value": "claude"}]}, {"filters": [{"field": "latency", "op": ">", "value": 5}]}],
    ]

    def test_funnels(self):
        for steps in self.STEPS:
            for order in ("ordered", "strict"):
                for window in (500, 3_600_000, 5 * 86_400_000):
                    self.check("funnel", {"steps": steps, "order": order, "window_ms": window})
                    self.check("funnel", {"steps": steps, "order": order, "window_ms": window, "breakdown": "metadata.model", "top": 2},
                               actor="metadata.user.id", filters=self.FILTERS[2])
            self.check("funnel", {"steps": steps, "breakdown": "event_name", "actors_at": 2, "window_ms": 86_400_000})
            self.check("funnel", {"steps": steps, "actors_at": 1, "dropped": True, "window_ms": 86_400_000})

    def test_retention(self):
        for zone in ZONES:
            for interval in ("day", "week", "month"):
                for mode in ("first", "recurring"):
                    self.check("retention", {"start": {"event_name": "open"}, "return": {"event_name": ["ask", "answer"]}},
                               timezone=zone, interval=interval, mode=mode)
        self.check("retention", {"start": {}, "mode": "recurring", "periods": 30}, actor="metadata.user.id")
        # The last day ends where the range does, or before it.
        for end in ("2026-03-12T00:00:00+01:00", "2026-03-12T00:00:00.001+01:00", "2026-03-11T23:59:59.999+01:00"):
            self.check("retention", {"start": {}}, timezone="Europe/Berlin", to=end)

    def test_flows(self):
        for merge in (True, False):
            for before, after in ((0, 3), (5, 5), (2, 0), (0, 0)):
                for top in (1, 3, 10):
                    self.check("flows", {"anchor": {"event_name": "ask"}, "steps_before": before, "steps_after": after,
                                         "top": top, "merge_repeats": merge})
        self.check("flows", {"anchor": {"filters": [{"field": "error", "op": "=", "value": "timeout"}]}}, actor="metadata.user.id")

    def test_similar(self):
        whole = [event for event in self.events if len(event["input_embeddings"]) == 3 and any(event["input_embeddings"])]
        for question in ({"id": whole[0]["id"]}, {"id": whole[5]["id"], "limit": 1000}, {"embedding": [1, -2, 0.5], "limit": 25},
                         {"embedding": [1, 1], "limit": 1000}, {"embedding": [1, 2, 3], "filters": self.FILTERS[0]},
                         {"id": whole[7]["id"], "approximate": True, "from": "2026-03-05T00:00:00Z", "to": "2026-03-20T00:00:00Z"}):
            question = {"field": "input", **question}
            answer = self.ask("similar", question)
            self.assertEqual(answer.status, 200, answer)
            self.assertEqual(answer.json["meta"]["method"], "exact")
            wanted = model.similar(self.events, question)
            got = [(row["distance"], row["id"]) for row in answer.data]
            self.assertEqual(len(got), len(wanted))
            for (distance, _), (right, _) in zip(got, wanted):
                self.assertAlmostEqual(distance, right, places=12)
            # Ties go by the id, as far as rounding lets one tell them.
            self.assertEqual([name for _, name in sorted((round(far, 9), name) for far, name in got)],
                             [name for _, name in sorted((round(far, 9), name) for far, name in wanted)])
            for row in answer.data[:5]:
                self.assertEqual(row["event"], self.client.get(f"/event/{row['id']}").data)
        nothing = next(event for event in self.events if event["input_embeddings"] == [])
        zeros = next(event for event in self.events if event["input_embeddings"] == [0, 0, 0])
        for identity, status in ((str(uuid.uuid4()), 404), (nothing["id"], 400), (zeros["id"], 400)):
            self.assertEqual(self.ask("similar", {"id": identity, "field": "input"}).status, status)

    def test_conversations(self):
        for question in ({}, {"filters": self.FILTERS[0]}, {"from": "2026-03-20T00:00:00Z", "to": "2026-03-21T00:00:00Z"},
                         {"from": "2020-03-20T00:00:00Z", "to": "2020-03-21T00:00:00Z"}):
            question = {"from": "2026-03-01T00:00:00Z", "to": "2026-04-05T00:00:00Z", **question}
            data = self.ask("conversations", question).data
            wanted = model.conversations(self.events, question)
            self.assertEqual(data["conversations"], len(wanted))
            for name, place in (("length", 0), ("duration_ms", 1), ("total_latency", 2)):
                self.assertTrue(3 <= len(data[name]) <= 200)
                self.assertIsNone(data[name][-1]["to"])
                for index, bucket in enumerate(data[name]):
                    end = float("inf") if bucket["to"] is None else bucket["to"]
                    self.assertEqual(bucket["count"], sum(bucket["from"] <= row[place] < end for row in wanted), (name, bucket))
                    if index:
                        self.assertEqual(bucket["from"], data[name][index - 1]["to"])
            ends = {}
            for *_, end in wanted:
                ends[end] = ends.get(end, 0) + 1
            self.assertEqual({(row["event_name"], row["error"]): row["count"] for row in data["ends"]}, ends)
            self.assertEqual([row["count"] for row in data["ends"]], sorted(ends.values(), reverse=True))

    def test_what_cannot_be_asked_is_refused_with_its_path(self):
        two = [{}, {}]
        for kind, question, path in (
                ("segmentation", {"filters": [{"field": "event_name", "op": "=", "value": "a"}] * 2 + [{"field": "error", "op": "like", "value": "x"}]}, "filters[2].op: "),
                ("segmentation", {"filters": [{"field": "who", "op": "=", "value": "a"}]}, "filters[0].field: "),
                ("segmentation", {"filters": [{"field": "latency", "op": "contains", "value": "a"}]}, "filters[0].op: "),
                ("segmentation", {"filters": [{"field": "error", "op": ">", "value": 1}]}, "filters[0].op: "),
                ("segmentation", {"filters": [{"field": "error", "op": "exists", "value": 1}]}, "filters[0].value: "),
                ("segmentation", {"filters": [{"field": "error", "op": "in", "value": []}]}, "filters[0].value: "),
                ("segmentation", {"filters": [{"field": "error", "op": "="}]}, "filters[0].value: "),
                ("segmentation", {"filters": [{"field": "metadata.user.id", "op": ">", "value": "1"}]}, "filters[0].value: "),
                ("segmentation", {"filters": {}}, "filters: "), ("segmentation", {"breakdown": ["latency"]}, "breakdown[0]: "),
                ("segmentation", {"breakdown": ["error"] * 4}, "breakdown: "), ("segmentation", {"measures": []}, "measures: "),
                ("segmentation", {"measures": ["sum"]}, "measures[0]: "), ("segmentation", {"interval": "year"}, "interval: "),
                ("segmentation", {"interval": "minute", "from": "2020-01-01T00:00:00Z", "to": "2021-01-01T00:00:00Z"}, "interval: "),
                ("segmentation", {"timezone": "Mars/Base"}, "timezone: "), ("segmentation", {"from": "2026-01-01"}, "from: "),
                ("segmentation", {"from": "2026-01-02T00:00:00Z", "to": "2026-01-02T00:00:00Z"}, "from: "),
                ("segmentation", {"deadline_ms": 0}, "deadline_ms: "), ("segmentation", {"top": 1001}, "top: "),
                ("segmentation", {"unknown": 1}, "unknown: "), ("segmentation", {"actor": "input"}, "actor: "),
                ("funnel", {"steps": [{}]}, "steps: "), ("funnel", {}, "steps: "), ("funnel", {"steps": [{}, {"event": "x"}]}, "steps[1].event: "),
                ("funnel", {"steps": [{}, {"filters": [{"field": "x", "op": "="}]}]}, "steps[1].filters[0].field: "),
                ("funnel", {"steps": two, "order": "any"}, "order: "), ("funnel", {"steps": two, "actors_at": 3}, "actors_at: "),
                ("funnel", {"steps": two, "actors_at": 0}, "actors_at: "), ("funnel", {"steps": two, "dropped": True}, "dropped: "),
                ("funnel", {"steps": two, "window_ms": 0}, "window_ms: "), ("funnel", {"steps": two, "breakdown": "created_at"}, "breakdown: "),
                ("retention", {"periods": 91}, "periods: "), ("retention", {"interval": "hour"}, "interval: "),
                ("retention", {"mode": "last"}, "mode: "), ("retention", {"start": "open"}, "start: "),
                ("flows", {}, "anchor: "), ("flows", {"anchor": {}, "steps_after": 6}, "steps_after: "),
                ("flows", {"anchor": {"event_name": 7}}, "anchor.event_name: "),
                ("similar", {"field": "input"}, "id: "), ("similar", {"field": "input", "id": "7"}, "id: "),
                ("similar", {"field": "input", "id": str(uuid.uuid4()), "embedding": [1]}, "embedding: "),
                ("similar", {"field": "input", "embedding": [0, 0]}, "embedding: "), ("similar", {"embedding": [1]}, "field: "),
                ("similar", {"field": "error", "embedding": [1]}, "field: "), ("similar", {"field": "input", "embedding": [1], "limit": 1001}, "limit: "),
                ("conversations", {"steps": two}, "steps: ")):
            with self.subTest(kind, question=question):
                answer = self.ask(kind, question)
                self.assertEqual(answer.status, 400, answer)
                self.assertTrue(answer.error.startswith(path), answer.error)
        for body in (b"", b"[]", b"7", b"{", b'{"top": 1, "top": 2}', b'{"filters": [{"field": "error", "field": "input"}]}'):
            self.assertEqual(self.client.post(body, "/query/segmentation").status, 400, body)

    def test_text_that_looks_like_a_query_is_text(self):
        for text in ("' OR 1=1 --", "'); DROP TABLE events; --", "{p0:String}", "\\'", "`", "\u0000", "}{", "\t\n"):
            for name in ("event_name", "conversation_id", "metadata.model", "metadata.`" + text.replace("`", "``") + "`"):
                answer = self.ask("segmentation", {"from": "2026-03-01T00:00:00Z", "filters": [{"field": name, "op": "=", "value": text}],
                                                   "breakdown": ["metadata.`" + text.replace("`", "``") + "`"]})
                self.assertEqual(answer.status, 200, (text, answer))
                self.assertEqual(answer.data["groups"], [])
        self.assertEqual(sum(row["count"] for row in self.client.get("/event-names").data), len(self.events))

    def test_a_deadline_that_is_passed_is_said(self):
        answer = self.ask("similar", {"field": "input", "embedding": [1.5] * 60_000, "deadline_ms": 1})
        self.assertEqual(answer.status, 503, answer)
        self.assertGreaterEqual(int(answer.headers["retry-after"]), 1)


if __name__ == "__main__":
    unittest.main()
