/* Keeps the status page up to date: fetches it again every few seconds and puts what changed in place. Without this the
   page reloads itself (see status.html). */
(() => {
  "use strict";
  const SECONDS = 5;

  async function lookAgain() {
    if (document.hidden) return;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (answer.ok) show(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch {
      document.getElementById("verdict").classList.add("verdict-stale");
    }
  }

  function show(fresh) {
    for (const part of document.querySelectorAll("[data-live]")) {
      const now = fresh.getElementById(part.id);
      if (!now) continue;
      part.className = now.className;
      if (part.innerHTML !== now.innerHTML) part.innerHTML = now.innerHTML;
    }
    document.querySelectorAll("figure.chart").forEach((figure) => redraw(figure, fresh.getElementById(figure.id)));
  }

  /** A chart that was drawn keeps its canvas and gets the new values; one that has other lines than before waits for a reload. */
  function redraw(figure, fresh) {
    const data = figure.querySelector("script[type='application/json']");
    const next = fresh && fresh.querySelector("script[type='application/json']");
    const canvas = figure.querySelector(".chart-canvas");
    if (!data || !next || data.textContent === next.textContent) return;
    const [before, after] = [JSON.parse(data.textContent), JSON.parse(next.textContent)];
    if (before.series.map((line) => line.name).join() !== after.series.map((line) => line.name).join()) return;
    data.textContent = next.textContent;
    const [table, fullTable] = [figure.querySelector("tbody"), fresh.querySelector("tbody")];
    if (table && fullTable) table.innerHTML = fullTable.innerHTML;
    if (canvas.data && window.Plotly) {
      Plotly.restyle(canvas, { x: after.series.map(() => after.places), y: after.series.map((line) => line.values) });
    }
  }

  setInterval(lookAgain, SECONDS * 1000);
  document.addEventListener("visibilitychange", lookAgain);
})();
