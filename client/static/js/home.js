// The home page: charts drawn from the tables that stand below them, and what needs somebody kept
// fresh while the page is looked at.

import uPlot from "../vendor/uplot/uPlot.esm.js";

const FRESH_MS = 30_000;
const HEIGHT = 240;
const COLOURS = {
  faq: "--chart-faq", agent: "--chart-agent", message: "--chart-message", none: "--chart-none",
  FAQ_FASTPATH: "--chart-faq", AGENT: "--chart-agent", FALLBACK: "--chart-message",
};
const rightToLeft = document.documentElement.dir === "rtl";
const number = new Intl.NumberFormat(document.documentElement.lang);
const drawn = new Map();

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// The table is the chart's only source: what is drawn is what is written.
function read(table) {
  const rows = [...table.tBodies[0].rows];
  const heads = [...table.querySelectorAll("th[data-series]")];
  return {
    labels: rows.map((row) => row.cells[0].dataset.short),
    titles: rows.map((row) => row.cells[0].textContent.trim()),
    series: heads.map((head, at) => ({
      key: head.dataset.series,
      share: head.dataset.share,
      name: head.dataset.name ? `${head.dataset.name}, ${head.textContent}` : head.textContent,
      values: rows.map((row) => {
        const value = row.cells[at + 1].dataset.value;
        return value === undefined ? null : Number(value);
      }),
      shown: rows.map((row) => row.cells[at + 1].textContent.trim()),
    })),
  };
}

// As many labels as fit: of days the last one (today) always among them, of hours round ones.
function ticks(count, width) {
  const least = Math.max(1, Math.ceil(count / Math.max(2, Math.floor(width / 56))));
  if (count === 24) {
    const step = [1, 2, 3, 4, 6, 12].find((one) => one >= least) ?? 12;
    return [...Array(24 / step).keys()].map((at) => at * step);
  }
  const step = least;
  const found = [];
  for (let at = count - 1; at >= 0; at -= step) found.unshift(at);
  return found;
}

function axes(labels, inSeconds) {
  const look = {
    stroke: colour("--ink-2"),
    grid: { stroke: colour("--chart-grid"), width: 1 },
    ticks: { show: false },
    font: "13px Heebo, sans-serif",
  };
  return [
    {
      ...look,
      grid: { show: false },
      size: 32,
      splits: (plot) => ticks(labels.length, plot.bbox.width / devicePixelRatio),
      values: (_, splits) => splits.map((at) => labels[at] ?? ""),
    },
    {
      ...look,
      side: rightToLeft ? 1 : 3,
      size: 44,
      incrs: inSeconds ? [100, 200, 500, 1000, 2000, 5000, 10000] : [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
      values: (_, splits) => splits.map((at) => number.format(inSeconds ? at / 1000 : at)),
    },
  ];
}

function stacked(series) {
  const sums = series.map(() => []);
  const below = new Array(series[0].values.length).fill(0);
  series.forEach((one, at) => {
    one.values.forEach((value, x) => sums[at].push((below[x] += value ?? 0)));
  });
  return sums;
}

function options(kind, data, box, readout) {
  const plain = readout.textContent;
  const share = (one) => (one.share === "95" ? [6, 4] : undefined);
  // The bars that reach highest are drawn first, and what stands in front of them after.
  const order = data.series.map((_, at) => at);
  if (kind === "bars") order.reverse();
  const series = order.map((at) => {
    const one = data.series[at];
    const stroke = colour(COLOURS[one.key]);
    return kind === "bars"
      ? { fill: stroke, stroke, width: 0, paths: uPlot.paths.bars({ size: [0.7, 40], radius: 0.1 }), points: { show: false } }
      : { stroke, width: 2, dash: share(one), spanGaps: true, points: { show: true, size: 6, fill: stroke } };
  });
  const sums = kind === "bars" ? stacked(data.series) : data.series.map((one) => one.values);
  const x = data.labels.map((_, at) => at);
  const plot = {
    width: box.clientWidth,
    height: HEIGHT,
    padding: [12, rightToLeft ? 0 : 12, 0, rightToLeft ? 12 : 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { show: kind !== "bars" } },
    scales: {
      x: { time: false, dir: rightToLeft ? -1 : 1, range: (_, low, high) => [low - 0.5, high + 0.5] },
      y: { range: (_, low, high) => [0, Math.max(high * 1.08, kind === "bars" ? 4 : 500)] },
    },
    axes: axes(data.labels, kind === "lines"),
    series: [{}, ...series],
    hooks: {
      setCursor: [
        (found) => {
          const at = found.cursor.idx;
          readout.textContent =
            at === null || at === undefined
              ? plain
              : `${data.titles[at]}: ${data.series
                  .filter((one) => one.values[at])
                  .map((one) => `${one.name} ${one.shown[at]}`)
                  .join(" · ") || "–"}`;
        },
      ],
    },
  };
  return [plot, [x, ...order.map((at) => sums[at])]];
}

function draw(box) {
  drawn.get(box)?.destroy();
  const data = read(document.getElementById(box.dataset.table));
  if (!data.labels.length || !data.series.length || !box.clientWidth) return;
  const readout = box.parentElement.querySelector(".chart-readout");
  const [how, values] = options(box.dataset.chart, data, box, readout);
  drawn.set(box, new uPlot(how, values, box));
  box.dataset.drawn = "yes";
}

function drawAll() {
  for (const box of [...drawn.keys()]) {
    if (!box.isConnected) {
      drawn.get(box).destroy();
      drawn.delete(box);
    }
  }
  document.querySelectorAll(".chart").forEach(draw);
}

let resizing = 0;
addEventListener("resize", () => {
  cancelAnimationFrame(resizing);
  resizing = requestAnimationFrame(() => {
    for (const [box, plot] of drawn) plot.setSize({ width: box.clientWidth, height: HEIGHT });
  });
});
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id === "home-charts") drawAll();
});
// Another theme has other colours.
new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
document.fonts.ready.then(drawAll);

// What needs somebody is asked for again while somebody looks, and when they come back; but not
// under the finger of who is about to press something in it.
const now = document.getElementById("home-now");
function refresh() {
  const used = now.matches(":focus-within") || now.matches(":active");
  if (document.visibilityState === "visible" && !used) window.htmx.trigger(now, "refresh");
}
// Nothing jumps: room was kept for what was being counted, and with less in it the part keeps its
// height until nobody looks.
function keepHeight({ target }) {
  if (target !== now) return;
  const height = now.querySelector(".needs").getBoundingClientRect().height;
  now.addEventListener("htmx:afterSwap", () => {
    now.classList.remove("is-counting");
    now.querySelector(".needs").style.minBlockSize = `${height}px`;
  }, { once: true });
}
if (now) {
  document.addEventListener("htmx:beforeSwap", keepHeight);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) now.querySelector(".needs").style.minBlockSize = "";
  });
  setInterval(refresh, FRESH_MS);
  document.addEventListener("visibilitychange", refresh);
  addEventListener("load", () => setTimeout(refresh, 3000)); // what is counted beside the page
}
