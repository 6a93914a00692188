import assert from "node:assert/strict";
import test from "node:test";
import { condition, conditions, matcher, parsed } from "../../Sources/Dashboard/Pages/lib/conditions.js";
import { csv } from "../../Sources/Dashboard/Pages/lib/csv.js";
import { EventParser } from "../../Sources/Dashboard/Pages/lib/sse.js";
import { layout } from "../../Sources/Dashboard/Pages/lib/sankey.js";

test("filters of a form become those of a question", () => {
  assert.deepEqual(condition({ field: "latency", op: "=", value: "20" }), { field: "latency", op: "=", value: 20 });
  assert.deepEqual(condition({ field: "metadata.n", op: "=", value: "20" }), { field: "metadata.n", op: "=", value: "20" });
  assert.deepEqual(condition({ field: "metadata.n", op: ">", value: "20" }), { field: "metadata.n", op: ">", value: 20 });
  assert.deepEqual(condition({ field: "error", op: "exists", value: "x" }), { field: "error", op: "exists" });
  assert.deepEqual(condition({ field: "event_name", op: "in", value: "a, b" }), { field: "event_name", op: "in", value: ["a", "b"] });
  assert.deepEqual(conditions([{ field: "", op: "=", value: "x" }, { field: "error", op: "=", value: "" }]), []);
  assert.deepEqual(matcher({}), {});
  assert.deepEqual(matcher({ name: "a, b" }), { event_name: ["a", "b"] });
  assert.deepEqual(matcher({ name: "a", filters: [{ field: "error", op: "exists" }] }), { event_name: "a", filters: [{ field: "error", op: "exists" }] });
});

test("what is damaged in an address counts as missing", () => {
  assert.deepEqual(parsed("[1]", []), [1]);
  for (const text of ["{", "7", "{}", "null", null, undefined]) assert.deepEqual(parsed(text, []), []);
});

test("CSV quotes what must be, and no cell is a formula", () => {
  assert.equal(csv([["a", 1, null, -2], ['b"c', "d,e", "f\ng", "=1+1"]]), 'a,1,,-2\r\n"b""c","d,e","f\ng",\'=1+1\r\n');
});

test("server-sent events come out whole, however they were cut", () => {
  const text = ": hello\n\nid: 1\ndata: {\"a\":\ndata: 1}\n\nevent: dropped\r\ndata: {\"count\": 3}\r\n\r\ndata: last\n\n";
  for (let size = 1; size < 12; size += 1) {
    const parser = new EventParser();
    const events = [];
    for (let at = 0; at < text.length; at += size) events.push(...parser.take(text.slice(at, at + size)));
    assert.deepEqual(events.map(({ name, data }) => [name, data]), [["message", '{"a":\n1}'], ["dropped", '{"count": 3}'], ["message", "last"]]);
    assert.equal(events[0].id, "1");
  }
});

test("what flows out of a box fits into it", () => {
  const { nodes, links } = layout({
    nodes: [{ position: 0, name: "a", count: 10 }, { position: 1, name: "b", count: 7 }, { position: 1, name: "end", count: 3 }],
    edges: [{ position: 0, from: "a", to: "b", count: 7 }, { position: 0, from: "a", to: "end", count: 3 }, { position: 4, from: "x", to: "y", count: 1 }],
  }, { column: 100, height: 100 });
  assert.equal(nodes.length, 3);
  assert.deepEqual(links.map((link) => [link.to, link.width]), [["b", 70], ["end", 30]]);
  assert.ok(nodes[2].y > nodes[1].y + nodes[1].height);
});
