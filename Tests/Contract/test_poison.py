"""What is on the topic and can never be applied, put there by another client: it is put aside, whole or cut, and nothing
behind it waits."""
import gzip
import json
import os
import socket
import struct
import unittest
import uuid

from pipeline import Pipeline, until
from test_topic import Consumer, Producer

try:
    from confluent_kafka import OFFSET_BEGINNING, TopicPartition
    from confluent_kafka.admin import AdminClient, NewTopic
except ImportError:
    pass


def letters(brokers, wanted, seconds=30):
    """The first `wanted` dead letters, each with its headers as a dictionary."""
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": str(uuid.uuid4()),
                         "fetch.message.max.bytes": 64 << 20, "fetch.max.bytes": 128 << 20,
                         "receive.message.max.bytes": 256 << 20})
    try:
        consumer.assign([TopicPartition("events.dlq", 0, OFFSET_BEGINNING)])
        found = []

        def more():
            message = consumer.poll(0.2)
            if message is not None and not message.error():
                found.append((message, dict(message.headers() or [])))
            return len(found) >= wanted
        until(more, seconds, f"{wanted} dead letters")
        return found
    finally:
        consumer.close()


def produce_raw(port, topic, batch):
    """Append a record batch whose bytes are the caller's own to partition 0 (Produce, version 3)."""
    body = struct.pack(">hhihi", -1, -1, 10_000, 0, 0)[:8]
    body = struct.pack(">h", -1) + struct.pack(">hi", -1, 10_000) + struct.pack(">i", 1)
    body += struct.pack(">h", len(topic)) + topic.encode() + struct.pack(">i", 1)
    body += struct.pack(">ii", 0, len(batch)) + batch
    head = struct.pack(">hhi", 0, 3, 1) + struct.pack(">h", 4) + b"test"
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(struct.pack(">i", len(head + body)) + head + body)
        size = struct.unpack(">i", connection.recv(4, socket.MSG_WAITALL))[0]
        answer = connection.recv(size, socket.MSG_WAITALL)
    return struct.unpack(">h", answer[4 + 4 + 2 + len(topic) + 4 + 4:][:2])[0]


def crc32c(data):
    """The checksum of a record batch."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def batch(records, count, attributes=0):
    """A record batch whose checksum is right, whatever its records are."""
    tail = struct.pack(">hiqqqhii", attributes, count - 1, 0, 0, -1, -1, -1, count) + records
    rest = struct.pack(">ib", 0, 2) + struct.pack(">I", crc32c(tail)) + tail
    return struct.pack(">qi", 0, len(rest)) + rest


@unittest.skipIf(Consumer is None, "confluent-kafka is not there: `Scripts/setup test` brings it")
class Poison(unittest.TestCase):
    def produce(self, pipeline, value, **settings):
        producer = Producer({"bootstrap.servers": self.brokers(pipeline), "acks": "all",
                             "message.max.bytes": 100 << 20, **settings})
        producer.produce("events", key=b"poison", value=value, headers=[("mark", b"m")], partition=0)
        self.assertEqual(producer.flush(60), 0)

    @staticmethod
    def brokers(pipeline):
        return f"127.0.0.1:{pipeline.ports['BROKER_PORT']}"

    def goes_on(self, pipeline, client):
        """Events of every partition are applied."""
        made = [client.post({"conversation_id": "behind", "event_name": "event_a"}).data["id"] for _ in range(20)]
        for event in made:
            until(lambda: client.get(f"/event/{event}").status == 200, 30, "an event behind the poison")
        until(lambda: client.get("/ready").status == 200, 10, "the API being ready")

    def test_messages_that_nothing_takes(self):
        with Pipeline() as pipeline:
            client = pipeline.client()
            self.addCleanup(client.drop)
            self.goes_on(pipeline, client)
            with self.subTest("20 MiB of one letter, packed"):
                self.produce(pipeline, b"x" * (20 << 20), **{"compression.type": "gzip"})
                self.goes_on(pipeline, client)
                message, headers = letters(self.brokers(pipeline), 1)[-1]
                self.assertEqual(message.value(), b"x" * (20 << 20))
                self.assertIn("mark", headers)
            with self.subTest("almost 16 MiB that do not get smaller"):
                noise = os.urandom((16 << 20) - 200)
                self.produce(pipeline, noise)
                self.goes_on(pipeline, client)
                message, headers = letters(self.brokers(pipeline), 2)[-1]
                self.assertEqual(message.value(), noise[:len(message.value())])
                self.assertGreater(len(message.value()), 100_000)
                self.assertEqual(headers["dlq.value_size"], str(len(noise)).encode())
                self.assertEqual(headers["dlq.partition"], b"0")
                self.assertIn("mark", headers)

    def test_a_dead_letter_topic_with_the_default_size(self):
        with Pipeline() as pipeline:
            client = pipeline.client()
            self.addCleanup(client.drop)
            admin = AdminClient({"bootstrap.servers": self.brokers(pipeline)})
            admin.delete_topics(["events.dlq"])["events.dlq"].result(10)
            made = NewTopic("events.dlq", 1, 1, config={"max.message.bytes": "1048588"})
            until(lambda: admin.create_topics([made])["events.dlq"].exception(10) is None, 10, "the topic made again")
            self.produce(pipeline, os.urandom(3 << 20))
            self.goes_on(pipeline, client)
            message, headers = letters(self.brokers(pipeline), 1)[-1]
            self.assertEqual(headers["dlq.value_size"], str(3 << 20).encode())

    def test_batches_that_cannot_be_read(self):
        with Pipeline() as pipeline:
            client = pipeline.client()
            self.addCleanup(client.drop)
            self.goes_on(pipeline, client)
            huge = gzip.compress(b"\0" * (300 << 20), 9)
            poison = [("decompresses to 300 MiB", batch(huge, 1, 1)), ("no gzip", batch(b"not gzip at all", 1, 1)),
                      ("no records", batch(b"\xff" * 40, 1)), ("a compression that there is not", batch(b"x", 1, 7))]
            taken = 0
            for name, bytes_ in poison:
                with self.subTest(name):
                    # A broker that looks into batches takes none of these: then the consumer never sees it.
                    if produce_raw(pipeline.ports["BROKER_PORT"], "events", bytes_) == 0:
                        taken += 1
                    self.goes_on(pipeline, client)
            if taken:
                found = letters(self.brokers(pipeline), taken)
                for message, headers in found:
                    self.assertIn(b"cannot be read", headers["dlq.reason"])


if __name__ == "__main__":
    unittest.main()
