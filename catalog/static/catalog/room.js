// One large picture after the other, one key each. The next pictures are fetched, and decoded,
// while one is looked at; what is answered goes to the outbox, and the next one is on screen at once.

import { Desk, labels } from "./desk.js";
import { Lens } from "./lens.js";
import { announce, by, element, named, notice, percent, uuid } from "./shared.js";

const AHEAD = 8, FEW = 5, DECODED = 3;

const items = []; // what was shown and what comes, in order
const seen = new Map(); // id -> item
const acts = []; // the batches of this page that can be undone, in order
let at = 0, asking = false, over = false, shownAt = 0, cropped = false;

const desk = new Desk(told);
const lens = new Lens(by("picture"), (scale, isNearer) => {
  by("zoom").querySelector("span").textContent = scale;
  by("zoom").setAttribute("aria-pressed", String(isNearer));
});

// Pictures

// What is on screen or comes, and what was passed by without an answer.
function unanswered() {
  return items.filter((item, place) => place >= at || !item.answered).map((item) => item.id);
}

function take(picture, place) {
  named(picture, labels);
  const known = seen.get(picture.id);
  if (known) {
    Object.assign(known, picture);
    return known;
  }
  seen.set(picture.id, picture);
  items.splice(place ?? items.length, 0, picture);
  return picture;
}

async function fetchMore() {
  if (asking || over || items.length - at > FEW) return;
  asking = true;
  // What is in the outbox is answered, though the server does not know it yet.
  const have = [...unanswered(), ...desk.outbox.pictures()];
  let answer;
  try {
    answer = await desk.next(have, { count: AHEAD });
  } catch (error) {
    asking = false;
    if (at >= items.length) empty(error.message);
    setTimeout(fetchMore, 3000);
    return;
  }
  asking = false;
  const before = items.length;
  for (const picture of answer.pictures) if (!seen.has(picture.id)) take(picture);
  over = answer.pictures.length === 0;
  if (!over && items.length === before) setTimeout(fetchMore, 1000);
  if (at >= before || before === 0) show();
  else decode();
  desk.count();
}

function image(item) {
  const address = cropped ? item.cropped : item.large;
  if (item.image?.dataset.address !== address) {
    item.image = element("img", { src: address, alt: item.title || `Picture ${item.id}`, "data-address": address });
    item.image.decode().catch(() => {});
    item.image.addEventListener("error", () => {
      if (items[at] === item) notice("This picture cannot be loaded. Skip it, or reload the page.");
    });
  }
  return item.image;
}

function decode() {
  for (const item of items.slice(at + 1, at + 1 + DECODED)) image(item);
  for (const item of items.slice(0, Math.max(0, at - DECODED))) delete item.image;
}

function empty(text) {
  by("picture").replaceChildren(element("p", { class: "room-empty" }, text));
  lens.reset();
  by("picture-title").textContent = "";
  by("why").textContent = "";
  drawLabels(null);
}

function show() {
  const item = items[at];
  by("back").disabled = at === 0;
  by("forth").disabled = at >= items.length - 1;
  by("undo").disabled = false;
  if (!item) {
    empty(over ? "Nothing waits here any more. Choose another queue above, or come back later." : "Fetching pictures …");
    fetchMore();
    return;
  }
  by("picture").replaceChildren(image(item));
  lens.reset();
  by("picture-title").textContent = item.title || `Picture ${item.id}`;
  by("why").textContent = item.why;
  by("near").href = `?queue=near&near=${item.id}`;
  drawLabels(item);
  shownAt = performance.now();
  document.body.dataset.picture = item.id;
  decode();
  fetchMore();
}

// Labels

