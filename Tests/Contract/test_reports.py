"""Saved questions."""
import json
import unittest
import uuid

from case import ContractCase

QUESTION = {"name": "per day", "query": "segmentation", "question": {"interval": "day", "measures": ["count"]},
            "chart": {"kind": "line"}}


class Reports(ContractCase):
    def save(self, report, identity=None):
        body = json.dumps(report).encode()
        if identity is None:
            return self.client.request("POST", "/reports", body)
        return self.client.request("PUT", f"/reports/{identity}", body)

    def test_a_report_is_saved_changed_and_deleted(self):
        made = self.save(QUESTION)
        self.assertEqual(made.status, 201, made)
        identity = made.data["id"]
        uuid.UUID(identity)
        path = f"/reports/{identity}"
        found = self.client.get(path)
        self.assertEqual(found.status, 200)
        self.assertEqual({name: found.data[name] for name in QUESTION}, QUESTION)
        self.assertIn(found.data, self.client.get("/reports").data)
        other = {**QUESTION, "name": "ümläut", "query": "funnel", "question": {"steps": [{}, {"event_name": "event_a"}]}}
        for number in range(5):
            changed = self.save({**other, "name": f"ü{number}"}, identity)
            self.assertEqual(changed.status, 200, changed)
            now = self.client.get(path).data
            self.assertEqual((now["name"], now["query"], now["question"]), (f"ü{number}", "funnel", other["question"]))
            self.assertEqual(now["created_at"], found.data["created_at"])
        self.assertEqual(self.client.request("DELETE", path).status, 200)
        for answer in (self.client.get(path), self.client.request("DELETE", path), self.save(QUESTION, identity)):
            self.assertEqual(answer.status, 404, answer)
        self.assertNotIn(identity, [report["id"] for report in self.client.get("/reports").data])

    def test_what_would_be_refused_is_not_saved(self):
        before = self.client.get("/reports").data
        for changes, path in (({"name": ""}, "name: "), ({"name": 7}, "name: "), ({"name": "x" * 257}, "name: "),
                              ({"query": "everything"}, "query: "), ({"question": []}, "question: "), ({"chart": 7}, "chart: "),
                              ({"question": {"interval": "year"}}, "question.interval: "), ({"more": 1}, "more: "),
                              ({"query": "funnel"}, "question.steps: ")):
            answer = self.save({**QUESTION, **changes})
            self.assertEqual(answer.status, 400, (changes, answer))
            self.assertTrue(answer.error.startswith(path), answer.error)
        for missing in ("name", "query", "question"):
            self.assertEqual(self.save({name: value for name, value in QUESTION.items() if name != missing}).status, 400)
        self.assertEqual(self.save({name: value for name, value in QUESTION.items() if name != "chart"}).data["chart"], {})
        self.assertEqual(len(self.client.get("/reports").data), len(before) + 1)
        self.assertEqual(self.client.get(f"/reports/{uuid.uuid4()}").status, 404)
        self.assertEqual(self.client.get("/reports/7").status, 400)


if __name__ == "__main__":
    unittest.main()
