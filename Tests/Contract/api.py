"""Another API beside a pipeline, that which the tests share as a rule, with settings of its own."""
from client import Client
from pipeline import free_port, shared, until


class API:
    """Another API beside the pipeline, with settings of its own."""

    def __init__(self, beside=None, **settings):
        self.port = free_port()
        self.process = (beside or shared()).program("api", API_PORT=str(self.port), **settings)

    def __enter__(self):
        until(lambda: self.ready(), 20, "the API being ready")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=20)

    def ready(self):
        answer = self.answer("/ready")
        return answer is not None and answer.status == 200

    def answer(self, path):
        """An answer, or None where it does not listen yet."""
        try:
            return self.request("GET", path)
        except OSError:
            return None

    def request(self, method, path, body=None, **headers):
        client = Client("127.0.0.1", self.port)
        try:
            return client.request(method, path, body, [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()])
        finally:
            client.drop()

    def by(self, key, method, path, body=None):
        return self.request(method, path, body, Authorization=f"Bearer {key}")
