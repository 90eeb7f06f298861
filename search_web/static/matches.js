// Previous and next match in the text of a document, and the way back to the very list one came from. Without this
// script, each page links to the next one with a match, and the way back to the same words without filters.
"use strict";
(() => {
  const back = document.querySelector(".back a");
  if (back && document.referrer) {
    const list = new URL(back.href), from = new URL(document.referrer);
    const same = from.origin === list.origin && from.pathname === list.pathname;
    if (same && from.searchParams.get("q") === list.searchParams.get("q")) back.href = from.href;
  }
  const bar = document.getElementById("matches");
  const marks = [...document.querySelectorAll("section.page mark")];
  const step = bar && bar.querySelector(".step");
  if (!step || !marks.length) return;
  const number = document.getElementById("match-number");
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let at = -1;
  step.hidden = false;
  bar.classList.add("steps");

  function go(to) {
    if (marks[at]) marks[at].classList.remove("current");
    at = (to + marks.length) % marks.length;
    marks[at].classList.add("current");
    marks[at].scrollIntoView({ block: "center", behavior: still.matches ? "auto" : "smooth" });
    number.textContent = `${at + 1} ${bar.dataset.of} ${marks.length}`;
  }
  document.getElementById("next-match").addEventListener("click", () => go(at + 1));
  document.getElementById("previous-match").addEventListener("click", () => go(at < 0 ? marks.length - 1 : at - 1));
})();
