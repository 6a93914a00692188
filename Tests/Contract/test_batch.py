"""`POST /events/batch`: many operations in one request."""
import datetime
import gzip
import json
import os
import signal
import threading
import unittest
import uuid

from case import ContractCase
from client import Connection
from pipeline import Pipeline, until

MILLION = 1 << 20


def array(items):
    return ("[" + ",".join(item if isinstance(item, str) else json.dumps(item) for item in items) + "]").encode()


def lines(items, end="\n"):
    return "".join((item if isinstance(item, str) else json.dumps(item)) + end for item in items).encode()


class BatchCase(ContractCase):
    def settled(self):
        """As for every case, with time for the bulk that others sent before."""
        for event in self.client.request("POST", "/events/batch", [self.event() for _ in range(40)]).data["ids"]:
            self.read(event, seconds=90)

    def batch(self, body, headers=()):
        return self.client.request("POST", "/events/batch", body, list(headers))

    def assertTaken(self, response, count):
        self.assertEqual(response.status, 202, response)
        self.assertEqual(set(response.json), {"success", "message", "data"})
        self.assertIs(response.json["success"], True)
        self.assertEqual((response.data["accepted"], response.data["rejected"], response.data["errors"]), (count, 0, []))
        self.assertEqual(len(response.data["ids"]), count)

    def assertInPart(self, response, refused):
        """The items at these indices are refused, for a reason that holds the text, and no others."""
        self.assertEqual(response.status, 207, response)
        self.assertIs(response.json["success"], True)
        data = response.data
        self.assertEqual([error["index"] for error in data["errors"]], sorted(refused))
        for error in data["errors"]:
            self.assertIn(refused[error["index"]], error["error"])
            self.assertEqual(set(error), {"index", "error"})
        for index, made in enumerate(data["ids"]):
            self.assertEqual(made is None, index in refused, index)
        self.assertEqual((data["accepted"], data["rejected"]), (len(data["ids"]) - len(refused), len(refused)))


