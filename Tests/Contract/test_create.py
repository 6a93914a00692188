"""POST /event: what is accepted, how it reads back, and what is refused by name."""
import datetime
import gzip
import json
import re
import struct
import time
import unittest
import urllib.parse
import uuid

from case import ContractCase

FIELDS = {"id", "conversation_id", "conversation_metadata", "event_name", "error", "latency", "input", "output",
          "input_embeddings", "output_embeddings", "created_at", "updated_at"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def float32(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


class Accepted(ContractCase):
    def test_answer_and_defaults(self):
        before = datetime.datetime.now(datetime.timezone.utc)
        response = self.client.post({"conversation_id": "c", "event_name": "event_a"})
        self.assertEqual(response.status, 202)
        self.assertEqual(response.json, {
            "success": True, "message": "event creation queued", "data": {"id": response.data["id"]}})
        event = self.read(response.data["id"])
        self.assertEqual(set(event), FIELDS)
        defaults = {"conversation_metadata": "", "error": "", "latency": 0, "input": "", "output": "",
                    "input_embeddings": [], "output_embeddings": []}
        self.assertEqual({name: event[name] for name in defaults}, defaults)
        for name in ("created_at", "updated_at"):
            self.assertRegex(event[name], TIME)
            at = datetime.datetime.fromisoformat(event[name].replace("Z", "+00:00"))
            self.assertLess(abs((at - before).total_seconds()), 5)
        self.assertEqual(event["created_at"], event["updated_at"])

    def test_every_field_reads_back(self):
        sent = {"id": str(uuid.uuid4()), "conversation_id": "all fields", "conversation_metadata": '{"a": [1]}',
                "event_name": "event_b", "error": "it broke", "latency": 12.625, "input": "in", "output": "out",
                "input_embeddings": [0.1, -2.5, 3, 1e-7], "output_embeddings": [0, 16777217, -3.4028235e38]}
        event = self.read(self.create(**sent))
        for name in ("input_embeddings", "output_embeddings"):
            self.assertEqual([float32(value) for value in event[name]], [float32(value) for value in sent[name]])
            del event[name], sent[name]
        self.assertEqual({name: event[name] for name in sent}, sent)

    def test_visible_within_a_second_when_idle(self):
        self.settled()
        for _ in range(5):
            began = time.monotonic()
            event = self.client.post(self.event()).data["id"]
            self.read(event, seconds=1)
            self.assertLess(time.monotonic() - began, 1)

    def test_trailing_slash(self):
        self.assertEqual(self.client.post(self.event(), path="/event/").status, 202)

    def test_content_type_does_not_matter(self):
        for kind in ("text/plain", "application/x-www-form-urlencoded", "application/xml; charset=latin1", ""):
            response = self.client.post(self.event(), headers=[f"Content-Type: {kind}"])
            self.assertEqual(response.status, 202, kind)

    def test_null_is_the_same_as_leaving_out(self):
        body = self.event() | {name: None for name in (
            "id", "conversation_metadata", "error", "latency", "input", "output", "input_embeddings",
            "output_embeddings")}
        response = self.client.post(body)
        self.assertEqual(response.status, 202, response)
        self.assertEqual(self.read(response.data["id"])["latency"], 0)

    def test_unknown_fields_are_ignored_even_twice(self):
        body = b'{"x":1,"x":[{"conversation_id":2}],"conversation_id":"c","event_name":"event_a","Input":3}'
        self.assertEqual(self.client.post(body).status, 202)

    def test_latencies(self):
        for written, value in (("0", 0), ("1e3", 1000), ("0.1", 0.1), ("123456789.125", 123456789.125),
                               ("5e-324", 5e-324), ("1.7976931348623157e308", 1.7976931348623157e308)):
            with self.subTest(written):
                body = b'{"conversation_id":"c","event_name":"event_a","latency":%s}' % written.encode()
                response = self.client.post(body)
                self.assertEqual(response.status, 202, response)
                self.assertEqual(self.read(response.data["id"])["latency"], value)

    def test_any_unicode(self):
        text = "\0 \x01\x1f\x7f \"\\/ äß€ \u2028\u2029 \ufeff\ufffe\uffff \U0001f9d1\u200d\U0001f680 \U0010ffff"
        for ascii_only in (True, False):
            with self.subTest(ascii_only=ascii_only):
                fields = self.event(conversation_id=text + str(uuid.uuid4()), conversation_metadata=text, input=text,
                                    output=text, error=text)
                response = self.client.post(json.dumps(fields, ensure_ascii=ascii_only).encode())
                self.assertEqual(response.status, 202, response)
                event = self.read(response.data["id"])
                self.assertEqual({name: event[name] for name in fields}, fields)

    def test_escaped_names_are_the_names(self):
        body = b'{"conversation_\\u0069d":"c","event_name":"event_a","\\u0069nput":"escaped"}'
        self.assertEqual(self.read(self.client.post(body).data["id"])["input"], "escaped")

    def test_embeddings_are_the_nearest_floats_ties_to_even(self):
        texts = {"1.000000059604644775390625": 1.0, "1.000000178813934326171875": 1 + 2 ** -22,
                 # As most languages print these doubles.
                 repr(1 + 2 ** -24): 1.0, repr(1 + 3 * 2 ** -24): 1 + 2 ** -22,
                 "16777217": 2.0 ** 24, "16777219": 2.0 ** 24 + 4, "1e-46": 0.0, "0.1": float32(0.1)}
        body = json.dumps(self.event())[:-1] + f', "input_embeddings": [{", ".join(texts)}]}}'
        got = self.read(self.client.post(body.encode()).data["id"])["input_embeddings"]
        self.assertEqual([float32(value) for value in got], list(texts.values()))

    def test_compressed_bodies(self):
        event = self.event(input="x" * 10_000)
        body = json.dumps(event).encode()
        half = len(body) // 2
        for coding, sent in (("gzip", gzip.compress(body)), ("X-GZIP", gzip.compress(body)), ("identity", body),
                             ("gzip", gzip.compress(body[:half]) + gzip.compress(body[half:]))):
            with self.subTest(coding):
                response = self.client.post(sent, headers=[f"Content-Encoding: {coding}"])
                self.assertEqual(response.status, 202, response)
                self.assertEqual(self.read(response.data["id"])["input"], event["input"])
        changed = self.client.request("PUT", f"/event/{response.data['id']}", gzip.compress(b'{"input":"packed"}'),
                                      ["Content-Encoding: gzip"])
        self.assertEqual(changed.status, 202, changed)
        self.read(response.data["id"], lambda event: event["input"] == "packed")

    def test_a_body_at_the_limit(self):
        body = json.dumps(self.event(input="")).encode()
        body = body.replace(b'"input": ""', b'"input": "' + b"x" * ((1 << 20) - len(body)) + b'"')
        self.assertEqual(len(body), 1 << 20)
        self.assertEqual(self.client.post(body).status, 202)
        self.assertRefused(self.client.post(body + b" "), status=413)


class WhenItHappened(ContractCase):
    def test_any_offset_and_any_number_of_digits(self):
        for given, kept in (("2000-01-01T00:00:00Z", "2000-01-01T00:00:00.000Z"),
                            ("2013-05-06t07:08:09.5z", "2013-05-06T07:08:09.500Z"),
                            ("2024-02-29T00:30:00.123999999+01:00", "2024-02-28T23:30:00.123Z"),
                            ("2019-12-31T23:59:59-12:34", "2020-01-01T12:33:59.000Z")):
            with self.subTest(given):
                event = self.read(self.create(created_at=given))
                self.assertEqual(event["created_at"], kept)
                accepted = datetime.datetime.fromisoformat(event["updated_at"])
                self.assertLess(abs((datetime.datetime.now(datetime.timezone.utc) - accepted).total_seconds()), 10)

    def test_none_is_the_time_of_acceptance(self):
        event = self.read(self.client.post(self.event() | {"created_at": None}).data["id"])
        self.assertEqual(event["created_at"], event["updated_at"])

    def test_a_clock_that_runs_ahead_is_never_behind_its_own_event(self):
        ahead = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) + datetime.timedelta(minutes=4)
        text = ahead.isoformat().replace("+00:00", ".000Z")
        made = self.create(created_at=text)
        self.assertEqual(self.read(made)["updated_at"], text)
        self.client.put(made, {"input": "changed"})
        event = self.read(made, lambda event: event["input"] == "changed")
        self.assertEqual((event["created_at"], event["updated_at"]), (text, text))

    def test_it_stays_as_it_is(self):
        made = self.create(created_at="2011-11-11T11:11:11Z", conversation_id=f"moved {uuid.uuid4()}")
        self.assertRefused(self.client.put(made, {"created_at": "2012-11-11T11:11:11Z", "input": "x"}), "created_at")
        self.client.put(made, {"input": "changed"})
        event = self.read(made, lambda event: event["input"] == "changed")
        self.assertEqual(event["created_at"], "2011-11-11T11:11:11.000Z")
        self.client.delete(made)
        self.gone(made)
        self.client.post(self.event(id=made, created_at="2012-11-11T11:11:11Z"))
        self.settled()
        self.assertEqual(self.client.get(f"/event/{made}").status, 404)


class Identifiers(ContractCase):
    def test_made_ids_are_version_7_in_time_order(self):
        made = []
        for _ in range(3):
            now = time.time() * 1000
            made.append(uuid.UUID(self.client.post(self.event()).data["id"]))
            self.assertEqual(made[-1].version, 7)
            self.assertEqual(made[-1].variant, uuid.RFC_4122)
            self.assertLess(abs((made[-1].int >> 80) - now), 5000)
            time.sleep(0.002)
        self.assertEqual(made, sorted(made))

    def test_upper_case_is_shown_in_lower_case(self):
        own = str(uuid.uuid4())
        self.assertEqual(self.client.post(self.event(id=own.upper())).data["id"], own)
        self.assertEqual(self.read(own)["id"], own)
        self.assertEqual(self.read(own.upper())["id"], own)
        self.assertEqual(self.client.put(own.upper(), {"input": "x"}).data["id"], own)
        self.assertEqual(self.client.delete(own.upper()).data["id"], own)

    def test_other_forms_are_refused_in_bodies_and_paths(self):
        own = str(uuid.uuid4())
        forms = ["", "x", own[:-1], own + "0", own.replace("-", ""), "{" + own + "}", "urn:uuid:" + own,
                 own[:-1] + "g", own.replace("-", "_"), own[:8] + own[9:] + "-", " " + own[1:]]
        for form in forms:
            with self.subTest(form):
                self.assertRefused(self.client.post(self.event(id=form)), "id")
        for form in forms[1:-1]:
            for method in ("GET", "PUT", "DELETE"):
                with self.subTest(form, method=method):
                    body = {"input": "x"} if method == "PUT" else None
                    self.assertRefused(self.client.request(method, f"/event/{form}", body), "id")

    def test_an_id_again_changes_nothing(self):
        own = self.create(input="first")
        self.assertEqual(self.client.post(self.event(id=own, input="second")).status, 202)
        self.settled()
        self.assertEqual(self.read(own)["input"], "first")


class Refused(ContractCase):
    def test_required_fields(self):
        for field in ("conversation_id", "event_name"):
            with self.subTest(field):
                self.assertRefused(self.client.post(self.event(**{field: None})), field)
                self.assertRefused(self.client.post(self.event() | {field: None}), field)
                self.assertRefused(self.client.post(self.event(**{field: ""})), field)

    def test_wrong_types(self):
        wrong = {
            **{name: [1, True, [], {}, 0.5] for name in
               ("id", "conversation_id", "conversation_metadata", "event_name", "error", "input", "output")},
            "latency": ["1", True, [], {}, -1, -0.001],
            **{name: [1, "x", True, {}, ["1"], [None], [[1]], [True], [1, {}]] for name in
               ("input_embeddings", "output_embeddings")},
        }
        for field, values in wrong.items():
            for value in values:
                with self.subTest(field, value=value):
                    self.assertRefused(self.client.post(self.event() | {field: value}), field)

    def test_numbers_that_do_not_fit(self):
        for field, written in (("latency", b"1e309"), ("latency", b"-1e309"), ("input_embeddings", b"[1e39]"),
                               ("input_embeddings", b"[3.4028235677973367e38]"), ("output_embeddings", b"[0,-1e40]"),
                               ("output_embeddings", b"[1e400]")):
            with self.subTest(field, written=written):
                body = b'{"conversation_id":"c","event_name":"event_a","%s":%s}' % (field.encode(), written)
                self.assertRefused(self.client.post(body), field)
        body = b'{"conversation_id":"c","event_name":"event_a","input_embeddings":[3.40282356e38]}'
        self.assertEqual(self.client.post(body).status, 202)

    def test_names_that_are_not_allowed(self):
        for name in ("event_d", "EVENT_A", "event_a ", "*"):
            self.assertRefused(self.client.post(self.event(event_name=name)), "event_name")

    def test_texts_that_are_too_long(self):
        """2,048 bytes for a conversation's id, 256 for a name: bytes of UTF-8, to the byte, however they are written."""
        for unit in ("x", "é", "😀"):
            size = len(unit.encode())
            fine = unit * (2048 // size)
            with self.subTest(unit):
                made = self.create(conversation_id=fine)
                path = "/events/conversation/" + urllib.parse.quote(fine)
                self.assertEqual([event["id"] for event in self.client.get(path).data].count(made), 1)
                for body in (self.event(conversation_id=fine + "x"),
                             json.dumps(self.event(conversation_id=fine + "x"), ensure_ascii=False).encode()):
                    self.assertRefused(self.client.post(body), "conversation_id")
                name = unit * (256 // size) + "x"
                self.assertRefused(self.client.post(self.event(event_name=name)), "event_name")
                self.assertIn("256 bytes", self.client.post(self.event(event_name=name)).error)
        # There is no such conversation, and there cannot be.
        self.assertEqual(self.client.get("/events/conversation/" + "x" * 2049).data, [])

    def test_encodings(self):
        body = json.dumps(self.event()).encode()
        for coding in ("br", "deflate", "zstd", "gzip, gzip", "gzip;q=1"):
            with self.subTest(coding):
                response = self.client.post(body, headers=[f"Content-Encoding: {coding}"])
                self.assertRefused(response, "Content-Encoding", 415)
                self.assertEqual(response.headers["accept-encoding"], "gzip")
        packed = gzip.compress(body)
        for damaged in (body, b"", packed[:-1], packed[:20], packed + b"x", packed[:-8] + bytes(8)):
            self.assertRefused(self.client.post(damaged, headers=["Content-Encoding: gzip"]))
        bomb = gzip.compress(b" " * (200 << 20))
        self.assertRefused(self.client.post(bomb, headers=["Content-Encoding: gzip"]), status=413)

    def test_times_that_cannot_be_given(self):
        self.assertRefused(self.client.post(self.event(updated_at="2026-01-01T00:00:00.000Z")), "updated_at")
        ahead = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=6)
        for time in ("", "2026-01-01", "2026-01-01 00:00:00Z", "2026-01-01T00:00:00", "2026-01-01T24:00:00Z",
                     "2026-02-30T00:00:00Z", "2026-01-01T00:00:00+0100", "2026-01-01T00:00:00+24:00",
                     "2026-01-01T00:00:00.Z", "1999-12-31T23:59:59.999Z", "2000-01-01T00:00:00+00:01",
                     ahead.isoformat(), 1767225600, True, [], {}):
            with self.subTest(time):
                self.assertRefused(self.client.post(self.event(created_at=time)), "created_at")

    def test_a_known_field_twice(self):
        whole = {"id": str(uuid.uuid4()), "conversation_id": "c", "conversation_metadata": "m", "event_name": "event_a",
                 "error": "e", "latency": 1, "input": "i", "output": "o", "input_embeddings": [1],
                 "output_embeddings": [2]}
        for field in whole:
            with self.subTest(field):
                again = json.dumps(whole)[:-1] + f', "{field}": {json.dumps(whole[field])}}}'
                self.assertRefused(self.client.post(again.encode()), field)
                escaped = json.dumps(whole)[:-1] + f', "\\u{ord(field[0]):04x}{field[1:]}": {json.dumps(whole[field])}}}'
                self.assertRefused(self.client.post(escaped.encode()), field)

    def test_what_is_not_json(self):
        fine = b'{"conversation_id":"c","event_name":"event_a"%s}'
        bodies = [
            b"", b" ", b"{", b"null", b"[]", b'"x"', b"1", b"{}x", b"not json", b"{'a':1}", fine % b",",
            fine % b',"x":01', fine % b',"x":.5', fine % b',"x":1.', fine % b',"x":+1', fine % b',"x":NaN',
            fine % b',"latency":Infinity', fine % b',"x":tru', fine % b',"x":"\\x"', fine % b',"x":"\\u12g4"',
            fine % b',"x":"a\nb"', fine % b',"x":"\t"', fine % b',"input":"\0"', fine % b',"x" 1', fine % b',"x":',
            fine % b',"x":[1,]', fine % b',"x":{"a":1,}', fine % b',"x":[1}', fine % b',/**/"x":1',
            (fine % b"") + b"}", (fine % b"") + (fine % b""), (fine % b"") + b"\0", (fine % b"")[:-1], b"\0",
            fine % (b',"x":' + b"[" * 100_000),
        ]
        for body in bodies:
            with self.subTest(body[:80]):
                self.assertRefused(self.client.post(body))

    def test_depth_harms_nobody(self):
        body = b'{"conversation_id":"c","event_name":"event_a","x":%s}' % (b"[" * 100_000 + b"]" * 100_000)
        self.assertIn(self.client.post(body).status, (202, 400))
        self.assertEqual(self.client.get("/health").status, 200)

    def test_what_is_not_unicode(self):
        fine = b'{"conversation_id":"c","event_name":"event_a","input":"%s"}'
        wrong = [b"\x80", b"\xff", b"\xc3", b"\xc0\xaf", b"\xe0\x80\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80",
                 b"\xf0\x80\x80\x80", b"\xe2\x82", b"\\ud800", b"\\udc00", b"\\udc00\\ud800", b"\\ud800x", b"\\ud800\\n",
                 b"\\ud800\\ud800", b"\xf5\x80\x80\x80"]
        for text in wrong:
            with self.subTest(text):
                self.assertRefused(self.client.post(fine % text))
                # In a field that is ignored, and in a name, too.
                self.assertRefused(self.client.post((fine % b"").replace(b'"input":""', b'"x":"' + text + b'"')))
                self.assertRefused(self.client.post((fine % b"").replace(b'"input"', b'"' + text + b'"')))
        self.assertRefused(self.client.post(b"\xef\xbb\xbf" + fine % b"x"))


if __name__ == "__main__":
    unittest.main()
