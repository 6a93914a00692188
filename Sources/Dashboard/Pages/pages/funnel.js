import { el, fill, labelled, select } from "../lib/dom.js";
import { ask } from "../lib/api.js";
import { conditions, matcher, parsed } from "../lib/conditions.js";
import { count, duration, key, share } from "../lib/format.js";
import { scope } from "../lib/range.js";
import { actorField, breakdownField, eventNames, filterEditor, matcherEditor, pageRange, rangeBar, storedFilters, storedText } from "../parts/controls.js";
import { chart } from "../parts/chart.js";
import { reports } from "../parts/reports.js";
import { loading, nothing } from "../parts/state.js";
import { table } from "../parts/table.js";

const windows = [["60000", "1 minute"], ["600000", "10 minutes"], ["3600000", "1 hour"], ["86400000", "1 day"], ["604800000", "7 days"], ["2592000000", "30 days"]];

export default {
  title: "Funnel",
  about: "How many take one step after the other, and where they stop.",
  show(content, parameters, update) {
    const range = pageRange(parameters);
    const filters = storedFilters(parameters);
    const place = el("div", { class: "result" });
    const editor = el("div", { class: "steps" });
    content.append(
      rangeBar(parameters, update), editor,
      el("div", { class: "bar" },
        labelled("Within", select(windows, parameters.get("window") ?? "86400000", (value) => update({ window: value }))),
        labelled("Order", select([["ordered", "Others may come between"], ["strict", "One right after the other"]], parameters.get("order") ?? "ordered", (value) => update({ order: value }))),
        breakdownField(parameters, update), actorField(parameters, update)),
      filterEditor(filters, (all) => update({ filters: storedText(all) })), place);
    let running = { stop() {} };
    let isGone = false;
    // Whoever comes without steps sees those of the names that come most often.
    const chosen = parsed(parameters.get("steps"), []);
    Promise.resolve(chosen.length >= 2 ? chosen : eventNames().then((names) => [0, 1].map((index) => ({ name: names[index] ?? "" })))).then((steps) => {
      if (isGone) return;
      const set = (all) => update({ steps: JSON.stringify(all) });
      fill(editor,
        steps.map((step, index) => el("div", { class: "step" },
          matcherEditor(step, (changed) => set(steps.with(index, changed)), `Step ${index + 1}`),
          steps.length > 2 && el("button", { type: "button", class: "quiet", "aria-label": `Remove step ${index + 1}`, onclick: () => set(steps.toSpliced(index, 1)) }, "✕"))),
        steps.length < 20 && el("button", { type: "button", class: "quiet", onclick: () => set([...steps, { name: "" }]) }, "+ Step"));
      const question = (more = {}) => ({
        ...scope(range), steps: steps.map(matcher), filters: conditions(filters), window_ms: Number(parameters.get("window") ?? 86_400_000),
        order: parameters.get("order") ?? "ordered", ...(parameters.get("by") ? { breakdown: parameters.get("by") } : {}),
        ...(parameters.get("actor") ? { actor: parameters.get("actor") } : {}), ...more,
      });
      content.insertBefore(reports("funnel", question), place);
      running = loading(place, async (signal) => (await ask("funnel", question(), signal)).data, (data) => {
        if (data.steps[0].actors === 0) return nothing("Nobody takes the first step in this range.");
        const names = steps.map((step, index) => `${index + 1}. ${step.name || "any event"}`);
        const people = el("div", {});
        return [
          el("section", {}, chart("bar", names, data.groups.length ? data.groups.map((group) => ({ label: key(group), values: group.steps.map((step) => step.from_first) }))
            : [{ label: "reached", values: data.steps.map((step) => step.from_first) }], { format: (value) => share(value, 0), name: "Share that reaches each step" })),
          table("Steps", [
            { title: "Step", value: (row) => names[data.steps.indexOf(row)] },
            { title: "Reached", value: (row) => row.actors, text: (row) => count(row.actors), numeric: true },
            { title: "Of the step before", value: (row) => row.from_previous, text: (row) => share(row.from_previous), numeric: true },
            { title: "Of the first", value: (row) => row.from_first, text: (row) => share(row.from_first), numeric: true },
            { title: "Median time", value: (row) => row.median_ms_from_previous, text: (row) => duration(row.median_ms_from_previous), numeric: true },
            { title: "Who", value: (row) => row.actors, node: (row) => el("span", { class: "row" },
              ...[["reached it", false], ["stopped there", true]].map(([text, dropped]) => el("button", {
                type: "button", class: "quiet", onclick: () => {
                  fill(people);
                  loading(people, async (signal) => (await ask("funnel", question({ actors_at: data.steps.indexOf(row) + 1, dropped }), signal)).data.actors,
                    (actors) => table(`${text[0].toUpperCase()}${text.slice(1)}: ${names[data.steps.indexOf(row)]}`, [
                      { title: parameters.get("actor") ?? "conversation_id", value: (actor) => actor, node: (actor) => (parameters.get("actor") ? actor : el("a", { href: `#/conversations?id=${encodeURIComponent(actor)}` }, actor)) },
                    ], actors));
                },
              }, text))) },
          ], data.steps),
          people,
          data.groups.length > 0 && table("Groups", [
            { title: parameters.get("by"), value: key },
            ...names.map((name, index) => ({ title: name, value: (group) => group.steps[index].actors, text: (group) => `${count(group.steps[index].actors)} (${share(group.steps[index].from_first, 0)})`, numeric: true })),
          ], data.groups),
        ];
      });
    });
    return () => { isGone = true; running.stop(); };
  },
};
