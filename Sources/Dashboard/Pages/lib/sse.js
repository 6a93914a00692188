// Server-sent events (the HTML standard, section 9.2.6). Pure: pieces of text in, events out.

export class EventParser {
  #rest = "";
  #event = { data: [], name: "message", id: "" };

  /** What another piece completes: `{name, data, id}` each. */
  take(piece) {
    this.#rest += piece;
    const events = [];
    for (;;) {
      const end = this.#rest.search(/\r\n|\n|\r(?!$)/);
      if (end < 0) return events;
      const line = this.#rest.slice(0, end);
      this.#rest = this.#rest.slice(end + (this.#rest.startsWith("\r\n", end) ? 2 : 1));
      if (line === "") {
        const { data, name, id } = this.#event;
        if (data.length > 0) events.push({ name, data: data.join("\n"), id });
        this.#event = { data: [], name: "message", id };
        continue;
      }
      const colon = line.indexOf(":");
      if (colon === 0) continue;
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "data") this.#event.data.push(value);
      else if (field === "event") this.#event.name = value;
      else if (field === "id") this.#event.id = value;
    }
  }
}
