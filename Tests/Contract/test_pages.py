"""Pages, lists and exports, against what Python makes of the same events."""
import csv
import datetime
import io
import json
import random
import string
import time
import unittest
import uuid
from urllib.parse import quote, urlencode

from case import ContractCase
from pipeline import until

WORDS = ("Straße", "STRASSE", "ΣΑΣ", "σας", "100%", "_", "\\", "Кот", "КОТ", "istanbul", "a'b", '"', "é", "É", "\n", "\r\n", ",")
METADATA = ("", "no json", "[1]", '{"user":{"id":7,"plan":"pro"}}', '{"user":{"id":"7"},"a.b":true}', '{"user":null}',
            '{"user":{"plan":"Pro"}} ', '{"user": {"id": 7.5}, "a": {"b": true}}')
FIELDS = ["id", "conversation_id", "conversation_metadata", "event_name", "error", "latency", "input", "output",
          "input_embeddings", "output_embeddings", "created_at", "updated_at"]


def metadata(event, *path):
    """The text of a value in an event's metadata; None where there is none."""
    try:
        value = json.loads(event["conversation_metadata"])
    except ValueError:
        return None
    for key in path:
        if not isinstance(value, dict) or key not in value:
            return None
        value = value[key]
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return json.dumps(value)
    return value if isinstance(value, str) else None


def holds(event, *words):
    texts = [event[field].casefold() for field in ("input", "output", "error")]
    return all(any(word.casefold() in text for text in texts) for word in words)


def newest_first(events):
    return sorted(events, key=lambda event: (event["created_at"], event["id"]), reverse=True)


