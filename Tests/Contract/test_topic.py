"""What passes through Kafka, seen with another client: the messages, the dead letters, and what is counted."""
import json
import re
import time
import unittest
import uuid

from case import ContractCase
from client import Client
from pipeline import until

try:
    from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition
except ImportError:
    Consumer = None


@unittest.skipIf(Consumer is None, "confluent-kafka is not there: `Scripts/setup test` brings it")
class Topic(ContractCase):
    def setUp(self):
        super().setUp()
        self.brokers = f"127.0.0.1:{self.pipeline.ports['BROKER_PORT']}"

    def read_topic(self, topic, wanted, seconds=20):
        """The first message of a topic that is wanted."""
        consumer = Consumer({"bootstrap.servers": self.brokers, "group.id": str(uuid.uuid4())})
        self.addCleanup(consumer.close)
        partitions = until(lambda: consumer.list_topics(topic, timeout=5).topics[topic].partitions, seconds, topic)
        consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in partitions])
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            message = consumer.poll(0.2)
            # A message without a value counts as false.
            if message is not None and not message.error() and wanted(message):
                return message
        self.fail(f"no such message in {topic} within {seconds} s")

    def produce(self, key, value, headers=()):
        producer = Producer({"bootstrap.servers": self.brokers, "acks": "all"})
        producer.produce("events", key=key, value=value, headers=list(headers))
        self.assertEqual(producer.flush(10), 0)

    def message(self, operation, event, **data):
        value = {"operation": operation, "event_id": event, "timestamp": "2026-01-09T12:00:00.123Z"}
        return json.dumps(value | ({"data": data} if data else {})).encode()

    def test_operations_are_messages(self):
        made = self.create(input="seen in Kafka", latency=2.5)
        self.client.put(made, {"output": ""})
        self.client.delete(made)
        self.gone(made)
        key = made.encode()
        seen = {}
        for operation in ("create", "update", "delete"):
            message = self.read_topic("events", lambda message: message.key() == key and
                                      json.loads(message.value())["operation"] == operation)
            seen[operation] = json.loads(message.value())
            self.assertEqual(seen[operation]["event_id"], made)
            self.assertRegex(seen[operation]["timestamp"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertEqual((seen["create"]["data"]["input"], seen["create"]["data"]["latency"]), ("seen in Kafka", 2.5))
        self.assertEqual(seen["update"]["data"], {"output": ""})
        self.assertNotIn("data", seen["delete"])

    def test_times_come_from_the_message(self):
        event = str(uuid.uuid4())
        self.produce(event, self.message("create", event, conversation_id="c", event_name="event_a"))
        self.assertEqual(self.read(event)["created_at"], "2026-01-09T12:00:00.123Z")

    def test_when_it_happened_is_beside_when_it_was_accepted(self):
        event = str(uuid.uuid4())
        self.produce(event, self.message("create", event, conversation_id="c", event_name="event_a",
                                         created_at="2001-02-03T04:05:06.789Z"))
        read = self.read(event)
        self.assertEqual((read["created_at"], read["updated_at"]),
                         ("2001-02-03T04:05:06.789Z", "2026-01-09T12:00:00.123Z"))

    def test_a_message_twice_changes_nothing(self):
        event = str(uuid.uuid4())
        create = self.message("create", event, conversation_id="twice", event_name="event_a", input="first")
        self.produce(event, create)
        self.produce(event, self.message("update", event, input="second"))
        self.produce(event, create)
        self.settled()
        self.assertEqual(self.read(event)["input"], "second")

    def test_dead_letters(self):
        event = str(uuid.uuid4())
        fine = {"conversation_id": "c", "event_name": "event_a"}
        for value in (b"not JSON", b"", b"[]", b"{}", b"\xff\xfe", self.message("burn", event, **fine),
                      self.message("create", "no uuid", **fine), self.message("create", event, event_name="event_a"),
                      self.message("create", event, conversation_id="x" * 2049, event_name="event_a"),
                      self.message("create", event, conversation_id="c", event_name="x" * 257),
                      self.message("create", event, latency=-1, **fine), self.message("update", event, input=1),
                      self.message("create", event, **fine).replace(b"2026-01-09T", b"someday")):
            with self.subTest(value):
                mark = uuid.uuid4().bytes
                self.produce(event, value, [("mark", mark), ("other", b"\0\xff")])
                letter = self.read_topic("events.dlq", lambda message: ("mark", mark) in (message.headers() or []))
                headers = dict(letter.headers())
                self.assertEqual((letter.key(), letter.value()), (event.encode(), value))
                self.assertEqual(headers["other"], b"\0\xff")
                self.assertEqual(headers["dlq.topic"], b"events")
                self.assertIn(int(headers["dlq.partition"]), range(3))
                self.assertGreaterEqual(int(headers["dlq.offset"]), 0)
                self.assertGreater(len(headers["dlq.reason"]), 5)
        # The consumer went on.
        self.create()
        self.assertEqual(self.client.get(f"/event/{event}").status, 404)

    def test_what_changes_nothing_is_counted(self):
        def counted():
            page = Client("127.0.0.1", self.pipeline.ports["METRICS_PORT"]).get("/metrics")
            self.assertEqual(page.status, 200)
            return {name: float(value) for name, value in
                    re.findall(r"^([a-zA-Z_:][^\s{]*(?:\{[^}]*\})?) ([0-9.eE+-]+)$", page.body.decode(), re.M)}
        before = counted()
        own = self.create()
        self.client.post(self.event(id=own))
        for _ in range(3):
            self.client.put(str(uuid.uuid4()), {"input": "x"})
            self.client.delete(str(uuid.uuid4()))
        self.settled()

        def grown():
            now = counted()
            return {name: now[name] - before.get(name, 0) for name in now
                    if re.search("outcome=\"(create_of_existing|change_of_unknown)", name)}
        until(lambda: sum(grown().values()) >= 7, 10, f"7 operations without effect in {grown()}")


if __name__ == "__main__":
    unittest.main()
