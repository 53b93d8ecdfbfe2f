// A link to something folded away unfolds it: #why-value opens the <details> of that name or around it.
(() => {
  window.addEventListener("hashchange", reveal);
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    if (link && link.hash === location.hash) reveal();
  });
  reveal();

  function reveal() {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    const folded = target.matches("details") ? target : target.querySelector(":scope details[data-reveal]") || target.closest("details");
    if (!folded || folded.open) return;
    folded.open = true;
    target.scrollIntoView({ block: "start" });
  }
})();
