"""Hostile, slow and vanishing peers, from raw sockets: each is refused or given up, and none of them costs the others."""
import concurrent.futures
import re
import resource
import socket
import threading
import time
import unittest
from pathlib import Path

from case import ContractCase
from pipeline import Pipeline, until

BODY = b'{"conversation_id":"c","event_name":"event_a"}'
PING = b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n"
SECOND = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"


def post(*headers, body=BODY):
    return b"POST /event HTTP/1.1\r\nHost: x\r\n" + b"".join(header + b"\r\n" for header in headers) + b"\r\n" + body


class Smuggling(ContractCase):
    """What a proxy in front could read in another way: always refused, and nothing that follows is answered."""

    ATTEMPTS = {
        "both lengths": post(b"Content-Length: 46", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
        "both lengths, other order": post(b"Transfer-Encoding: chunked", b"Content-Length: 5", body=b"0\r\n\r\n"),
        "two lengths": post(b"Content-Length: 46", b"Content-Length: 4"),
        "the same length twice": post(b"Content-Length: 46", b"Content-Length: 46"),
        "a list of lengths": post(b"Content-Length: 46, 46"),
        "a signed length": post(b"Content-Length: +46"),
        "a negative length": post(b"Content-Length: -1"),
        "a hexadecimal length": post(b"Content-Length: 0x2e"),
        "a length with a point": post(b"Content-Length: 46.0"),
        "a length with an inner space": post(b"Content-Length: 4 6"),
        "a length past 64 bits": post(b"Content-Length: 18446744073709551662"),
        "a space before the colon": post(b"Content-Length : 46"),
        "a tab before the colon": post(b"Transfer-Encoding\t: chunked", body=b"0\r\n\r\n"),
        "a folded header": post(b"Content-Length:\r\n 46"),
        "a folded first header": b"POST /event HTTP/1.1\r\n Host: x\r\nContent-Length: 46\r\n\r\n" + BODY,
        "a bare line feed": b"POST /event HTTP/1.1\nHost: x\nContent-Length: 46\n\n" + BODY,
        "a bare carriage return": post(b"X: a\rContent-Length: 46"),
        "a zero byte in a header": post(b"X: a\0b", b"Content-Length: 46"),
        "a zero byte in a name": post(b"Content-\0Length: 46"),
        "an unknown coding": post(b"Transfer-Encoding: xchunked", body=b"0\r\n\r\n"),
        "a coding twice": post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
        "chunked not last": post(b"Transfer-Encoding: chunked, identity", body=b"0\r\n\r\n"),
        "identity": post(b"Transfer-Encoding: identity", b"Content-Length: 46"),
        "a coding in HTTP/1.0": b"POST /event HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "a chunk's size with a prefix": post(b"Transfer-Encoding: chunked", body=b"0x5\r\nhello\r\n0\r\n\r\n"),
        "a chunk's size with a sign": post(b"Transfer-Encoding: chunked", body=b"+5\r\nhello\r\n0\r\n\r\n"),
        "a chunk's size with a space": post(b"Transfer-Encoding: chunked", body=b"5 \r\nhello\r\n0\r\n\r\n"),
        "a chunk's size past 64 bits": post(b"Transfer-Encoding: chunked", body=b"10000000000000005\r\nhello\r\n0\r\n\r\n"),
        "a chunk without a size": post(b"Transfer-Encoding: chunked", body=b"\r\nhello\r\n0\r\n\r\n"),
        "a chunk that is longer": post(b"Transfer-Encoding: chunked", body=b"3\r\nhello\r\n0\r\n\r\n"),
        "a chunk that ends in a line feed": post(b"Transfer-Encoding: chunked", body=b"5\nhello\n0\n\n"),
        "a length in a trailer": post(b"Transfer-Encoding: chunked", body=b"0\r\nContent-Length: 5\r\n\r\n"),
        "two hosts": b"GET /ping HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        "no host": b"GET /ping HTTP/1.1\r\n\r\n",
        "a host with a path": b"GET /ping HTTP/1.1\r\nHost: x/y\r\n\r\n",
        "two spaces in the line": b"GET  /ping HTTP/1.1\r\nHost: x\r\n\r\n",
        "a tab in the line": b"GET\t/ping HTTP/1.1\r\nHost: x\r\n\r\n",
        "a fragment": b"GET /ping#x HTTP/1.1\r\nHost: x\r\n\r\n",
        "an unknown version": b"GET /ping HTTP/2.0\r\nHost: x\r\n\r\n",
        "no version": b"GET /ping\r\nHost: x\r\n\r\n",
        "a method in quotes": b'"GET" /ping HTTP/1.1\r\nHost: x\r\n\r\n',
        "a line of headers without colon": b"GET /ping HTTP/1.1\r\nHost: x\r\nnothing\r\n\r\n",
        "HTTP/2's preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "a ClientHello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64) + b"\r\n\r\n",
    }

    def test_each_is_refused_and_the_connection_ends(self):
        for name, attempt in self.ATTEMPTS.items():
            for pieces in (False, True):
                with self.subTest(name, pieces=pieces):
                    connection = self.client.open()
                    self.addCleanup(connection.close)
                    data = attempt + SECOND
                    for piece in ([data[at:at + 7] for at in range(0, len(data), 7)] if pieces else [data]):
                        connection.send(piece)
                    response = connection.response()
                    self.assertIn(response.status, (400, 413, 501, 505), response)
                    self.assertIs(response.json["success"], False)
                    self.assertEqual(response.headers.get("connection"), "close", name)
                    with self.assertRaises((ConnectionError, OSError), msg=f"{name}: something more was answered"):
                        connection.response()


