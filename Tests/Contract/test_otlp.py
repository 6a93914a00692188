"""Spans over OTLP, from OpenTelemetry's own exporter and by hand."""
import gzip
import json
import time
import unittest

from google.rpc.status_pb2 import Status
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.trace import StatusCode

from api import API
from case import ContractCase
from pipeline import until


def request(*spans, service="shop"):
    return {"resourceSpans": [{"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]},
                               "scopeSpans": [{"spans": list(spans)}]}]}


def span(number, conversation, **fields):
    now = time.time_ns()
    return {"traceId": f"{number:032x}", "spanId": f"{number:016x}", "name": "chat", "startTimeUnixNano": str(now),
            "endTimeUnixNano": str(now + 1_500_000),
            "attributes": [{"key": "gen_ai.conversation.id", "value": {"stringValue": conversation}}], **fields}


class OTLP(ContractCase):
    def send(self, body, kind="application/json", headers=()):
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        return self.client.request("POST", "/v1/traces", body, [f"Content-Type: {kind}", *headers])

    def events(self, conversation, count):
        return until(lambda: len(found := self.client.get(f"/events/conversation/{conversation}").data) >= count and found, 10, "the events")

    def test_the_sdk_s_exporter_needs_no_more_than_the_address(self):
        for gzipped in (False, True):
            from opentelemetry.exporter.otlp.proto.http import Compression
            results = []

            class Exporter(OTLPSpanExporter):
                def export(self, spans):
                    results.append(super().export(spans))
                    return results[-1]
            exporter = Exporter(endpoint=f"http://127.0.0.1:{self.pipeline.port}/v1/traces",
                                compression=Compression.Gzip if gzipped else Compression.NoCompression)
            provider = TracerProvider(resource=Resource.create({"service.name": "assistant"}))
            provider.add_span_processor(SimpleSpanProcessor(exporter))
            tracer = provider.get_tracer("test")
            conversation = f"otlp-sdk-{gzipped}"
            with tracer.start_as_current_span("parent"):
                with tracer.start_as_current_span("chat gpt-x", attributes={
                        "gen_ai.conversation.id": conversation, "gen_ai.request.model": "gpt-x", "gen_ai.usage.input_tokens": 12,
                        "gen_ai.input.messages": '[{"role":"user"}]', "flags": [True, False]}) as inner:
                    inner.set_status(StatusCode.ERROR, "broke")
                    context = inner.get_span_context()
            provider.shutdown()
            self.assertEqual(results, [SpanExportResult.SUCCESS] * 2)
            event, = self.events(conversation, 1)
            self.assertEqual((event["event_name"], event["error"], event["input"]), ("chat gpt-x", "broke", '[{"role":"user"}]'))
            metadata = json.loads(event["conversation_metadata"])
            self.assertEqual(metadata["trace_id"], trace.format_trace_id(context.trace_id))
            self.assertEqual(metadata["span_id"], trace.format_span_id(context.span_id))
            self.assertRegex(metadata["parent_span_id"], "^[0-9a-f]{16}$")
            self.assertEqual((metadata["gen_ai.request.model"], metadata["gen_ai.usage.input_tokens"], metadata["service.name"], metadata["flags"]),
                             ("gpt-x", 12, "assistant", [True, False]))

    def test_the_same_span_twice_is_one_event_and_others_are_none(self):
        one = request(span(1, "otlp-twice"), {**span(2, "otlp-twice"), "attributes": []})
        for _ in range(3):
            answer = self.send(one)
            self.assertEqual((answer.status, answer.json, answer.headers["content-type"]), (200, {}, "application/json"))
        self.events("otlp-twice", 1)
        time.sleep(0.5)
        self.assertEqual(len(self.events("otlp-twice", 1)), 1)
        self.assertEqual(self.events("otlp-twice", 1)[0]["latency"], 1.5)

    def test_all_spans_count_where_that_is_asked_for(self):
        with API(OTLP_SPANS="all") as api:
            plain = span(3, "", attributes=[{"key": "session.id", "value": {"stringValue": "otlp-all"}}])
            answer = api.request("POST", "/v1/traces", json.dumps(request(plain)).encode(), Content_Type="application/json")
            self.assertEqual(answer.status, 200)
        self.events("otlp-all", 1)

    def test_what_is_refused_is_counted_and_the_rest_is_taken(self):
        spans = [span(10, "otlp-part"), span(11, "otlp-part", startTimeUnixNano="1"), span(12, "otlp-part", name="n" * 257),
                 span(13, "otlp-part", spanId="00"), span(14, "c" * 3000), span(15, "otlp-part")]
        answer = self.send(request(*spans))
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.json["partialSuccess"]["rejectedSpans"], "4")
        self.assertTrue(answer.json["partialSuccess"]["errorMessage"])
        self.assertEqual(len(self.events("otlp-part", 2)), 2)
        message = ExportTraceServiceRequest()
        for number in range(2):
            found = message.resource_spans.add().scope_spans.add().spans.add()
            found.trace_id, found.span_id, found.name = bytes(16 - number) + b"\1" * number, b"\1" * 8, "x"
            found.attributes.add(key="gen_ai.system").value.string_value = "y"
        answer = self.send(message.SerializeToString(), "application/x-protobuf")
        self.assertEqual((answer.status, answer.headers["content-type"]), (200, "application/x-protobuf"))
        response = ExportTraceServiceResponse.FromString(answer.body)
        self.assertEqual(response.partial_success.rejected_spans, 2)
        self.assertTrue(response.partial_success.error_message)

    def test_what_cannot_be_decoded_is_refused_as_a_whole(self):
        for body in (b"", b"{", b"[]", b'{"resourceSpans": 7}', b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"xy"}]}]}]}'):
            answer = self.send(body)
            self.assertEqual(answer.status, 400, body)
            self.assertEqual(answer.json["code"], 3)
            self.assertTrue(answer.json["message"])
        good = ExportTraceServiceRequest()
        good.resource_spans.add().scope_spans.add().spans.add().name = "x" * 100
        for body in (good.SerializeToString()[:-3], b"\xff" * 20, b"\x0a\x7f\x01"):
            answer = self.send(body, "application/x-protobuf")
            self.assertEqual((answer.status, answer.headers["content-type"]), (400, "application/x-protobuf"), body)
            self.assertEqual(Status.FromString(answer.body).code, 3)
        self.assertEqual(self.send(b"{}", "text/plain").status, 415)
        self.assertEqual(self.send(b"{}", headers=["Content-Encoding: br"]).status, 415)
        self.assertEqual(self.send(b"", "application/x-protobuf").status, 200)
        self.assertEqual(self.send(gzip.compress(b"{}"), headers=["Content-Encoding: gzip"]).status, 200)
        self.assertEqual(self.send(b" " * (16 << 20) + b"{}").status, 413)


if __name__ == "__main__":
    unittest.main()
