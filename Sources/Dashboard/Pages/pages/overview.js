import { el } from "../lib/dom.js";
import { ask, call } from "../lib/api.js";
import { change, count, duration, interval as label, key, share } from "../lib/format.js";
import { before, interval, scope } from "../lib/range.js";
import { pageRange, rangeBar } from "../parts/controls.js";
import { chart } from "../parts/chart.js";
import { loading, nothing } from "../parts/state.js";
import { table } from "../parts/table.js";
import { tiles } from "../parts/tiles.js";

const measures = ["count", "error_rate", "latency_p95", "actors"];

export default {
  title: "Overview",
  show(content, parameters, update) {
    const range = pageRange(parameters);
    const unit = interval(range);
    const place = el("div", { class: "result" });
    content.append(rangeBar(parameters, update), place);
    const { stop } = loading(place, async (signal) => {
      const [now, earlier, names, status] = await Promise.all([
        ask("segmentation", { ...scope(range), measures, interval: unit }, signal),
        ask("segmentation", { ...scope(before(range)), measures, interval: "none" }, signal),
        ask("segmentation", { ...scope(range), measures, interval: "none", breakdown: ["event_name"], top: 10 }, signal),
        // Whoever may not see it sees the rest.
        call("/pipeline/status", { signal }).catch(() => null),
      ]);
      return { now: now.data, earlier: earlier.data, names: names.data, status: status?.data };
    }, ({ now, earlier, names, status }) => {
      const [group] = now.groups;
      const total = group.total;
      const was = earlier.groups[0].total;
      if (total.count === 0) return nothing("No events in this range. Send one: see API, or choose another range.");
      const times = now.times.map((time) => label(time, unit));
      return [
        tiles([
          { title: "Events", value: count(total.count), change: change(total.count, was.count), good: 1 },
          { title: "With an error", value: share(total.error_rate), change: change(total.error_rate, was.error_rate), good: -1 },
          { title: "Latency, 95th percentile", value: duration(total.latency_p95), change: change(total.latency_p95, was.latency_p95), good: -1 },
          { title: "Active conversations", value: count(total.actors), change: change(total.actors, was.actors), good: 1 },
          ...(status ? [{ title: "Lag", value: `${count(status.lag.messages)} messages`, note: status.lag.seconds ? `${duration(status.lag.seconds * 1000)} behind` : "up to date" }] : []),
        ]),
        el("div", { class: "charts" },
          el("section", {}, el("h2", {}, "Events"), chart("bar", times, [{ label: "events", values: group.series.count }], { format: count, name: "Events over time" })),
          el("section", {}, el("h2", {}, "Errors"), chart("line", times, [{ label: "share with an error", values: group.series.error_rate }], { format: (value) => share(value), name: "Share of errors over time" })),
          el("section", {}, el("h2", {}, "Latency"), chart("line", times, [{ label: "95th percentile", values: group.series.latency_p95 }], { format: duration, name: "95th percentile of latency over time" })),
          el("section", {}, el("h2", {}, "Conversations"), chart("bar", times, [{ label: "conversations", values: group.series.actors }], { format: count, name: "Active conversations over time" }))),
        table("By event name", [
          { title: "Event", value: (row) => key(row) },
          { title: "Events", value: (row) => row.total.count, text: (row) => count(row.total.count), numeric: true },
          { title: "With an error", value: (row) => row.total.error_rate, text: (row) => share(row.total.error_rate), numeric: true },
          { title: "p95", value: (row) => row.total.latency_p95, text: (row) => duration(row.total.latency_p95), numeric: true },
          { title: "Conversations", value: (row) => row.total.actors, text: (row) => count(row.total.actors), numeric: true },
        ], names.groups),
      ];
    });
    return stop;
  },
};
