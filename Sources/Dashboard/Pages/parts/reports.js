import { el, fill, labelled } from "../lib/dom.js";
import { call } from "../lib/api.js";

/** Saves the question of a page under a name, and lists those of its kind; `chart.address` is what the page is shown with. */
export function reports(kind, question) {
  const list = el("ul", { class: "reports" });
  const said = el("span", { role: "status" });
  const load = async () => {
    try {
      const { data } = await call("/reports");
      const mine = data.filter((report) => report.query === kind);
      fill(list, mine.map((report) => el("li", {},
        el("a", { href: typeof report.chart.address === "string" && report.chart.address.startsWith("#/") ? report.chart.address : `#/${kind}` }, report.name),
        el("button", { type: "button", class: "quiet", "aria-label": `Delete ${report.name}`, onclick: async () => {
          try { await call(`/reports/${report.id}`, { method: "DELETE" }); load(); } catch (error) { said.textContent = error.message; }
        } }, "✕"))));
      list.hidden = mine.length === 0;
    } catch (error) {
      said.textContent = error.message;
    }
  };
  const name = el("input", { placeholder: "name", maxlength: 100, required: true });
  load();
  return el("details", { class: "saved" }, el("summary", {}, "Saved questions"), list,
    el("form", { class: "row", onsubmit: async (event) => {
      event.preventDefault();
      try {
        await call("/reports", { method: "POST", body: { name: name.value, query: kind, question: question(), chart: { address: location.hash } } });
        name.value = "";
        said.textContent = "Saved";
        load();
      } catch (error) {
        said.textContent = error.message;
      }
    } }, labelled("Save this one as", name), el("button", { type: "submit" }, "Save"), said));
}
