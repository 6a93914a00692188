"""Traces: from a request's header through Kafka to ClickHouse's query, and out to a collector."""
import http.server
import json
import threading
import time
import unittest

from confluent_kafka import Consumer, TopicPartition

from pipeline import Pipeline, free_port, until


class Collector:
    """An OpenTelemetry collector that keeps what comes; it may be away for a while."""

    def __init__(self):
        self.spans, self.answers, self.port = [], [], free_port()
        collector = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                for resource in body["resourceSpans"]:
                    service = {one["key"]: one["value"] for one in resource["resource"]["attributes"]}
                    for scope in resource["scopeSpans"]:
                        for span in scope["spans"]:
                            collector.spans.append({"service": service["service.name"]["stringValue"],
                                                    "path": self.path, **span})
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def named(self, trace):
        return [span for span in self.spans if span["traceId"] == trace]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def parent(trace, span, flags="01"):
    return f"traceparent: 00-{trace}-{span}-{flags}"


class Traces(unittest.TestCase):
    def messages(self, pipeline):
        """The headers of all messages, by key."""
        consumer = Consumer({"bootstrap.servers": f"127.0.0.1:{pipeline.ports['BROKER_PORT']}", "group.id": "traces",
                             "enable.auto.commit": False})
        try:
            partitions = consumer.list_topics("events", 10).topics["events"].partitions
            consumer.assign([TopicPartition("events", one, 0) for one in partitions])
            found, quiet = {}, time.monotonic() + 3
            while time.monotonic() < quiet:
                message = consumer.poll(0.2)
                if message is not None and message.error() is None:
                    found.setdefault(message.key().decode(), []).append(dict(message.headers() or []))
            return found
        finally:
            consumer.close()

    def test_from_the_request_to_the_collector(self):
        collector = Collector()
        self.addCleanup(collector.close)
        with Pipeline(OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{collector.port}") as pipeline:
            client = pipeline.client()
            self.addCleanup(client.drop)
            sampled, silent, bulk = "a" * 32, "b" * 32, "c" * 32
            event = {"conversation_id": "traced", "event_name": "event_a"}
            first = client.post(event, headers=[parent(sampled, "1" * 16)]).data["id"]
            second = client.post(event, headers=[parent(silent, "2" * 16, "00")]).data["id"]
            third = client.post(event, headers=["traceparent: nonsense"]).data["id"]
            client.post({"conversation_id": "", "event_name": "event_a"}, headers=[parent(sampled, "3" * 16)])
            answer = client.post([event, event], path="/events/batch", headers=[parent(bulk, "4" * 16)])
            self.assertEqual(answer.status, 202)
            # Each process sends its own, in its own time.
            until(lambda: sorted(span["kind"] for span in collector.named(sampled)) == [2, 2, 5], 20, "the event's spans")
            until(lambda: sorted(span["kind"] for span in collector.named(bulk))[:1] == [2]
                  and any(span["kind"] == 5 for span in collector.named(bulk)), 20, "the batch's spans")

            spans = collector.named(sampled)
            self.assertEqual({span["path"] for span in spans}, {"/v1/traces"})
            by_parent = {span["parentSpanId"]: span for span in spans}
            request, refused = by_parent["1" * 16], by_parent["3" * 16]
            self.assertEqual((request["service"], request["name"], request["kind"]),
                             ("event-analytics-api", "POST /event", 2))
            attributes = {one["key"]: one["value"] for one in request["attributes"]}
            self.assertEqual(attributes["http.response.status_code"], {"intValue": "202"})
            self.assertEqual({one["key"]: one["value"] for one in refused["attributes"]}["http.response.status_code"],
                             {"intValue": "400"})
            processed = by_parent[request["spanId"]]
            self.assertEqual((processed["service"], processed["kind"]), ("event-analytics-consumer", 5))
            for span in spans:
                self.assertLessEqual(int(span["startTimeUnixNano"]), int(span["endTimeUnixNano"]))
                self.assertLess(abs(int(span["startTimeUnixNano"]) / 1e9 - time.time()), 60)
            self.assertLessEqual(int(request["startTimeUnixNano"]), int(processed["endTimeUnixNano"]))
            # Nobody records that one, and it is passed on all the same.
            self.assertEqual(collector.named(silent), [])

            found = self.messages(pipeline)
            self.assertEqual(found[first], [{"traceparent": f"00-{sampled}-{request['spanId']}-01".encode()}])
            self.assertRegex(found[second][0]["traceparent"].decode(), f"^00-{silent}-[0-9a-f]{{16}}-00$")
            self.assertNotIn("2" * 16, found[second][0]["traceparent"].decode())
            self.assertEqual(found[third], [{}])
            self.assertEqual(len([one for messages in found.values() for one in messages if one]), 4)

    def test_a_collector_that_is_away_holds_up_nothing(self):
        with Pipeline(OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{free_port()}") as pipeline:
            client = pipeline.client()
            self.addCleanup(client.drop)
            for number in range(200):
                answer = client.post({"conversation_id": "away", "event_name": "event_a"},
                                     headers=[parent(f"{number + 1:032x}", "1" * 16)])
                self.assertEqual(answer.status, 202)
            until(lambda: "spans were not exported" in pipeline.log("api"), 20, "the log's line")
            self.assertEqual(pipeline.interrupt(), 0)


if __name__ == "__main__":
    unittest.main()
