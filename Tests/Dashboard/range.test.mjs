import assert from "node:assert/strict";
import test from "node:test";
import * as ranges from "../../Sources/Dashboard/Pages/lib/range.js";

const now = Date.parse("2026-11-27T00:00:00Z");
const parameters = (text) => new URLSearchParams(text);

test("the address names the range, seven days as a rule", () => {
  const week = ranges.range(parameters(""), now, "Europe/Berlin");
  assert.deepEqual(week, { from: now - 7 * 86_400_000, to: now, preset: "7d", zone: "Europe/Berlin" });
  assert.equal(ranges.range(parameters("range=24h&tz=UTC"), now, "Europe/Berlin").from, now - 86_400_000);
  assert.equal(ranges.range(parameters("range=nonsense"), now, "UTC").preset, "7d");
  const own = ranges.range(parameters("from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z"), now, "UTC");
  assert.equal(own.preset, "custom");
  assert.equal(ranges.range(parameters("from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z"), now, "UTC").preset, "7d");
});

test("the range before ends where this one begins", () => {
  assert.deepEqual(ranges.before({ from: 100, to: 150, zone: "UTC" }), { from: 50, to: 100, zone: "UTC" });
});

test("a local time is the moment at which the zone's clock shows it", () => {
  for (const zone of ["UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Kiritimati", "America/Los_Angeles"]) {
    for (let at = Date.parse("2026-01-01T00:00:00Z"); at < Date.parse("2027-01-01T00:00:00Z"); at += 37 * 60_000 * 60) {
      const text = ranges.local(at, zone);
      assert.equal(ranges.local(ranges.moment(text, zone), zone), text, `${zone} ${text}`);
      assert.ok(ranges.moment(text, zone) <= at);
    }
  }
  assert.equal(ranges.moment("2026-10-25T02:30", "Europe/Berlin"), Date.parse("2026-10-25T02:30:00+02:00"));
  assert.ok(Number.isNaN(ranges.moment("", "UTC")));
});

test("a chart has some tens of points", () => {
  const hour = 3_600_000;
  for (const [length, unit] of [[hour, "minute"], [24 * hour, "hour"], [7 * 24 * hour, "day"], [365 * 24 * hour, "week"], [2000 * 24 * hour, "month"]]) {
    assert.equal(ranges.interval({ from: 0, to: length }), unit);
  }
});
