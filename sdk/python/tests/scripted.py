"""A server that answers each request as a test says, and remembers what it was asked."""
import gzip
import json
import socketserver
import threading


class Scripted:
    """Each step is `(status, headers, body)`, `"cut"` (the connection ends once the request is there) or `"hang"`."""

    def __init__(self, *steps):
        self.steps, self.requests = list(steps), []
        self.ended = threading.Event()
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                while outer._serve(self):
                    pass

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def _serve(self, handler):
        line = handler.rfile.readline().decode()
        if not line:
            return False
        headers = {}
        while field := handler.rfile.readline().strip().decode():
            name, _, value = field.partition(":")
            headers[name.lower()] = value.strip()
        body = handler.rfile.read(int(headers.get("content-length", 0)))
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        self.requests.append((line.split()[0], line.split()[1], headers, body))
        step = self.steps.pop(0) if self.steps else None
        if callable(step):
            step = step(body)
        if step == "cut":
            return False
        if step == "hang":
            self.ended.wait(30)
            return False
        if step is None:
            step = accept(body)
        status, extra, answer = step
        text = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(text)}", "Content-Type: application/json"]
        lines += [f"{name}: {value}" for name, value in extra.items()]
        handler.wfile.write("\r\n".join(lines).encode() + b"\r\n\r\n" + text)
        return True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()


def accept(body):
    """What the API answers where all is well, to an event and to a batch."""
    lines = [json.loads(line) for line in body.splitlines() if line.strip()]
    if body.lstrip().startswith(b"["):
        lines = json.loads(body)
    ids = [line.get("id") for line in lines]
    data = {"accepted": len(ids), "rejected": 0, "ids": ids, "errors": []}
    if len(ids) == 1:
        data["id"] = ids[0]
    return 202, {}, {"success": True, "message": "queued", "data": data}


def unavailable(seconds):
    return 503, {"Retry-After": str(seconds)}, {"success": False, "error": "try again"}
