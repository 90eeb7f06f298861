// Buttons that copy a text of the page: data-of names it, and #heard says that it is done. Without this script they
// stay hidden, and the text is marked by hand.
"use strict";
(() => {
  const heard = document.getElementById("heard");
  for (const button of document.querySelectorAll(".copy")) button.hidden = false;
  document.addEventListener("click", async (event) => {
    const button = event.target.closest(".copy");
    if (!button) return;
    const text = document.getElementById(button.dataset.of);
    heard.textContent = "";
    try {
      await navigator.clipboard.writeText(text.innerText.trim());
      heard.textContent = heard.dataset.copied;
    } catch { // not allowed, or not over https
      getSelection().selectAllChildren(text);
      heard.textContent = heard.dataset.marked;
    }
  });
})();
