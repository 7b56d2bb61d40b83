// Press the button, or follow the link, that names a key as its shortcut.

import { keyOf } from "./shared.js";

let pressed = false;

document.addEventListener("keydown", (event) => {
  const key = { "Control+z": "z", Backspace: "z" }[keyOf(event)] ?? keyOf(event);
  if (!/^[a-z0-9]$/.test(key) || event.repeat) return;
  const chosen = document.querySelector(`.room-answers [aria-keyshortcuts="${key.toUpperCase()}"]`);
  if (!chosen) return;
  event.preventDefault();
  // One key decides one picture, however slow the next page comes.
  if (pressed) return;
  pressed = true;
  chosen.click();
});

// A page that the browser kept can be decided on again.
window.addEventListener("pageshow", () => { pressed = false; });
