import { el, fill } from "../lib/dom.js";

/** Runs what loads, shows that it does, what came of it, or why nothing did and that it can be tried again. */
export function loading(place, load, show) {
  let running;
  const run = async () => {
    running?.abort();
    running = new AbortController();
    const { signal } = running;
    place.setAttribute("aria-busy", "true");
    if (!place.hasChildNodes()) fill(place, el("p", { class: "waiting", role: "status" }, "Loading…"));
    try {
      const data = await load(signal);
      if (signal.aborted) return;
      fill(place, show(data));
    } catch (error) {
      if (error.name === "AbortError" || signal.aborted) return;
      fill(place, el("div", { class: "failed", role: "alert" },
        el("p", {}, error.message),
        el("button", { type: "button", onclick: () => { fill(place); run(); } }, "Try again")));
    } finally {
      if (!signal.aborted) place.removeAttribute("aria-busy");
    }
  };
  place.reload = run;
  run();
  return { run, stop: () => running?.abort() };
}

/** Says that there is nothing, and what to do. */
export const nothing = (text) => el("p", { class: "nothing" }, text);
