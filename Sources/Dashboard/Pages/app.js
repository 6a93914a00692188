import { el, fill } from "./lib/dom.js";
import { focused, focusAgain } from "./lib/focus.js";
import { keyWanted, setKey } from "./lib/api.js";
import overview from "./pages/overview.js";
import live from "./pages/live.js";
import conversations from "./pages/conversations.js";
import segmentation from "./pages/segmentation.js";
import funnel from "./pages/funnel.js";
import retention from "./pages/retention.js";
import flows from "./pages/flows.js";
import similar from "./pages/similar.js";
import pipeline from "./pages/pipeline.js";

const pages = { overview, live, conversations, segmentation, funnel, retention, flows, similar, pipeline };
const main = document.getElementById("main");
const nav = document.getElementById("nav");
let leave = () => {};
let shown;

/** The page and its parameters, as the address has them: `#/funnel?range=7d`. */
function address() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  return { name: path in pages ? path : "overview", parameters: new URLSearchParams(query) };
}

/** Gives the address other parameters and shows the page with them; those without a value are taken out. */
function update(changes, { silent = false } = {}) {
  const { name, parameters } = address();
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined || value === null || value === "") parameters.delete(key);
    else parameters.set(key, value);
  }
  const query = parameters.toString();
  const target = `#/${name}${query ? `?${query}` : ""}`;
  if (target === location.hash) return;
  if (silent) history.replaceState(null, "", target);
  else location.hash = target;
}

function show() {
  const { name, parameters } = address();
  const page = pages[name];
  const isOther = shown !== name;
  // Whoever changes a control goes on from there, though the page is made anew, and nothing jumps meanwhile.
  const place = isOther ? null : focused(main);
  main.style.minHeight = isOther ? "" : `${main.offsetHeight}px`;
  leave();
  shown = name;
  document.title = `${page.title} · Event analytics`;
  for (const link of nav.children) {
    if (link.dataset.page === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
    // The range goes along from page to page.
    const kept = new URLSearchParams([...parameters].filter(([key]) => ["range", "from", "to", "tz"].includes(key)));
    link.href = `#/${link.dataset.page}${kept.size ? `?${kept}` : ""}`;
  }
  const content = el("div", { class: "page", dataset: { page: name } });
  fill(main, el("h1", {}, page.title), page.about && el("p", { class: "about" }, page.about), content);
  leave = page.show(content, parameters, update) ?? (() => {});
  if (isOther && document.activeElement?.closest("nav")) main.focus({ preventScroll: true });
  // Some pages make their controls a moment later.
  if (place) setTimeout(() => focusAgain(main, place));
}

for (const [name, page] of Object.entries(pages)) {
  nav.append(el("a", { href: `#/${name}`, dataset: { page: name } }, page.title));
}

document.getElementById("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const isDark = (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  root.dataset.theme = isDark ? "light" : "dark";
  localStorage.setItem("theme", root.dataset.theme);
  document.dispatchEvent(new Event("theme"));
});

const login = document.getElementById("login");
keyWanted.addEventListener("wanted", () => {
  if (login.open) return;
  const key = el("input", { type: "password", id: "login-key", autocomplete: "off", required: true, autofocus: true });
  fill(login, el("form", {
    method: "dialog",
    onsubmit: () => { setKey(key.value.trim()); login.close(); show(); },
  }, el("h2", { id: "login-title" }, "An API key is needed"), el("label", { for: "login-key" }, "API key"), key,
  el("p", {}, "It is kept until this tab is closed."), el("button", { type: "submit", class: "main" }, "Go on")));
  login.showModal();
});

addEventListener("hashchange", show);
show();
