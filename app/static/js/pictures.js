// Saves a chart as an SVG file that looks as it does here by day and needs nothing else: for slides and papers. Title, unit
// and legend go into the picture, since they stand beside it on the page.
(() => {
  const LOOKS = [
    "fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-linejoin", "stroke-linecap",
    "opacity", "font-family", "font-size", "font-weight", "paint-order", "shape-rendering", "vector-effect",
  ];
  const EDGE = 16, HEAD = 52, LINE = 22, SPACE = "http://www.w3.org/2000/svg";

  show(document);
  document.addEventListener("htmx:load", (event) => show(event.detail.elt));
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-saves-picture]");
    if (button) save(button.closest(".chart"));
  });

  function show(root) {
    for (const button of root.querySelectorAll?.("[data-saves-picture]") || []) button.hidden = false;
  }

  function save(figure) {
    const link = document.createElement("a");
    figure.style.colorScheme = "light";
    const written = new XMLSerializer().serializeToString(picture(figure));
    figure.style.colorScheme = "";
    link.href = URL.createObjectURL(new Blob([written], { type: "image/svg+xml" }));
    link.download = figure.dataset.file;
    link.click();
    // Some browsers read it only after this turn.
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  function picture(figure) {
    const [scale, plot] = figure.querySelectorAll(".chart__picture > svg");
    const wide = scale.clientWidth + plot.clientWidth, high = plot.clientHeight;
    const whole = made("svg", {});
    const ground = made("rect", { width: "100%", height: "100%", fill: "white" });
    const keys = legend(figure, wide, HEAD + high + LINE);
    const drawn = [placed(scale, EDGE, scale.clientWidth), placed(plot, EDGE + scale.clientWidth, plot.clientWidth)];
    whole.append(ground, ...head(figure), ...drawn, ...keys.marks);
    const width = wide + 2 * EDGE, height = HEAD + high + keys.height + EDGE;
    return given(whole, { width, height, viewBox: `0 0 ${width} ${height}` });
  }

  function head(figure) {
    const title = figure.querySelector(".chart__head > :first-child"), unit = figure.querySelector(".chart__unit");
    return [
      words(title.textContent, EDGE, 24, title, { "font-size": 16, "font-weight": 650 }),
      words(unit.textContent, EDGE, 42, unit, { "font-size": 13 }),
    ];
  }

  function legend(figure, wide, top) {
    const hatch = `url(#${figure.querySelector("pattern")?.id})`;
    let left = EDGE, down = top;
    const marks = [];
    for (const key of figure.querySelectorAll(".chart__legend > li")) {
      const room = key.getBoundingClientRect().width + 18;
      if (left > EDGE && left + room > wide) [left, down] = [EDGE, down + LINE];
      const look = getComputedStyle(key, "::before");
      const line = look.borderTopStyle === "none" ? getComputedStyle(key).color : look.borderTopColor;
      const fill = look.backgroundImage === "none" ? look.backgroundColor : hatch;
      marks.push(made("rect", { x: left, y: down - 10, width: 11, height: 11, fill, stroke: line, "stroke-width": 0.75 }));
      marks.push(words(key.textContent, left + 18, down, key, { "font-size": 13 }));
      left += room;
    }
    return { marks, height: marks.length ? down - top + 2 * LINE : LINE };
  }

  function placed(svg, x, width) {
    const copy = svg.cloneNode(true), [theirs, ours] = [svg, copy].map((one) => one.querySelectorAll("*"));
    theirs.forEach((one, place) => dress(one, ours[place]));
    for (const gone of copy.querySelectorAll("[data-gone]")) gone.remove();
    copy.removeAttribute("class");
    return given(copy, { x, y: HEAD, width, height: svg.clientHeight, overflow: "visible" });
  }

  // The style sheet is not in the file, so each mark carries what it looks like.
  function dress(original, copy) {
    const look = getComputedStyle(original);
    if (look.display === "none" && original.tagName !== "title") copy.setAttribute("data-gone", "");
    copy.removeAttribute("class");
    if (["title", "desc", "defs", "pattern", "svg"].includes(original.tagName)) return;
    for (const name of LOOKS) copy.setAttribute(name, look.getPropertyValue(name));
  }

  function words(text, x, y, source, more) {
    const look = getComputedStyle(source);
    const found = made("text", { x, y, fill: look.color, "font-family": look.fontFamily, ...more });
    found.textContent = text.trim();
    return found;
  }

  function made(tag, attributes) {
    return given(document.createElementNS(SPACE, tag), attributes);
  }

  function given(element, attributes) {
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  }
})();
