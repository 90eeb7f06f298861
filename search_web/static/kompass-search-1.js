// <kompass-search>: a search box with suggestions and results for the pages of other sites.
// Pages name this file by its hash, so a released file never changes: a new one gets the next number, and the old
// one stays. It asks the read API and keeps nothing. It makes elements and style sheets by script only, so that a
// page with a strict Content-Security-Policy and with Trusted Types can use it. /embed tells how.
const OURS = new URL("..", import.meta.url).href;
const FIELDS = "id,title,kind,format,language,years,municipalities,publisher,snippets,matching_pages";
const NOT_FILTERS = ["q", "page", "limit", "view", "lang", "index", "fields", "cursor"];
const MARK = /<\/?mark>/; // the only element of a snippet
const ENTITIES = { "&lt;": "<", "&gt;": ">", "&amp;": "&", "&quot;": '"', "&#34;": '"', "&#39;": "'", "&#x27;": "'" };
const QUOTED = /["”“„»«]/; // words that bring quotation marks get no others
const LEADERS = / ?\.{5,} ?/g; // dots that lead to a page number: in a narrow box they fill lines
const WAIT = 120; // milliseconds without a key before suggestions are asked for
const LONG = 600; // milliseconds without an answer before it is told that one is on its way
const END = 20_000; // before it is told that none comes
const taken = new Set(); // numbers of the boxes in the page, also of those inside other components

const TEXTS = {
  sv: {
    label: "Sök i dokumenten om barnets rättigheter", button: "Sök", list: "Förslag", found: "Träffar",
    some: (n) => `${n} förslag. Välj med piltangenterna`,
    quoted: (q) => `”${q}”`,
    count: (n, q) => (n === "1" ? "1 träff" : `${n} träffar`) + (q && ` på ${q}`),
    most: (n) => `Inget dokument har allt du söker, men ${n} har en del av det`,
    none: (q) => `Ingen träff på ${q}`,
    empty: "Inget dokument finns här.",
    meant: "Menade du", page: "s.", undated: "utan år",
    all: (n) => (n === "1" ? "Visa träffen i Barnrättskompassen" : `Visa alla ${n} träffar i Barnrättskompassen`),
    searching: "Söker …", failed: "Sökningen svarar inte just nu.", instead: "Sök i Barnrättskompassen i stället",
  },
  en: {
    label: "Search the documents on the rights of the child", button: "Search", list: "Suggestions", found: "Results",
    some: (n) => `${n} suggestion${n === 1 ? "" : "s"}. Choose with the arrow keys`,
    quoted: (q) => `“${q}”`,
    count: (n, q) => (n === "1" ? "1 result" : `${n} results`) + (q && ` for ${q}`),
    most: (n) => `No document has all that you search for, but ${n} ${n === "1" ? "has" : "have"} some of it`,
    none: (q) => `Nothing found for ${q}`,
    empty: "There is no document here.",
    meant: "Did you mean", page: "p.", undated: "no year",
    all: (n) => (n === "1" ? "Show the result in Barnrättskompassen" : `Show all ${n} results in Barnrättskompassen`),
    searching: "Searching …", failed: "The search does not answer at the moment.", instead: "Search in Barnrättskompassen instead",
  },
};

const sheet = new CSSStyleSheet();
sheet.replaceSync(`
:host {
  --a: var(--kompass-accent, #0a5a69); --on: var(--kompass-on-accent, #fff); --line: var(--kompass-line, #7d7769);
  --ink: var(--kompass-text, #1c2426); --paper: var(--kompass-background, #fff); --mark: var(--kompass-mark, #ffe492);
  --on-mark: #1c2426; --r: var(--kompass-radius, 4px);
  display: block; font-family: var(--kompass-font, inherit); line-height: 1.45; overflow-wrap: anywhere;
  color: var(--kompass-text, inherit); text-align: start; white-space: normal;
}
@supports (color: light-dark(#000, #fff)) {
  :host {
    --a: var(--kompass-accent, light-dark(#0a5a69, #86cdd6)); --on: var(--kompass-on-accent, light-dark(#fff, #0c1416));
    --ink: var(--kompass-text, light-dark(#1c2426, #e6e3da)); --paper: var(--kompass-background, light-dark(#fff, #1b2224));
  }
}
:host([hidden]), [hidden] { display: none !important; }
*, ::before { box-sizing: border-box; }
ul { list-style: none; margin: 0; padding: 0; }
p { margin: 0; }
label { display: block; font-weight: 600; margin-bottom: .3em; }
.box { display: flex; flex-wrap: wrap; gap: .5em; }
.field { position: relative; flex: 1 1 10em; min-width: 0; }
input, button { font: inherit; border-radius: var(--r); padding: .55em .8em; min-height: 44px; margin: 0; }
input { width: 100%; font-size: max(1em, 16px); color: var(--ink); background: var(--paper); border: 1px solid var(--line); }
button { color: var(--on); background: var(--a); border: 1px solid var(--a); font-weight: 600; cursor: pointer; padding-inline: 1.3em; }
:focus-visible { outline: 3px solid var(--a); outline-offset: 2px; }
[role=listbox] {
  position: absolute; z-index: 9; top: calc(100% + 4px); inset-inline: 0; color: var(--ink); background: var(--paper); overflow: hidden;
  border: 1px solid var(--line); border-radius: var(--r); box-shadow: 0 6px 20px rgb(0 0 0 / .16);
}
[role=option] { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: 0 1em; padding: .5em .8em; cursor: pointer; }
[role=option] span { font-size: .85em; white-space: nowrap; }
[aria-selected=true] { background: var(--a); color: var(--on); }
.aside { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.count { font-weight: 600; margin-top: .9em; min-height: 1.45em; }
.count:empty { margin: 0; min-height: 0; }
[aria-busy=true] { opacity: .6; }
.hits li { padding: .7em 0; border-top: 1px solid var(--line); border-top-color: color-mix(in srgb, var(--line) 35%, transparent); }
.hits { margin-top: .4em; }
.title { font-weight: 600; font-size: 1.05em; }
a { color: var(--a); text-underline-offset: .15em; }
.meta { font-size: .875em; }
.more { padding: .6em 0; }
mark { background: var(--mark); color: var(--on-mark); border-radius: 2px; }
@media (forced-colors: active) { [aria-selected=true] { forced-color-adjust: none; background: Highlight; color: HighlightText; } }
@media print { form { display: none; } }
`);

/** An element with attributes (null: left out) and children. */
function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** A link out of the frame that a page may have put the box into: the service, like many sites, lets nobody frame it. */
function link(href, attributes, ...children) { return make("a", { href, target: "_top", ...attributes }, ...children); }

/** The text and the marks of a snippet of the API, as nodes, with dots where it was cut out of a sentence. */
function snippet(html) {
  const nodes = html.trim().split(MARK).map((piece, i) => {
    const text = piece.replace(LEADERS, " … ").replace(/&(?:lt|gt|amp|quot|#34|#39|#x27);/g, (entity) => ENTITIES[entity]);
    return i % 2 ? make("mark", {}, text) : text;
  });
  const bare = html.split(MARK).join("").trim();
  return [/^\p{Ll}/u.test(bare) ? "… " : "", ...nodes, /[.!?:;…”]$/.test(bare) ? "" : " …"];
}

/** An id in a path, twice encoded where servers in between would tidy it: as the service itself writes it. */
function inPath(id) {
  const once = /^\.+$/.test(id) ? "%2E".repeat(id.length) : encodeURIComponent(id);
  return /[/%]|^\.+$/.test(id) ? encodeURIComponent(once) : once;
}

/** [2011, 2012, 2014] → "2011–2012, 2014" */
function spans(years) {
  const found = [];
  for (const year of years) {
    const last = found.at(-1);
    if (last && year === last[1] + 1) last[1] = year;
    else found.push([year, year]);
  }
  return found.map(([a, b]) => (a === b ? a : `${a}–${b}`)).join(", ");
}

class KompassSearch extends HTMLElement {
  static observedAttributes = ["lang", "label", "filters", "results", "hits", "service"];
  #root = this.attachShadow({ mode: "open" });
  #language = "sv";
  #input; #list; #heard; #count; #found;
  #items = []; #active = -1; #asked = ""; #timer = 0; #slow = 0; #suggesting = null; #searching = null; #number = 0;

  constructor() {
    super();
    this.#root.adoptedStyleSheets = [sheet];
  }

  connectedCallback() {
    for (this.#number = 1; taken.has(this.#number);) this.#number++;
    taken.add(this.#number);
    this.#build();
  }
  disconnectedCallback() {
    taken.delete(this.#number);
    this.#stop();
  }
  attributeChangedCallback(name, before, after) {
    if (this.isConnected && this.#input && before !== after) this.#build();
  }

  // --- what the page has set ---

  get #texts() { return TEXTS[this.#language]; }
  get #service() { return (this.getAttribute("service") || OURS).replace(/\/*$/, `/${this.#language}/`); }
  get #filters() {
    const given = new URLSearchParams(this.getAttribute("filters") || "");
    NOT_FILTERS.forEach((name) => given.delete(name));
    return given;
  }
  #address(path, parameters) {
    const all = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== ""));
    if (path !== "api/v1/suggest") this.#filters.forEach((value, name) => all.append(name, value));
    return `${this.#service}${path}?${all}`;
  }
  #full(text) { return this.#address("", text || String(this.#filters) ? { q: text } : {}); }

  // --- the box ---

  #build() {
    this.#stop();
    const typed = this.#input ? this.#input.value : "";
    let told = null;
    for (let at = this; at && !told; at = at.getRootNode().host) told = at.closest("[lang]"); // out of every component
    const near = (told?.lang || "").slice(0, 2).toLowerCase();
    this.#language = near in TEXTS ? near : "sv";
    const texts = this.#texts, label = this.getAttribute("label") || texts.label;
    const name = this.#number > 1 ? `${label} (${this.#number})` : label;
    this.#input = make("input", {
      id: "q", type: "search", name: "q", role: "combobox", autocomplete: "off", autocapitalize: "none", spellcheck: "false",
      enterkeyhint: "search", maxlength: 500, "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": "list",
    });
    this.#input.value = typed;
    this.#list = make("ul", { id: "list", role: "listbox", "aria-label": texts.list, hidden: "" });
    this.#heard = make("p", { class: "aside", role: "status" });
    this.#count = make("p", { class: "count", role: "status" });
    this.#found = make("div", {});
    const field = make("div", { class: "field" }, this.#input, this.#list);
    const box = make("div", { class: "box" }, field, make("button", { type: "submit" }, texts.button));
    const form = make("form", { role: "search", "aria-label": name }, make("label", { for: "q" }, label), box, this.#heard);
    this.#root.replaceChildren(make("div", { lang: this.#language, dir: "ltr" }, form, this.#count, this.#found));
    form.addEventListener("submit", (event) => { event.preventDefault(); this.#search(); });
    this.#input.addEventListener("input", () => { clearTimeout(this.#timer); this.#timer = setTimeout(() => this.#suggest(), WAIT); });
    this.#input.addEventListener("blur", () => this.#close());
    this.#input.addEventListener("keydown", (event) => this.#key(event));
  }

  #stop() {
    clearTimeout(this.#timer);
    clearTimeout(this.#slow);
    this.#suggesting?.abort();
    this.#searching?.abort();
    this.#found?.removeAttribute("aria-busy");
    this.#items = [];
    this.#asked = "";
    this.#active = -1;
  }

  /** The answer of the API. Throws an Error with the reason in words when it refuses. */
  async #ask(path, parameters, signal) {
    const address = this.#address(`api/v1/${path}`, parameters);
    const answer = await fetch(address, { signal, mode: "cors", credentials: "omit", referrerPolicy: "no-referrer" });
    const read = await answer.json();
    if (!answer.ok) throw new Error(read.detail || read.title || ""); // a gateway may answer in words of its own
    return read;
  }

  // --- suggestions ---

  async #suggest() {
    const text = this.#input.value.trim();
    if (text === this.#asked) return;
    this.#asked = text;
    this.#suggesting?.abort();
    if (text.length < 2) { this.#show([]); return; }
    const { signal } = (this.#suggesting = new AbortController());
    try {
      const { suggestions } = await this.#ask("suggest", { q: text }, signal);
      if (signal.aborted || this.#root.activeElement !== this.#input) return;
      // A document or a municipality may lie outside the filters of this page; words lead to what is inside.
      this.#show(String(this.#filters) ? suggestions.filter((s) => !s.href) : suggestions);
    } catch { /* overtaken by the next key, or offline: the box goes on without suggestions */ }
  }

  #show(items) {
    this.#items = items;
    this.#active = -1;
    this.#list.replaceChildren(...items.map((item, i) => {
      const what = item.label ? [make("span", {}, item.label)] : [];
      const option = make("li", { id: `o${i}`, role: "option", "aria-selected": "false" }, make("bdi", {}, item.text), ...what);
      option.addEventListener("mousedown", (event) => { event.preventDefault(); if (event.button === 0) this.#choose(i); });
      return option;
    }));
    this.#list.hidden = !items.length;
    this.#input.setAttribute("aria-expanded", String(items.length > 0));
    this.#input.removeAttribute("aria-activedescendant");
    const heard = items.length ? this.#texts.some(items.length) : "";
    if (this.#heard.textContent !== heard) this.#heard.textContent = heard;
  }

  #close() {
    this.#list.hidden = true;
    this.#active = -1;
    this.#input.setAttribute("aria-expanded", "false");
    this.#input.removeAttribute("aria-activedescendant");
    this.#heard.textContent = "";
  }

  #move(step) {
    const places = this.#items.length + 1; // the last one is the box itself
    this.#active = (this.#active + step + places) % places;
    if (this.#active === places - 1) this.#active = -1;
    [...this.#list.children].forEach((o, i) => o.setAttribute("aria-selected", String(i === this.#active)));
    if (this.#active < 0) this.#input.removeAttribute("aria-activedescendant");
    else this.#input.setAttribute("aria-activedescendant", `o${this.#active}`);
  }

  #choose(i) {
    const item = this.#items[i];
    this.#input.value = item.text;
    const way = item.href && new URL(item.href, this.#service);
    if (way && /^https?:$/.test(way.protocol)) open(way, "_top"); // an answer must never be a script of the page
    else this.#search();
  }

  #key(event) {
    if (event.isComposing) return;
    const open = !this.#list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!this.#items.length) return;
      if (!open) this.#show(this.#items);
      this.#move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Escape" && open) {
      clearTimeout(this.#timer);
      this.#suggesting?.abort(); // an answer on its way must not open the list again
      this.#close();
      event.stopPropagation();
    } else if (event.key === "Enter" && this.#active >= 0) {
      this.#choose(this.#active);
    } else return;
    event.preventDefault();
  }

  // --- results ---

  async #search() {
    const text = this.#input.value.trim(), filtered = String(this.#filters) !== "";
    this.#stop();
    this.#show([]);
    this.#asked = text;
    if (!text && !filtered) { this.#count.textContent = ""; this.#found.replaceChildren(); this.#input.focus(); return; }
    if (this.getAttribute("results") === "open") { open(this.#full(text), "_top"); return; }
    const searching = (this.#searching = new AbortController()), { signal } = searching;
    setTimeout(() => searching.abort(END), END); // of no effect on a search that is over
    this.#count.textContent = ""; // so that the same count is heard again after the same search
    this.#found.setAttribute("aria-busy", "true");
    this.#slow = setTimeout(() => { this.#count.textContent = this.#texts.searching; }, LONG);
    const limit = Math.min(Math.max(parseInt(this.getAttribute("hits"), 10) || 5, 1), 50);
    try {
      const answer = await this.#ask("search", { q: text, limit, fields: FIELDS }, signal);
      clearTimeout(this.#slow);
      this.#results(text, answer);
    } catch (error) {
      if (signal.aborted && signal.reason !== END) return;
      clearTimeout(this.#slow);
      const told = (error instanceof TypeError || error instanceof SyntaxError ? "" : error.message) || this.#texts.failed;
      this.#found.replaceChildren(this.#onward(this.#full(text), this.#texts.instead));
      this.#count.textContent = told;
    }
    this.#found.removeAttribute("aria-busy");
  }

  #onward(href, text) { return make("p", { class: "more" }, link(href, {}, text)); }

  #results(text, answer) {
    const texts = this.#texts, total = new Intl.NumberFormat(this.#language).format(answer.total);
    const labels = new Map();
    for (const facet of ["kind", "municipality"]) {
      for (const { value, label } of answer.facets[facet] || []) labels.set(`${facet} ${value}`, label);
    }
    const shown = [];
    if (answer.suggestion) {
      const button = make("button", { type: "button" }, answer.suggestion);
      button.addEventListener("click", () => { this.#input.value = answer.suggestion; this.#input.focus(); this.#search(); });
      shown.push(make("p", { class: "more" }, `${texts.meant} `, button));
    }
    if (answer.hits.length) {
      shown.push(make("ul", { class: "hits", "aria-label": texts.found }, ...answer.hits.map((hit) => this.#hit(hit, text, labels))));
      shown.push(this.#onward(this.#full(text), texts.all(total)));
    }
    this.#found.replaceChildren(...shown);
    const asked = !text || QUOTED.test(text) ? text : texts.quoted(text);
    if (!answer.total) this.#count.textContent = text ? texts.none(asked) : texts.empty;
    else this.#count.textContent = answer.relaxed ? texts.most(total) : texts.count(total, asked);
  }

  #hit(hit, text, labels) {
    const lang = hit.language && hit.language !== this.#language ? hit.language : null;
    const about = [labels.get(`kind ${hit.kind}`)];
    about.push(...hit.municipalities.slice(0, 3).map((code) => labels.get(`municipality ${code}`)));
    about.push(spans(hit.years) || this.#texts.undated, hit.publisher);
    const query = text ? `?${new URLSearchParams({ q: text })}` : "";
    const title = link(`${this.#service}documents/${inPath(hit.id)}${query}`, { class: "title", lang }, make("bdi", {}, hit.title));
    const item = make("li", {}, title, make("p", { class: "meta" }, about.filter(Boolean).join("\u00a0· ")));
    if (hit.snippets.length) {
      const best = hit.matching_pages[0], where = [];
      if (hit.format === "pdf" && best && /^https?:\/\//.test(best.url)) {
        where.push(link(best.url, { rel: "noreferrer" }, `${this.#texts.page} ${best.label || best.number}`), " ");
      }
      item.append(make("p", {}, ...where, make("bdi", { lang }, ...snippet(hit.snippets[0]))));
    }
    return item;
  }
}

if (!customElements.get("kompass-search")) customElements.define("kompass-search", KompassSearch);
