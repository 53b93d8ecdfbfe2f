// How far an import has come: asked every two seconds while it runs, also by somebody who only looks at its page.
// The server says so with a reload once it is done.
(() => {
  const place = document.getElementById("import-progress");
  if (!place) return;
  if ("running" in place.dataset) watch();
  document.getElementById("import")?.addEventListener("submit", () => {
    for (const button of document.querySelectorAll('button[form="import"]')) button.setAttribute("aria-disabled", "true");
    watch();
  });

  function watch() {
    place.hidden = false;
    place.scrollIntoView({ block: "nearest" });
    setInterval(() => htmx.ajax("GET", place.dataset.url, { target: place, swap: "innerHTML" }).catch(() => {}), 2000);
  }
})();
