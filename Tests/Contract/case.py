"""What every test against the shared pipeline has at hand."""
import unittest
import uuid

from pipeline import shared, until


class ContractCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pipeline = shared()

    def setUp(self):
        self.client = self.pipeline.client()
        self.addCleanup(self.client.drop)

    def event(self, **fields):
        """A whole event that is accepted, with some fields changed; None leaves one out."""
        whole = {"conversation_id": f"conversation-{uuid.uuid4()}", "event_name": "event_a"} | fields
        return {name: value for name, value in whole.items() if value is not None}

    def create(self, **fields):
        """The id of a new event, once it can be read."""
        response = self.client.post(self.event(**fields))
        self.assertEqual(response.status, 202, response)
        self.read(response.data["id"])
        return response.data["id"]

    def read(self, event, condition=lambda event: True, seconds=10):
        """The event, once it is there and the condition holds."""
        def search():
            response = self.client.get(f"/event/{event}")
            if response.status == 200 and condition(response.data):
                return response.data
            self.assertIn(response.status, (200, 404), response)
        return until(search, seconds, f"event {event} as wanted")

    def gone(self, event, seconds=10):
        """Wait until the event cannot be read any more."""
        until(lambda: self.client.get(f"/event/{event}").status == 404, seconds, f"event {event} being gone")

    def settled(self):
        """Wait until everything sent before has been applied: one event in each partition has been."""
        made = [self.client.post(self.event()).data["id"] for _ in range(40)]
        for event in made:
            self.read(event)

    def assertRefused(self, response, field=None, status=400):
        """It is a JSON refusal whose error names the field."""
        self.assertEqual(response.status, status, response)
        self.assertEqual(set(response.json), {"success", "error"}, response)
        self.assertIs(response.json["success"], False)
        self.assertIn("application/json", response.headers.get("content-type", ""), response.headers)
        if field:
            self.assertIn(field, response.error)
        else:
            self.assertGreater(len(response.error), 5)
