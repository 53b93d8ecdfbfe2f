// Buttons with data-copy="#id" put the text of that element on the clipboard. Without script they stay hidden.
(() => {
  if (!navigator.clipboard) return;
  for (const button of document.querySelectorAll("button[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.querySelector(button.dataset.copy).textContent.trim());
      const words = button.querySelector("span") || button;
      words.textContent = button.dataset.copied;
    });
  }
})();
