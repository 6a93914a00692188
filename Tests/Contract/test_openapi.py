"""The API's description of itself, held against what it answers."""
import json
import re

from case import ContractCase
from pipeline import ROOT


class OpenAPI(ContractCase):
    def setUp(self):
        super().setUp()
        self.document = self.client.get("/openapi.json").json

    def resolve(self, node):
        while "$ref" in node:
            target, node = node["$ref"], self.document
            for name in target.removeprefix("#/").split("/"):
                node = node[name]
        return node

    def matches(self, value, schema, where):
        """Whether a value is as a schema of those that the document uses says."""
        schema = self.resolve(schema)
        if "const" in schema:
            self.assertEqual(value, schema["const"], where)
        if "enum" in schema:
            self.assertIn(value, schema["enum"], where)
        names = schema.get("type", [])
        kinds = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "number": (int, float),
                 "null": type(None)}
        if names:
            names = [names] if isinstance(names, str) else names
            self.assertTrue(any(isinstance(value, kinds[name]) for name in names), f"{where}: {value!r} is no {names}")
        if isinstance(value, dict):
            for name in schema.get("required", []):
                self.assertIn(name, value, where)
            for name, member in value.items():
                known = schema.get("properties", {}).get(name, schema.get("additionalProperties"))
                if isinstance(known, dict):
                    self.matches(member, known, f"{where}.{name}")
        if isinstance(value, list) and "items" in schema:
            for index, element in enumerate(value):
                self.matches(element, schema["items"], f"{where}[{index}]")

    def check(self, method, path, target, body=None):
        answer = self.client.request(method, target, body)
        responses = self.document["paths"][path][method.lower()]["responses"]
        response = self.resolve(responses.get(str(answer.status), responses["default"]))
        kind = answer.headers.get("content-type", "").partition(";")[0]
        if answer.body:
            self.assertIn(kind, response["content"], (method, target, answer))
            schema = response["content"][kind]["schema"]
            self.matches(answer.json if kind == "application/json" else answer.body.decode(), schema, f"{method} {target}")
        else:
            self.assertNotIn("content", response, (method, target, answer))
        return answer.status

    def test_it_is_openapi_and_says_what_is_configured(self):
        self.assertEqual(self.document["openapi"], "3.1.0")
        event = self.document["components"]["schemas"]["NewEvent"]
        self.assertEqual(event["required"], ["conversation_id", "event_name"])
        self.assertIn("event_a", event["properties"]["event_name"]["enum"])
        # What the README lists is described.
        readme = (ROOT / "README.md").read_text()
        for path in re.findall(r"`GET (/[a-z/-]*)[?`]", readme):
            self.assertIn(path.replace(":id", "{id}"), self.document["paths"])

    def test_answers_are_as_described(self):
        unknown = "01890a5d-ac96-774b-bcce-b302099a8057"
        event = json.dumps({"conversation_id": "openapi", "event_name": "event_a", "latency": 1}).encode()
        identity = self.create(conversation_id="openapi")
        statuses = [
            self.check("POST", "/event", "/event", event),
            self.check("POST", "/event", "/event", b"{"),
            self.check("POST", "/event/", "/event/", event),
            self.check("PUT", "/event/{id}", f"/event/{identity}", b'{"error":"x"}'),
            self.check("PUT", "/event/{id}", f"/event/{identity}", b"{}"),
            self.check("DELETE", "/event/{id}", f"/event/{unknown}"),
            self.check("DELETE", "/event/{id}", "/event/7"),
            self.check("GET", "/event/{id}", f"/event/{identity}"),
            self.check("GET", "/event/{id}", f"/event/{unknown}"),
            self.check("GET", "/event/{id}", "/event/7"),
            self.check("POST", "/events/batch", "/events/batch", b"[" + event + b"]"),
            self.check("POST", "/events/batch", "/events/batch", b"[" + event + b",7]"),
            self.check("POST", "/events/batch", "/events/batch", b"[7]"),
            self.check("POST", "/events/batch", "/events/batch", b"["),
            self.check("GET", "/events/conversation/{conversation_id}", "/events/conversation/openapi"),
            self.check("GET", "/events/conversation/{conversation_id}", "/events/conversation/openapi?limit=1"),
            self.check("GET", "/events/conversation/{conversation_id}", "/events/conversation/openapi?limit=0"),
            self.check("GET", "/analytics/errors", "/analytics/errors?event_name=event_a"),
            self.check("GET", "/analytics/errors", "/analytics/errors"),
            self.check("GET", "/analytics/latency", "/analytics/latency?limit=3"),
            self.check("GET", "/analytics/sessions/top-errors", "/analytics/sessions/top-errors?days=2"),
            self.check("GET", "/events", "/events?limit=2&event_name=event_a&error=false&metadata.a=b"),
            self.check("GET", "/events", "/events?limit=2"),
            self.check("GET", "/events", "/events?cursor=x"),
            self.check("GET", "/conversations", "/conversations?limit=2"),
            self.check("GET", "/event-names", "/event-names"),
            self.check("GET", "/export", "/export?conversation_id=openapi"),
            self.check("GET", "/export", "/export?conversation_id=openapi&format=csv"),
            self.check("GET", "/export", "/export?format=xml"),
            self.check("POST", "/query/segmentation", "/query/segmentation", b'{"breakdown":["event_name"]}'),
            self.check("POST", "/query/segmentation", "/query/segmentation", b'{"interval":"year"}'),
            self.check("POST", "/query/funnel", "/query/funnel", b'{"steps":[{},{"event_name":"event_a"}]}'),
            self.check("POST", "/query/retention", "/query/retention", b"{}"),
            self.check("POST", "/query/flows", "/query/flows", b'{"anchor":{}}'),
            self.check("POST", "/query/similar", "/query/similar", b'{"field":"input","embedding":[1]}'),
            self.check("POST", "/query/similar", "/query/similar", f'{{"field":"input","id":"{unknown}"}}'.encode()),
            self.check("POST", "/query/conversations", "/query/conversations", b"{}"),
            self.check("POST", "/reports", "/reports", b'{"name":"a","query":"retention","question":{}}'),
            self.check("GET", "/reports", "/reports"),
            self.check("GET", "/reports/{id}", f"/reports/{unknown}"),
            self.check("PUT", "/reports/{id}", f"/reports/{unknown}", b"{}"),
            self.check("DELETE", "/reports/{id}", f"/reports/{unknown}"),
            self.check("GET", "/health", "/health"),
            self.check("GET", "/ping", "/ping"),
            self.check("GET", "/ready", "/ready"),
            self.check("GET", "/metrics", "/metrics"),
            self.check("GET", "/openapi.json", "/openapi.json"),
        ]
        self.assertEqual(set(statuses), {200, 201, 202, 204, 207, 400, 404})
