import { el } from "../lib/dom.js";
import { csv } from "../lib/csv.js";

/**
 * A table that can be copied as CSV. Columns: `{title, value(row), text(row), numeric, node(row)}`; `text` is what is shown, `node`
 * an element instead, `value` what CSV gets.
 */
export function table(caption, columns, rows) {
  const text = (column, row) => (column.text ? column.text(row) : String(column.value(row) ?? "–"));
  const copy = el("button", { type: "button", class: "quiet copy" }, "Copy as CSV");
  copy.addEventListener("click", async () => {
    const lines = csv([columns.map((column) => column.title), ...rows.map((row) => columns.map((column) => column.value(row)))]);
    let said = "Copied";
    try {
      await navigator.clipboard.writeText(lines);
    } catch {
      // A page that is not served over HTTPS may not use the clipboard: the text is shown, to be copied by hand.
      const box = el("textarea", { class: "csv", readonly: true, "aria-label": "The table as CSV", rows: 6 });
      box.value = lines;
      copy.after(box);
      box.select();
      said = document.execCommand?.("copy") ? "Copied" : "Select and copy";
      if (said === "Copied") box.remove();
    }
    copy.textContent = said;
    setTimeout(() => { copy.textContent = "Copy as CSV"; }, 2000);
  });
  return el("div", { class: "table" },
    el("div", { class: "table-head" }, el("h3", {}, caption), copy),
    el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
      el("table", {},
        el("thead", {}, el("tr", {}, columns.map((column) =>
          el("th", { scope: "col", class: column.numeric ? "number" : null }, column.title)))),
        el("tbody", {}, rows.map((row) => el("tr", {}, columns.map((column) =>
          el("td", { class: column.numeric ? "number" : null }, column.node ? column.node(row) : text(column, row)))))))));
}
