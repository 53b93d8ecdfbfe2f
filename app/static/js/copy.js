// Buttons with data-copy="#id" put the text of that element on the clipboard. Without script they stay hidden.
(() => {
  if (!navigator.clipboard) return;
  const show = () => document.querySelectorAll("button[data-copy]").forEach((button) => { button.hidden = false; });
  show();
  document.addEventListener("htmx:afterSettle", show);
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(document.querySelector(button.dataset.copy).textContent.trim());
    (button.querySelector("span") || button).textContent = button.dataset.copied;
  });
})();
