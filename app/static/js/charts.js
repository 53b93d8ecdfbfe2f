// Adds pointing at things to the charts the server drew: a clear sheet over the drawing shows the period or account
// under the pointer in words, and leads to the list behind it. Drawing, sentence and table stay as they are, and are
// all there is without this. The library is fetched only when a chart comes into view.
(() => {
  const library = document.currentScript.dataset.library;
  const drawn = new Map();
  let loading = null;

  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      seen.unobserve(entry.target);
      load().then(() => draw(entry.target)).catch(() => {});
    }
  });
  const sized = new ResizeObserver((entries) => {
    for (const entry of entries) drawn.get(entry.target.closest(".chart"))?.resize();
  });

  watch(document);
  document.addEventListener("htmx:load", (event) => watch(event.detail.elt));
  document.addEventListener("justask:theme", () => {
    for (const figure of [...drawn.keys()]) figure.isConnected ? draw(figure) : forget(figure);
  });

  function watch(root) {
    for (const figure of root.querySelectorAll?.("[data-chart]") || []) if (!drawn.has(figure)) seen.observe(figure);
  }

  function load() {
    loading ||= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      Object.assign(script, { src: library, onload: resolve, onerror: reject });
      document.head.append(script);
    });
    return loading;
  }

  function draw(figure) {
    forget(figure);
    const data = JSON.parse(figure.dataset.chart);
    const picture = figure.querySelector(".chart__picture");
    const sheet = document.createElement("div");
    sheet.className = "chart__live";
    sheet.setAttribute("aria-hidden", "true");
    picture.append(sheet);
    const chart = window.echarts.init(sheet, null, { renderer: "svg" });
    chart.setOption({ ...common(figure, data), ...kinds[data.kind](data, colours(figure)) });
    if (data.kind === "bubble") chart.on("click", (hit) => follow(hit.data.url));
    else chart.getZr().on("click", (event) => follow(under(chart, event, data)?.url));
    drawn.set(figure, chart);
    sized.observe(sheet);
  }

  function forget(figure) {
    drawn.get(figure)?.dispose();
    drawn.delete(figure);
    figure.querySelector(".chart__live")?.remove();
  }

  function under(chart, event, data) {
    const at = [event.offsetX, event.offsetY];
    return chart.containPixel("grid", at) ? data.points[chart.convertFromPixel("grid", at)[0]] : null;
  }

  function follow(url) {
    if (url && url.startsWith("/") && !url.startsWith("//")) window.location.assign(url);
  }

  // The names of the style sheet, read as the colours they have right now.
  function colours(figure) {
    const probe = figure.appendChild(document.createElement("i"));
    const read = (name) => {
      probe.style.color = `var(--${name})`;
      return getComputedStyle(probe).color;
    };
    const found = Object.fromEntries(["ink", "line", "line-strong", "raised", "accent"].map((name) => [name, read(name)]));
    probe.remove();
    return found;
  }

  function common(figure, data) {
    const c = colours(figure);
    const by = data.kind === "bubble" ? "item" : "axis";
    return {
      animation: false,
      tooltip: {
        trigger: by,
        confine: true,
        backgroundColor: c.raised,
        borderColor: c.line,
        padding: [6, 10],
        axisPointer: data.kind === "line"
          ? { type: "line", lineStyle: { color: c["line-strong"], type: "solid" } }
          : { type: "shadow", shadowStyle: { color: c.ink, opacity: 0.07 } },
        formatter: (hit) => words(by === "axis" ? data.points[hit[0].dataIndex] : hit.data),
      },
    };
  }

  // Words of customers arrive as text, never as markup.
  function words(point) {
    const box = document.createElement("div");
    box.className = "chart__tip";
    for (const line of point.lines ? [point.label, ...point.lines] : [point.words]) {
      box.appendChild(document.createElement("div")).textContent = line;
    }
    return box;
  }

  // The same places as in app/reports/charts: 46 pixels for the scale, 14 above, 42 below.
  function periods(data, low, high) {
    return {
      grid: { left: 46, right: 0, top: 14, bottom: 42 },
      xAxis: { type: "category", data: data.points.map((point) => point.label), show: false },
      yAxis: { min: low, max: high, show: false },
    };
  }

  function columns(data) {
    const series = { type: "bar", data: data.points.map(() => 1), itemStyle: { opacity: 0 }, emphasis: { disabled: true } };
    return { ...periods(data, 0, 1), series: [series] };
  }

  const kinds = {
    line(data, c) {
      const dot = { color: c.accent, borderColor: c.raised, borderWidth: 2 };
      const series = {
        type: "line",
        data: data.points.map((point) => point.value),
        symbol: "circle",
        symbolSize: 12,
        showAllSymbol: true,
        lineStyle: { opacity: 0 },
        itemStyle: { ...dot, opacity: 0 },
        emphasis: { itemStyle: { ...dot, opacity: 1 }, lineStyle: { opacity: 0 } },
      };
      return { ...periods(data, data.low, data.high), series: [series] };
    },

    bar: columns,
    stacked: columns,

    bubble(data, c) {
      const grid = ([top, height]) => ({ left: 46, right: 0, top, height });
      const scatter = (index, points, y) => ({
        type: "scatter",
        xAxisIndex: index,
        yAxisIndex: index,
        data: points.map((point) => ({ ...point, value: [point.x, y(point)], symbolSize: point.r * 2 })),
        itemStyle: { color: "transparent" },
        emphasis: { scale: false, itemStyle: { color: "transparent", borderColor: c.ink, borderWidth: 2 } },
      });
      const across = (gridIndex) => ({ gridIndex, min: -50 / 9, max: 100 + 50 / 9, show: false });
      return {
        grid: [grid(data.ground), grid(data.lane)],
        xAxis: [across(0), across(1)],
        yAxis: [{ gridIndex: 0, min: 0, max: 100, show: false }, { gridIndex: 1, min: 0, max: 1, show: false }],
        series: [
          scatter(0, data.points.filter((point) => point.y !== null), (point) => point.y),
          scatter(1, data.points.filter((point) => point.y === null), () => 0.5),
        ],
      };
    },
  };
})();
