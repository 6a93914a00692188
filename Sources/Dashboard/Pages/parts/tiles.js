import { el } from "../lib/dom.js";

/** Figures in large type: `{title, value, change, good}`; `good` is the direction that is good news. */
export function tiles(all) {
  return el("dl", { class: "tiles" }, all.map(({ title, value, change, good = 0, note }) =>
    el("div", { class: "tile" }, el("dt", {}, title), el("dd", {}, value),
      change && el("dd", { class: `change ${change.direction * good > 0 ? "good" : change.direction * good < 0 ? "bad" : ""}` },
        `${change.text} against the range before`),
      note && el("dd", { class: "change" }, note))));
}
