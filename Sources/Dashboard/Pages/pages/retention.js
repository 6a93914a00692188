import { el, labelled, select } from "../lib/dom.js";
import { ask } from "../lib/api.js";
import { conditions, matcher, parsed } from "../lib/conditions.js";
import { count, share } from "../lib/format.js";
import { scope } from "../lib/range.js";
import { actorField, filterEditor, matcherEditor, pageRange, rangeBar, storedFilters, storedText } from "../parts/controls.js";
import { reports } from "../parts/reports.js";
import { loading, nothing } from "../parts/state.js";
import { table } from "../parts/table.js";

export default {
  title: "Retention",
  about: "Of those who began in an interval, how many came back in those after it.",
  show(content, parameters, update) {
    const range = pageRange(parameters);
    const filters = storedFilters(parameters);
    const start = parsed(parameters.get("start"), {});
    const back = parsed(parameters.get("return"), {});
    const periods = Number(parameters.get("periods") ?? 7);
    const unit = parameters.get("interval") ?? "day";
    const question = () => ({
      ...scope(range), start: matcher(start), return: matcher(back), interval: unit, periods, mode: parameters.get("mode") ?? "first",
      filters: conditions(filters), ...(parameters.get("actor") ? { actor: parameters.get("actor") } : {}),
    });
    const place = el("div", { class: "result" });
    content.append(
      rangeBar(parameters, update),
      el("div", { class: "steps" },
        el("div", { class: "step" }, matcherEditor(start, (value) => update({ start: JSON.stringify(value) }), "Begins with")),
        el("div", { class: "step" }, matcherEditor(back, (value) => update({ return: JSON.stringify(value) }), "Comes back with"))),
      el("div", { class: "bar" },
        labelled("Interval", select(["day", "week", "month"], unit, (value) => update({ interval: value }))),
        labelled("Periods", select(["7", "14", "30", "90"], String(periods), (value) => update({ periods: value }))),
        labelled("Cohorts", select([["first", "By the first beginning"], ["recurring", "By every interval"]], parameters.get("mode") ?? "first", (value) => update({ mode: value }))),
        actorField(parameters, update)),
      filterEditor(filters, (all) => update({ filters: storedText(all) })), reports("retention", question), place);
    return loading(place, async (signal) => (await ask("retention", question(), signal)).data, (cohorts) => {
      if (cohorts.length === 0) return nothing("Nobody began in this range.");
      const part = (row, index) => (row.retained[index] === null ? null : row.retained[index] / row.size);
      return table("Cohorts", [
        { title: "Began", value: (row) => row.cohort.slice(0, unit === "month" ? 7 : 10) },
        { title: "Size", value: (row) => row.size, text: (row) => count(row.size), numeric: true },
        ...Array.from({ length: periods }, (_, index) => ({
          title: `${unit} ${index}`, numeric: true, value: (row) => row.retained[index],
          node: (row) => el("span", { class: `heat heat-${part(row, index) === null ? "none" : Math.min(9, Math.floor(part(row, index) * 10))}`,
            title: row.retained[index] === null ? "not over yet" : `${row.retained[index]} of ${row.size}` }, part(row, index) === null ? "·" : share(part(row, index), 0)),
        })),
      ], cohorts);
    }).stop;
  },
};
