// The range of time that a page is about, as the address holds it. Pure: now is given.

export const presets = [
  ["1h", "Last hour", 3_600_000], ["24h", "Last 24 hours", 86_400_000], ["7d", "Last 7 days", 7 * 86_400_000],
  ["30d", "Last 30 days", 30 * 86_400_000], ["90d", "Last 90 days", 90 * 86_400_000], ["365d", "Last 12 months", 365 * 86_400_000],
];

/** The range that the address's parameters name: `{from, to, preset, zone}`, moments in milliseconds. */
export function range(parameters, now, browserZone) {
  const zone = parameters.get("tz") || browserZone || "UTC";
  const from = Date.parse(parameters.get("from") ?? "");
  const to = Date.parse(parameters.get("to") ?? "");
  if (from < to) return { from, to, preset: "custom", zone };
  const name = parameters.get("range") ?? "7d";
  const [preset, , length] = presets.find(([id]) => id === name) ?? presets[2];
  return { from: now - length, to: now, preset, zone };
}

/** The fields of a question that say which time it is about. */
export function scope({ from, to, zone }) {
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString(), timezone: zone };
}

/** The range of the same length before it. */
export function before({ from, to, ...rest }) {
  return { ...rest, from: from - (to - from), to: from };
}

/** The interval that gives a chart of some tens of points. */
export function interval({ from, to }) {
  const length = to - from;
  if (length <= 3 * 3_600_000) return "minute";
  if (length <= 3 * 86_400_000) return "hour";
  if (length <= 100 * 86_400_000) return "day";
  return length <= 800 * 86_400_000 ? "week" : "month";
}

/** A moment as a field for date and time has it, by the zone's clock. */
export function local(moment, zone) {
  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit",
  }).formatToParts(new Date(moment));
  const part = (type) => parts.find((one) => one.type === type).value;
  return `${part("year")}-${part("month")}-${part("day")}T${part("hour")}:${part("minute")}`;
}

/** The moment at which the zone's clock shows a local time; the first of two. */
export function moment(text, zone) {
  const wanted = Date.parse(`${text}Z`);
  if (Number.isNaN(wanted)) return NaN;
  const shown = (at) => Date.parse(`${local(at, zone)}Z`);
  const candidates = [wanted - 86_400_000, wanted, wanted + 86_400_000]
    .map((at) => wanted - (shown(at) - Math.floor(at / 60_000) * 60_000))
    .filter((at) => shown(at) === wanted);
  return candidates.length > 0 ? Math.min(...candidates) : wanted - (shown(wanted) - wanted);
}
