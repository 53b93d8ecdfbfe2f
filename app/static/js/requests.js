// Requests that htmx makes: they carry the CSRF token, and a failure says so instead of doing nothing. A part of the
// page that could not be loaded keeps what it showed and says above it since when, with a button to try again; a part
// that asks again by itself takes the words away as soon as it is answered.
(() => {
  const unsafe = /^(post|put|patch|delete)$/i;
  let fading = 0;

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

  document.addEventListener("htmx:responseError", (event) => failed(event, "failed"));
  document.addEventListener("htmx:sendError", (event) => failed(event, "unreachable"));
  document.addEventListener("htmx:timeout", (event) => failed(event, "unreachable"));
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful) noticeOf(event.detail.elt)?.remove();
  });

  // A session that has ended answers with the page to sign in, which is no part of this one.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr.status === 200 && /<html[\s>]/i.test(event.detail.xhr.responseText.slice(0, 500))) {
      event.detail.shouldSwap = false;
      window.location.reload();
    }
  });

  function failed(event, kind) {
    const part = event.detail.elt;
    const config = event.detail.requestConfig;
    if (config?.verb !== "get") return announce(words(kind));
    if (noticeOf(part)) return;
    const notice = document.getElementById("part-failed").content.firstElementChild.cloneNode(true);
    notice.querySelector("[data-words]").textContent = words(kind === "failed" ? "partFailed" : "partUnreachable");
    notice.querySelector("time").textContent = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    notice.querySelector("button").addEventListener("click", () => {
      window.htmx.ajax("GET", config.path, { source: part, target: event.detail.target, swap: part.getAttribute("hx-swap") || "innerHTML" });
    });
    part.before(notice);
  }

  function noticeOf(part) {
    const before = part?.previousElementSibling;
    return before?.matches("[data-part-notice]") ? before : null;
  }

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
    clearTimeout(fading);
    fading = setTimeout(() => {
      place.classList.add("visually-hidden");
      place.textContent = "";
    }, 8000);
  }

  window.justask = Object.assign(window.justask || {}, { announce });
})();
