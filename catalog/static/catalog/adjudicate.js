// Press the button, or follow the link, that names a key as its shortcut; look at the picture nearer.

import { Lens } from "./lens.js";
import { by, keyOf } from "./shared.js";

const zoom = by("zoom");
const lens = zoom && new Lens(by("picture"), (scale, isNearer) => {
  zoom.querySelector("span").textContent = scale;
  zoom.setAttribute("aria-pressed", String(isNearer));
});
if (zoom) {
  zoom.addEventListener("click", () => lens.step());
  zoom.hidden = false;
}

let pressed = false;

document.addEventListener("keydown", (event) => {
  const key = { "Control+z": "z", Backspace: "z" }[keyOf(event)] ?? keyOf(event);
  if (!/^[a-z0-9]$/.test(key) || event.repeat) return;
  const chosen = document.querySelector(`.room-desk [aria-keyshortcuts="${key.toUpperCase()}"]`);
  if (!chosen) return;
  event.preventDefault();
  if (chosen === zoom) { lens.stepByKey(); return; }
  // One key decides one picture, however slow the next page comes.
  if (pressed) return;
  pressed = true;
  chosen.click();
});

// A page that the browser kept can be decided on again.
window.addEventListener("pageshow", () => { pressed = false; });
