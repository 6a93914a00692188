import { el } from "../lib/dom.js";
import { call } from "../lib/api.js";
import { count, duration, time } from "../lib/format.js";
import { pageRange } from "../parts/controls.js";
import { table } from "../parts/table.js";
import { tiles } from "../parts/tiles.js";
import { loading } from "../parts/state.js";

export default {
  title: "Pipeline",
  about: "Whether all parts are well, what goes through them, and what is left behind.",
  show(content, parameters) {
    const { zone } = pageRange(parameters);
    const ready = el("div", { class: "result" });
    const status = el("div", { class: "result" });
    content.append(ready, status);
    const first = loading(ready, (signal) => call("/ready", { signal }), ({ data }) => el("ul", { class: "parts" }, Object.entries(data).map(([name, part]) =>
      el("li", { class: part.ready ? "ready" : "not-ready" }, el("strong", {}, name), el("span", {}, part.ready ? "ready" : "not ready"),
        !part.ready && el("p", {}, `${part.problem ?? ""} (since ${time(part.since, zone)})`)))));
    const second = loading(status, async (signal) => (await call("/pipeline/status", { signal })).data, (data) => [
      tiles([
        { title: "Accepted a second", value: count(data.rates.accepted) }, { title: "Applied a second", value: data.rates.applied === null ? "–" : count(data.rates.applied) },
        { title: "Lag", value: `${count(data.lag.messages)} messages`, note: data.lag.seconds === null ? null : duration(data.lag.seconds * 1000) },
        { title: "Dead letters", value: count(data.dead_letters) },
      ]),
      table("Partitions", [
        { title: "Partition", value: (row) => row.partition, numeric: true }, { title: "End of the log", value: (row) => row.end, text: (row) => count(row.end), numeric: true },
        { title: "Applied up to", value: (row) => row.committed, text: (row) => count(row.committed), numeric: true }, { title: "Lag", value: (row) => row.lag, text: (row) => count(row.lag), numeric: true },
      ], data.partitions),
      table("Processes", [
        { title: "Process", value: (row) => row.role }, { title: "Version", value: (row) => row.version }, { title: "Host", value: (row) => row.host },
        { title: "Runs for", value: (row) => row.uptime_seconds, text: (row) => (row.uptime_seconds === null ? "–" : duration(row.uptime_seconds * 1000)), numeric: true },
      ], data.processes),
    ]);
    const timer = setInterval(() => { if (!document.hidden && !content.contains(document.activeElement)) { first.run(); second.run(); } }, 5000);
    return () => { clearInterval(timer); first.stop(); second.stop(); };
  },
};