function drawLabels(item) {
  for (const button of by("labels").querySelectorAll("button")) {
    const id = Number(button.dataset.label);
    const guess = item?.guess?.label === id ? item.guess : null;
    button.disabled = !item;
    button.setAttribute("aria-pressed", String(Boolean(item?.labelled && item.label === id)));
    button.style.setProperty("--share", guess ? (guess.probability ?? 1) * 100 : 0);
    const share = button.querySelector(".share");
    share.replaceChildren();
    if (guess) {
      share.append(
        element("span", { class: "visually-hidden" }, "The model’s guess"),
        percent(guess) || "guess", " ", element("kbd", {}, "↵"),
      );
    }
  }
  for (const id of ["undecided", "skip"]) by(id).disabled = !item;
  by("undecided").setAttribute("aria-pressed", String(Boolean(item?.labelled && item.label === null)));
  by("near").hidden = !item;
}

// What a labeller does

function say(action, label = null) {
  const item = items[at];
  if (!item) return;
  const batch = uuid();
  const body = {
    pictures: [item.id], action, label, took_ms: Math.round(performance.now() - shownAt),
  };
  const step = action === "skip" ? 0 : 1;
  acts.push({ batch, item, step, before: { labelled: item.labelled, label: item.label, answered: item.answered } });
  item.answered = true;
  if (step) Object.assign(item, { labelled: true, label });
  desk.send(batch, body);
  const name = labels.find((one) => one.id === label)?.name;
  at += 1;
  show();
  announce(`${name ?? (action === "skip" ? "Skipped" : "Undecided")}. ${items[at]?.title ?? ""}`);
  desk.count(step);
}

function confirm() {
  const guess = items[at]?.guess;
  if (guess?.label) say("label", guess.label);
}

function undo() {
  const act = acts.pop();
  if (!act) {
    notice("");
    desk.undoEarlier().then(restored, (error) => notice(error.message));
    return;
  }
  Object.assign(act.item, act.before);
  desk.withdraw(act.batch);
  at = items.indexOf(act.item);
  over = false;
  show();
  announce(`Undone. ${act.item.title}`);
  desk.count(-act.step);
}

function restored(answer) {
  for (const picture of [...answer.pictures].reverse()) {
    const known = seen.get(picture.id);
    if (known) items.splice(items.indexOf(known), 1);
    seen.delete(picture.id);
    take(picture, Math.min(at, items.length));
  }
  at = Math.min(at, items.length);
  show();
  announce("Undone.");
  desk.count(-Object.keys(answer.done).length);
}

function go(step) {
  const to = at + step;
  if (to < 0 || to > items.length) return;
  at = to;
  show();
  announce(items[at]?.title ?? "");
}

// What is told

function told(event) {
  if (event.refused) {
    const { refused, text } = event;
    // An undo that was sent twice finds nothing left to undo: it is done.
    if (refused.undoes) return;
    const place = acts.findIndex((act) => act.batch === refused.batch);
    if (place >= 0) {
      const [act] = acts.splice(place, 1);
      Object.assign(act.item, act.before);
      notice(`“${act.item.title}” was not kept: ${text}`, {
        button: { text: "Show it", press: () => { at = items.indexOf(act.item); show(); } },
      });
      drawLabels(items[at]);
    } else notice(`A label of before was not kept: ${text}`);
  } else if (event.answer?.gone?.length) {
    notice("A picture was deleted meanwhile: its label is not needed any more.");
  } else if (event.answer?.changed?.length) {
    notice("It was labelled otherwise since: that stays.");
  }
}

function crop() {
  cropped = !cropped;
  by("crop").setAttribute("aria-pressed", String(cropped));
  show();
}

const KEYS = {
  u: () => say("undecided"),
  s: () => say("skip"),
  z: undo, Backspace: undo, "Control+z": undo,
  Enter: confirm,
  ArrowLeft: () => go(-1),
  ArrowRight: () => go(1),
  x: (event) => (event.key ? lens.stepByKey() : lens.step()),
  k: crop,
  g: () => by("as-grid").click(),
  n: () => { if (!by("near").hidden) by("near").click(); },
};

desk.begin({
  say: (label) => say("label", label.id),
  keys: KEYS,
  buttons: { undecided: "u", skip: "s", undo: "z", back: "ArrowLeft", forth: "ArrowRight", zoom: "x", crop: "k" },
  left: unanswered,
});

drawLabels(null);
fetchMore();
