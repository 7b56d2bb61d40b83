// What the pages of the labelling room share.

export const by = (id) => document.getElementById(id);

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// Where a page is served without TLS, crypto.randomUUID is missing.
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

export function announce(text) { by("said").textContent = text; }

// Tell, above the pictures, what went wrong and what to do: a link to sign in, or a button.
export function notice(text, { wait = false, login = "", button = null } = {}) {
  const place = by("notice");
  place.hidden = !text;
  place.dataset.kind = wait ? "wait" : "error";
  if (place.firstChild?.textContent === text) return;
  place.replaceChildren(text);
  if (login) {
    const address = `${login}?next=${encodeURIComponent(location.pathname + location.search)}`;
    place.append(element("a", { href: address, target: "_blank", rel: "opener" }, "Sign in"));
  }
  if (button) {
    const made = element("button", { type: "button", class: "button" }, button.text);
    made.addEventListener("click", () => { notice(""); button.press(); });
    place.append(made);
  }
}

// Why nothing came of a request, in a message that can be shown: `status` is 0 where no answer
// came at all, `said` what the site itself says of it, "" where it says nothing.
class AskError extends Error {
  constructor(status, said = "") {
    const silent = status ? "The site does not answer as it should. Try again." : "No connection. It goes on as soon as it is back.";
    super(said || silent);
    Object.assign(this, { status, said });
  }
}

// Fetch JSON, or send it where there is a body; throws an AskError.
export async function ask(url, { labeller, token, body, keepalive = false }) {
  const headers = { "X-Labeller": labeller };
  if (body) Object.assign(headers, { "Content-Type": "application/json", "X-CSRFToken": token });
  let response;
  try {
    response = await fetch(url, {
      method: body ? "POST" : "GET", headers, keepalive, body: body && JSON.stringify(body),
    });
  } catch {
    throw new AskError(0);
  }
  const answer = await response.json().catch(() => null);
  if (!response.ok || !answer) throw new AskError(response.status, answer?.error);
  return answer;
}

// The key that was pressed, as the room names its keys; "" where it is none of ours.
export function keyOf(event) {
  if (event.altKey || event.target.matches("input, select, textarea")) return "";
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (event.ctrlKey || event.metaKey) return `Control+${event.shiftKey ? "Shift+" : ""}${key}`;
  return key;
}

// No guess is certain.
export const percent = (guess) =>
  (guess?.probability == null ? "" : `${Math.min(99, Math.round(guess.probability * 100))} %`);

// Find the label that the model's guess names; none where it was renamed since.
export function named(picture, labels) {
  if (picture.guess) picture.guess.label = labels.find((label) => label.name === picture.guess.name)?.id;
}
