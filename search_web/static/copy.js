// Buttons that copy a text of the page: data-of names it, and the status beside them, or the page's, says that it is
// done. Without scripts they are not shown, and the text is marked by hand.
"use strict";
document.addEventListener("click", async (event) => {
  const button = event.target.closest(".copy");
  if (!button) return;
  const text = document.getElementById(button.dataset.of);
  const heard = button.parentNode.querySelector(".heard") || document.getElementById("heard");
  heard.textContent = "";
  try {
    await navigator.clipboard.writeText(text.innerText.trim());
    heard.textContent = heard.dataset.copied;
  } catch { // not allowed, or not over https
    getSelection().selectAllChildren(text);
    heard.textContent = heard.dataset.marked;
  }
});
