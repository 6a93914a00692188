import assert from "node:assert/strict";
import test from "node:test";
import * as format from "../../Sources/Dashboard/Pages/lib/format.js";

test("counts are whole, and shortened past a hundred thousand", () => {
  assert.equal(format.count(0), "0");
  assert.equal(format.count(99_999), "99,999");
  assert.equal(format.count(1_250_000), "1.3M");
  assert.equal(format.count(null), "–");
});

test("durations have the unit that fits", () => {
  assert.equal(format.duration(0), "0 ms");
  assert.equal(format.duration(999), "999 ms");
  assert.equal(format.duration(1570), "1.57 s");
  assert.equal(format.duration(90_000), "1.5 min");
  assert.equal(format.duration(3 * 86_400_000), "3 d");
  assert.equal(format.duration(null), "–");
});

test("a change says how much and which way", () => {
  assert.deepEqual(format.change(150, 100), { text: "+50 %", direction: 1 });
  assert.deepEqual(format.change(95, 100), { text: "-5.0 %", direction: -1 });
  assert.deepEqual(format.change(100, 100), { text: "±0 %", direction: 0 });
  assert.equal(format.change(1, 0), null);
  assert.equal(format.change(null, 3), null);
});

test("a group without a value is told from one with an empty one", () => {
  assert.equal(format.key({ key: [null, ""] }), "(missing) · (empty)");
  assert.equal(format.key({ key: [], other: true }), "all others");
  assert.equal(format.key({ key: [] }), "all");
});

test("texts are cut between characters", () => {
  assert.equal(format.shortened("ab😀cd", 4), "ab😀…");
  assert.equal(format.shortened("ab", 2), "ab");
});
