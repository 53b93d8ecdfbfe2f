// Lets a clock run down between two answers of the server: data-countdown holds the moment at which it ends.
(() => {
  const tick = () => {
    for (const clock of document.querySelectorAll("[data-countdown]")) {
      const left = Math.max(0, Math.round((Date.parse(clock.dataset.countdown) - Date.now()) / 1000));
      clock.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    }
  };
  setInterval(tick, 1000);
})();
