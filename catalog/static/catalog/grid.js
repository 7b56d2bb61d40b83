// Many pictures at once, look-alikes side by side: choose some, press one key.

import { Desk, labels } from "./desk.js";
import { announce, by, element, named, notice, percent, uuid } from "./shared.js";

const names = new Map(labels.map((label) => [label.id, label.name]));
const grid = by("grid");
const COUNT = 48, MOST_PASSED = 500;

let tiles = []; // {picture, node}, in order
let passed = []; // what was seen and left as it is: it comes again after all others
let last = 0; // where a row that Shift chooses begins, and where the keyboard is
let acts = []; // batches that can be undone: [{batches, before}]

const desk = new Desk(told);

// Pictures

async function fetchNext() {
  const left = unlabelled();
  const have = [...passed, ...left, ...desk.outbox.pictures()].slice(-MOST_PASSED);
  by("more").disabled = true;
  let answer;
  try {
    answer = await desk.next(have, { count: COUNT, alike: 1 });
  } catch (error) {
    notice(error.message, { button: { text: "Try again", press: fetchNext } });
    return;
  } finally {
    by("more").disabled = false;
  }
  passed = [...passed, ...left].slice(-MOST_PASSED);
  desk.leave(left);
  if (!answer.pictures.length && passed.length) {
    passed = [];
    tiles = [];
    fetchNext();
    return;
  }
  acts = [];
  build(answer.pictures, answer.groups);
  desk.count();
}

const unlabelled = () => tiles.filter((one) => !one.picture.labelled).map((one) => one.picture.id);

function build(pictures, groups) {
  const known = new Map(pictures.map((picture) => [picture.id, picture]));
  tiles = groups.flat().filter((id) => known.has(id)).map((id) => tile(known.get(id)));
  grid.replaceChildren();
  let place = 0;
  for (const group of groups) {
    const count = group.filter((id) => known.has(id)).length;
    if (!count) continue;
    const name = count > 1 ? `${count} that look alike` : "A picture unlike the others";
    grid.append(element("div", { role: "group", class: count > 1 ? "alike" : "alone", "aria-label": name },
      ...tiles.slice(place, place + count).map((one) => one.node)));
    place += count;
  }
  by("empty").hidden = tiles.length > 0;
  by("hint").hidden = tiles.length === 0;
  by("all").hidden = tiles.length === 0;
  by("empty").textContent = "Nothing waits here any more. Choose another queue above, or come back later.";
  last = 0;
  if (tiles.length) tiles[0].node.tabIndex = 0;
  window.scrollTo(0, 0);
  chosen();
}

function tile(picture) {
  named(picture, labels);
  const node = element("div", { role: "option", tabindex: "-1", "aria-selected": "false", "data-picture": picture.id },
    element("img", { src: picture.thumbnail, alt: picture.title || `Picture ${picture.id}`, draggable: "false" }),
    element("span", { class: "tile-label" }));
  const made = { picture, node };
  draw(made);
  return made;
}

function draw({ picture, node }) {
  const place = node.querySelector(".tile-label");
  place.className = "tile-label";
  if (picture.labelled) {
    place.textContent = picture.label === null ? "can’t tell" : names.get(picture.label) ?? "labelled";
    place.classList.add("given");
  } else if (picture.guess) place.textContent = `${picture.guess.name}? ${percent(picture.guess)}`;
  else place.textContent = picture.skipped ? "skipped" : "";
}

// Choosing

const isChosen = (one) => one.node.getAttribute("aria-selected") === "true";
function choose(one, on) { one.node.setAttribute("aria-selected", String(on)); }

function chosen() {
  const count = tiles.filter(isChosen).length;
  by("chosen").textContent = count ? `${count} chosen` : "None chosen";
  for (const button of document.querySelectorAll("#labels button, #confirm, #clear, #undecided, #skip")) button.disabled = !tiles.length;
  return count;
}

function focus(place) {
  if (!tiles[place]) return;
  for (const one of tiles) one.node.tabIndex = -1;
  tiles[place].node.tabIndex = 0;
  tiles[place].node.focus();
  tiles[place].node.scrollIntoView({ block: "nearest" });
}

function chooseRow(from, to, on) {
  for (let place = Math.min(from, to); place <= Math.max(from, to); place += 1) choose(tiles[place], on);
}

const placeOf = (target) => tiles.findIndex((one) => one.node === target.closest?.("[role=option]"));

let drag = null;
grid.addEventListener("pointerdown", (event) => {
  const place = placeOf(event.target);
  if (place < 0 || event.button !== 0) return;
  const on = !isChosen(tiles[place]);
  if (event.shiftKey) chooseRow(last, place, true);
  else choose(tiles[place], on);
  // By touch a drag scrolls.
  if (event.pointerType === "mouse") drag = { on, over: new Set([place]) };
  last = place;
  focus(place);
  event.preventDefault();
  chosen();
});
grid.addEventListener("pointerover", (event) => {
  const place = drag ? placeOf(event.target) : -1;
  if (place < 0 || drag.over.has(place)) return;
  drag.over.add(place);
  choose(tiles[place], drag.on);
  chosen();
});
window.addEventListener("pointerup", () => { drag = null; });

