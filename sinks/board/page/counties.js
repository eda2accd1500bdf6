// The table of counties: figures of the last day and week, sortable, with the alerts of each a click away.
import { countyShown, onDrawn, onlyCounty } from "./alerts.js";
import { spark } from "./chart.js";
import { $, h, put } from "./dom.js";
import { change } from "./head.js";
import { levelMark, what } from "./marks.js";
import { board, follow, missing } from "./store.js";
import { t } from "./text.js";
import { figure } from "./when.js";

const SHOWN = 50;
const sorted = { by: "worst", down: true };
let all = false;

const rise = ({ n_24h: n, n_prev_24h: before }) => (before ? (n - before) / before : n ? Infinity : 0);

// key, what to sort by, definition, class. The first is the county itself.
const COLUMNS = [
  ["county", ({ code }) => code, null, ""],
  ["open_short", ({ worst_level: level, open_alerts: n }) => (level ? (5 - level) * 10_000 + n : 0), "open_alerts", ""],
  ["n_24h", ({ n_24h: n }) => n, "n_24h", "n"],
  ["change", rise, "change", "n"],
  ["n_7d", ({ n_7d: n }) => n, "n_7d", "n wide-only"],
  ["spark", null, "spark", "spark-cell"],
];
const WORST = (county) => COLUMNS[1][1](county) * 1e6 + county.n_24h;

function order() {
  const by = sorted.by === "worst" ? WORST : COLUMNS.find(([key]) => key === sorted.by)[1];
  const way = sorted.down ? -1 : 1;
  return [...board.counties.values()].sort(
    (a, b) => way * (by(a) < by(b) ? -1 : by(a) > by(b) ? 1 : 0) || a.code.localeCompare(b.code),
  );
}

function head([key, by, def, kind]) {
  const is = sorted.by === key;
  const press = () => {
    Object.assign(sorted, is ? { down: !sorted.down } : { by: key, down: key !== "county" });
    draw();
  };
  return h(
    "th",
    { scope: "col", class: kind, "aria-sort": is ? (sorted.down ? "descending" : "ascending") : null },
    by
      ? h(
          "button",
          { type: "button", class: "sort", "data-focus": `sort-${key}`, onclick: press },
          t(key),
          h("span", { "aria-hidden": "true" }, is ? (sorted.down ? " ↓" : " ↑") : ""),
        )
      : t(key),
    def ? what(def) : null,
  );
}

function row(county) {
  const chosen = countyShown() === county.code;
  return h(
    "tr",
    { class: chosen ? "chosen" : "" },
    h(
      "th",
      { scope: "row" },
      h(
        "button",
        {
          type: "button",
          class: "link",
          "aria-pressed": String(chosen),
          "data-focus": `county-${county.code}`,
          onclick: () => onlyCounty(county.code),
        },
        county.name,
      ),
      missing().has(county.code) ? h("span", { class: "not-in" }, t("no")) : null,
    ),
    h(
      "td",
      {},
      county.worst_level
        ? h("span", { class: "worst" }, levelMark(county.worst_level), ` ${county.open_alerts}`)
        : h("span", { class: "soft" }, "0"),
    ),
    h("td", { class: "n" }, h("strong", {}, figure(county.n_24h))),
    h("td", { class: "n" }, change(county.n_24h, county.n_prev_24h)),
    h("td", { class: "n wide-only" }, figure(county.n_7d)),
    h("td", { class: "spark-cell" }, spark(county.spark, null, { width: 84, height: 22, className: "spark small" })),
  );
}

function draw() {
  const rows = order();
  const shown = all ? rows : rows.slice(0, SHOWN);
  const { totals } = board;
  const foot =
    totals && rows.length > 1
      ? h(
          "tfoot",
          {},
          h(
            "tr",
            {},
            h("th", { scope: "row" }, t("total")),
            h("td", {}, figure(totals.open_alerts)),
            h("td", { class: "n" }, figure(totals.n_24h)),
            h("td", { class: "n" }, change(totals.n_24h, totals.n_prev_24h)),
            h("td", { class: "n wide-only" }, figure(totals.n_7d)),
            h("td", { class: "spark-cell" }),
          ),
        )
      : null;
  const more =
    shown.length < rows.length
      ? h(
          "button",
          { type: "button", class: "button", onclick: () => ((all = true), draw()) },
          t("show_all", { n: rows.length }),
        )
      : null;
  put(
    $("county-table"),
    h(
      "table",
      { class: "sortable" },
      h("thead", {}, h("tr", {}, COLUMNS.map(head))),
      h("tbody", {}, shown.map(row)),
      foot,
    ),
    more,
  );
}

export function startCounties() {
  follow(["counties", "totals", "day"], draw);
  let was = "";
  onDrawn(() => {
    if (was !== countyShown()) draw();
    was = countyShown();
  });
}
