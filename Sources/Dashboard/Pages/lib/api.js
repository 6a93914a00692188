// The API: every answer is its data, or an error that says what is wrong.

/** Why there is no answer. */
export class APIError extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/** Called where the API wants a key, or another one. */
export const keyWanted = new EventTarget();

export function setKey(key) {
  if (key) sessionStorage.setItem("api-key", key);
  else sessionStorage.removeItem("api-key");
}

export function headers() {
  const key = sessionStorage.getItem("api-key");
  return key ? { Authorization: `Bearer ${key}` } : {};
}

/** Calls the API; an answer other than 2xx is an error. */
export async function call(path, { method = "GET", body, signal } = {}) {
  let response;
  try {
    response = await fetch(path, {
      method, signal, headers: { ...headers(), ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new APIError("The API cannot be reached.", 0);
  }
  const text = await response.text();
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new APIError(`The API answered with ${response.status} and no JSON.`, response.status);
  }
  if (response.status === 401) keyWanted.dispatchEvent(new Event("wanted"));
  if (!response.ok && !(path === "/ready" && answer.data)) throw new APIError(answer.error ?? `status ${response.status}`, response.status);
  return answer;
}

/** Asks a question. */
export const ask = (kind, question, signal) => call(`/query/${kind}`, { method: "POST", body: question, signal });
