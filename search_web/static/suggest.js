// The search box as an ARIA combobox: suggestions while typing, chosen by arrows, Enter, Escape or pointer.
// Without this script the box is a plain search field.
"use strict";
(() => {
  const input = document.querySelector("input[data-suggest]");
  if (!input) return;
  const list = document.createElement("ul");
  list.id = "suggestions";
  list.className = "suggestions";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.dataset.name);
  const status = document.createElement("p");
  status.className = "hidden";
  status.setAttribute("role", "status");
  input.parentElement.append(list, status);
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-expanded", "false");
  input.setAttribute("aria-controls", list.id);

  let items = [], active = -1, asked = "", timer = 0, request = null;

  function settle() { // an answer on its way must not open the list again, nor change it below the arrow
    clearTimeout(timer);
    if (request) request.abort();
  }

  function close() {
    settle();
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function show(suggestions) {
    items = suggestions;
    active = -1;
    list.replaceChildren(...items.map((item, i) => {
      const li = document.createElement("li");
      li.id = `suggestion-${i}`;
      li.setAttribute("role", "option");
      li.setAttribute("aria-selected", "false");
      const text = document.createElement("bdi");
      text.textContent = item.text;
      li.append(text);
      if (item.label) {
        const what = document.createElement("span");
        what.className = "what";
        what.textContent = item.label;
        li.append(what);
      }
      li.addEventListener("mousedown", (event) => { event.preventDefault(); if (event.button === 0) choose(i); });
      return li;
    }));
    const open = items.length > 0;
    list.hidden = !open;
    input.setAttribute("aria-expanded", String(open));
    input.removeAttribute("aria-activedescendant");
    status.textContent = open ? `${input.dataset.some} ${items.length}` : "";
  }

  function move(step) {
    if (list.hidden || !items.length) return;
    settle();
    active = (active + step + items.length + 1) % (items.length + 1);
    if (active === items.length) active = -1;
    [...list.children].forEach((li, i) => li.setAttribute("aria-selected", String(i === active)));
    if (active < 0) input.removeAttribute("aria-activedescendant");
    else {
      input.setAttribute("aria-activedescendant", `suggestion-${active}`);
      list.children[active].scrollIntoView({ block: "nearest" });
    }
  }

  function choose(i) {
    const item = items[i];
    close();
    if (item.href) {
      location.assign(item.href);
    } else {
      input.value = item.text;
      input.form.requestSubmit();
    }
  }

  async function ask() {
    const text = input.value.trim();
    if (text === asked) return;
    asked = text;
    if (request) request.abort();
    if (text.length < 2) { show([]); return; }
    const { signal } = (request = new AbortController());
    try {
      const address = `${input.dataset.suggest}?q=${encodeURIComponent(text)}`;
      const answer = await fetch(address, { signal });
      const { suggestions } = answer.ok ? await answer.json() : { suggestions: [] };
      if (!signal.aborted && document.activeElement === input) show(suggestions);
    } catch { /* offline or overtaken by the next key: the box goes on without suggestions */ }
  }

  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 120); });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") { if (list.hidden && items.length) show(items); move(1); event.preventDefault(); }
    else if (event.key === "ArrowUp") { move(-1); event.preventDefault(); }
    else if (event.key === "Escape" && !list.hidden) { close(); event.preventDefault(); }
    else if (event.key === "Enter" && active >= 0) { choose(active); event.preventDefault(); }
  });
})();
