import { el } from "../lib/dom.js";

/** A colour of the theme. */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export const palette = (index) => colour(`--series-${index % 8}`);

/**
 * A chart: `kind` is line or bar; `series` are `{label, values}`; `format` writes figures. What it shows stands in a table beside
 * it, for those who cannot see it.
 */
export function chart(kind, labels, series, { format = String, stacked = false, name, height = 280, horizontal = false } = {}) {
  const canvas = el("canvas", { role: "img", "aria-label": name });
  const box = el("div", { class: `chart h${height}` }, canvas);
  const draw = () => {
    box.chart?.destroy();
    const grid = colour("--line");
    const ink = colour("--ink-soft");
    const figures = { beginAtZero: true, stacked, border: { display: false }, grid: { color: grid, drawBorder: false }, ticks: { color: ink, maxTicksLimit: 6, callback: (value) => format(value) } };
    const names = { stacked, grid: { display: false, drawBorder: false }, ticks: { color: ink, maxRotation: 0, autoSkip: true, autoSkipPadding: 16 } };
    box.chart = new window.Chart(canvas, {
      type: kind,
      data: {
        labels,
        datasets: series.map((one, index) => ({
          label: one.label, data: one.values, borderColor: palette(index), borderWidth: 2, cubicInterpolationMode: "monotone", spanGaps: true,
          backgroundColor: kind === "bar" ? palette(index) : `${palette(index)}22`, fill: kind === "line" && series.length === 1,
          pointRadius: labels.length > 45 ? 0 : 2, pointHoverRadius: 4, borderRadius: kind === "bar" ? 3 : 0, maxBarThickness: 36,
        })),
      },
      options: {
        animation: false, responsive: true, maintainAspectRatio: false, indexAxis: horizontal ? "y" : "x",
        interaction: { mode: "index", intersect: false },
        plugins: {
          legend: { display: series.length > 1, position: "bottom", align: "start", labels: { color: ink, boxWidth: 10, boxHeight: 10, usePointStyle: true } },
          tooltip: { callbacks: { label: (item) => ` ${item.dataset.label}: ${format(item.raw)}` } },
        },
        scales: horizontal ? { x: figures, y: names } : { x: names, y: figures },
      },
    });
  };
  // It is drawn once it has a size, and again where the theme changes.
  requestAnimationFrame(draw);
  const redraw = () => (box.isConnected ? draw() : document.removeEventListener("theme", redraw));
  document.addEventListener("theme", redraw);
  return box;
}
