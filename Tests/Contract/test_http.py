"""HTTP itself: what a server has to get right on the wire, from a raw socket."""
import json
import unittest
import uuid

from case import ContractCase

BODY = b'{"conversation_id":"c","event_name":"event_a"}'
POST = b"POST /event HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY
HEALTH = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"


def chunked(*chunks, head=b"", trailers=b""):
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return (b"POST /event HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n" + head + b"\r\n" + body + b"0\r\n"
            + trailers + b"\r\n")


class HTTPCase(ContractCase):
    def open(self):
        connection = self.client.open()
        self.addCleanup(connection.close)
        return connection

    def ask(self, data, method="GET"):
        connection = self.open()
        connection.send(data)
        return connection.response(method), connection


class Connections(HTTPCase):
    def test_pipelining(self):
        connection = self.open()
        connection.send(HEALTH + POST + b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n" + HEALTH + POST)
        statuses = [connection.response().status for _ in range(5)]
        self.assertEqual(statuses, [200, 202, 204, 200, 202])

    def test_byte_by_byte(self):
        connection = self.open()
        for index in range(len(POST)):
            connection.send(POST[index:index + 1])
        self.assertEqual(connection.response().status, 202)

    def test_usable_after_a_refusal(self):
        connection = self.open()
        for data, status in (
            (b"POST /event HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nxyz", 400),
            (b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n", 404),
            (b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nxyz", 404),
            (b"PATCH /event HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nxyz", 405),
            (b"GET /event/x HTTP/1.1\r\nHost: x\r\n\r\n", 400),
            (chunked(b"{", b"nonsense"), 400),
            (POST, 202),
        ):
            connection.send(data)
            response = connection.response()
            self.assertEqual(response.status, status, (data, response))

    def test_close_when_asked(self):
        response, connection = self.ask(HEALTH[:-2] + b"Connection: close\r\n\r\n")
        self.assertEqual(response.status, 200)
        self.assertEqual(response.headers.get("connection", "").lower(), "close")
        self.assertTrue(connection.closed())

    def test_http_1_0(self):
        response, connection = self.ask(b"GET /health HTTP/1.0\r\n\r\n")
        self.assertEqual((response.status, response.json["message"]), (200, "ok"))
        self.assertTrue(connection.closed())
        response, _ = self.ask(POST.replace(b"HTTP/1.1", b"HTTP/1.0"))
        self.assertEqual(response.status, 202)
        self.assertNotIn("transfer-encoding", response.headers)

    def test_half_closed_by_the_client(self):
        import socket
        connection = self.open()
        connection.send(POST)
        connection.socket.shutdown(socket.SHUT_WR)
        self.assertEqual(connection.response().status, 202)


class Bodies(HTTPCase):
    def test_chunked(self):
        for data in (chunked(BODY), chunked(*(BODY[index:index + 1] for index in range(len(BODY)))),
                     chunked(BODY[:7], BODY[7:], trailers=b"X-Checksum: 1\r\n"),
                     chunked(BODY).replace(b"\r\n{", b";name=value;other=\"q\"\r\n{", 1),
                     chunked(BODY).replace(b"chunked", b"Chunked", 1)):
            response, connection = self.ask(data)
            self.assertEqual(response.status, 202, (data, response))
            connection.send(HEALTH)
            self.assertEqual(connection.response().status, 200)

    def test_expect_100_continue(self):
        head, _, body = POST.partition(b"\r\n\r\n")
        connection = self.open()
        connection.send(head + b"\r\nExpect: 100-continue\r\n\r\n")
        self.assertEqual(connection.response().status, 100)
        connection.send(body)
        self.assertEqual(connection.response().status, 202)
        connection.send(HEALTH)
        self.assertEqual(connection.response().status, 200)

    def test_too_large(self):
        big = b'{"conversation_id":"c","event_name":"event_a","input":"' + b"x" * (2 << 20) + b'"}'
        head = b"POST /event HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n" % len(big)
        for data in (head + b"\r\n" + big, head + b"Expect: 100-continue\r\n\r\n",
                     chunked(*(big[index:index + 65536] for index in range(0, len(big), 65536)))):
            with self.subTest(data[:120]):
                response, _ = self.ask(data)
                self.assertRefused(response, status=413)
        self.assertEqual(self.client.get("/health").status, 200)

    def test_a_body_where_none_is_wanted(self):
        response, connection = self.ask(HEALTH[:-2] + b"Content-Length: 5\r\n\r\nhello" + HEALTH)
        self.assertEqual(response.status, 200)
        self.assertEqual(connection.response().status, 200)


class Methods(HTTPCase):
    def test_head(self):
        body = self.client.get("/health").body
        connection = self.open()
        connection.send(b"HEAD /health HTTP/1.1\r\nHost: x\r\n\r\n" + HEALTH)
        response = connection.response("HEAD")
        self.assertEqual((response.status, response.headers["content-length"]), (200, str(len(body))))
        self.assertEqual(connection.response().body, body)
        missing = self.client.request("HEAD", f"/event/{uuid.uuid4()}")
        self.assertEqual((missing.status, missing.body), (404, b""))

    def test_unknown_paths(self):
        for path in ("/nothing", "/event/a/b", "/eventz", "/events/conversation", "/analytics", "/healthy",
                     "/Event", "//event", "/analytics/sessions"):
            with self.subTest(path):
                self.assertRefused(self.client.get(path), status=404)

    def test_wrong_methods(self):
        for method, path, allowed in (
            ("GET", "/event", {"POST"}), ("DELETE", "/event", {"POST"}), ("PATCH", f"/event/{uuid.uuid4()}",
                                                                       {"GET", "HEAD", "PUT", "DELETE"}),
            ("POST", f"/event/{uuid.uuid4()}", {"GET", "PUT", "DELETE"}), ("POST", "/health", {"GET"}),
            ("PUT", "/events/conversation/c", {"GET"}), ("DELETE", "/analytics/latency", {"GET"}),
            ("BREW", "/event", {"POST"}),
        ):
            with self.subTest(method, path=path):
                response = self.client.request(method, path, {} if method in ("POST", "PUT", "PATCH") else None)
                self.assertRefused(response, status=405)
                self.assertLessEqual(allowed, {name.strip() for name in response.headers["allow"].split(",")})

    def test_cross_origin(self):
        for response in (self.client.request("GET", "/health", headers=["Origin: https://example.com"]),
                         self.client.post(b"nonsense", headers=["Origin: https://example.com"]),
                         self.client.post(self.event(), headers=["Origin: https://example.com"])):
            self.assertEqual(response.headers["access-control-allow-origin"], "*", response.headers)
        for path in ("/event", f"/event/{uuid.uuid4()}", "/analytics/latency"):
            response = self.client.request("OPTIONS", path, headers=[
                "Origin: https://example.com", "Access-Control-Request-Method: PUT",
                "Access-Control-Request-Headers: content-type"])
            self.assertIn(response.status, (200, 204), response)
            self.assertEqual(response.headers["access-control-allow-origin"], "*")
            self.assertRegex(response.headers["access-control-allow-headers"].lower(), r"content-type|\*")
            # Browsers do not count it to what a star stands for.
            self.assertIn("authorization", response.headers["access-control-allow-headers"].lower())
            self.assertIn("access-control-allow-methods", response.headers)

    def test_cross_origin_names_what_is_asked_for(self):
        response = self.client.request("OPTIONS", "/event", headers=[
            "Origin: https://example.com", "Access-Control-Request-Method: POST",
            "Access-Control-Request-Headers: x-trace-me,authorization"])
        names = [name.strip().lower() for name in response.headers["access-control-allow-headers"].split(",")]
        for name in ("authorization", "content-type", "content-encoding", "x-api-key", "traceparent", "x-trace-me"):
            self.assertEqual(names.count(name), 1, names)
        refused = self.client.post(b"nonsense", headers=["Origin: https://example.com"])
        self.assertIn("retry-after", refused.headers["access-control-expose-headers"].lower())

    def test_absolute_form(self):
        response, _ = self.ask(b"GET http://example.com/health HTTP/1.1\r\nHost: example.com\r\n\r\n")
        self.assertEqual(response.status, 200)

    def test_escaped_path(self):
        made = self.create()
        response = self.client.get("/event/" + "".join(f"%{ord(char):02x}" for char in made))
        self.assertEqual(response.status, 200, response)


class Smuggling(HTTPCase):
    """What two parsers could read in two ways is refused, and the connection with it."""

    def assertShut(self, data, statuses=(400,)):
        response, connection = self.ask(data)
        self.assertIn(response.status, statuses, (data, response))
        self.assertEqual(set(response.json), {"success", "error"}, response)
        self.assertIs(response.json["success"], False)
        self.assertTrue(connection.closed(), data)

    def test_lengths(self):
        post = b"POST /event HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n" + BODY
        length = b"%d" % len(BODY)
        for lines in (
            b"Content-Length: " + length + b"\r\nTransfer-Encoding: chunked",
            b"Transfer-Encoding: chunked\r\nContent-Length: " + length,
            b"Content-Length: " + length + b"\r\nContent-Length: 1", b"Content-Length: 1, " + length,
            b"Content-Length: +" + length, b"Content-Length: -1", b"Content-Length: 0x2e", b"Content-Length: " + length + b"a",
            b"Content-Length:", b"Content-Length: 99999999999999999999999", b"Content-Length: 4 6",
            b"Content-Length : " + length, b" Content-Length: " + length, b"Content-Length: " + length + b"\r\n folded",
        ):
            with self.subTest(lines):
                self.assertShut(post % lines, (400, 413) if b"9999" in lines else (400,))

    def test_encodings(self):
        post = b"POST /event HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n2e\r\n" + BODY + b"\r\n0\r\n\r\n"
        for lines in (b"Transfer-Encoding: gzip", b"Transfer-Encoding: chunked, gzip", b"Transfer-Encoding: xchunked",
                      b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", b"Transfer-Encoding:",
                      b"Transfer-Encoding: chunked, chunked", b"Transfer-Encoding : chunked",
                      b"Transfer-Encoding: \x0bchunked"):
            with self.subTest(lines):
                self.assertShut(post % lines, (400, 501))
        self.assertShut(chunked(BODY).replace(b"HTTP/1.1", b"HTTP/1.0"))

    def test_chunks(self):
        for size in (b"-2e", b"+2e", b"0x2e", b"2e ;", b" 2e", b"2g", b"", b"ffffffffffffffffff", b"2e\n", b"2e\r"):
            with self.subTest(size):
                self.assertShut(chunked(BODY).replace(b"2e\r\n", size + b"\r\n", 1), (400, 413))
        self.assertShut(chunked(BODY).replace(b"}\r\n", b"}xx", 1))

    def test_heads(self):
        for data in (
            b"GET /health HTTP/1.1\r\n\r\n", b"GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            b"GET  /health HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /health  HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET /health\r\nHost: x\r\n\r\n", b"GET /health HTTP/1.1x\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\r\n\r\n",
            b"GET health HTTP/1.1\r\nHost: x\r\n\r\n", b"GE\tT /health HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET /he\x00alth HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /health HTTP/1.1\r\nHost: x\r\nA\x00: b\r\n\r\n",
            b"GET /health HTTP/1.1\r\nHost: x\r\nA: b\x00c\r\n\r\n", b"GET /health HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n",
            b"GET /health HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", b"GET /health HTTP/1.1\r\nHost: x\r\n: empty\r\n\r\n",
            b"GET /health HTTP/1.1\rHost: x\r\n\r\n",
        ):
            with self.subTest(data):
                self.assertShut(data)

    def test_versions(self):
        for version in (b"HTTP/2.0", b"HTTP/0.9", b"HTTP/1.2", b"http/1.1", b"HTTP/1.10", b"HTTP/3"):
            with self.subTest(version):
                response, _ = self.ask(HEALTH.replace(b"HTTP/1.1", version))
                self.assertIn(response.status, (200, 400, 505) if version == b"HTTP/1.2" else (400, 505), response)

    def test_limits(self):
        self.assertShut(b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", (414,))
        self.assertShut(b"GET /health HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 1_000_000 + b"\r\n\r\n", (431,))
        self.assertShut(b"GET /health HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 20_000 + b"\r\n", (431,))


if __name__ == "__main__":
    unittest.main()
