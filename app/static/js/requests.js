// Requests that htmx makes: they carry the CSRF token, and a failure says so instead of doing nothing.
(() => {
  const unsafe = /^(post|put|patch|delete)$/i;

  document.addEventListener("htmx:configRequest", (event) => {
    const token = document.querySelector('meta[name="csrf-token"]');
    if (token && unsafe.test(event.detail.verb)) event.detail.headers["X-CSRFToken"] = token.content;
  });

  // A page of words that came with 4xx is meant to be read: a form with its errors, or a refusal.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const status = event.detail.xhr.status;
    const isFragment = !/<html[\s>]/i.test(event.detail.xhr.responseText.slice(0, 500));
    if ([400, 409, 422].includes(status) && isFragment) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });

  document.addEventListener("htmx:responseError", () => announce(words("failed")));
  document.addEventListener("htmx:sendError", () => announce(words("unreachable")));

  // What was swapped in may bring an error summary; the reader should land on it.
  document.addEventListener("htmx:afterSettle", (event) => focusErrors(event.detail.elt));
  focusErrors(document);

  function focusErrors(root) {
    root.querySelector?.("[data-focus]")?.focus();
  }

  function words(kind) {
    return document.getElementById("announcements")?.dataset[kind] || "";
  }

  function announce(text) {
    const place = document.getElementById("announcements");
    if (!place || !text) return;
    place.textContent = text;
    place.classList.add("announcement");
    place.classList.remove("visually-hidden");
    setTimeout(() => {
      place.classList.add("visually-hidden");
      place.textContent = "";
    }, 8000);
  }

  window.justask = Object.assign(window.justask || {}, { announce });
})();
