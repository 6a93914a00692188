import { el, labelled, select } from "../lib/dom.js";
import { ask } from "../lib/api.js";
import { conditions } from "../lib/conditions.js";
import { duration, shortened, time } from "../lib/format.js";
import { filterEditor, pageRange, storedFilters, storedText, textField } from "../parts/controls.js";
import { reports } from "../parts/reports.js";
import { loading, nothing } from "../parts/state.js";
import { table } from "../parts/table.js";

export default {
  title: "Similar",
  about: "Events whose input or output means much the same as another's, by their embeddings.",
  show(content, parameters, update) {
    const { zone } = pageRange(parameters);
    const field = parameters.get("field") ?? "input";
    const filters = storedFilters(parameters);
    const question = () => ({ id: parameters.get("id") ?? "", field, limit: Number(parameters.get("limit") ?? 20), filters: conditions(filters) });
    const place = el("div", { class: "result" });
    content.append(el("div", { class: "bar" },
      textField("Event", parameters, "id", update, { placeholder: "id of an event", hint: "A conversation's page shows the ids." }),
      labelled("By", select(["input", "output"], field, (value) => update({ field: value }))),
      labelled("At most", select(["10", "20", "100", "1000"], parameters.get("limit") ?? "20", (value) => update({ limit: value })))),
    filterEditor(filters, (all) => update({ filters: storedText(all) })), reports("similar", question), place);
    if (!parameters.get("id")) {
      place.append(nothing("Give the id of an event that has an embedding."));
      return () => {};
    }
    return loading(place, async (signal) => (await ask("similar", question(), signal)).data, (rows) => (rows.length === 0 ? nothing("No other event has an embedding of that length.")
      : table("The nearest", [
        { title: "Distance", value: (row) => row.distance, text: (row) => row.distance.toFixed(4), numeric: true },
        { title: field, value: (row) => row.event[field], text: (row) => shortened(row.event[field] || "–", 160) },
        { title: "Event", value: (row) => row.event.event_name },
        { title: "Conversation", value: (row) => row.event.conversation_id, node: (row) => el("a", { href: `#/conversations?id=${encodeURIComponent(row.event.conversation_id)}` }, shortened(row.event.conversation_id, 40)) },
        { title: "When", value: (row) => row.event.created_at, text: (row) => time(row.event.created_at, zone) },
        { title: "Latency", value: (row) => row.event.latency, text: (row) => duration(row.event.latency), numeric: true },
        { title: "id", value: (row) => row.id },
      ], rows))).stop;
  },
};
