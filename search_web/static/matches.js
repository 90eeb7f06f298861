// Previous and next match in the text of a document. Without this script, each page links to the next one with a match.
"use strict";
(() => {
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
