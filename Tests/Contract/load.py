"""Many requests at once over kept connections, and what became of each."""
import asyncio
import json
import random
import time
import uuid

HEAD = "{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"


def request(method, path, body=None):
    data = b"" if body is None else json.dumps(body).encode()
    return HEAD.format(method=method, path=path, length=len(data)).encode() + data


class Load:
    """Sends requests at a concurrency. `answers` counts statuses; 0 stands for no answer at all."""

    def __init__(self, port, concurrency=100, rate=None):
        self.port, self.concurrency, self.rate = port, concurrency, rate
        self.answers = {}

    def send(self, requests):
        """The status of each request, in order; 0 where the connection broke before the answer."""
        statuses = [0] * len(requests)
        asyncio.run(self._all(requests, statuses))
        for status in statuses:
            self.answers[status] = self.answers.get(status, 0) + 1
        return statuses

    async def _all(self, requests, statuses):
        numbers = iter(range(len(requests)))
        began = time.monotonic()

        async def work():
            connection = None
            for number in numbers:
                if self.rate:
                    await asyncio.sleep(began + number / self.rate - time.monotonic())
                try:
                    if connection is None:
                        connection = await asyncio.open_connection("127.0.0.1", self.port)
                    statuses[number], close = await asyncio.wait_for(self._one(connection, requests[number]), 60)
                    if close:
                        connection[1].close()
                        connection = None
                except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError):
                    if connection:
                        connection[1].close()
                    connection = None
                    await asyncio.sleep(0.05)
            if connection:
                connection[1].close()

        await asyncio.gather(*(work() for _ in range(self.concurrency)))

    @staticmethod
    async def _one(connection, data):
        reader, writer = connection
        writer.write(data)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
        await reader.readexactly(length)
        return int(head.split(b" ", 2)[1]), b"connection: close" in head


class Expected:
    """Events to create, change and delete, and which of them must be there in the end."""

    def __init__(self, count, conversations=20, seed=1):
        # The seed of a failing run can be used again; names are new in each run.
        self.random = random.Random(seed)
        self.run = uuid.uuid4().hex[:12]
        self.conversations = [f"{self.run}-{number}" for number in range(conversations)]
        self.events = [self._event(number) for number in range(count)]

    def _event(self, number):
        return {"id": str(uuid.UUID(int=self.random.getrandbits(128) ^ uuid.UUID(hex=self.run * 2 + "0" * 8).int)),
                "conversation_id": self.conversations[number % len(self.conversations)],
                "event_name": self.random.choice(("event_a", "event_b", "event_c")),
                "input": f"input {number} " + "x" * self.random.randrange(200), "latency": number / 8,
                "error": "broken" if number % 10 == 0 else "", "output": "",
                "input_embeddings": [number, 0.5]}

    def creates(self):
        return [request("POST", "/event", event) for event in self.events]

    def differences(self, client, acknowledged, unknown=()):
        """What is not as it should be: wrong, missing, or there twice. Events without an answer may be there or not."""
        wanted = {event["id"]: event for event in acknowledged}
        maybe = {event["id"]: event for event in unknown}
        seen, wrong = {}, []
        for conversation in self.conversations:
            response = client.get(f"/events/conversation/{conversation}")
            if response.status != 200:
                return [f"{conversation}: {response}"]
            for event in response.data:
                if event["id"] in seen:
                    wrong.append(f"twice: {event['id']}")
                seen[event["id"]] = event
                sent = wanted.get(event["id"]) or maybe.get(event["id"])
                if sent is None:
                    wrong.append(f"unexpected: {event['id']}")
                elif any(event[name] != value for name, value in sent.items()):
                    wrong.append(f"not as sent: {event} and {sent}")
        wrong += [f"missing: {event}" for event in wanted if event not in seen]
        return wrong
