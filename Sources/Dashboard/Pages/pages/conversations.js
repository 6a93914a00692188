import { el, fill, labelled, select } from "../lib/dom.js";
import { ask, call } from "../lib/api.js";
import { count, duration, shortened, time } from "../lib/format.js";
import { scope } from "../lib/range.js";
import { pageRange, rangeBar, textField } from "../parts/controls.js";
import { chart } from "../parts/chart.js";
import { loading, nothing } from "../parts/state.js";
import { table } from "../parts/table.js";

const filters = ["event_name", "error", "q", "latency_min", "latency_max"];

export default {
  title: "Conversations",
  show(content, parameters, update) {
    const id = parameters.get("id");
    return id === null ? list(content, parameters, update) : one(content, id, parameters);
  },
};

function list(content, parameters, update) {
  const range = pageRange(parameters);
  const { from, to } = scope(range);
  const place = el("div", { class: "result" });
  const figures = el("div", { class: "result" });
  content.append(rangeBar(parameters, update),
    el("div", { class: "bar" },
      textField("Search", parameters, "q", update, { placeholder: "words in input, output or error" }),
      textField("Event name", parameters, "event_name", update),
      labelled("Errors", select([["", "All"], ["true", "With an error"], ["false", "Without one"]], parameters.get("error") ?? "", (value) => update({ error: value }))),
      textField("Latency from", parameters, "latency_min", update, { placeholder: "ms" }), textField("to", parameters, "latency_max", update, { placeholder: "ms" }),
      textField("Open one", parameters, "id", update, { placeholder: "conversation_id" })), place, figures);
  const query = (cursor) => new URLSearchParams([["from", from], ["to", to], ["limit", "50"],
    ...filters.flatMap((name) => (parameters.get(name) ? [[name, parameters.get(name)]] : [])), ...(cursor ? [["cursor", cursor]] : [])]);
  const columns = [
    { title: "Conversation", value: (row) => row.conversation_id, node: (row) => el("a", { href: `#/conversations?id=${encodeURIComponent(row.conversation_id)}` }, shortened(row.conversation_id, 48)) },
    { title: "Last event", value: (row) => row.last_event_at, text: (row) => time(row.last_event_at, range.zone, false) },
    { title: "Events", value: (row) => row.event_count, text: (row) => count(row.event_count), numeric: true },
    { title: "Errors", value: (row) => row.error_count, node: (row) => el("span", { class: row.error_count ? "error" : null }, count(row.error_count)), numeric: true },
    { title: "Latency in all", value: (row) => row.total_latency, text: (row) => duration(row.total_latency), numeric: true },
    { title: "Metadata", value: (row) => row.metadata, text: (row) => shortened(row.metadata, 60) },
  ];
  const first = loading(place, (signal) => call(`/conversations?${query()}`, { signal }), ({ data, next_cursor: next }) => {
    if (data.length === 0) return nothing("No conversation meets this in the range.");
    const rows = [...data];
    const box = el("div", {});
    const show = (cursor) => fill(box, table("Conversations", columns, rows),
      cursor && el("button", { type: "button", onclick: async (event) => {
        event.target.disabled = true;
        try {
          const page = await call(`/conversations?${query(cursor)}`);
          rows.push(...page.data);
          show(page.next_cursor);
        } catch (error) {
          event.target.disabled = false;
          event.target.textContent = `${error.message} Try again`;
        }
      } }, "More"));
    show(next);
    return box;
  });
  const all = loading(figures, async (signal) => (await ask("conversations", { from, to }, signal)).data, (data) => {
    if (data.conversations === 0) return [];
    const bucket = (format) => ({ from: start, to: end }) => (end === null ? `≥ ${format(start)}` : format(start) === format(end - 1) ? format(start) : `${format(start)} – ${format(end)}`);
    const drawn = (title, rows, format) => {
      const used = rows.slice(0, rows.findLastIndex((row) => row.count > 0) + 1);
      return el("section", {}, el("h2", {}, title), chart("bar", used.map(bucket(format)), [{ label: "conversations", values: used.map((row) => row.count) }], { format: count, name: title }));
    };
    return [el("h2", {}, "All conversations of the range"), el("div", { class: "charts" }, drawn("Events each", data.length, count), drawn("How long they go on", data.duration_ms, duration)),
      table("Where they end", [{ title: "Last event", value: (row) => row.event_name }, { title: "With an error", value: (row) => row.error, text: (row) => (row.error ? "yes" : "no") },
        { title: "Conversations", value: (row) => row.count, text: (row) => count(row.count), numeric: true }], data.ends)];
  });
  return () => { first.stop(); all.stop(); };
}

function one(content, id, parameters) {
  const { zone } = pageRange(parameters);
  const place = el("div", { class: "result" });
  content.append(el("p", { class: "row" }, el("a", { href: "#/conversations" }, "← All conversations"), el("code", {}, id)), place);
  return loading(place, async (signal) => call(`/events/conversation/${encodeURIComponent(id)}?limit=500`, { signal }), ({ data, next_cursor: next }) => {
    if (data.length === 0) return nothing("There is no such conversation.");
    const box = el("ol", { class: "turns" }, data.map((event) => turn(event, zone)));
    const more = next && el("p", { class: "about" }, "The first 500 events are shown.");
    return [box, more];
  }).stop;
}

function turn(event, zone) {
  const near = el("div", { class: "near" });
  const similar = (field) => el("button", { type: "button", class: "quiet", onclick: () => {
    fill(near);
    loading(near, async (signal) => (await ask("similar", { id: event.id, field, limit: 5 }, signal)).data, (rows) => (rows.length === 0 ? nothing("None is comparable.") : el("ul", {}, rows.map((row) =>
      el("li", {}, el("a", { href: `#/conversations?id=${encodeURIComponent(row.event.conversation_id)}` }, shortened(row.event[field] || row.event.event_name, 120)), ` ${row.distance.toFixed(3)}`)))));
  } }, `Similar ${field}s`);
  return el("li", { class: event.error ? "turn with-error" : "turn" },
    el("div", { class: "turn-head" }, el("strong", {}, event.event_name), el("time", { datetime: event.created_at }, time(event.created_at, zone)), el("span", {}, duration(event.latency))),
    event.error && el("p", { class: "error" }, event.error),
    event.input && el("div", { class: "said" }, el("h3", {}, "Input"), el("pre", {}, event.input)),
    event.output && el("div", { class: "said" }, el("h3", {}, "Output"), el("pre", {}, event.output)),
    el("div", { class: "row" },
      event.conversation_metadata && el("details", {}, el("summary", {}, "Metadata"), el("pre", {}, event.conversation_metadata)),
      event.input_embeddings.length > 0 && similar("input"), event.output_embeddings.length > 0 && similar("output"),
      el("code", {}, event.id)), near);
}
