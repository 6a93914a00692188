// Filters and matchers between forms, addresses and questions. Pure.

export const operations = ["=", "!=", "in", "not in", "contains", "starts with", ">", ">=", "<", "<=", "exists", "not exists"];
const ordered = new Set([">", ">=", "<", "<="]);

/** Whether an operation has no value. */
export const isUnary = (op) => op === "exists" || op === "not exists";

/** A filter of a form, whose value is text, as a question has it. */
export function condition({ field, op, value }) {
  if (isUnary(op)) return { field, op };
  const one = (text) => {
    const isNumber = field === "latency" || (ordered.has(op) && field !== "created_at");
    return isNumber && text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
  };
  if (op === "in" || op === "not in") return { field, op, value: value.split(",").map((text) => one(text.trim())) };
  return { field, op, value: one(value) };
}

/** Filters that say something: those of a form that are still empty are left out. */
export function conditions(filters) {
  return filters.filter(({ field, op, value }) => field && op && (isUnary(op) || value !== "")).map(condition);
}

/** A matcher of a form as a question has it. */
export function matcher({ name = "", filters = [] }) {
  const result = {};
  const names = name.split(",").map((text) => text.trim()).filter(Boolean);
  if (names.length > 0) result.event_name = names.length === 1 ? names[0] : names;
  const all = conditions(filters);
  if (all.length > 0) result.filters = all;
  return result;
}

/** A value from an address's parameter that holds JSON; what is damaged is as if it were missing. */
export function parsed(text, otherwise) {
  try {
    const value = JSON.parse(text);
    return Array.isArray(value) === Array.isArray(otherwise) && typeof value === typeof otherwise && value !== null ? value : otherwise;
  } catch {
    return otherwise;
  }
}