class Accepted(BatchCase):
    def test_arrays_and_lines_whatever_the_content_type_says(self):
        for write in (array, lines, lambda items: lines(items, "\r\n"), lambda items: lines(items, "\n\n \r\n"),
                      lambda items: b" \r\n\t" + array(items) + b"\n", lambda items: lines(items)[:-1]):
            for kind in ("application/json", "application/x-ndjson", "text/plain"):
                conversation = str(uuid.uuid4())
                items = [self.event(conversation_id=conversation, input=str(number)) for number in range(5)]
                with self.subTest(body=write(items)[:20], kind=kind):
                    response = self.batch(write(items), [f"Content-Type: {kind}"])
                    self.assertTaken(response, 5)
                    for made, item in zip(response.data["ids"], items):
                        self.assertEqual(self.read(made)["input"], item["input"])

    def test_every_operation(self):
        old = self.create(input="old")
        gone = self.create()
        own = str(uuid.uuid4())
        items = [self.event(id=own.upper(), created_at="2003-04-05T06:07:08+01:00"), self.event(operation="create"),
                 self.event() | {"operation": None},
                 {"operation": "update", "id": old, "input": "new", "latency": 7},
                 {"id": gone, "operation": "delete"}]
        response = self.batch(array(items))
        self.assertTaken(response, 5)
        self.assertEqual(response.data["ids"][0], own)
        self.assertEqual(response.data["ids"][3:], [old, gone])
        self.assertEqual(self.read(own)["created_at"], "2003-04-05T05:07:08.000Z")
        for made in response.data["ids"][1:3]:
            self.read(made)
        self.read(old, lambda event: (event["input"], event["latency"]) == ("new", 7))
        self.gone(gone)

    def test_items_of_the_same_event_are_applied_in_their_order(self):
        events = [str(uuid.uuid4()) for _ in range(20)]
        items = [self.event(id=event, input="made") for event in events]
        for number in range(50):
            items += [{"operation": "update", "id": event, "latency": number, "input": f"{number}"} for event in events]
        items += [{"operation": "delete", "id": event} for event in events[:10]]
        items += [{"operation": "update", "id": event, "input": "too late"} for event in events[:10]]
        self.assertTaken(self.batch(lines(items)), len(items))
        for event in events[10:]:
            self.read(event, lambda event: (event["latency"], event["input"]) == (49, "49"))
        self.settled()
        for event in events[:10]:
            self.assertEqual(self.client.get(f"/event/{event}").status, 404)

    def test_sending_again_with_the_same_ids_is_harmless(self):
        conversation = str(uuid.uuid4())
        items = [self.event(id=str(uuid.uuid4()), conversation_id=conversation) for _ in range(100)]
        for _ in range(3):
            self.assertTaken(self.batch(array(items)), 100)
        self.settled()
        self.assertEqual(len(self.client.get(f"/events/conversation/{conversation}").data), 100)

    def test_compressed(self):
        body = array([self.event(conversation_id="compressed", input="x" * 1000) for _ in range(1000)])
        for coding in ("gzip", "x-gzip"):
            self.assertTaken(self.batch(gzip.compress(body), [f"Content-Encoding: {coding}"]), 1000)
        self.assertRefused(self.batch(gzip.compress(body)[:-3], ["Content-Encoding: gzip"]))
        self.assertRefused(self.batch(body, ["Content-Encoding: br"]), status=415)
        bomb = gzip.compress(b"[" + b" " * (200 << 20))
        self.assertRefused(self.batch(bomb, ["Content-Encoding: gzip"]), status=413)

    def test_chunked(self):
        body = lines([self.event() for _ in range(300)])
        pieces = [body[at:at + 1000] for at in range(0, len(body), 1000)]
        sent = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
        with self.client.open() as connection:
            connection.send(b"POST /events/batch HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + sent)
            self.assertTaken(connection.response(), 300)

    def test_as_many_and_as_large_as_there_may_be(self):
        conversation = str(uuid.uuid4())
        items = [self.event(conversation_id=conversation, input="x" * 1450) for _ in range(10_000)]
        for body in (array(items), lines(items)):
            self.assertLessEqual(len(body), 16 * MILLION)
            padded = body + b" " * (16 * MILLION - len(body))
            self.assertTaken(self.batch(padded), 10_000)
        path = f"/events/conversation/{conversation}"
        until(lambda: len(self.client.get(path).data) == 20_000, 60, "all of them being there")

    def test_imports_span_decades(self):
        conversation = f"decades {uuid.uuid4()}"
        first = datetime.datetime(2000, 1, 1, tzinfo=datetime.timezone.utc)
        times = [first + datetime.timedelta(days=30.4 * month) for month in range(318)]
        items = [self.event(conversation_id=conversation, created_at=time.isoformat(), input=str(number))
                 for number, time in enumerate(times)]
        response = self.batch(lines(reversed(items)))
        self.assertTaken(response, 318)
        path = "/events/conversation/" + conversation.replace(" ", "%20")
        until(lambda: len(self.client.get(path).data) == 318, 90, "every month being there")
        read = self.client.get(path).data
        self.assertEqual([event["input"] for event in read], [str(number) for number in range(318)])
        changed = [{"operation": "update", "id": made, "output": "seen"} for made in response.data["ids"]]
        self.assertTaken(self.batch(lines(changed)), 318)
        until(lambda: all(event["output"] == "seen" for event in self.client.get(path).data), 90, "every month's change")

    def test_single_writes_go_on_beside_bulk(self):
        """Bulk waits for room in the producer's buffer, and leaves half of it to others."""
        # One conversation: others look at what all of them come to.
        body = array([self.event(conversation_id="bulk", input="x" * 1450) for _ in range(10_000)])
        statuses = []

        def send():
            with Connection("127.0.0.1", self.pipeline.port, timeout=60) as connection:
                connection.send(b"POST /events/batch HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body))
                connection.send(body)
                statuses.append(connection.response().status)
        threads = [threading.Thread(target=send) for _ in range(6)]
        for thread in threads:
            thread.start()
        singles = []
        while any(thread.is_alive() for thread in threads):
            singles.append(self.client.post(self.event()).status)
        for thread in threads:
            thread.join()
        self.assertEqual(set(singles), {202})
        self.assertEqual(statuses, [202] * 6)


class Refused(BatchCase):
    def test_some(self):
        items = [self.event(), self.event(latency="x"), self.event(id="7"), {"operation": "merge"}, 5, None, [],
                 self.event(event_name="nobody"), self.event(created_at="1999-12-31T23:59:59Z"),
                 {"operation": "update", "input": "x"}, {"operation": "delete"},
                 {"operation": "update", "id": str(uuid.uuid4())},
                 {"operation": "update", "id": str(uuid.uuid4()), "conversation_id": "c", "input": "x"},
                 self.event(updated_at="2020-01-01T00:00:00Z"), {}, self.event()]
        refused = {1: "latency", 2: "id", 3: "operation", 4: "item", 5: "item", 6: "item", 7: "event_name",
                   8: "created_at", 9: "id", 10: "id", 11: "no field to change", 12: "conversation_id",
                   13: "updated_at", 14: "conversation_id"}
        for write in (array, lines):
            response = self.batch(write(items))
            self.assertInPart(response, refused)
            for index in (0, 15):
                self.read(response.data["ids"][index])

    def test_none(self):
        for body in (array([{}, self.event(latency=-1)]), lines([{}, self.event(latency=-1)])):
            response = self.batch(body)
            self.assertEqual(response.status, 400, response)
            self.assertEqual(set(response.json), {"success", "error", "data"})
            self.assertIs(response.json["success"], False)
            self.assertIn("conversation_id", response.error)
            self.assertEqual(response.data["ids"], [None, None])
            self.assertEqual((response.data["accepted"], response.data["rejected"]), (0, 2))
            self.assertEqual([error["index"] for error in response.data["errors"]], [0, 1])

    def test_an_array_that_is_no_json_takes_nothing(self):
        own = str(uuid.uuid4())
        good = json.dumps(self.event(id=own))
        for rest, place in (("", 0), (",", 1), (",]", 1), (",{]", 2), (",{\"a\":nul}]", 6), ("]]", 1), ("] x", 2),
                            (",\"a\nb\"]", 3), (" {}]", 1), (",01]", 1), (",\"\\q\"]", 2)):
            body = "[" + good + rest
            with self.subTest(rest):
                response = self.batch(body.encode())
                self.assertRefused(response, f"(at byte {len(good) + 1 + place})")
        self.settled()
        self.assertEqual(self.client.get(f"/event/{own}").status, 404)

    def test_a_line_that_is_no_json_is_refused_alone(self):
        items = [self.event(), "{", "oops", json.dumps(self.event()) + "}", "{}{}", self.event(), "\ufeff{}"]
        body = lines(items)
        self.assertInPart(self.batch(body), {1: "too early", 2: "JSON", 3: "nothing may follow", 4: "",
                                             6: "byte-order mark"})

    def test_text_that_is_none_is_refused_alone(self):
        for wrong in (b"\xff", b"\xc3", b"\xed\xa0\x80", b"\\ud800", b"\\udc00\\ud800"):
            bad = b'{"conversation_id":"c","event_name":"event_a","input":"%s"}' % wrong
            key = b'{"conversation_id":"c","event_name":"event_a","%s":1}' % wrong
            good = json.dumps(self.event()).encode()
            for body in (b"[" + b",".join((good, bad, key, good)) + b"]", b"\n".join((good, bad, key, good))):
                with self.subTest(body[:200]):
                    self.assertInPart(self.batch(body), {1: "input", 2: ""})

    def test_no_items(self):
        for body in (b"", b" ", b"\r\n\n\t", b"[]", b" [ ] ", b"\xef\xbb\xbf[]"):
            with self.subTest(body):
                self.assertRefused(self.batch(body))

    def test_too_many_and_too_large(self):
        own = str(uuid.uuid4())
        items = [self.event(id=own)] + ["{}"] * 10_000
        for body in (array(items), lines(items)):
            self.assertRefused(self.batch(body), status=413)
        first = json.dumps(self.event(id=own)).encode()
        for body in (b"[" + first + b" " * (16 * MILLION) + b"]", first + b"\n" * (16 * MILLION)):
            self.assertRefused(self.pipeline.client().request("POST", "/events/batch", body), status=413)
        self.settled()
        self.assertEqual(self.client.get(f"/event/{own}").status, 404)

    def test_an_item_past_the_body_limit_is_refused_alone(self):
        fits = json.dumps(self.event(input=""))
        fits = fits.replace('"input": ""', '"input": "' + "x" * (MILLION - len(fits)) + '"')
        self.assertEqual(len(fits), MILLION)
        tall = fits.replace("xx", "xxx", 1)
        for write in (array, lines):
            self.assertInPart(self.batch(write([fits, tall, self.event()])), {1: "larger"})

    def test_depth_harms_nobody_else(self):
        for deep in ("[" * 500_000 + "]" * 500_000, '{"a":' * 200_000 + "1" + "}" * 200_000):
            for write in (array, lines):
                response = self.batch(write([self.event(), '{"x":%s}' % deep, self.event(x=[[[[]]]])]))
                self.assertInPart(response, {1: ""})
        self.assertRefused(self.batch(b"[" * (8 * MILLION)), "at byte")
        self.assertEqual(self.client.get("/health").status, 200)

    def test_wrong_method(self):
        response = self.client.get("/events/batch")
        self.assertRefused(response, status=405)
        self.assertIn("POST", response.headers["allow"])


class WithoutKafka(unittest.TestCase):
    def test_it_is_to_be_tried_again(self):
        with Pipeline() as pipeline:
            client = pipeline.client()
            items = [{"id": str(uuid.uuid4()), "conversation_id": "c", "event_name": "event_a"} for _ in range(100)]
            broker = pipeline.child("broker")
            os.kill(broker, signal.SIGSTOP)
            try:
                body = array(items)
                # An acknowledgement is overdue after ten seconds.
                with Connection("127.0.0.1", pipeline.port, timeout=30) as connection:
                    connection.send(b"POST /events/batch HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" %
                                    (len(body), body))
                    response = connection.response()
                self.assertEqual(response.status, 503, response)
                self.assertEqual(response.headers["retry-after"], "1")
                self.assertIs(response.json["success"], False)
            finally:
                os.kill(broker, signal.SIGCONT)

            def again():
                response = client.request("POST", "/events/batch", array(items))
                self.assertIn(response.status, (202, 503), response)
                return response.status == 202
            until(again, 30, "the batch being taken")
            until(lambda: len(client.get("/events/conversation/c").data) == 100, 10, "each event being there once")
            client.drop()


if __name__ == "__main__":
    unittest.main()