class Slow(ContractCase):
    def test_slow_peers_are_given_up_beside_good_ones(self):
        """Heads and bodies that trickle in, and connections that say nothing at all."""
        address = ("127.0.0.1", self.pipeline.port)
        stop = threading.Event()
        ended = []

        def trickle(first, piece):
            with socket.create_connection(address, timeout=60) as peer:
                began = time.monotonic()
                peer.sendall(first)
                peer.settimeout(0.2)
                answer = b""
                while not stop.is_set():
                    try:
                        peer.sendall(piece)
                        data = peer.recv(4096)
                        if not data:
                            break
                        answer += data
                    except TimeoutError:
                        continue
                    except OSError:
                        break
                ended.append((first, answer, time.monotonic() - began))

        kinds = [(b"GET /ping HTTP/1.1\r\nHost: x\r\nX: ", b"a"), (b"G", b"E"), (b"GET /ping HTTP/1.1\r\n", b"X: y\r\n")]
        with concurrent.futures.ThreadPoolExecutor(60) as pool:
            try:
                for kind in kinds * 20:
                    pool.submit(trickle, *kind)
                # The good ones notice nothing.
                slowest = 0
                deadline = time.monotonic() + 30
                while len(ended) < 60 and time.monotonic() < deadline:
                    began = time.monotonic()
                    self.assertEqual(self.client.get("/ping").status, 204)
                    slowest = max(slowest, time.monotonic() - began)
                    time.sleep(0.02)
            finally:
                stop.set()
        self.assertEqual(len(ended), 60, "the slow ones are still there")
        self.assertLess(slowest, 2)
        for first, answer, _ in ended:
            # A head that never ends is told so.
            self.assertTrue(answer.startswith((b"HTTP/1.1 408 ", b"HTTP/1.1 400 ", b"HTTP/1.1 431 ")), (first, answer[:100]))


