// Fourteen days as a small picture beside a figure, and as a chart with axes in an alert's details.
import { h, s } from "./dom.js";
import { english, t } from "./text.js";
import { day, figure } from "./when.js";

const DAY_MS = 86_400_000;
const HEIGHT = 180;

/**
 * Bars of a day each, the last one being `today`'s; behind it the usual range, if there is one.
 *
 * band: {low, high} or null. Its text alternative is the list of counts.
 */
export function spark(counts, band = null, { width = 140, height = 34, className = "spark" } = {}) {
  const top = Math.max(1, ...counts, band?.high ?? 0);
  const slot = width / counts.length;
  const y = (n) => Math.round((height - (n / top) * (height - 2)) * 10) / 10;
  const last = width - slot;
  const range = band && [
    s("rect", {
      class: "spark-band",
      x: last - 2,
      width: slot + 2,
      y: y(band.high),
      height: Math.max(2, y(band.low) - y(band.high)),
    }),
  ];
  const bars = counts.map((n, i) =>
    s("rect", {
      class: i === counts.length - 1 ? "spark-today" : "spark-day",
      x: Math.round((i * slot + slot * 0.16) * 10) / 10,
      width: Math.round(slot * 0.68 * 10) / 10,
      y: n ? Math.min(y(n), height - 2) : height - 1,
      height: n ? Math.max(2, height - y(n)) : 1,
    }),
  );
  const label = t("history_of", { x: counts.slice(0, -1).join(english() ? ", " : "、"), n: counts.at(-1) });
  return s(
    "svg",
    {
      class: className,
      viewBox: `0 0 ${width} ${height}`,
      role: "img",
      "aria-label": label,
      preserveAspectRatio: "none",
    },
    range,
    bars,
  );
}

/** The band of an alert, or null where its rule knows none. */
export const bandOf = (alert) =>
  alert.low === null || alert.high === null || alert.low === undefined ? null : { low: alert.low, high: alert.high };

/** The dates of the history's days, the last being that in which the alert's window ends. */
function dates(alert) {
  const end = Date.parse(alert.window_end) - 1;
  return alert.history.map((_, i) => end - (alert.history.length - 1 - i) * DAY_MS);
}

/** Draw an alert's 14 days into `root` with uPlot; returns what takes it down again. */
export function chart(root, alert) {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const band = bandOf(alert);
  const days = dates(alert);
  const top = Math.max(1, ...alert.history, band?.high ?? 0, alert.expected ?? 0);
  const font = `12px ${getComputedStyle(root).fontFamily}`;
  const tone = { 1: "--l1", 2: "--l2", 3: "--l3", 4: "--l4" }[alert.level];
  const axis = { stroke: colour("--soft"), font, grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
  const behind = (plot) => {
    if (!band) return;
    const { ctx } = plot;
    const [left, right] = [plot.valToPos(last - 0.5, "x", true), plot.valToPos(last + 0.5, "x", true)];
    const [high, low] = [plot.valToPos(band.high, "y", true), plot.valToPos(band.low, "y", true)];
    ctx.save();
    ctx.fillStyle = colour("--band");
    ctx.fillRect(left, high, right - left, low - high);
    if (alert.expected !== null) {
      const middle = plot.valToPos(alert.expected, "y", true);
      ctx.fillStyle = colour("--soft");
      ctx.fillRect(left, middle - 1, right - left, 2);
    }
    ctx.restore();
  };
  const options = () => ({
    width: Math.max(240, root.clientWidth),
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false, range: [-0.6, days.length - 0.4] }, y: { range: [0, top * 1.08] } },
    axes: [
      {
        ...axis,
        size: 28,
        grid: { show: false },
        values: (_, marks) => marks.map((i) => (Number.isInteger(i) && days[i] ? day(days[i]) : "")),
        splits: () =>
          days.map((_, i) => i).filter((i) => (days.length - 1 - i) % (root.clientWidth < 460 ? 4 : 2) === 0),
      },
      { ...axis, size: 40, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 10000] },
    ],
    series: [
      {},
      ...["--bar-soft", tone].map((name) => ({
        fill: colour(name),
        width: 0,
        points: { show: false },
        paths: window.uPlot.paths.bars({ size: [0.62, 48] }),
      })),
    ],
    hooks: { drawClear: [behind] },
  });
  const last = days.length - 1;
  const data = [
    days.map((_, i) => i),
    alert.history.map((n, i) => (i < last ? n : null)),
    alert.history.map((n, i) => (i === last ? n : null)),
  ];
  let plot = new window.uPlot(options(), data, root);
  const follow = new ResizeObserver(() => plot.setSize({ width: Math.max(240, root.clientWidth), height: HEIGHT }));
  follow.observe(root);
  return () => {
    follow.disconnect();
    plot.destroy();
    plot = null;
  };
}

/** The chart's figures as a table, for whoever does not see it. */
export function historyTable(alert) {
  const rows = dates(alert).map((at, i) =>
    h("tr", {}, h("th", { scope: "row" }, day(at)), h("td", { class: "n" }, figure(alert.history[i]))),
  );
  return h(
    "details",
    { class: "data" },
    h("summary", {}, t("data_table")),
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h("tr", {}, h("th", { scope: "col" }, t("date")), h("th", { scope: "col", class: "n" }, t("count"))),
      ),
      h("tbody", {}, rows),
    ),
  );
}