function across() {
  const top = tiles[0]?.node.offsetTop;
  return Math.max(1, tiles.filter((one) => one.node.offsetTop === top).length);
}

function move(step, keepsOn) {
  const now = Math.max(0, tiles.findIndex((one) => one.node.tabIndex === 0));
  const to = Math.min(tiles.length - 1, Math.max(0, now + step));
  if (keepsOn) { chooseRow(now, to, true); chosen(); }
  last = to;
  focus(to);
}

// What a labeller does

function targets() {
  const some = tiles.filter(isChosen);
  if (some.length) return some;
  const focused = tiles.find((one) => one.node === document.activeElement);
  return focused ? [focused] : [];
}

// Send one batch for each label that is given: all are undone as one.
function act(given) {
  const batches = [], before = [];
  for (const { action, label, some } of given) {
    const batch = uuid();
    batches.push(batch);
    for (const one of some) before.push({ one, was: { ...one.picture } });
    for (const { picture } of some) {
      if (action === "skip") picture.skipped = true;
      else Object.assign(picture, { labelled: action !== "clear", label: action === "label" ? label : null });
    }
    desk.send(batch, { pictures: some.map((one) => one.picture.id), action, label });
    for (const one of some) { choose(one, false); draw(one); }
  }
  if (!batches.length) return;
  acts.push({ batches, before });
  const count = before.length;
  desk.count(before.filter(({ one, was }) => one.picture.labelled && !was.labelled).length
    - before.filter(({ one, was }) => !one.picture.labelled && was.labelled).length);
  announce(`${count} ${given.length === 1 ? names.get(given[0].label) ?? given[0].action : "confirmed"}`);
  chosen();
}

function say(action, label = null) {
  const some = targets();
  if (!some.length) { announce("Choose pictures first."); by("chosen").textContent = "Choose pictures first"; return; }
  act([{ action, label, some }]);
}

function confirm() {
  const some = targets().length ? targets() : tiles.filter((one) => !one.picture.labelled);
  const byLabel = new Map();
  for (const one of some) {
    const label = one.picture.guess?.label;
    if (label) byLabel.set(label, [...(byLabel.get(label) ?? []), one]);
  }
  act([...byLabel].map(([label, group]) => ({ action: "label", label, some: group })));
}

function undo() {
  const done = acts.pop();
  if (!done) {
    desk.undoEarlier().then((answer) => {
      const count = Object.keys(answer.done).length;
      by("chosen").textContent = `Undone: ${count} of an earlier page`;
      desk.count(-count);
    }, (error) => notice(error.message));
    return;
  }
  for (const batch of [...done.batches].reverse()) desk.withdraw(batch);
  let step = 0;
  for (const { one, was } of done.before) {
    step += Number(was.labelled) - Number(one.picture.labelled);
    one.picture = was;
    draw(one);
  }
  desk.count(step);
  announce("Undone.");
}

function all() {
  const on = !tiles.every(isChosen);
  for (const one of tiles) choose(one, on);
  chosen();
}

// What is told

function told(event) {
  if (event.refused && !event.refused.undoes) {
    const ids = new Set(event.refused.body.pictures);
    for (const done of acts.filter((one) => one.batches.includes(event.refused.batch))) {
      for (const { one, was } of done.before.filter(({ was: { id } }) => ids.has(id))) {
        one.picture = was;
        draw(one);
      }
    }
    notice(`${ids.size === 1 ? "One label was" : `${ids.size} labels were`} not kept: ${event.text}`);
  } else if (event.answer?.gone?.length) {
    const gone = new Set(event.answer.gone);
    for (const one of tiles.filter(({ picture }) => gone.has(picture.id))) one.node.classList.add("gone");
    notice(`${gone.size} of these pictures ${gone.size === 1 ? "was" : "were"} deleted meanwhile.`);
  } else if (event.answer?.changed?.length) notice("Some were labelled otherwise since: that stays.");
}

const KEYS = {
  ArrowLeft: (event) => move(-1, event.shiftKey),
  ArrowRight: (event) => move(1, event.shiftKey),
  ArrowUp: (event) => move(-across(), event.shiftKey),
  ArrowDown: (event) => move(across(), event.shiftKey),
  " ": () => {
    const one = tiles.find(({ node }) => node === document.activeElement);
    if (one) { choose(one, !isChosen(one)); chosen(); }
  },
  a: all, "Control+a": all,
  Enter: confirm,
  Delete: () => say("clear"),
  u: () => say("undecided"),
  s: () => say("skip"),
  z: undo, Backspace: undo, "Control+z": undo,
  j: fetchNext,
  g: () => by("one-by-one").click(),
  Escape: () => { for (const one of tiles) choose(one, false); chosen(); },
};

desk.begin({
  say: (label) => say("label", label.id),
  keys: KEYS,
  buttons: { confirm: "Enter", clear: "Delete", undecided: "u", skip: "s", undo: "z", all: "a", more: "j" },
  left: unlabelled,
});
fetchNext();
