"""Live events: what the API accepts, as it is accepted."""
import json
import time
import unittest

from api import API
from case import ContractCase
from client import Connection


class Reader:
    """A reader of `/events/live`, connected once the answer's head has come."""

    def __init__(self, port, query="", timeout=10):
        self.connection = Connection("127.0.0.1", port, timeout)
        self.connection.send(f"GET /events/live{query} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        self.status = int(self.connection.line().split()[1])
        self.headers = {}
        while line := self.connection.line():
            name, _, value = line.decode().partition(":")
            self.headers[name.lower()] = value.strip()
        self.text = b""

    def chunk(self):
        size = int(self.connection.line(), 16)
        data = self.connection.take(size)
        self.connection.line()
        if size == 0:
            raise EOFError
        self.text += data

    def next(self):
        """The next event's fields."""
        while True:
            while b"\n\n" not in self.text:
                self.chunk()
            block, _, self.text = self.text.partition(b"\n\n")
            fields = dict(line.split(": ", 1) for line in block.decode().split("\n") if not line.startswith(":"))
            if fields:
                return fields

    def close(self):
        self.connection.close()


class Live(ContractCase):
    def reader(self, query="", **settings):
        reader = Reader(self.pipeline.port, query, **settings)
        self.addCleanup(reader.close)
        return reader

    def test_an_event_is_there_within_a_second(self):
        reader = self.reader("?conversation_id=live-1")
        self.assertEqual((reader.status, reader.headers["content-type"]), (200, "text/event-stream"))
        for number in range(5):
            began = time.monotonic()
            identity = self.create(conversation_id="live-1", input=f"line one\nline {number}", input_embeddings=[1, 2.5])
            got = reader.next()
            self.assertLess(time.monotonic() - began, 1)
            self.assertEqual(got["id"], identity)
            self.assertEqual(json.loads(got["data"]), self.read(identity))

    def test_filters_choose(self):
        readers = [self.reader(f"?conversation_id=live-2{query}") for query in (
            "", "&event_name=event_a", "&event_name=event_a&event_name=event_b", "&error=true", "&error=false&event_name=event_c")]
        other = self.reader("?conversation_id=live-3")
        ids = {}
        for name in ("event_a", "event_b", "event_c"):
            for error in ("", "broken"):
                ids[self.create(conversation_id="live-2", event_name=name, error=error)] = (name, error)
        for reader, holds in zip(readers, (
                lambda name, error: True, lambda name, error: name == "event_a", lambda name, error: name in ("event_a", "event_b"),
                lambda name, error: error, lambda name, error: not error and name == "event_c")):
            wanted = {identity for identity, fields in ids.items() if holds(*fields)}
            self.assertEqual({reader.next()["id"] for _ in wanted}, wanted)
        last = self.create(conversation_id="live-3")
        self.assertEqual(other.next()["id"], last)

    def test_changes_and_deletions_are_none_and_another_api_s_events_are_there(self):
        reader = self.reader("?conversation_id=live-4")
        identity = self.create(conversation_id="live-4")
        self.client.request("PUT", f"/event/{identity}", b'{"error":"x"}')
        self.client.request("DELETE", f"/event/{identity}")
        self.assertEqual(reader.next()["id"], identity)
        with API() as other:
            made = other.request("POST", "/event", json.dumps({"conversation_id": "live-4", "event_name": "event_a"}).encode())
            self.assertEqual(reader.next()["id"], made.data["id"])

    def test_one_who_does_not_read_is_told_what_was_dropped(self):
        reader = self.reader("?conversation_id=live-5", timeout=30)
        event = json.dumps({"conversation_id": "live-5", "event_name": "event_a", "input": "x" * 20_000}).encode()
        count = 0
        for _ in range(8):
            answer = self.client.post(b"[" + b",".join([event] * 500) + b"]", "/events/batch")
            self.assertEqual(answer.status, 202)
            count += 500
        seen = dropped = 0
        while seen + dropped < count:
            got = reader.next()
            if got.get("event") == "dropped":
                dropped += json.loads(got["data"])["count"]
            else:
                seen += 1
        self.assertEqual(seen + dropped, count)
        self.assertGreater(dropped, 0)

    def test_what_is_wrong_is_named(self):
        for query in ("error=maybe", "error=true&error=true", "conversation_id=", "event_name="):
            answer = self.client.get(f"/events/live?{query}")
            self.assertEqual(answer.status, 400, query)
            self.assertTrue(answer.error.startswith(query.split("=")[0]), answer.error)

    def test_stopping_ends_what_is_read(self):
        with API() as api:
            reader = Reader(api.port, "", 20)
            began = time.monotonic()
            api.process.terminate()
            with self.assertRaises((EOFError, ConnectionError)):
                while True:
                    reader.chunk()
            api.process.wait(timeout=10)
            self.assertLess(time.monotonic() - began, 5)


if __name__ == "__main__":
    unittest.main()
