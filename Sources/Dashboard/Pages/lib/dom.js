// Elements without HTML: whatever an event holds becomes text.

/** An element: attributes, listeners (`onclick`), properties of `dataset`, and children, which are elements or texts. */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "dataset") Object.assign(element.dataset, value);
    else if (["value", "checked", "selected", "disabled", "hidden"].includes(key)) element[key] = value;
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** An element of SVG. */
export function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...children.flat(Infinity).filter(Boolean));
  return element;
}

/** Puts children in the place of those that an element has. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
}

let made = 0;

/** A control with its label above it. */
export function labelled(text, control, hint) {
  control.id ||= `control-${(made += 1)}`;
  return el("div", { class: "field" }, el("label", { for: control.id }, text), control, hint && el("small", {}, hint));
}

/** A choice of texts: `[value, text]` or a text that is both. */
export function select(options, value, onchange, attributes = {}) {
  const box = el("select", { ...attributes, onchange: () => onchange?.(box.value) });
  for (const option of options) {
    const [key, text] = Array.isArray(option) ? option : [option, option];
    box.append(el("option", { value: key, selected: key === value }, text));
  }
  box.value = value;
  return box;
}
