import { el, fill, labelled, select } from "../lib/dom.js";
import { presets, local, moment, range } from "../lib/range.js";
import { isUnary, operations, parsed } from "../lib/conditions.js";
import { call } from "../lib/api.js";

const browserZone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
const zones = ["UTC", ...(Intl.supportedValuesOf?.("timeZone") ?? []).filter((zone) => zone !== "UTC")];

/** The range that the page is about. */
export const pageRange = (parameters) => range(parameters, Date.now(), browserZone);

/** Chooses the range and its zone. */
export function rangeBar(parameters, update) {
  const now = pageRange(parameters);
  const hand = el("div", { class: "row", hidden: now.preset !== "custom" });
  const from = el("input", { type: "datetime-local", value: local(now.from, now.zone) });
  const to = el("input", { type: "datetime-local", value: local(now.to, now.zone) });
  const apply = () => {
    const [first, end] = [moment(from.value, now.zone), moment(to.value, now.zone)];
    if (!(first < end)) {
      to.setCustomValidity("must be after the beginning");
      to.reportValidity();
      return;
    }
    to.setCustomValidity("");
    update({ range: null, from: new Date(first).toISOString(), to: new Date(end).toISOString() });
  };
  fill(hand, labelled("From", from), labelled("To", to), el("button", { type: "button", onclick: apply }, "Show"));
  const choice = select(
    [...presets.map(([id, text]) => [id, text]), ["custom", "By hand…"]], now.preset,
    (value) => {
      if (value === "custom") hand.hidden = false;
      else update({ range: value, from: null, to: null });
    });
  const all = zones.includes(now.zone) ? zones : [now.zone, ...zones];
  const zone = select(all, now.zone, (value) => update({ tz: value === browserZone ? null : value }));
  return el("div", { class: "bar" }, labelled("Range", choice), labelled("Time zone", zone), hand);
}

let known;
/** The names that events have, for suggestions; asked for once. */
export function eventNames() {
  known ??= call("/event-names").then((answer) => answer.data.map((row) => row.event_name), () => { known = undefined; return []; });
  return known;
}

const fieldNames = ["event_name", "conversation_id", "error", "input", "output", "latency", "created_at", "metadata."];

function suggestions(id, texts) {
  let list = document.getElementById(id);
  if (!list) {
    list = el("datalist", { id });
    document.body.append(list);
  }
  Promise.resolve(texts).then((all) => fill(list, all.map((text) => el("option", { value: text }))));
  return id;
}

/** Edits a list of `{field, op, value}`; `changed` gets all of it where one was changed. */
export function filterEditor(filters, changed, { title = "Filters" } = {}) {
  const rows = structuredClone(filters);
  const box = el("fieldset", { class: "filters" }, el("legend", {}, title));
  const list = el("div", { class: "list" });
  const draw = () => {
    fill(list, rows.map((row, index) => {
      const field = el("input", { value: row.field ?? "", list: suggestions("field-names", fieldNames), "aria-label": `Field of filter ${index + 1}`, placeholder: "field",
        onchange: () => { row.field = field.value.trim(); changed(rows); } });
      const op = select(operations, row.op ?? "=", (value) => { row.op = value; draw(); changed(rows); }, { "aria-label": `Comparison of filter ${index + 1}` });
      const value = isUnary(row.op) ? null : el("input", { value: row.value ?? "", placeholder: row.op?.endsWith("in") ? "a, b" : "value",
        "aria-label": `Value of filter ${index + 1}`, list: row.field === "event_name" ? suggestions("event-names", eventNames()) : null,
        onchange: () => { row.value = value.value; changed(rows); } });
      return el("div", { class: "row" }, field, op, value,
        el("button", { type: "button", class: "quiet", "aria-label": `Remove filter ${index + 1}`, onclick: () => { rows.splice(index, 1); draw(); changed(rows); } }, "✕"));
    }));
  };
  draw();
  box.append(list, el("button", { type: "button", class: "quiet", onclick: () => { rows.push({ field: "", op: "=", value: "" }); draw(); list.lastChild.querySelector("input").focus(); } }, "+ Filter"));
  return box;
}

/** Filters that the address holds, under a name. */
export const storedFilters = (parameters, name = "filters") => parsed(parameters.get(name), []).filter((one) => one && typeof one === "object");
export const storedText = (filters) => (filters.length ? JSON.stringify(filters) : null);

/** Edits a matcher `{name, filters}`. */
export function matcherEditor(matcher, changed, title) {
  const value = { name: matcher.name ?? "", filters: matcher.filters ?? [] };
  const name = el("input", { value: value.name, placeholder: "any event", list: suggestions("event-names", eventNames()),
    onchange: () => { value.name = name.value; changed(value); } });
  return el("div", { class: "matcher" }, labelled(title, name),
    filterEditor(value.filters, (filters) => { value.filters = filters; changed(value); }, { title: `Filters of ${title.toLowerCase()}` }));
}

/** A text field that changes the address when it is left. */
export function textField(title, parameters, key, update, { placeholder, hint, list } = {}) {
  const input = el("input", { value: parameters.get(key) ?? "", placeholder, list: list ? suggestions(list[0], list[1]) : null, onchange: () => update({ [key]: input.value.trim() }) });
  return labelled(title, input, hint);
}

export const breakdownField = (parameters, update) => textField("Break down by", parameters, "by", update, { placeholder: "nothing", list: ["field-names", fieldNames] });
export const actorField = (parameters, update) => textField("Follow", parameters, "actor", update, { placeholder: "conversation_id" });
