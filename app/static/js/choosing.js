// The boxes of the queue: how many are ticked stands over the acts on several, all of a page can be ticked at once, and
// Enter in a field presses the button of its own act. Without this the boxes and buttons work all the same.
(() => {
  const many = document.querySelector("[data-many]");
  if (!many) return;
  const count = many.querySelector("[data-many-count]");
  const all = many.querySelector("[data-pick-all]");
  const boxes = [...document.querySelectorAll("[data-pick]")];
  const tell = () => {
    const number = boxes.filter((box) => box.checked).length;
    count.textContent = number > 1 ? count.dataset.more.replace("{n}", number) : number ? count.dataset.one : count.dataset.none;
  };
  document.addEventListener("change", (event) => event.target.matches("[data-pick]") && tell());
  all.hidden = false;
  all.addEventListener("click", () => {
    const ticked = !boxes.every((box) => box.checked);
    for (const box of boxes) box.checked = ticked;
    tell();
  });
  many.addEventListener("keydown", (event) => {
    const act = event.target.closest(".many__act");
    if (event.key !== "Enter" || !act || !event.target.matches("input, select")) return;
    event.preventDefault();
    act.querySelector("button[name=act]").click();
  });
  tell();
})();
