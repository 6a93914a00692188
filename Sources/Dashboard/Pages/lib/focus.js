// Where the keyboard is, told by what a control is called, so that it is found again among controls that were made anew.

const controls = "a, button, input, select, textarea, summary";
const name = (control) => control.getAttribute("aria-label") ?? control.labels?.[0]?.textContent ?? control.textContent;

/** Where the focus is inside an element, `{name, nth}`: the nth control of that name; null where it is elsewhere. */
export function focused(inside) {
  const control = inside.ownerDocument.activeElement;
  if (!control || !inside.contains(control) || !control.matches(controls)) return null;
  const same = [...inside.querySelectorAll(controls)].filter((one) => name(one) === name(control));
  return { name: name(control), nth: same.indexOf(control) };
}

/** Puts the focus back there, unless it is somewhere already, or that control has gone. */
export function focusAgain(inside, place) {
  const { activeElement, body } = inside.ownerDocument;
  if (activeElement && activeElement !== body) return;
  [...inside.querySelectorAll(controls)].filter((one) => name(one) === place.name)[place.nth]?.focus({ preventScroll: true });
}
