"""A database that was lost beside a topic that was kept, and a topic that was made again beside a database that was kept."""
import shutil
import subprocess
import unittest

from pipeline import Pipeline, until
from test_topic import Consumer

try:
    from confluent_kafka.admin import AdminClient, NewTopic
except ImportError:
    pass


class Rebuild(unittest.TestCase):
    def setUp(self):
        self.pipeline = Pipeline()
        self.addCleanup(self.pipeline.remove)
        self.pipeline.start()
        self.client = self.pipeline.client()
        self.addCleanup(self.client.drop)

    def create(self, **fields):
        event = self.client.post({"conversation_id": "c", "event_name": "event_a"} | fields).data["id"]
        self.read(event)
        return event

    def read(self, event, seconds=30, **fields):
        """Wait until the event is there with these fields."""
        def there():
            answer = self.client.get(f"/event/{event}")
            return answer.status == 200 and all(answer.data[name] == value for name, value in fields.items())
        until(there, seconds, f"event {event} with {fields}")

    def restart(self, between=lambda: None):
        self.client.drop()
        self.pipeline.stop()
        between()
        self.pipeline.start()
        self.client = self.pipeline.client()

    def command(self, *words):
        process = self.pipeline.program(*words)
        self.assertEqual(process.wait(60), 0, self.pipeline.output[-1000:])

    def test_a_lost_database_is_rebuilt_from_the_topic(self):
        events = [self.create(input=f"{number}") for number in range(30)]
        gone = events.pop()
        self.client.delete(gone)
        until(lambda: self.client.get(f"/event/{gone}").status == 404, 10, "the deletion")
        self.restart(lambda: shutil.rmtree(self.pipeline.folder / "data/clickhouse"))
        self.assertIn("reading the topic from its beginning", self.pipeline.log("consumer"))
        self.client.put(events[0], {"output": "changed"})
        self.read(events[0], input="0", output="changed")
        for number, event in enumerate(events):
            self.read(event, input=f"{number}")
        self.assertEqual(self.client.get(f"/event/{gone}").status, 404)

    def test_the_topic_is_read_again_when_asked(self):
        event = self.create(input="kept")
        self.command("rebuild")
        until(lambda: "reading the topic from its beginning, as asked for" in self.pipeline.log("consumer"), 40, "the rebuild")
        self.client.put(event, {"output": "changed"})
        self.read(event, input="kept", output="changed")

    @unittest.skipIf(Consumer is None, "confluent-kafka is not there: `Scripts/setup test` brings it")
    def test_a_topic_that_was_made_again_is_adopted_when_asked(self):
        old = self.create(input="old")
        admin = AdminClient({"bootstrap.servers": f"127.0.0.1:{self.pipeline.ports['BROKER_PORT']}"})
        admin.delete_topics(["events"])["events"].result(10)
        self.pipeline.kill("consumer")
        until(lambda: "event-analytics topic adopt" in self.pipeline.output, 60, "the way on being told")
        # Everything else goes on: what is accepted meanwhile waits in the new topic.
        until(lambda: self.client.post({"conversation_id": "c", "event_name": "event_a"}).status == 202, 30, "the API")
        waiting = self.client.post({"conversation_id": "c", "event_name": "event_a"}).data["id"]
        self.command("topic")
        self.command("topic", "adopt")
        self.read(waiting, seconds=60)
        # Operations of the new topic come after those of the old one.
        self.client.put(old, {"output": "new"})
        self.read(old, input="old", output="new")

    @unittest.skipIf(Consumer is None, "confluent-kafka is not there: `Scripts/setup test` brings it")
    def test_a_topic_that_is_made_again_under_a_running_consumer(self):
        old = self.create(input="old")
        for _ in range(50):
            self.client.post({"conversation_id": "c", "event_name": "event_a"})
        admin = AdminClient({"bootstrap.servers": f"127.0.0.1:{self.pipeline.ports['BROKER_PORT']}"})
        admin.delete_topics(["events"])["events"].result(10)
        made = NewTopic("events", 3, 1, config={"max.message.bytes": str(16 << 20)})
        until(lambda: admin.create_topics([made])["events"].exception(10) is None, 10, "the topic made again")
        until(lambda: self.client.put(old, {"output": "new"}).status == 202, 30, "the API")
        until(lambda: "event-analytics topic adopt" in self.pipeline.output, 60, "the way on being told")
        self.command("topic", "adopt")
        self.read(old, seconds=60, input="old", output="new")

    def test_commands_say_what_they_cannot_do(self):
        process = subprocess.run(
            [str(self.pipeline.process.args[0]), "topic", "burn"], env=self.pipeline.environment, capture_output=True,
            check=False)
        self.assertEqual(process.returncode, 64)
        self.assertIn(b"burn", process.stderr)


if __name__ == "__main__":
    unittest.main()
