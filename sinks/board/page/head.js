// The top of the board: where and when, the line, the steps of the day, who is missing, the key figures.
import { $, h, put } from "./dom.js";
import { levelMark, what } from "./marks.js";
import { onPref, pref } from "./prefs.js";
import { board, follow } from "./store.js";
import { either, english, labelled, t } from "./text.js";
import { countdown, figure, longDay, moment, now, seconds, span, time } from "./when.js";

const STEPS = [
  ["drafted", "drafted_at", null],
  ["cut_off", "cut_off_at", "cut_off"],
  ["consulting", "consult_at", "consult"],
  ["dispatching", "dispatch_at", "dispatch"],
];
const LISTED = 8; // of missing counties; the table has all
const FEW = 5; // of fewer a share says nothing
const LATE_MS = 5_000; // a line that is back sooner is not worth a banner

function clock() {
  put($("clock"), h("span", { class: "soft" }, longDay(now())), h("span", { class: "digits" }, seconds(now())));
}

function place() {
  const cities = new Set([...board.counties.values()].map(({ city }) => city).filter(Boolean));
  const where =
    cities.size === 1 ? [...cities][0] : board.counties.size === 1 ? [...board.counties.values()][0].name : "";
  put($("place"), h("span", {}, where ? `${where} ` : ""), t("board"));
}

function steps() {
  const { day } = board;
  if (!day) return;
  const next = STEPS.find(([, at]) => Date.parse(day[at]) > now());
  const list = STEPS.map(([key, at, def]) => {
    const done = Date.parse(day[at]) <= now();
    const isNext = next?.[0] === key;
    return h(
      "li",
      { class: done ? "done" : isNext ? "next" : "", "aria-current": isNext ? "step" : null },
      h("span", { class: "dot", "aria-hidden": "true" }, done ? "✓" : ""),
      h("span", { class: "step" }, h("strong", {}, time(day[at])), " ", t(key), def ? what(def) : null),
    );
  });
  const waiting = next
    ? [
        h("span", { class: "soft" }, t("until", { x: t(next[0]) })),
        h("strong", { class: "digits", id: "countdown" }, countdown(Date.parse(day[next[1]]) - now())),
      ]
    : [h("span", { class: "soft" }, t("day_done"))];
  put($("steps"), h("div", { class: "countdown", role: "timer" }, waiting), h("ol", { role: "list" }, list));
}

function reported() {
  const { day } = board;
  if (!day) return;
  const names = day.missing.map(({ name }) => name);
  if (!day.expected_counties) return put($("reported"), h("p", { class: "soft" }, t("none_expected")));
  const listed = names.slice(0, LISTED).join(english() ? ", " : "、");
  const more = names.length > LISTED ? t("and_more", { n: names.length }) : "";
  put(
    $("reported"),
    h(
      "p",
      { class: names.length ? "missing" : "all-in" },
      h("strong", {}, t("reported", { n: day.reported, m: day.expected_counties })),
      what("reported"),
      names.length
        ? h("span", {}, labelled(t("missing"), ""), h("span", { class: "names" }, listed + more))
        : h("span", {}, `✓ ${t("none_missing")}`),
    ),
    h("p", { class: "soft window" }, t("window", { a: moment(day.window_start), b: moment(day.window_end) })),
  );
}

/** "▲ 12%", or "▲ 4.2 倍" of what was far less: against the day before. */
export function change(n, before) {
  if (before < FEW)
    return n === before ? t("same_as") : `${n > before ? "▲" : "▼"} ${t("n_more", { n: Math.abs(n - before) })}`;
  const pct = Math.round(((n - before) / before) * 100);
  if (!pct) return t("same_as");
  if (pct > 200) return `▲ ${t("times", { n: figure(n / before) })}`;
  return `${pct > 0 ? "▲" : "▼"} ${Math.abs(pct)}%`;
}

function figures() {
  const { totals } = board;
  if (!totals) return;
  const one = (key, value, more) =>
    h(
      "div",
      { class: `figure ${key}${value === "0" ? " zero" : ""}` },
      h("dt", {}, t(key), what(key)),
      h("dd", {}, h("strong", {}, value), more),
    );
  const levels = [1, 2, 3, 4]
    .filter((level) => totals.by_level[level])
    .map((level) => h("span", {}, levelMark(level), ` ${totals.by_level[level]}`));
  put(
    $("figures"),
    h(
      "dl",
      {},
      one("open_alerts", figure(totals.open_alerts), h("span", { class: "levels" }, levels)),
      one(
        "n_24h",
        figure(totals.n_24h),
        h("span", { class: "soft" }, change(totals.n_24h, totals.n_prev_24h), " ", t("n_prev_24h")),
      ),
      one("n_7d", figure(totals.n_7d)),
      one("open_cases", figure(totals.open_cases)),
      one("overdue_cases", figure(totals.overdue_cases)),
    ),
  );
}

function banners() {
  const own = [];
  const { state, since } = board.link;
  if (state === "broken" && Date.now() - since > LATE_MS)
    own.push({ level: "bad", zh: t("broken_long", { x: span(Date.now() - since) }) });
  const all = [...own, ...(board.health?.banners ?? [])];
  const sign = JSON.stringify([all, pref("lang")]);
  if ($("banners").dataset.sign === sign) return;
  $("banners").dataset.sign = sign;
  put(
    $("banners"),
    all.map((one) => h("p", { class: `banner ${one.level}` }, h("span", { "aria-hidden": "true" }, "⚠ "), either(one))),
  );
}

function line() {
  const { state } = board.link;
  const node = $("line");
  if (!node) return;
  node.className = `line-state ${state}`;
  put(node, h("span", { class: "dot", "aria-hidden": "true" }), t(state));
  document.documentElement.dataset.line = state;
}

function stages() {
  const rows = (board.health?.stages ?? []).map((one) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, either(one) || one.stage),
      h("td", {}, h("span", { class: `state ${one.state}` }, t(`state_${one.state}`))),
      h("td", { class: "n" }, one.lag === null || one.lag === undefined ? "—" : t("lag_n", { n: figure(one.lag) })),
      h("td", { class: "n" }, one.late_s ? t("late_s", { x: span(one.late_s * 1000) }) : ""),
    ),
  );
  put(
    $("stage-list"),
    h("table", { class: "plain" }, h("tbody", {}, rows)),
    h("p", {}, h("a", { href: "/status" }, t("status_page"))),
  );
}

export function startHead() {
  follow(["counties"], place);
  follow(["day"], () => {
    steps();
    reported();
  });
  follow(["totals"], figures);
  follow(["health"], () => {
    banners();
    stages();
  });
  follow(["link"], () => {
    line();
    banners();
  });
  let last = "";
  setInterval(() => {
    clock();
    banners();
    const { day } = board;
    if (!day) return;
    const next = STEPS.find(([, at]) => Date.parse(day[at]) > now());
    if (next?.[0] !== last) {
      last = next?.[0];
      steps();
    } else if (next) {
      $("countdown").textContent = countdown(Date.parse(day[next[1]]) - now());
    }
  }, 1_000);
  clock();
  onPref(clock);
}
