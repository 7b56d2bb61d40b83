// What both ways of labelling have: the labels' buttons, the keys, how far it is, what waits to be sent.

import { Outbox } from "./outbox.js";
import { draw } from "./progress.js";
import { ask, by, element, keyOf, notice, uuid } from "./shared.js";

export const room = JSON.parse(document.getElementById("room-data").textContent);
export const { labels } = room;
const MEASURED_MS = 60_000;
const LONGEST = 3000; // characters of an address that servers take: gunicorn's are 4,094

// As many ids as fit, the last of them.
function fitting(ids) {
  const text = ids.join(",");
  return text.length > LONGEST ? text.slice(-LONGEST).replace(/^\d*,/, "") : text;
}

// `told` is called with what the outbox tells and `Desk` does not say itself.
export class Desk {
  constructor(told) {
    this.outbox = new Outbox(room.labeller, (event) => {
      if (!this.tellState(event)) told(event);
    });
    this.measured = null; // what the server counted
    this.more = 0; // labelled since
    this.waiting = ""; // how many in this queue, where the server says so
  }

  tellState(event) {
    const waits = this.outbox.size;
    by("state").textContent = waits ? `${waits} not sent yet` : "All kept";
    if (event.waits) notice(event.waits, { wait: true, login: event.login ? room.login : "" });
    else if (event.resumed) notice("");
    else return false;
    return true;
  }

  // Lease the next pictures, none of those in `have`.
  async next(have, asked) {
    const query = new URLSearchParams({ queue: room.queue, ...asked });
    if (room.near) query.set("near", room.near);
    const answer = await ask(`${room.next}?${query}&have=${fitting(have)}`, room);
    this.outbox.csrf = answer.csrf;
    this.waiting = answer.waiting === null ? "" : ` · ${answer.waiting.toLocaleString("en")}${answer.or_more ? "+" : ""} in this queue`;
    return answer;
  }

  send(batch, body) {
    this.keep({ batch, url: room.answer, refresh: room.progress, body: { batch, queue: room.queue, ...body } });
  }

  // Put it into the outbox, and say at once that it waits there.
  keep(act) {
    this.outbox.add(act);
    this.tellState({});
  }

  // Take back a batch of this page, sent or not.
  withdraw(batch) {
    if (this.outbox.withdraw(batch)) this.tellState({});
    else this.keep({ batch: uuid(), url: room.undo, refresh: room.progress, body: { batch }, undoes: batch });
  }

  // Take back what was last on an earlier page: the server knows what, once it knows all of this.
  async undoEarlier() {
    await this.outbox.send();
    if (this.outbox.size) throw new Error("Nothing was undone: what is not sent yet comes first.");
    return ask(room.undo, { ...room, token: this.outbox.token(), body: {} });
  }

  // Give back the leases of pictures that were not answered.
  leave(pictures, keepalive = false) {
    if (!pictures.length) return;
    ask(room.leave, { ...room, token: this.outbox.token(), keepalive, body: { pictures } }).catch(() => {});
  }

  // Say how many are labelled, after `step` more.
  count(step = 0) {
    this.more += step;
    if (!this.measured) return;
    const { pictures, labelled, today } = this.measured;
    const done = Math.min(pictures, Math.max(0, labelled + this.more));
    by("done").max = Math.max(1, pictures);
    by("done").value = done;
    by("counts").textContent = `${done.toLocaleString("en")} of ${pictures.toLocaleString("en")} labelled${this.waiting} · you today: ${today + Math.max(this.more, -today)}`;
  }

  // Ask the server how far it is, and show it.
  async measure() {
    const answer = await ask(room.progress, room).catch(() => null);
    if (!answer) return;
    this.measured = answer;
    this.more = 0;
    this.outbox.csrf = answer.csrf;
    this.count();
    draw(answer, labels);
  }

  // Let buttons and keys do `say(label)` and `keys`; the pictures that `left` names are given back
  // when the page is left.
  begin({ say, keys, buttons, left }) {
    by("labels").replaceChildren(...labels.map((label) => element("li", {}, labelButton(label, say))));
    for (const [id, key] of Object.entries(buttons)) by(id).addEventListener("click", keys[key]);
    document.addEventListener("keydown", (event) => {
      const key = keyOf(event);
      // A focused button is pressed by these.
      if ((key === "Enter" || key === " ") && event.target.matches("button, a, summary")) return;
      // A focused picture that is larger than its place is scrolled by these.
      if (key.startsWith("Arrow") && event.target.matches(".zoomed")) return;
      const label = labels.find((one) => one.hotkey && one.hotkey === key);
      if (!label && !keys[key]) return;
      event.preventDefault();
      // A key that is held down labels once, not many times.
      if (event.repeat && !key.startsWith("Arrow")) return;
      if (label) say(label);
      else keys[key](event);
    });
    // Who opens the panel sees what has just been answered.
    by("stats").closest("details").addEventListener("toggle", (event) => { if (event.target.open) this.measure(); });
    by("queue").addEventListener("change", (event) => event.target.form.submit());
    window.addEventListener("pagehide", () => this.leave(left(), true));
    // A page that the browser kept has given its pictures back.
    window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
    this.outbox.send();
    this.measure();
    setInterval(() => this.measure(), MEASURED_MS);
  }
}

function labelButton(label, say) {
  const button = element("button", { type: "button", "data-label": label.id });
  if (label.hotkey) {
    button.setAttribute("aria-keyshortcuts", label.hotkey.toUpperCase());
    button.append(element("kbd", {}, label.hotkey.toUpperCase()));
  }
  if (label.description) button.title = label.description;
  button.append(element("span", {}, label.name), element("span", { class: "share" }));
  button.addEventListener("click", () => say(label));
  return button;
}
