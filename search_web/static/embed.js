// Setting up the search box: every choice shows the box and its code at once. Without this script the form does.
"use strict";
(() => {
  const form = document.getElementById("embed");
  const outside = "link[rel=alternate], .printed, .languages"; // what has the address in it, as in filter.js
  let request = null;

  function dress() {
    const preview = document.querySelector(".preview");
    for (const [name, value] of Object.entries(JSON.parse(preview.dataset.properties))) preview.style.setProperty(name, value);
  }

  async function show() {
    if (!form.checkValidity()) return;
    const data = new FormData(form), chosen = new URLSearchParams();
    for (const [name, value] of data) if (value) chosen.append(name, value);
    const address = `${form.getAttribute("action")}?${chosen}`;
    if (request) request.abort();
    request = new AbortController();
    try {
      const answer = await fetch(address, { signal: request.signal });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const made = page.getElementById("made");
      if (!made) { location.assign(address); return; } // what was chosen cannot be: the page tells why
      document.getElementById("made").replaceWith(document.adoptNode(made));
      history.replaceState(null, "", address);
      const fresh = page.querySelectorAll(outside);
      document.querySelectorAll(outside).forEach((old, i) => old.replaceWith(fresh[i]));
      dress();
    } catch (error) {
      if (error.name !== "AbortError") location.assign(address);
    }
  }

  form.addEventListener("change", show);
  form.addEventListener("submit", (event) => { event.preventDefault(); show(); });
  dress();
})();
