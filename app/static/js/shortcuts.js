// Keyboard shortcuts, declared where they act: data-key="g q" on a link, button or field, with data-key-words saying
// what it does. Links and buttons are pressed, fields focused; data-key-into names the field to go to. j and k move
// between the page's [data-key-item]s, Enter opens the first link in one, and x ticks its [data-pick]. "Ctrl k" is Cmd+K
// as well. "?" shows all that this page has. WCAG 2.1.4: single keys do nothing while a field has the focus, and the switch
// in the list turns them off for this person, "?" too, until it is turned on in the settings; keys with Ctrl stay.
(() => {
  const page = document.documentElement;
  let typed = "";
  let timer = 0;

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (event.ctrlKey || event.metaKey) return withControl(event);
    if (event.altKey || isTyping(event.target) || event.key.length > 1 && event.key !== "Enter") return;
    if (page.dataset.keys === "off") return;
    if (event.key === "?") return showAll(event);
    if (move(event)) return;
    typed = (typed + " " + event.key).trim();
    clearTimeout(timer);
    timer = setTimeout(() => (typed = ""), 1200);
    const target = find(typed) || find(event.key);
    if (!target) return;
    event.preventDefault();
    typed = "";
    press(target);
  });

  function withControl(event) {
    const target = find(`Ctrl ${event.key.toLowerCase()}`);
    if (!target || event.altKey || event.shiftKey) return;
    event.preventDefault();
    press(target);
  }

  function press(target) {
    if (target.matches("a, button, details:not([open]) > summary")) target.click();
    const field = target.dataset.keyInto ? document.getElementById(target.dataset.keyInto) : target;
    if (field?.matches("input, select, textarea")) field.focus();
  }

  window.justask = Object.assign(window.justask || {}, { press });

  function isTyping(element) {
    return element.isContentEditable || element.matches("input:not([type=checkbox]):not([type=radio]), textarea, select");
  }

  function find(key) {
    return document.querySelector(`[data-key="${CSS.escape(key)}"]`) || document.querySelector(`[data-key=${JSON.stringify(key)}]`);
  }

  function move(event) {
    const step = { j: 1, k: -1 }[event.key];
    const items = [...document.querySelectorAll("[data-key-item]")];
    if (!items.length || (!step && event.key !== "Enter" && event.key !== "x")) return false;
    const at = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
    if (event.key === "x") {
      const box = items[at]?.querySelector("[data-pick]");
      box?.click();
      return Boolean(box);
    }
    if (event.key === "Enter") {
      if (at < 0 || document.activeElement !== items[at]) return false;
      items[at].querySelector("a")?.click();
      return true;
    }
    const next = items[Math.min(items.length - 1, Math.max(0, at + step))];
    if (!next) return false;
    items[at]?.setAttribute("aria-selected", "false");
    next.setAttribute("aria-selected", "true");
    next.tabIndex = -1;
    next.focus();
    next.scrollIntoView({ block: "nearest" });
    event.preventDefault();
    return true;
  }

  function showAll(event) {
    event.preventDefault();
    const dialog = document.getElementById("shortcuts");
    if (!dialog) return;
    const list = dialog.querySelector("dl");
    const known = [...document.querySelectorAll("[data-key][data-key-words]")].filter((element) => element.dataset.key);
    const rows = known.map((element) => [element.dataset.key, element.dataset.keyWords]);
    if (document.querySelector("[data-key-item]")) rows.push(["j", dialog.dataset.next], ["k", dialog.dataset.previous]);
    if (document.querySelector("[data-key-item] [data-pick]")) rows.push(["x", dialog.dataset.pick]);
    list.replaceChildren(...rows.flatMap(([key, words]) => [keys(key), said(words)]));
    const toggle = dialog.querySelector("[data-shortcuts-off]");
    toggle.checked = page.dataset.keys !== "off";
    toggle.onchange = () => keep(toggle);
    dialog.showModal();
  }

  // Kept with the person. Where that fails, the box says what still holds.
  async function keep(toggle) {
    const on = toggle.checked;
    const switched = (is) => (is ? delete page.dataset.keys : (page.dataset.keys = "off"));
    switched(on);
    const token = document.querySelector("meta[name=csrf-token]").content;
    const body = new URLSearchParams({ csrf_token: token, on: on ? "1" : "" });
    const answer = await fetch(toggle.dataset.address, { method: "POST", body, redirect: "manual" }).catch(() => null);
    if (answer?.ok) return;
    switched(!on);
    toggle.checked = !on;
  }

  function keys(key) {
    const term = document.createElement("dt");
    for (const part of key.split(" ")) {
      const cap = document.createElement("kbd");
      cap.textContent = part;
      term.append(cap, " ");
    }
    return term;
  }

  function said(words) {
    const place = document.createElement("dd");
    place.textContent = words;
    return place;
  }
})();
