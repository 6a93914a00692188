"""PUT and DELETE: only what is present changes, in the order of acceptance, and never what does not exist."""
import unittest
import uuid

from case import ContractCase


class Updates(ContractCase):
    def test_only_fields_present_change(self):
        whole = self.event(conversation_metadata="m", error="e", latency=5, input="i", output="o",
                           input_embeddings=[1], output_embeddings=[2])
        made = self.create(**whole)
        before = self.read(made)
        response = self.client.put(made, {"output": "changed", "unknown": 1, "input": None})
        self.assertEqual(response.status, 202, response)
        self.assertEqual(response.json, {
            "success": True, "message": "event update queued", "data": {"id": made}})
        after = self.read(made, lambda event: event["output"] == "changed")
        self.assertGreaterEqual(after["updated_at"], before["updated_at"])
        self.assertEqual(after | {"updated_at": 0, "output": "o"}, before | {"updated_at": 0})

    def test_every_field(self):
        changes = {"conversation_metadata": "x", "event_name": "event_c", "error": "x", "latency": 1.5, "input": "x",
                   "output": "x", "input_embeddings": [0.5], "output_embeddings": [1, 2]}
        made = self.create()
        for field, value in changes.items():
            with self.subTest(field):
                self.assertEqual(self.client.put(made, {field: value}).status, 202)
                self.read(made, lambda event: event[field] == value)
        self.assertEqual({field: self.read(made)[field] for field in changes}, changes)

    def test_empty_values_are_values(self):
        empty = {"conversation_metadata": "", "error": "", "latency": 0, "input": "", "output": "",
                 "input_embeddings": [], "output_embeddings": []}
        made = self.create(conversation_metadata="m", error="e", latency=5, input="i", output="o",
                           input_embeddings=[1], output_embeddings=[2])
        for field, value in empty.items():
            with self.subTest(field):
                self.assertEqual(self.client.put(made, {field: value}).status, 202)
                self.read(made, lambda event: event[field] == value)

    def test_another_name_leaves_one_row(self):
        conversation = f"renamed {uuid.uuid4()}"
        made = self.create(conversation_id=conversation)
        self.assertEqual(self.client.put(made, {"event_name": "event_b"}).status, 202)
        self.read(made, lambda event: event["event_name"] == "event_b")
        listed = self.client.get(f"/events/conversation/{conversation.replace(' ', '%20')}").data
        self.assertEqual([(event["id"], event["event_name"]) for event in listed], [(made, "event_b")])

    def test_the_last_of_many_wins(self):
        made = self.create()
        for number in range(200):
            self.assertEqual(self.client.put(made, {"latency": number, "input": str(number)}).status, 202)
        event = self.read(made, lambda event: event["latency"] == 199)
        self.assertEqual(event["input"], "199")

    def test_refusals(self):
        made = self.create()
        for field in ("id", "conversation_id", "created_at"):
            with self.subTest(field):
                self.assertRefused(self.client.put(made, {field: str(uuid.uuid4()), "input": "x"}), field)
        for body in ({}, {"input": None}, {"unknown": 1}, {"output": None, "unknown": "x"}, [], "x", None):
            with self.subTest(body=body):
                self.assertRefused(self.client.put(made, body if body is not None else b"null"))
        for field, value in (("latency", -1), ("latency", "1"), ("event_name", ""), ("event_name", "event_d"),
                             ("input", 1), ("error", []), ("input_embeddings", ["x"]), ("output_embeddings", [1e39])):
            with self.subTest(field, value=value):
                self.assertRefused(self.client.put(made, {field: value}), field)
        self.assertRefused(self.client.put(made, b'{"input":"a","input":"b"}'), "input")
        self.assertRefused(self.client.put(made, b""))
        self.assertRefused(self.client.put(made, b'{"input":"\\ud800"}'), "input")
        self.settled()
        self.assertEqual(self.read(made)["input"], "")

    def test_an_unknown_event(self):
        unknown = str(uuid.uuid4())
        self.assertEqual(self.client.put(unknown, {"input": "x"}).status, 202)
        self.settled()
        self.assertEqual(self.client.get(f"/event/{unknown}").status, 404)


class Deletions(ContractCase):
    def test_a_deleted_event_is_gone_for_good(self):
        conversation = f"deleted-{uuid.uuid4()}"
        made = self.create(conversation_id=conversation)
        response = self.client.delete(made)
        self.assertEqual(response.status, 202)
        self.assertEqual(response.json, {
            "success": True, "message": "event deletion queued", "data": {"id": made}})
        self.gone(made)
        missing = self.client.get(f"/event/{made}")
        self.assertEqual(missing.json, {"success": False, "error": "event not found"})
        self.assertEqual(self.client.get(f"/events/conversation/{conversation}").data, [])
        # Neither a create, an update nor another deletion brings it back.
        self.assertEqual(self.client.post(self.event(id=made, conversation_id=conversation)).status, 202)
        self.assertEqual(self.client.put(made, {"input": "x"}).status, 202)
        self.assertEqual(self.client.delete(made).status, 202)
        self.settled()
        self.assertEqual(self.client.get(f"/event/{made}").status, 404)
        self.assertEqual(self.client.get(f"/events/conversation/{conversation}").data, [])

    def test_an_unknown_event(self):
        unknown = str(uuid.uuid4())
        self.assertEqual(self.client.delete(unknown).status, 202)
        self.settled()
        # It was not there to be deleted, so it can still be made.
        self.assertEqual(self.client.post(self.event(id=unknown)).status, 202)
        self.read(unknown)

    def test_everything_at_once(self):
        """Create, change and delete without waiting: the order of acceptance is the order of application."""
        made = [str(uuid.uuid4()) for _ in range(50)]
        for number, event in enumerate(made):
            self.client.post(self.event(id=event, input="first"))
            self.client.put(event, {"input": "second"})
            self.client.put(event, {"output": "third"})
            if number % 2:
                self.client.delete(event)
        for number, event in enumerate(made):
            if number % 2:
                continue
            whole = self.read(event, lambda event: event["output"] == "third")
            self.assertEqual(whole["input"], "second")
        self.settled()
        for event in made[1::2]:
            self.assertEqual(self.client.get(f"/event/{event}").status, 404)


if __name__ == "__main__":
    unittest.main()
