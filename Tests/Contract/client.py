"""An HTTP client that hides nothing: whole requests go out as bytes, whole responses come back."""
import json
import socket


class Response:
    def __init__(self, status, headers, body, version):
        self.status, self.headers, self.body, self.version = status, headers, body, version

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def data(self):
        return self.json["data"]

    @property
    def error(self):
        return self.json["error"]

    def __repr__(self):
        return f"{self.status} {self.body[:300]!r}"


class Connection:
    """One connection. What is received past a response is kept for the next."""

    def __init__(self, host, port, timeout=10):
        self.socket = socket.create_connection((host, port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""

    def send(self, data):
        """Send all of it, or as much as the server takes before it closes."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def more(self):
        data = self.socket.recv(1 << 16)
        if not data:
            raise ConnectionError(f"the server closed the connection after {self.received[:200]!r}")
        self.received += data

    def take(self, count):
        while len(self.received) < count:
            self.more()
        taken, self.received = self.received[:count], self.received[count:]
        return taken

    def line(self):
        while b"\r\n" not in self.received:
            self.more()
        line, _, self.received = self.received.partition(b"\r\n")
        return line

    def response(self, method="GET"):
        version, status, *_ = self.line().decode().split(" ", 2)
        headers = {}
        while line := self.line():
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        status = int(status)
        if method == "HEAD" or status < 200 or status in (204, 304):
            body = b""
        elif headers.get("transfer-encoding", "").lower() == "chunked":
            body = b""
            while size := int(self.line().split(b";")[0], 16):
                body += self.take(size)
                self.line()
            while self.line():
                pass
        elif "content-length" in headers:
            body = self.take(int(headers["content-length"]))
        else:
            body = self.rest()
        return Response(status, headers, body, version)

    def rest(self):
        """What comes until the server closes."""
        data, self.received = self.received, b""
        while chunk := self.socket.recv(1 << 16):
            data += chunk
        return data

    def closed(self):
        """Whether the server has closed its side, having sent nothing more."""
        try:
            return self.received == b"" and self.socket.recv(1) == b""
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Client:
    """Requests as people send them, each on a kept connection."""

    def __init__(self, host, port):
        self.host, self.port = host, port
        self.connection = None

    def open(self):
        return Connection(self.host, self.port)

    def request(self, method, path, body=None, headers=()):
        if body is not None and not isinstance(body, (bytes, bytearray)):
            body = json.dumps(body).encode()
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.host}:{self.port}", *headers]
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        data = "\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b"")
        for attempt in (1, 2):
            fresh = self.connection is None
            try:
                if fresh:
                    self.connection = self.open()
                self.connection.send(data)
                response = self.connection.response(method)
                break
            except OSError:
                self.drop()
                if fresh or attempt == 2:
                    raise
        if response.headers.get("connection", "").lower() == "close":
            self.drop()
        return response

    def drop(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def get(self, path):
        return self.request("GET", path)

    def post(self, body, path="/event", headers=()):
        return self.request("POST", path, body, headers)

    def put(self, event, body):
        return self.request("PUT", f"/event/{event}", body)

    def delete(self, event):
        return self.request("DELETE", f"/event/{event}")