class Vanishing(ContractCase):
    def test_aborted_uploads_leave_nothing(self):
        before = self.connections()
        for _ in range(200):
            peer = socket.create_connection(("127.0.0.1", self.pipeline.port))
            peer.sendall(post(b"Content-Length: 1000000", body=b"x" * 1000))
            peer.close()
        until(lambda: self.connections() <= before, 10, "the aborted connections' end")
        self.assertEqual(self.client.get("/ping").status, 204)

    def test_half_closed_peers_get_their_answers(self):
        with socket.create_connection(("127.0.0.1", self.pipeline.port), timeout=10) as peer:
            peer.sendall(PING + post(b"Content-Length: %d" % len(BODY)) + SECOND)
            peer.shutdown(socket.SHUT_WR)
            answer = b""
            while data := peer.recv(65536):
                answer += data
        self.assertEqual(re.findall(rb"HTTP/1\.1 (\d+) ", answer), [b"204", b"202", b"200"])

    def test_peers_that_never_read_are_bounded(self):
        """Ten peers pipeline requests without reading an answer: no memory grows, others are served."""
        process = self.pipeline.child("api")
        before = self.memory(process)
        peers = []
        for _ in range(10):
            peer = socket.create_connection(("127.0.0.1", self.pipeline.port))
            peer.setblocking(False)
            self.addCleanup(peer.close)
            peers.append(peer)
        many = SECOND * 2000
        for _ in range(300):
            for peer in peers:
                try:
                    peer.send(many)
                except BlockingIOError:
                    pass
            self.assertEqual(self.client.get("/ping").status, 204)
        self.assertLess(self.memory(process) - before, 50 << 20)

    def connections(self):
        page = self.client.get("/metrics").body.decode()
        return float(next(line.split()[1] for line in page.splitlines() if line.startswith("http_connections ")))

    @staticmethod
    def memory(process):
        status = Path(f"/proc/{process}/status").read_text()
        return next(int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("VmRSS"))


class Many(ContractCase):
    COUNT = 10_000

    def test_ten_thousand_idle_connections(self):
        """Each is kept, each is answered again, and each costs little."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < self.COUNT + 500:
            self.skipTest(f"only {hard} open files are allowed here")
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        process = self.pipeline.child("api")
        before = Vanishing.memory(process)
        peers = []
        try:
            for _ in range(self.COUNT):
                peer = socket.create_connection(("127.0.0.1", self.pipeline.port), timeout=10)
                peers.append(peer)
                peer.sendall(PING)
                self.assertTrue(peer.recv(4096).startswith(b"HTTP/1.1 204 "))
            each = (Vanishing.memory(process) - before) / self.COUNT
            print(f"an idle connection takes {each / 1024:.1f} KiB of the API's memory")
            self.assertLess(each, 32 << 10)
            self.assertEqual(self.client.get("/ping").status, 204)
            for peer in peers[::50]:
                peer.sendall(PING)
                self.assertTrue(peer.recv(4096).startswith(b"HTTP/1.1 204 "))
        finally:
            for peer in peers:
                peer.close()
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class Memory(unittest.TestCase):
    """What many connections took is given back to the system once they have gone."""
    IDLE, SLOW, HALF = 8_000, 1_500, 1_500
    BOUND = 24 << 20

    def test_it_comes_back(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        count = self.IDLE + self.SLOW + self.HALF
        if hard < count + 500:
            self.skipTest(f"only {hard} open files are allowed here")
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        # A pipeline of its own: the shared one may have been through much.
        with Pipeline() as pipeline:
            process = pipeline.child("api")
            client = pipeline.client()
            self.addCleanup(client.drop)
            for _ in range(300):
                self.assertEqual(client.get("/ping").status, 204)
            before = Vanishing.memory(process)
            for _ in range(2):
                peers = []
                address = ("127.0.0.1", pipeline.port)
                try:
                    for number in range(count):
                        peer = socket.create_connection(address, timeout=10)
                        peers.append(peer)
                        if number < self.IDLE:
                            peer.sendall(PING)
                            self.assertTrue(peer.recv(4096).startswith(b"HTTP/1.1 204 "))
                        elif number < self.IDLE + self.SLOW:
                            peer.sendall(b"GET /ping HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 4_000)
                        else:
                            peer.sendall(post(b"Content-Length: 60000", body=b"x" * 20_000))
                    most = Vanishing.memory(process)
                    self.assertEqual(client.get("/ping").status, 204)
                finally:
                    for peer in peers:
                        peer.close()
                try:
                    until(lambda: Vanishing.memory(process) - before < self.BOUND, 30, "the memory being given back")
                finally:
                    now = Vanishing.memory(process)
                    print(f"the API's memory: {before >> 20} MB, with {count} connections {most >> 20}, after {now >> 20}")
                self.assertEqual(client.get("/ping").status, 204)


if __name__ == "__main__":
    unittest.main()
