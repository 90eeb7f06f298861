// Filters at work at once: a changed filter fetches the same page that the form would, and puts its results and
// counts in place. The address follows, so that every state can be linked to. Also: dragging over the histogram.
"use strict";
(() => {
  const form = document.getElementById("search");
  const filters = document.getElementById("filters");
  const announce = document.getElementById("announce");
  if (!form || !filters) return;
  const years = () => [...filters.querySelectorAll("input[type=number]")];
  const outside = "link[rel=alternate], .printed, .languages"; // what has the address in it, outside the results
  let request = null;

  // The shortest address of what the form says; the same form as the server gives (search_web/parameters.py).
  function address() {
    const data = new FormData(form), found = new URLSearchParams();
    let low = data.get("year_from"), high = data.get("year_to");
    if (low && high && Number(low) > Number(high)) [low, high] = [high, low];
    for (const [name, value] of data) {
      if (value && name !== "year_from" && name !== "year_to") found.append(name, value);
    }
    if (low || high) found.append("year", low === high ? low : `${low}..${high}`);
    if (![...found].length) found.set("sort", "newest");
    return `${form.getAttribute("action")}?${found}`;
  }

  async function load(url, push) {
    if (request) request.abort();
    request = new AbortController();
    const asked = years().map((input) => input.value);
    const results = document.getElementById("results");
    results.setAttribute("aria-busy", "true");
    let page;
    try {
      const answer = await fetch(url, { signal: request.signal });
      if (!answer.ok) throw new Error(String(answer.status));
      page = new DOMParser().parseFromString(await answer.text(), "text/html");
    } catch (error) {
      if (error.name !== "AbortError") location.assign(url);
      return;
    }
    const focused = document.activeElement;
    const key = focused && filters.contains(focused) && [focused.name, focused.value];
    const open = new Map([...filters.querySelectorAll("details.facet")].map((d) => [d.id, d.open]));
    const more = new Set([...filters.querySelectorAll("details.facet:has(> fieldset > .more[open])")].map((d) => d.id));
    const typed = years().map((input) => input.value);
    results.replaceWith(page.getElementById("results"));
    document.getElementById("facets").replaceWith(page.getElementById("facets"));
    years().forEach((input, i) => { // a year typed while the answer was on its way is not lost
      if (typed[i] === asked[i]) return;
      input.value = typed[i];
      input.addEventListener("blur", changed, { once: true }); // what a script sets tells of no change
    });
    for (const d of filters.querySelectorAll("details.facet")) {
      if (open.has(d.id)) d.open = open.get(d.id);
      const inner = d.querySelector(".more");
      if (inner && more.has(d.id)) inner.open = true;
    }
    if (key && key[0]) {
      const named = [...filters.querySelectorAll("input")].filter((i) => i.name === key[0]);
      const again = named.find((i) => i.value === key[1] || i.type === "number");
      if (again) again.focus({ preventScroll: true });
    }
    document.title = page.title;
    const fresh = page.querySelectorAll(outside);
    document.querySelectorAll(outside).forEach((old, i) => old.replaceWith(fresh[i]));
    if (push) history.pushState(null, "", url);
    shown = location.search;
    announce.textContent = document.getElementById("count").textContent;
  }

  function changed(event) {
    if (event.target.form === form && event.target.reportValidity() && form.checkValidity()) load(address(), true);
  }
  filters.addEventListener("change", changed);
  filters.addEventListener("click", (event) => {
    if (event.target.closest(".apply button") && filters.matches(":popover-open")) {
      event.preventDefault();
      filters.hidePopover();
      document.getElementById("count").focus();
    }
  });
  // On a phone the filters lie over the page: whoever leaves them by keyboard must see where they come to.
  document.addEventListener("focusin", (event) => {
    if (filters.matches(":popover-open") && !filters.contains(event.target)) filters.hidePopover();
  });
  // The button that opened them is another one since the results changed: the browser would lose the place.
  filters.addEventListener("toggle", (event) => {
    const at = document.activeElement;
    if (event.newState === "closed" && (at === document.body || filters.contains(at))) {
      document.querySelector(".open-filters").focus({ preventScroll: true });
    }
  });
  let shown = location.search; // a link to a place on the page also fires popstate
  addEventListener("popstate", () => { if (location.search !== shown) load(location.href, false); });

  // Dragging over bars chooses their years; a click on one bar is a plain link.
  let from = null, to = null;
  const bar = (event) => document.elementFromPoint(event.clientX, event.clientY)?.closest(".histogram a");
  function paint() {
    const low = Math.min(from.dataset.first, to.dataset.first), high = Math.max(from.dataset.last, to.dataset.last);
    for (const a of filters.querySelectorAll(".histogram a")) {
      a.classList.toggle("drag", a.dataset.first >= low && a.dataset.last <= high);
    }
    return [low, high];
  }
  filters.addEventListener("dragstart", (event) => { if (event.target.closest(".histogram")) event.preventDefault(); });
  filters.addEventListener("pointerdown", (event) => { from = to = event.button === 0 ? bar(event) || null : null; });
  filters.addEventListener("pointermove", (event) => {
    const over = from && bar(event);
    if (over && over !== to) { to = over; paint(); }
  });
  addEventListener("pointerup", () => {
    if (from && to && from !== to) {
      const [low, high] = paint();
      filters.querySelector("[name=year_from]").value = low;
      filters.querySelector("[name=year_to]").value = high;
      load(address(), true);
      addEventListener("click", (event) => { event.preventDefault(); event.stopPropagation(); }, { capture: true, once: true });
    }
    from = to = null;
  });
  addEventListener("pointercancel", () => { from = to = null; });
})();
