import { el, labelled, select, svg } from "../lib/dom.js";
import { ask } from "../lib/api.js";
import { conditions, matcher, parsed } from "../lib/conditions.js";
import { count, shortened } from "../lib/format.js";
import { layout } from "../lib/sankey.js";
import { scope } from "../lib/range.js";
import { actorField, filterEditor, matcherEditor, pageRange, rangeBar, storedFilters, storedText } from "../parts/controls.js";
import { palette } from "../parts/chart.js";
import { reports } from "../parts/reports.js";
import { loading, nothing } from "../parts/state.js";
import { table } from "../parts/table.js";

const steps = ["0", "1", "2", "3", "4", "5"];

export default {
  title: "Flows",
  about: "What comes before and after an event.",
  show(content, parameters, update) {
    const range = pageRange(parameters);
    const filters = storedFilters(parameters);
    const anchor = parsed(parameters.get("anchor"), {});
    const question = () => ({
      ...scope(range), anchor: matcher(anchor), steps_before: Number(parameters.get("before") ?? 1), steps_after: Number(parameters.get("after") ?? 3),
      top: Number(parameters.get("top") ?? 6), merge_repeats: parameters.get("repeats") !== "keep", filters: conditions(filters),
      ...(parameters.get("actor") ? { actor: parameters.get("actor") } : {}),
    });
    const place = el("div", { class: "result" });
    content.append(
      rangeBar(parameters, update),
      el("div", { class: "steps" }, el("div", { class: "step" }, matcherEditor(anchor, (value) => update({ anchor: JSON.stringify(value) }), "Around"))),
      el("div", { class: "bar" },
        labelled("Steps before", select(steps, parameters.get("before") ?? "1", (value) => update({ before: value }))),
        labelled("Steps after", select(steps, parameters.get("after") ?? "3", (value) => update({ after: value }))),
        labelled("Repeats", select([["merge", "Merged"], ["keep", "Each by itself"]], parameters.get("repeats") ?? "merge", (value) => update({ repeats: value }))),
        labelled("Names a step", select(["3", "6", "10", "20"], parameters.get("top") ?? "6", (value) => update({ top: value }))),
        actorField(parameters, update)),
      filterEditor(filters, (all) => update({ filters: storedText(all) })), reports("flows", question), place);
    return loading(place, async (signal) => (await ask("flows", question(), signal)).data, (data) => {
      if (data.nodes.length === 0) return nothing("No event meets this.");
      return [
        el("section", {}, el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Flows" }, draw(data))),
        table("Steps", [
          { title: "Position", value: (row) => row.position, numeric: true }, { title: "From", value: (row) => row.from },
          { title: "To", value: (row) => row.to }, { title: "Actors", value: (row) => row.count, text: (row) => count(row.count), numeric: true },
        ], data.edges),
      ];
    }).stop;
  },
};

function draw(data) {
  const { width, height, nodes, links } = layout(data, { column: 190, height: 380 });
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": "Flows between events", class: "flows" });
  for (const link of links) {
    const path = svg("path", { d: link.path, "stroke-width": Math.max(1, link.width), stroke: palette(link.colour), class: "link" });
    path.append(svg("title", {}, `${link.from} → ${link.to}: ${count(link.count)}`));
    picture.append(path);
  }
  for (const node of nodes) {
    picture.append(svg("rect", { x: node.x, y: node.y, width: 10, height: Math.max(2, node.height), rx: 2, fill: palette(node.colour) }),
      svg("text", { x: node.x + 16, y: node.y + Math.max(2, node.height) / 2 - 1, class: "name" }, shortened(node.name, 20)),
      svg("text", { x: node.x + 16, y: node.y + Math.max(2, node.height) / 2 + 13, class: "figure" }, count(node.count)));
  }
  return picture;
}
