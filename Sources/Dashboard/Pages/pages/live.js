import { el, labelled, select } from "../lib/dom.js";
import { APIError, headers, keyWanted } from "../lib/api.js";
import { duration, shortened, time } from "../lib/format.js";
import { EventParser } from "../lib/sse.js";
import { pageRange, textField } from "../parts/controls.js";

const most = 200;

export default {
  title: "Live",
  about: "Events as the API accepts them.",
  show(content, parameters, update) {
    const { zone } = pageRange(parameters);
    const stopping = new AbortController();
    const said = el("p", { role: "status", class: "about" }, "Connecting…");
    const rows = el("ol", { class: "live", "aria-label": "The newest events", "aria-live": "off" });
    let waiting = [];
    let isHeld = false;
    const hold = el("button", { type: "button", "aria-pressed": "false" }, "Hold");
    const flush = () => {
      rows.prepend(...waiting.reverse());
      waiting = [];
      while (rows.childElementCount > most) rows.lastElementChild.remove();
      hold.textContent = "Hold";
    };
    hold.addEventListener("click", () => {
      isHeld = !isHeld;
      hold.setAttribute("aria-pressed", String(isHeld));
      if (!isHeld) flush();
    });
    content.append(el("div", { class: "bar" },
      textField("Event name", parameters, "event_name", update), textField("Conversation", parameters, "conversation_id", update),
      labelled("Errors", select([["", "All events"], ["true", "With an error"], ["false", "Without one"]], parameters.get("error") ?? "", (value) => update({ error: value }))), hold),
    said, rows);
    const add = (event) => {
      waiting.push(el("li", { class: event.error ? "with-error" : null },
        el("time", { datetime: event.created_at }, time(event.created_at, zone)),
        el("strong", {}, event.event_name),
        el("a", { href: `#/conversations?id=${encodeURIComponent(event.conversation_id)}` }, shortened(event.conversation_id, 40)),
        el("span", {}, duration(event.latency)),
        event.error && el("span", { class: "error" }, shortened(event.error, 120)),
        el("p", {}, shortened(event.input || event.output || "", 200))));
      if (waiting.length > most) waiting.shift();
      if (isHeld) hold.textContent = `Go on (${waiting.length})`;
      else flush();
    };
    const question = new URLSearchParams(["event_name", "conversation_id", "error"].flatMap((name) => (parameters.get(name) ? [[name, parameters.get(name)]] : [])));
    (async () => {
      for (let pause = 500; !stopping.signal.aborted; pause = Math.min(pause * 2, 15_000)) {
        try {
          const response = await fetch(`/events/live?${question}`, { headers: headers(), signal: stopping.signal });
          if (response.status === 401) keyWanted.dispatchEvent(new Event("wanted"));
          if (!response.ok) throw new APIError((await response.json()).error, response.status);
          said.textContent = "Connected: new events appear here.";
          pause = 500;
          const parser = new EventParser();
          const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
          for (;;) {
            const { done, value } = await reader.read();
            if (done) break;
            for (const event of parser.take(value)) {
              if (event.name === "dropped") said.textContent = `${JSON.parse(event.data).count} events came too fast to be shown.`;
              else add(JSON.parse(event.data));
            }
          }
          said.textContent = "The connection ended; connecting again…";
        } catch (error) {
          if (stopping.signal.aborted) return;
          said.textContent = `${error.message} Trying again…`;
        }
        await new Promise((done) => { setTimeout(done, pause); });
      }
    })();
    return () => stopping.abort();
  },
};
