"use strict";

// HTMX asks for the result every second. This file keeps the page still while nothing changes,
// tells screen readers and the tab what has changed, and says so when the server is away.
(() => {
  const connection = document.getElementById("connection");
  const announcement = document.getElementById("announcement");

  function centreWalls() {
    for (const scroller of document.querySelectorAll(".hung-scroll")) {
      scroller.scrollLeft = (scroller.scrollWidth - scroller.clientWidth) / 2;
    }
  }

  document.body.addEventListener("htmx:beforeSwap", (event) => {
    if (!event.detail.shouldSwap) return;
    connection.hidden = true;
    const shown = document.getElementById("result");
    const phase = /data-phase="([^"]*)"/.exec(event.detail.xhr.responseText);
    if (!shown || !phase) {
      // Not our fragment, so something stands between: keep what is shown and ask again.
      event.detail.shouldSwap = false;
    } else if (phase[1] === shown.dataset.phase) {
      event.detail.shouldSwap = false;
    }
  });

  document.body.addEventListener("htmx:afterSettle", () => {
    const shown = document.getElementById("result");
    if (!shown) return;
    document.title = shown.dataset.title;
    announcement.textContent = shown.querySelector("[data-announce]")?.textContent.trim() ?? "";
    centreWalls();
  });

  for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.body.addEventListener(name, (event) => {
      // Deleted meanwhile, perhaps in another tab: the server's own page says so.
      if (event.detail.xhr?.status === 404) window.location.reload();
      else connection.hidden = false;
    });
  }

  document.addEventListener("change", (event) => {
    if (event.target.name === "arrangement") centreWalls();
  });
  centreWalls();
})();
