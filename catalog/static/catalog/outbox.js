// What a labeller did and the server has not kept yet. It lies in the browser's storage until it
// was answered, so that neither a lost connection, nor an expired session, nor a closed page loses
// it. Each act carries a name of its own (batch): sent twice it counts once. Any page of the room
// sends what its labeller did on any other.

import { ask } from "./shared.js";

const WAITS_MS = [500, 1000, 2000, 4000, 8000];

export class Outbox {
  // `told` is called with {kept: act, answer} | {refused: act, text} | {waits: text, login: bool}
  // | {resumed: true}.
  constructor(labeller, told) {
    this.labeller = labeller;
    this.prefix = `pendant-room:${labeller}:`;
    this.told = told;
    this.csrf = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? "";
    this.running = null;
    this.failures = 0;
    this.memory = new Map();
    this.last = 0;
    window.addEventListener("online", () => this.send());
    window.addEventListener("focus", () => this.send());
  }

  keys() {
    const keys = new Set(this.memory.keys());
    try {
      for (let at = 0; at < localStorage.length; at += 1) {
        const key = localStorage.key(at);
        if (key.startsWith(this.prefix)) keys.add(key);
      }
    } catch { /* storage is switched off: the page's own memory holds them */ }
    return [...keys].sort();
  }

  read(key) {
    try {
      const text = localStorage.getItem(key);
      if (text) return JSON.parse(text);
    } catch { /* as above, or not ours */ }
    return this.memory.get(key);
  }

  // The ids of the pictures that wait to be sent.
  pictures() { return this.keys().flatMap((key) => this.read(key)?.body.pictures ?? []); }

  get size() { return this.keys().length; }

  add(act) {
    // Rising, even where the clock stands still or goes back.
    this.last = Math.max(Date.now(), this.last + 1);
    const key = `${this.prefix}${String(this.last).padStart(15, "0")}-${act.batch}`;
    this.memory.set(key, act);
    try { localStorage.setItem(key, JSON.stringify(act)); } catch { /* memory holds it */ }
    this.send();
    return key;
  }

  // Take back what was never sent; false where it may have arrived, though no answer came.
  withdraw(batch) {
    const key = this.keys().find((one) => one.endsWith(batch));
    if (!key || this.read(key)?.tried) return false;
    this.remove(key);
    return true;
  }

  remove(key) {
    this.memory.delete(key);
    try { localStorage.removeItem(key); } catch { /* nothing was stored */ }
  }

  // That an act is sent is known to all pages, before it is.
  mark(key, act) {
    const tried = { ...act, tried: true };
    if (this.memory.has(key)) this.memory.set(key, tried);
    try { localStorage.setItem(key, JSON.stringify(tried)); } catch { /* memory holds it */ }
  }

  // Send all, in turn; done when nothing is left, or something has to wait.
  send() { return (this.running ??= this.sendAll()); }

  async sendAll() {
    await null; // or it could end before `running` is set
    clearTimeout(this.timer);
    try {
      for (let key = this.keys()[0]; key; key = this.keys()[0]) {
        const act = this.read(key);
        if (!act?.url) { this.remove(key); continue; }
        this.mark(key, act);
        if (!(await this.sendOne(key, act))) return;
      }
    } finally {
      this.running = null;
    }
  }

  async sendOne(key, act) {
    let answer;
    try {
      answer = await ask(act.url, { labeller: this.labeller, token: this.token(), body: act.body });
    } catch (error) {
      return this.failed(key, act, error);
    }
    this.remove(key);
    if (this.failures) this.told({ resumed: true });
    this.failures = 0;
    this.told({ kept: act, answer });
    return true;
  }

  async failed(key, act, { status, said, message }) {
    if (!status) return this.later("No connection. Your labels are kept here and sent as soon as it is back.");
    if (status === 401) return this.later(message, true);
    // It says nothing: the token of a former session, or a server in trouble.
    if (status >= 500 || status === 429 || !said) {
      const signedOut = status === 403 ? await this.refresh(act.refresh) : "";
      if (signedOut) return this.later(signedOut, true);
      return this.later("The site does not answer as it should. Your labels are kept here and sent again.");
    }
    this.remove(key);
    this.told({ refused: act, text: said });
    return true;
  }

  token() {
    return document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? this.csrf;
  }

  // Fetch the token of this session; return what the site says where there is none.
  async refresh(url) {
    try {
      this.csrf = (await ask(url, { labeller: this.labeller })).csrf;
      return "";
    } catch (error) {
      return error.said;
    }
  }

  later(text, login = false) {
    this.told({ waits: text, login });
    const wait = WAITS_MS[Math.min(this.failures, WAITS_MS.length - 1)];
    this.failures += 1;
    this.timer = setTimeout(() => this.send(), wait);
    return false;
  }
}
