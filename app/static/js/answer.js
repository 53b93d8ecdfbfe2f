// The page of an ask, for phones that lose the network: keeps what was chosen and written on this device from the first
// key, and sends what was pressed once there is a connection again (thanks.js likewise on the page of thanks). Nothing is sent
// that nobody pressed; without this script the pages do the same but for that.
(() => {
  "use strict";
  const LASTS = 40 * 24 * 3600 * 1000, RETRY = 10000, SOON = 3000, PAUSE = 1500;
  const question = location.pathname.replace(/\/(thanks|further|contact|favour)$/, "");
  const path = location.pathname, form = document.querySelector("form[data-offline]:not([data-small])");
  const shelf = (() => { try { return window.localStorage; } catch { return null; } })();
  const asked = new URLSearchParams(location.search).get("score");
  // One draft for an ask, whichever language its address names (TOKEN~fr).
  const name = (path) => "ask-" + digest(path.replace(/~[^/]*/, ""));
  const all = (form, button) => [...new FormData(form, button)].filter(([, value]) => typeof value === "string");
  const post = (form, fields) => fetch(form.action, { method: "POST", body: new URLSearchParams(fields), redirect: "manual" });
  let touched = false;

  // The link is a secret and must not lie about; 53 bits of it tell two asks apart and lead nowhere.
  function digest(text) {
    let a = 0xdeadbeef, b = 0x41c6ce57;
    for (let i = 0; i < text.length; i++) {
      a = Math.imul(a ^ text.charCodeAt(i), 2654435761);
      b = Math.imul(b ^ text.charCodeAt(i), 1597334677);
    }
    a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
    b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
    return (4294967296 * (2097151 & b) + (a >>> 0)).toString(36);
  }
  function kept(path) {
    try {
      const found = JSON.parse(shelf.getItem(name(path)));
      return found && Date.now() - found.at < LASTS ? found : null;
    } catch { return null; }
  }
  function keep(path, what) { try { shelf.setItem(name(path), JSON.stringify({ at: Date.now(), asked, ...what })); } catch { /* full, or none */ } }
  function forget(path) { if (kept(path)?.sent) drop(path); }
  function drop(path) { try { shelf.removeItem(name(path)); } catch { /* none */ } }

  function restore(form, before) {
    // The number of another link of the mail, chosen since, stands as the page has it.
    const isNew = asked && asked !== before.asked;
    const chosen = isNew ? [...form.elements].filter((one) => one.defaultChecked).map((one) => one.name) : [];
    for (const [key, value] of before.fields) {
      for (const one of [...form.elements].filter((one) => one.name === key && one.type !== "submit")) {
        if (one.type === "radio" || one.type === "checkbox") {
          if (one.value !== value || chosen.includes(key)) continue;
          one.checked = true;
          one.closest("details")?.setAttribute("open", "");
        } else if (key === "attempt" || !one.value) one.value = value;
      }
    }
  }
  function say(form) {
    let line = document.getElementById("offline");
    if (!line) {
      line = document.createElement("p");
      line.id = "offline";
      line.className = "note bad";
      line.setAttribute("role", "alert");
    }
    if (line.parentNode !== form) form.prepend(line);
    line.textContent = form.dataset.offline;
    line.scrollIntoView({ block: "nearest" });
  }

  // The form of the question, and that of further ones.
  function large(form) {
    const refused = form.querySelector("[role=alert]");
    let told = "", timer = 0, isSending = false;
    async function resend() {
      const waiting = kept(path);
      if (!waiting?.pressed || isSending || !navigator.onLine) return;
      isSending = true;
      try {
        const answer = await post(form, waiting.fields);
        if (answer.type === "opaqueredirect") {  // Saved: on to the page that follows any press.
          drop(path);
          location.replace(question + (path === question ? "/further" : "/thanks"));
        } else if (answer.status >= 500 || answer.status === 429) setTimeout(resend, RETRY);
        else {  // It was refused: the page says why when the button is pressed again.
          keep(path, { fields: waiting.fields });
          location.reload();
        }
      } catch {
        say(form);
        setTimeout(resend, SOON);
      }
      isSending = false;
    }
    function tell() {
      const now = new URLSearchParams(all(form)).toString();
      if (!("partial" in form.dataset) || now === told || !navigator.onLine) return;
      told = now;
      fetch(form.action + "/partial", { method: "POST", body: new URLSearchParams(now), keepalive: true }).catch(() => {});
    }
    function changed(event) {
      if (!touched || !event.isTrusted) return;
      keep(path, { fields: all(form) });
      clearTimeout(timer);
      timer = setTimeout(tell, PAUSE);
    }
    const before = kept(path);
    if (before && refused) keep(path, { fields: before.fields });
    else if (before) {
      restore(form, before);
      if (before.pressed) {
        if (!navigator.onLine) say(form);
        resend();
      }
    }
    form.addEventListener("input", changed);
    form.addEventListener("submit", (event) => {
      clearTimeout(timer);
      if (!touched || !event.isTrusted) return;
      keep(path, { fields: all(form), pressed: true, sent: navigator.onLine });
      if (navigator.onLine) return;
      event.preventDefault();
      say(form);
    });
    addEventListener("online", resend);
  }

  for (const kind of ["pointerdown", "touchstart", "keydown"])
    addEventListener(kind, (event) => { touched = touched || event.isTrusted; }, { capture: true, passive: true });
  if (path.endsWith("/further")) forget(question);
  // The thanks come after the commit; a press that is still waiting stays.
  if (path.endsWith("/thanks")) for (const one of [question, question + "/further"]) forget(one);
  if (form) large(form);
  window.thanks?.({ all, post, kept, keep, drop, restore, say, question, isTouched: () => touched });
})();
