"use strict";

// The submit page works without this file; with it a photo can be dropped or pasted, is shown
// before it is sent, and stays chosen when something has to be put right.
(() => {
  const form = document.getElementById("ask");
  if (!form) return;
  document.documentElement.classList.add("scripted");

  const input = form.elements.photo;
  const frame = document.getElementById("frame");
  const preview = document.getElementById("preview");
  const chosen = document.getElementById("chosen");
  const problems = document.getElementById("problems");
  const button = form.querySelector("button[type=submit]");
  const idleText = button.textContent;
  const maxMegabytes = Number(form.dataset.maxMegabytes);
  const readable = /^image\/(jpeg|pjpeg|png|webp|hei[cf](-sequence)?|avif|gif)$/;
  const readableName = /\.(jpe?g|png|webp|hei[cf]|avif|gif)$/i;
  form.noValidate = true;

  function megabytes(bytes) {
    const size = bytes / 1024 / 1024;
    return size < 0.1 ? `${Math.ceil(bytes / 1024)} kB` : `${size.toFixed(size < 10 ? 1 : 0)} MB`;
  }

  function fault(file) {
    if (file.type ? !readable.test(file.type) : !readableName.test(file.name)) {
      return `“${file.name}” is not a photo we can read. Choose a JPEG, PNG, WebP, HEIC, AVIF or GIF.`;
    }
    if (file.size === 0) return `“${file.name}” is empty. Choose another photo.`;
    if (file.size > maxMegabytes * 1024 * 1024) {
      return `This photo has ${megabytes(file.size)}; the limit is ${maxMegabytes} MB. Choose a smaller copy.`;
    }
    return "";
  }

  function setError(field, text) {
    const place = form.querySelector(`[data-error="${field}"]`);
    const control = document.getElementById(`id_${field}`);
    if (place) place.textContent = text;
    if (control) control.toggleAttribute("aria-invalid", false);
    if (control && text) control.setAttribute("aria-invalid", "true");
  }

  // What has been put right leaves the list of problems at once.
  function settle(field) {
    setError(field, "");
    problems.querySelector(`a[href="#id_${field}"]`)?.closest("li").remove();
    if (!problems.querySelector("a")) problems.hidden = true;
  }

  function clearErrors() {
    for (const place of form.querySelectorAll("[data-error]")) setError(place.dataset.error, "");
    problems.hidden = true;
  }

  function showProblems(found) {
    const list = problems.querySelector("ul");
    list.replaceChildren(
      ...found.map(({ field, text }) => {
        const item = document.createElement("li");
        if (!field) {
          item.textContent = text;
          return item;
        }
        setError(field, text);
        const link = document.createElement("a");
        link.href = `#id_${field}`;
        link.textContent = text;
        link.addEventListener("click", (event) => {
          event.preventDefault();
          document.getElementById(`id_${field}`).focus();
        });
        item.append(link);
        return item;
      }),
    );
    problems.hidden = false;
    problems.focus();
  }

  function showChosen() {
    const file = input.files[0];
    if (preview.src) URL.revokeObjectURL(preview.src);
    preview.removeAttribute("src");
    preview.hidden = true;
    chosen.replaceChildren();
    delete frame.dataset.preview;
    frame.dataset.state = file ? "chosen" : "empty";
    if (!file) return;
    settle("photo");

    const name = document.createElement("span");
    name.textContent = `${file.name || "Pasted photo"}, ${megabytes(file.size)}`;
    const change = document.createElement("button");
    change.type = "button";
    change.className = "link-button";
    change.textContent = "Change photo";
    change.addEventListener("click", () => input.click());
    chosen.append(name, change);

    preview.alt = `Your photo, ${file.name || "pasted"}`;
    preview.src = URL.createObjectURL(file);
    preview.hidden = false;
  }

  // Most browsers cannot show HEIC; the server can read it all the same.
  preview.addEventListener("error", () => {
    if (!input.files[0]) return;
    preview.hidden = true;
    frame.dataset.preview = "none";
    chosen.firstChild.textContent += ": your browser cannot show it, but we can read it.";
  });

  function take(files) {
    const file = files[0];
    if (!file) return;
    const text = fault(file);
    if (text) {
      setError("photo", text);
      return;
    }
    const transfer = new DataTransfer();
    transfer.items.add(file);
    input.files = transfer.files;
    showChosen();
  }

  input.addEventListener("change", () => {
    const file = input.files[0];
    const text = file ? fault(file) : "";
    if (text) input.value = "";
    showChosen();
    setError("photo", text);
  });

  for (const field of ["price_min", "price_max"]) {
    form.elements[field].addEventListener("input", () => {
      settle("price_min");
      settle("price_max");
    });
  }

  function carriesFiles(event) {
    return Array.from(event.dataTransfer?.types ?? []).includes("Files");
  }

  function leave() {
    frame.dataset.state = input.files[0] ? "chosen" : "empty";
  }

  // The whole window takes the drop: a photo let go beside the frame must not replace the page.
  window.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    frame.dataset.state = "over";
  });
  window.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) leave();
  });
  window.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    leave();
    take(event.dataTransfer.files);
  });
  document.addEventListener("paste", (event) => {
    if (!event.clipboardData?.files.length) return;
    event.preventDefault();
    take(event.clipboardData.files);
  });

  function faults() {
    const found = [];
    if (!input.files[0]) found.push({ field: "photo", text: "Choose a photo first." });
    const [low, high] = [form.elements.price_min, form.elements.price_max];
    for (const price of [low, high]) {
      if (!price.validity.valid) {
        found.push({ field: price.name, text: "Give a price as a number, for example 40 or 39.90." });
      }
    }
    if (low.value && high.value && Number(low.value) > Number(high.value)) {
      found.push({
        field: "price_max",
        text: "The lowest price is above the highest. Swap them or leave one empty.",
      });
    }
    return found;
  }

  function setBusy(busy) {
    button.setAttribute("aria-busy", String(busy));
    button.textContent = busy ? button.dataset.busy : idleText;
  }

  async function answerOf(response) {
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const found = [];
    for (const item of page.querySelectorAll("#problems [data-general]")) {
      found.push({ text: item.textContent });
    }
    for (const place of page.querySelectorAll("[data-error]")) {
      if (place.textContent) found.push({ field: place.dataset.error, text: place.textContent });
    }
    if (found.length) return found;
    if (response.status === 403) {
      return [{ text: "This page was open for too long. Reload it and send your photo again." }];
    }
    if (response.status === 413) {
      return [{ field: "photo", text: `The limit is ${maxMegabytes} MB. Choose a smaller copy.` }];
    }
    return [{ text: "Something broke on our side. Your photo and choices are still here; please try again in a moment." }];
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.getAttribute("aria-busy") === "true") return;
    clearErrors();
    const found = faults();
    if (found.length) {
      showProblems(found);
      return;
    }
    setBusy(true);
    try {
      const response = await fetch(form.action, { method: "POST", body: new FormData(form) });
      if (response.ok && response.redirected) {
        window.location.assign(response.url);
        return;
      }
      showProblems(await answerOf(response));
    } catch {
      showProblems([
        { text: "We could not reach Pendant. Your photo and choices are still here; check your connection and try again." },
      ]);
    }
    setBusy(false);
  });

  // Coming back with the browser's arrow shows the page as it was left: busy, or with a photo.
  window.addEventListener("pageshow", () => {
    setBusy(false);
    showChosen();
  });
})();
