// Menus made of <details data-menu>: they open without this; it closes them on Escape and on a press elsewhere.
// Buttons with data-confirm ask once more before their form goes. Buttons with data-more-filters unfold what a narrow
// screen folds away, and the present one of a long row of tabs is brought into sight.
(() => {
  for (const tab of document.querySelectorAll(".tabs a[aria-current]")) {
    const row = tab.parentElement;
    row.scrollLeft += tab.getBoundingClientRect().left - row.getBoundingClientRect().left - (row.clientWidth - tab.offsetWidth) / 2;
  }

  const open = () => document.querySelectorAll("details[data-menu][open]");

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  document.addEventListener("click", (event) => {
    for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
    const more = event.target.closest("button[data-more-filters]");
    if (more) more.setAttribute("aria-expanded", String(more.form.classList.toggle("is-open")));
    const button = event.target.closest("button[data-confirm]");
    if (button && !window.confirm(button.dataset.confirm)) event.preventDefault();
  });
})();
