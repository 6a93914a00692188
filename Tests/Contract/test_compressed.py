"""Answers in gzip, for clients that take it."""
import gzip
import json
import unittest
import uuid
import zlib

from case import ContractCase
from pipeline import until


class Answers(ContractCase):
    def get(self, path, *headers):
        return self.client.request("GET", path, headers=list(headers))

    def pair(self, path):
        """The answer as it is, and what the one in gzip holds."""
        plain = self.get(path)
        packed = self.get(path, "Accept-Encoding: gzip, deflate, br")
        self.assertNotIn("content-encoding", plain.headers)
        self.assertEqual(packed.headers["content-encoding"], "gzip", packed.headers)
        for response in (plain, packed):
            self.assertEqual(response.headers["vary"].lower(), "accept-encoding")
        self.assertLess(len(packed.body), len(plain.body))
        return plain.body, gzip.decompress(packed.body)

    def test_an_event(self):
        made = self.create(input="x" * 1024)
        plain, unpacked = self.pair(f"/event/{made}")
        self.assertEqual(plain, unpacked)
        head = self.client.request("HEAD", f"/event/{made}", headers=["Accept-Encoding: gzip"])
        self.assertEqual((head.headers["content-encoding"], head.body), ("gzip", b""))

    def test_long_answers_are_streamed(self):
        conversation = str(uuid.uuid4())
        for _ in range(2):
            items = [self.event(conversation_id=conversation, input=str(uuid.uuid4()) * 40) for _ in range(1000)]
            self.assertEqual(self.client.request("POST", "/events/batch", json.dumps(items).encode()).status, 202)
        path = f"/events/conversation/{conversation}"
        until(lambda: len(self.get(path).data) == 2000, 20, "all of them being there")
        plain, unpacked = self.pair(path)
        self.assertGreater(len(plain), 3_000_000)
        self.assertEqual(plain, unpacked)
        # As much as 64 KiB that was answered as a whole.
        small = str(uuid.uuid4())
        items = [self.event(conversation_id=small, input=str(uuid.uuid4()) * 40) for _ in range(100)]
        response = self.client.request("POST", "/events/batch", json.dumps(items).encode(), ["Accept-Encoding: gzip"])
        self.assertEqual(response.headers["content-encoding"], "gzip")
        self.assertEqual(json.loads(gzip.decompress(response.body))["data"]["accepted"], 100)
        until(lambda: len(self.get(f"/events/conversation/{small}").data) == 100, 20, "all of them being there")
        self.assertEqual(*self.pair(f"/events/conversation/{small}"))

    def test_refusals_too(self):
        body = json.dumps([{} for _ in range(100)]).encode()
        response = self.client.request("POST", "/events/batch", body, ["Accept-Encoding: gzip"])
        self.assertEqual((response.status, response.headers["content-encoding"]), (400, "gzip"))
        self.assertEqual(json.loads(gzip.decompress(response.body))["data"]["rejected"], 100)

    def test_short_answers_are_as_they_are(self):
        for path in ("/health", "/ping", f"/event/{uuid.uuid4()}", "/nowhere"):
            response = self.get(path, "Accept-Encoding: gzip")
            self.assertNotIn("content-encoding", response.headers)
            self.assertNotIn("vary", response.headers)

    def test_who_does_not_take_it_gets_none(self):
        made = self.create(input="x" * 2000)
        for value in ("", "identity", "br", "gzip;q=0", "gzip;q=0, *", "*;q=0"):
            response = self.get(f"/event/{made}", f"Accept-Encoding: {value}")
            self.assertNotIn("content-encoding", response.headers, value)
            self.assertEqual(response.data["id"], made)
        for value in ("gzip", "GZip;q=0.1", "x-gzip", "*", "br;q=1.0, gzip;q=0.8, *;q=0.1"):
            response = self.get(f"/event/{made}", f"Accept-Encoding: {value}")
            self.assertEqual(response.headers["content-encoding"], "gzip", value)
            self.assertEqual(json.loads(zlib.decompress(response.body, 31))["data"]["id"], made)


if __name__ == "__main__":
    unittest.main()
