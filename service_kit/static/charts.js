/* Draws each <figure class="chart"> when it comes near the screen, in the colours of the theme. What to draw is in the
   figure's JSON, made by service_kit/charts.py. */
(() => {
  "use strict";
  const TONES = { good: "--good", bad: "--bad", warn: "--accent", quiet: "--quiet" };
  const SERIES_COLOURS = 6;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const drawn = new Set();

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const language = document.documentElement.lang || "en";

  /** The two characters of this language's figures, decimal and thousands, as Plotly wants them. */
  function separators() {
    const parts = new Intl.NumberFormat(language, { useGrouping: true }).formatToParts(1234567.5);
    const of = (type, otherwise) => (parts.find((part) => part.type === type) || { value: otherwise }).value;
    return of("decimal", ".") + of("group", ",");
  }

  function trace(chart, series, index) {
    const tint = colour(TONES[series.tone] || `--series-${(index % SERIES_COLOURS) + 1}`);
    const unit = chart.unit ? ` ${chart.unit}` : "";
    if (chart.kind === "lines") {
      const few = series.values.filter((value) => value !== null).length < 2;
      return { type: "scatter", mode: few ? "markers" : "lines", name: series.name, x: chart.places, y: series.values,
        line: { color: tint, width: 2.25 }, marker: { color: tint }, hovertemplate: `%{y:,~r}${unit}` };
    }
    if (chart.kind === "heat") {
      return { type: "heatmap", x: chart.series.map((one) => one.name), y: chart.places, xgap: 1, ygap: 1,
        z: chart.places.map((_, row) => chart.series.map((one) => one.values[row])),
        colorscale: [[0, colour("--quiet-soft")], [1, colour("--series-1")]], zmin: 0,
        showscale: false, // Plotly draws it with style attributes, which the page's policy refuses.
        hovertemplate: `%{y} %{x}: %{z:,}${unit}<extra></extra>` };
    }
    if (chart.kind === "horizontal") {
      return { type: "bar", orientation: "h", name: "", x: series.values, y: chart.places, marker: { color: tint },
        hovertemplate: `%{y}: %{x:,}${unit}<extra></extra>` };
    }
    return { type: "bar", name: series.name, x: chart.places, y: series.values, marker: { color: tint },
      hovertemplate: `%{y:,}${unit}` };
  }

  /** Whether what is counted is so few that the axis would count halves. */
  function fewWhole(chart) {
    const sums = chart.places.map((_, at) => chart.series.reduce((sum, one) => sum + (one.values[at] || 0), 0));
    return !["lines", "heat"].includes(chart.kind) && sums.every(Number.isInteger) && Math.max(...sums) <= 5;
  }

  function layout(chart, width) {
    const ink = colour("--ink"), quiet = colour("--quiet"), line = colour("--line"), surface = colour("--surface");
    const flat = chart.kind === "horizontal";
    const axis = { automargin: true, color: quiet, gridcolor: line, zerolinecolor: line, linecolor: line, fixedrange: true,
      showspikes: false, title: { font: { size: 12 } } };
    const values = { ...axis, rangemode: "tozero", tickformat: ",~r", nticks: flat ? Math.max(3, Math.floor(width / 110)) : 6, title: { ...axis.title, text: chart.unit } };
    const places = { ...axis, showgrid: false, tickangle: 0, nticks: Math.max(3, Math.floor(width / 90)), type: chart.in_time ? "date" : "category", title: { ...axis.title, text: chart.axis } };
    // Weeks begin on other days than Plotly thinks: where there is room, what is under the bars is theirs.
    if (chart.in_time && chart.kind === "stacked" && chart.places.length <= width / 48) Object.assign(places, { tickvals: chart.places });
    if (fewWhole(chart)) Object.assign(values, { dtick: 1 });
    if (chart.kind === "heat") {
      Object.assign(places, { nticks: Math.max(3, Math.floor(width / 60)) });
      Object.assign(values, { autorange: "reversed", rangemode: "normal", type: "category", tickformat: "", nticks: 0, showgrid: false, title: undefined });
    }
    if (flat) Object.assign(places, { autorange: "reversed", ticksuffix: "  ", title: undefined, nticks: 0 });
    return {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", autosize: true, dragmode: false, barmode: "stack", bargap: chart.places.length < 4 ? 0.7 : 0.25,
      margin: { l: 8, r: 12, t: 8, b: 8 }, separators: separators(),
      font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: ink },
      hovermode: flat || chart.kind === "heat" ? "closest" : "x unified", hoverlabel: { bgcolor: surface, bordercolor: line, font: { color: ink } },
      showlegend: chart.series.length > 1 && chart.kind !== "heat", legend: { orientation: "h", traceorder: "normal", x: 0, y: 1.02, yanchor: "bottom", font: { color: quiet } },
      xaxis: flat ? values : places, yaxis: flat ? places : values,
    };
  }

  function draw(figure) {
    const canvas = figure.querySelector(".chart-canvas");
    const chart = JSON.parse(figure.querySelector("script[type='application/json']").textContent);
    if (chart.kind === "horizontal") canvas.style.height = `${96 + 32 * chart.places.length}px`;
    drawn.add(figure);
    const series = chart.kind === "heat" ? chart.series.slice(0, 1) : chart.series; // One trace is the whole grid.
    return Plotly.react(canvas, series.map((one, index) => trace(chart, one, index)), layout(chart, canvas.clientWidth),
      { displayModeBar: false, responsive: true, showTips: false });
  }

  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      watcher.unobserve(entry.target);
      draw(entry.target);
    }
  }, { rootMargin: "300px" });
  document.querySelectorAll("figure.chart:has(.chart-canvas)").forEach((figure) => {
    watcher.observe(figure);
    // For a page that keeps itself up to date: it puts new JSON into the figure and says so.
    figure.addEventListener("chart-changed", () => drawn.has(figure) && draw(figure));
  });
  dark.addEventListener("change", () => drawn.forEach(draw));
})();
