import { el, labelled, select } from "../lib/dom.js";
import { ask } from "../lib/api.js";
import { conditions } from "../lib/conditions.js";
import { count, duration, interval as label, key, share } from "../lib/format.js";
import { interval, scope } from "../lib/range.js";
import { actorField, breakdownField, filterEditor, pageRange, rangeBar, storedFilters, storedText } from "../parts/controls.js";
import { chart } from "../parts/chart.js";
import { reports } from "../parts/reports.js";
import { loading, nothing } from "../parts/state.js";
import { table } from "../parts/table.js";

const measures = [
  ["count", "Events", count], ["actors", "Actors", count], ["error_rate", "Share of errors", (value) => share(value)],
  ["latency_avg", "Latency, mean", duration], ["latency_p50", "Latency, median", duration], ["latency_p95", "Latency, p95", duration],
  ["latency_p99", "Latency, p99", duration],
];

export default {
  title: "Segmentation",
  about: "How much, how fast and how often, over time and by groups.",
  show(content, parameters, update) {
    const range = pageRange(parameters);
    const [measure, title, format] = measures.find(([name]) => name === parameters.get("measure")) ?? measures[0];
    const unit = parameters.get("interval") ?? interval(range);
    const filters = storedFilters(parameters);
    const breakdown = (parameters.get("by") ?? "").split(",").map((text) => text.trim()).filter(Boolean);
    const question = () => ({
      ...scope(range), measures: [measure], interval: unit, filters: conditions(filters), breakdown, top: Number(parameters.get("top") ?? 8),
      ...(parameters.get("actor") ? { actor: parameters.get("actor") } : {}),
    });
    const place = el("div", { class: "result" });
    content.append(
      rangeBar(parameters, update),
      el("div", { class: "bar" },
        labelled("Measure", select(measures.map(([name, text]) => [name, text]), measure, (value) => update({ measure: value }))),
        labelled("Interval", select(["minute", "hour", "day", "week", "month", "none"], unit, (value) => update({ interval: value }))),
        breakdownField(parameters, update), actorField(parameters, update),
        labelled("Groups", select(["3", "5", "8", "20", "50"], parameters.get("top") ?? "8", (value) => update({ top: value })))),
      filterEditor(filters, (all) => update({ filters: storedText(all) })), reports("segmentation", question), place);
    return loading(place, async (signal) => (await ask("segmentation", question(), signal)).data, ({ times, groups }) => {
      if (groups.length === 0 || groups.every((group) => group.total[measure] === null || group.total[measure] === 0)) return nothing("No events meet this.");
      const labels = times.map((time) => label(time, unit));
      const series = groups.map((group) => ({ label: key(group), values: group.series[measure] }));
      const drawn = unit === "none"
        ? chart("bar", groups.map(key), [{ label: title, values: groups.map((group) => group.total[measure]) }], { format, name: `${title} by group`, horizontal: true })
        : chart(measure === "count" && groups.length > 1 ? "bar" : "line", labels, series, { format, stacked: measure === "count", name: `${title} over time` });
      return [
        el("section", {}, drawn),
        table("Groups", [
          { title: breakdown.length ? breakdown.join(" · ") : "Group", value: key },
          { title, value: (group) => group.total[measure], text: (group) => format(group.total[measure]), numeric: true },
          ...(unit === "none" || times.length > 60 ? [] : times.map((time, index) => ({
            title: label(time, unit), value: (group) => group.series[measure][index], text: (group) => format(group.series[measure][index]), numeric: true,
          }))),
        ], groups),
      ];
    }).stop;
  },
};
