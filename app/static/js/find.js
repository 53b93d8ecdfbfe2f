// The window that finds, opened by [data-find] (Ctrl+K or Cmd+K by its data-key): rows come from the page to find with,
// and what can be done on this page stands above them, taken from the same data-key elements as the list of keys.
// Arrow keys move the focus between the field and the rows; Enter in the field takes the first one.
(() => {
  const dialog = document.getElementById("find");
  if (!dialog) return;
  const field = dialog.querySelector("input");
  const rows = dialog.querySelector("[data-find-rows]");
  const actions = dialog.querySelector("[data-find-actions]");
  const told = dialog.querySelector("[role=status]");
  const heading = actions.innerHTML;
  let asked = null;
  let timer = 0;

  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-find]") || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    field.value = "";
    rows.replaceChildren();
    told.textContent = "";
    dialog.showModal();
    look();
  });

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, 120);
  });

  dialog.addEventListener("keydown", (event) => {
    const all = [field, ...dialog.querySelectorAll(".found__one")];
    const at = all.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && at >= 0) {
      event.preventDefault();
      all[Math.min(all.length - 1, Math.max(0, at + step))].focus();
    }
    if (event.key === "Enter" && at === 0 && !event.isComposing) {
      event.preventDefault();
      clearTimeout(timer);
      if (field.value.trim()) look().then(() => dialog.querySelector(".found__one")?.click());
    }
  });

  async function look() {
    const words = field.value.trim();
    showActions(words);
    asked?.abort();
    asked = new AbortController();
    try {
      const answer = await fetch(`${dialog.dataset.address}?part=1&q=${encodeURIComponent(words)}`, { signal: asked.signal });
      const text = await answer.text();
      if (!answer.ok || /<html[\s>]/i.test(text.slice(0, 500))) throw new Error(String(answer.status));
      rows.innerHTML = text;
      told.textContent = rows.querySelector("[data-found-words]")?.dataset.foundWords || "";
    } catch (error) {
      if (error.name === "AbortError") return;
      rows.replaceChildren();
      told.textContent = dialog.dataset.failed;
    }
  }

  function showActions(words) {
    const wanted = plain(words).split(/\s+/).filter(Boolean);
    const known = [...document.querySelectorAll("main [data-key][data-key-words]")];
    const fitting = known.filter((one) => one.dataset.key && wanted.every((word) => plain(one.dataset.keyWords).includes(word)));
    actions.innerHTML = heading;
    actions.hidden = !fitting.length;
    actions.querySelector("ul").replaceChildren(...fitting.map(entry));
  }

  function entry(element) {
    const button = document.createElement("button");
    const name = document.createElement("span");
    const key = document.createElement("kbd");
    name.textContent = element.dataset.keyWords;
    key.textContent = element.dataset.key;
    button.type = "button";
    button.className = "found__one";
    button.append(name, " ", key);
    button.addEventListener("click", () => {
      dialog.close();
      window.justask.press(element);
    });
    const row = document.createElement("li");
    row.append(button);
    return row;
  }

  function plain(text) {
    return text.toLowerCase().normalize("NFKD").replace(/[\u0300-\u036f]/g, "");
  }
})();
