// Numbers and times as people read them. Pure: what depends on the place is given.

const thousands = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** A count: whole up to a hundred thousand, shortened past it. */
export function count(value) {
  if (value === null || value === undefined) return "–";
  return Math.abs(value) < 100_000 ? thousands.format(value) : short.format(value);
}

/** A share of one as a percentage. */
export function share(value, digits = 1) {
  if (value === null || value === undefined) return "–";
  return `${(value * 100).toFixed(digits)} %`;
}

/** Milliseconds in the unit that fits. */
export function duration(milliseconds) {
  if (milliseconds === null || milliseconds === undefined) return "–";
  const units = [[86_400_000, "d"], [3_600_000, "h"], [60_000, "min"], [1000, "s"]];
  for (const [size, unit] of units) {
    if (milliseconds >= size) return `${trim(milliseconds / size)} ${unit}`;
  }
  return `${trim(milliseconds)} ms`;
}

function trim(value) {
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

/** How far a figure is from another: `{text, direction}`; nothing where there is nothing to compare. */
export function change(now, before) {
  if (now === null || now === undefined || !before) return null;
  const ratio = (now - before) / before;
  if (Math.abs(ratio) < 0.005) return { text: "±0 %", direction: 0 };
  const percent = Math.abs(ratio) >= 10 ? short.format(ratio * 100) : (ratio * 100).toFixed(Math.abs(ratio) < 0.1 ? 1 : 0);
  return { text: `${ratio > 0 ? "+" : ""}${percent} %`, direction: Math.sign(ratio) };
}

/** A moment by the clock of a zone. */
export function time(moment, zone, withSeconds = true) {
  return new Intl.DateTimeFormat("en-GB", {
    timeZone: zone, year: "numeric", month: "short", day: "2-digit", hour: "2-digit", minute: "2-digit",
    second: withSeconds ? "2-digit" : undefined,
  }).format(new Date(moment));
}

/** The beginning of an interval, as short as it can be told from its neighbours. Times carry their offset already. */
export function interval(label, unit) {
  const [date, clock = ""] = label.split("T");
  if (unit === "minute" || unit === "hour") return `${date.slice(5)} ${clock.slice(0, 5)}`;
  if (unit === "month") return date.slice(0, 7);
  return date;
}

/** A text cut to a length, in characters. */
export function shortened(text, length) {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join("")}…`;
}

/** A group's key as people read it. */
export function key(group) {
  if (group.other) return "all others";
  if (group.key.length === 0) return "all";
  return group.key.map((part) => (part === null ? "(missing)" : part === "" ? "(empty)" : part)).join(" · ");
}