class Pages(ContractCase):
    """Events of one class of names, after updates and deletes; nobody else uses their conversations."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        chance = random.Random(7)
        client = cls.pipeline.client()
        cls.start = f"pages-{uuid.uuid4()}"
        cls.events = {}

        def fields():
            text = lambda: " ".join(chance.choices(WORDS, k=chance.randrange(3)))
            return {"event_name": chance.choice(("event_a", "event_b", "event_c")), "input": text(), "output": text(),
                    "error": chance.choice(("", "", text())), "latency": chance.choice((0, 1.5, 20, 20.25, 1e6)),
                    "conversation_metadata": chance.choice(METADATA)}

        for number in range(240):
            event = fields() | {"conversation_id": f"{cls.start}-{number % 5}", "id": str(uuid.UUID(int=chance.getrandbits(128)))}
            if chance.random() < 0.3:
                event["input_embeddings"] = [0.5, number]
            assert client.post(event).status == 202
            cls.events[event["id"]] = event
        for event in chance.sample(sorted(cls.events), 120):
            if chance.random() < 0.3:
                assert client.delete(event).status == 202
                del cls.events[event]
            else:
                change = dict(chance.sample(sorted(fields().items()), 3))
                assert client.put(event, change).status == 202
                cls.events[event] |= change
        for identity, event in cls.events.items():
            def settled():
                response = client.get(f"/event/{identity}")
                same = response.status == 200 and all(response.data[name] == value for name, value in event.items())
                return same and response.data
            cls.events[identity] = until(settled, 20, f"event {identity} as it was left")
        client.drop()

    def of(self, number, condition=lambda event: True):
        return [event for event in self.events.values()
                if event["conversation_id"] == f"{self.start}-{number}" and condition(event)]

    def walk(self, path, limit, **parameters):
        """The rows of all pages."""
        rows, cursor = [], None
        while True:
            query = parameters | {"limit": limit} | ({"cursor": cursor} if cursor else {})
            response = self.client.get(f"{path}?{urlencode(query, doseq=True)}")
            self.assertEqual(response.status, 200, response)
            self.assertEqual(list(response.json), ["success", "data", "next_cursor"])
            self.assertLessEqual(len(response.data), limit)
            rows += response.data
            cursor = response.json["next_cursor"]
            if cursor is None:
                return rows
            self.assertEqual(len(response.data), limit)

    def test_pages_of_a_conversation(self):
        path = f"/events/conversation/{self.start}-0"
        whole = self.client.get(path)
        self.assertEqual(list(whole.json), ["success", "data"])
        self.assertEqual(whole.data, newest_first(self.of(0))[::-1])
        for limit in (1, 7, len(whole.data), 10_000):
            self.assertEqual(self.walk(path, limit), whole.data)
        empty = self.client.get(f"/events/conversation/{uuid.uuid4()}?limit=1").json
        self.assertEqual(empty, {"success": True, "data": [], "next_cursor": None})

    def test_filters(self):
        middle = sorted(event["created_at"] for event in self.of(1))[20]
        cases = (
            ({}, lambda event: True),
            ({"event_name": ["event_a", "event_b"]}, lambda event: event["event_name"] != "event_c"),
            ({"error": "true"}, lambda event: event["error"]),
            ({"error": "false"}, lambda event: not event["error"]),
            ({"latency_min": 1.5, "latency_max": "20"}, lambda event: 1.5 <= event["latency"] <= 20),
            ({"from": middle}, lambda event: event["created_at"] >= middle),
            ({"to": middle}, lambda event: event["created_at"] < middle),
            ({"from": middle, "to": middle}, lambda event: False),
            *(({"q": word}, lambda event, word=word: holds(event, *word.split())) for word in WORDS if word.strip()),
            ({"q": "\tкот  STRASSE\n"}, lambda event: holds(event, "кот", "strasse")),
            ({"q": "%"}, lambda event: holds(event, "%")),
            ({"metadata.user.id": "7"}, lambda event: metadata(event, "user", "id") == "7"),
            ({"metadata.user.id": "7.5"}, lambda event: metadata(event, "user", "id") == "7.5"),
            ({"metadata.user.plan": "pro"}, lambda event: metadata(event, "user", "plan") == "pro"),
            ({"metadata.`a.b`": "true"}, lambda event: metadata(event, "a.b") == "true"),
            ({"metadata.a.b": "true"}, lambda event: metadata(event, "a", "b") == "true"),
            ({"metadata.user": "null"}, lambda event: False),
            ({"error": "true", "q": "σας", "event_name": "event_a"},
             lambda event: event["error"] and holds(event, "σας") and event["event_name"] == "event_a"),
        )
        for number, (parameters, condition) in enumerate(cases):
            with self.subTest(parameters):
                wanted = newest_first(self.of(1, condition))
                query = {"conversation_id": f"{self.start}-1"} | parameters
                self.assertEqual(self.walk("/events", 1 + number % 17, **query), wanted)
                exported = self.client.get("/export?" + urlencode(query, doseq=True))
                self.assertEqual([json.loads(line) for line in exported.body.splitlines()], wanted[::-1])
                picked = self.client.get("/conversations?" + urlencode(query, doseq=True)).data
                self.assertEqual([row["conversation_id"] for row in picked], [f"{self.start}-1"] if wanted else [])

    def test_conversations(self):
        begin = min(event["created_at"] for event in self.events.values())
        rows = {row["conversation_id"]: row for row in self.walk("/conversations", 3, **{"from": begin})}
        listed = [row for row in rows.values() if row["conversation_id"].startswith(self.start)]
        self.assertEqual(len(listed), 5)
        for row in listed:
            events = newest_first(self.of(row["conversation_id"][-1]))[::-1]
            self.assertEqual(list(row), ["conversation_id", "first_event_at", "last_event_at", "event_count", "error_count",
                                         "total_latency", "metadata"])
            self.assertAlmostEqual(row.pop("total_latency"), sum(event["latency"] for event in events))
            self.assertEqual(row, {
                "conversation_id": events[0]["conversation_id"], "first_event_at": events[0]["created_at"],
                "last_event_at": events[-1]["created_at"], "event_count": len(events),
                "error_count": sum(event["error"] != "" for event in events),
                "metadata": events[0]["conversation_metadata"]})
        ordered = self.client.get("/conversations?limit=1000").data
        self.assertEqual(ordered, sorted(sorted(ordered, key=lambda row: row["conversation_id"].encode()),
                                         key=lambda row: row["last_event_at"], reverse=True))

    def test_event_names(self):
        rows = self.client.get("/event-names").data
        self.assertEqual(rows, sorted(rows, key=lambda row: (-row["count"], row["event_name"])))
        self.assertTrue({"event_a", "event_b", "event_c"} <= {row["event_name"] for row in rows})
        self.assertTrue(all(set(row) == {"event_name", "count"} for row in rows))

    def test_export(self):
        wanted = newest_first(self.of(2))[::-1]
        path = f"/export?conversation_id={self.start}-2"
        for query in ("", "&format=ndjson"):
            response = self.client.get(path + query)
            self.assertIn("application/x-ndjson", response.headers["content-type"])
            self.assertEqual([json.loads(line) for line in response.body.split(b"\n")[:-1]], wanted)
        response = self.client.get(path + "&format=csv")
        self.assertIn("text/csv", response.headers["content-type"])
        rows = list(csv.DictReader(io.StringIO(response.body.decode(), newline=""), strict=True))
        self.assertEqual(list(rows[0]), FIELDS)
        for row in rows:
            row["latency"] = float(row["latency"])
            for name in ("input_embeddings", "output_embeddings"):
                row[name] = json.loads(row[name])
        self.assertEqual(rows, wanted)
        self.assertEqual(self.client.get(f"/export?conversation_id={uuid.uuid4()}").body, b"")
        empty = self.client.get(f"/export?format=csv&conversation_id={uuid.uuid4()}")
        self.assertEqual(empty.body.decode(), ",".join(FIELDS) + "\r\n")
        head = self.client.request("HEAD", path + "&format=csv")
        self.assertEqual((head.status, head.body), (200, b""))

    def test_an_export_ends_with_its_client(self):
        """As many clients as there are streams leave in the middle: the next one is served all the same."""
        for _ in range(12):
            with self.client.open() as connection:
                connection.send(f"GET /export HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                connection.take(15)
        until(lambda: self.client.get(f"/export?conversation_id={self.start}-2").status == 200, what="an export")

    def test_cursors(self):
        conversation = f"/events/conversation/{self.start}-0"
        routes = (conversation, f"/events/conversation/{self.start}-1", f"/events?conversation_id={self.start}-0",
                  f"/events?conversation_id={self.start}-1", "/events", "/events?error=false", "/conversations",
                  "/conversations?error=false")
        cursors = {}
        for route in routes:
            mark = "&" if "?" in route else "?"
            cursors[route] = self.client.get(f"{route}{mark}limit=1").json["next_cursor"]
            self.assertEqual(self.client.get(f"{route}{mark}cursor={cursors[route]}").status, 200)
            for other, cursor in cursors.items():
                if other != route:
                    self.assertRefused(self.client.get(f"{route}{mark}limit=1&cursor={cursor}"), "cursor")
        for route in (conversation, "/conversations"):
            cursor = cursors[route]
            for place in range(len(cursor)):
                for letter in random.sample(string.ascii_letters + string.digits + "-_", 8) + ["", "%20", "."]:
                    if letter != cursor[place]:
                        damaged = cursor[:place] + letter + cursor[place + 1:]
                        self.assertRefused(self.client.get(f"{route}?cursor={damaged}"), "cursor")

    def test_pages_while_events_are_written(self):
        conversation = f"{self.start}-moving"
        there = [self.create(conversation_id=conversation, input=str(number)) for number in range(60)]
        changed, deleted = there[10], there[50]
        seen, cursor = [], ""
        for number in range(100):
            page = self.client.get(f"/events?limit=5&conversation_id={conversation}" + (cursor and f"&cursor={cursor}")).json
            seen += [event["id"] for event in page["data"]]
            if not (cursor := page["next_cursor"]):
                break
            self.create(conversation_id=conversation, input="new")
            self.client.put(changed, {"input": f"changed {number}"})
            if number == 1:
                self.client.delete(deleted)
        self.assertEqual(len(seen), len(set(seen)))
        self.assertLessEqual(set(there) - {deleted}, set(seen))

    def test_wrong_parameters(self):
        for path, name in (
            ("/events?limit=0", "limit"), ("/events?limit=1001", "limit"), ("/events?limit=", "limit"),
            ("/events?limit=1&limit=1", "limit"), ("/events?cursor=", "cursor"), ("/events?cursor=x&cursor=x", "cursor"),
            ("/events?cursor=AAAA", "cursor"), ("/events?error=yes", "error"), ("/events?latency_min=-1", "latency_min"),
            ("/events?latency_max=inf", "latency_max"), ("/events?from=2026", "from"), ("/events?to=", "to"),
            ("/events?q=", "q"), ("/events?q=a&q=b", "q"), ("/events?conversation_id=", "conversation_id"),
            ("/events?event_name=", "event_name"), ("/events?metadata.=1", "metadata."), ("/events?metadata.a=", "metadata.a"),
            ("/events?metadata.a=1&metadata.a=2", "metadata.a"), ("/conversations?limit=1001", "limit"),
            ("/conversations?error=1", "error"), ("/export?format=xml", "format"), ("/export?format=", "format"),
            ("/export?format=csv&format=csv", "format"), ("/events/conversation/x?limit=10001", "limit"),
            ("/events/conversation/x?limit=0", "limit"), ("/events/conversation/x?cursor=", "cursor"),
            ("/events/conversation/x?limit=2&limit=2", "limit"), ("/conversations?cursor=AAAAAAAA", "cursor"),
        ):
            with self.subTest(path):
                self.assertRefused(self.client.get(path), name)
        for path in ("/events?unknown=1&unknown=2", "/events?event_name=a&event_name=a&limit=1000", "/conversations?limit=1000",
                     "/event-names?limit=x", "/events/conversation/x?error=x", "/events?from=2026-01-09T12:34:56Z"):
            with self.subTest(path):
                self.assertEqual(self.client.get(path).status, 200)
        self.assertEqual(self.client.post({}, "/events").status, 405)

    def test_text_that_means_something_elsewhere(self):
        strange = "'; DROP TABLE events --\\'\0\n{id:UUID}"
        conversation = f"{strange}{uuid.uuid4()}"
        made = self.create(conversation_id=conversation, input=strange, conversation_metadata=json.dumps({strange: strange}))
        key = "metadata.`" + strange + "`"
        for query in ({"conversation_id": conversation}, {"conversation_id": conversation, "q": strange},
                      {"conversation_id": conversation, key: strange}):
            rows = self.client.get("/events?" + urlencode(query)).data
            self.assertEqual([row["id"] for row in rows], [made], query)
        self.assertEqual(self.client.get("/events?" + urlencode({"event_name": strange})).data, [])


if __name__ == "__main__":
    unittest.main()
