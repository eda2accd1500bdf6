// The list of alerts: waiting first, gravest and newest first; filtered by level and county.
import { buttons, isWaitingFor, onWaiting } from "./actions.js";
import { bandOf, spark } from "./chart.js";
import { showAlert } from "./detail.js";
import { $, h, keep, put } from "./dom.js";
import { levelMark, what } from "./marks.js";
import { onPref, pref } from "./prefs.js";
import { board, byGravity, follow, isWaiting } from "./store.js";
import { bare, labelled, levelName, mutedName, rarity, ruleName, statusName, t } from "./text.js";
import { ago, figure, moment } from "./when.js";
import { WORDS } from "./words.js";

const SHOWN = 60; // of a group; the rest on demand
const filter = { level: 0, county: "" };
const opened = new Set();

const GROUPS = [
  ["waiting", isWaiting],
  ["in_hand", ({ status }) => status === "acknowledged" || status === "assigned"],
  ["done", ({ status }) => status === "closed"],
];

/** Show one county's alerts only; none: all. */
export function onlyCounty(code) {
  filter.county = filter.county === code ? "" : code;
  draw();
}

export const countyShown = () => filter.county;

/** Why an alert fired, in figures: [name, value, definition's key]. */
export function reasons(alert) {
  const unit = `unit_${alert.rule_kind}`;
  const words = (n) => (unit in WORDS ? t(unit, { n: figure(n) }) : figure(n));
  // Of a single matter, or of one that is missing, the reason has said it all.
  if (alert.p_value === null && (!(unit in WORDS) || alert.limit <= 1)) return [];
  const list = [["observed", words(alert.observed), "observed"]];
  if (alert.expected !== null) {
    const band = bandOf(alert);
    const range = band ? `（${t("band", { a: figure(band.low), b: figure(band.high) })}）` : "";
    list.push(["expected", words(alert.expected) + range, "expected"]);
  } else {
    list.push(["limit", words(alert.limit), "limit"]);
  }
  if (alert.p_value !== null) list.push(["p_value", rarity(alert.p_value), "p_value"]);
  return list;
}

/** "已确认 · 值班长 · 16:41": the status, whose it is, and since when. */
export function standing(alert) {
  const who = alert.assigned_to ? t("to", { x: alert.assigned_to }) : alert.by ? t("by", { x: alert.by }) : "";
  const since = alert.status_at && alert.status !== "firing" ? moment(alert.status_at) : "";
  return [statusName(alert), who, since].filter(Boolean).join(" · ");
}

function card(alert) {
  const name = `alert-${alert.id}`;
  const label = alert.label ? h("span", { class: "chip" }, t(`is_${alert.label}`)) : null;
  const muted = alert.notify || alert.status === "closed" ? null : h("span", { class: "chip" }, labelled(t("not_told"), mutedName(alert)));
  return h(
    "li",
    {},
    h(
      "article",
      { class: `alert edge${alert.level} ${alert.status}`, tabindex: "-1", "aria-labelledby": name, "data-id": alert.id, "data-focus": alert.id },
      h(
        "header",
        {},
        levelMark(alert.level),
        h("span", { class: "where" }, [alert.place, alert.category_name].filter(Boolean).join(" · ")),
        h("span", { class: `status s-${alert.status}` }, standing(alert)),
        h("time", { class: "age", datetime: alert.raised_at, "data-at": alert.raised_at }, ago(alert.raised_at)),
      ),
      h("h4", { id: name }, h("button", { type: "button", class: "title", "data-focus": `${alert.id} open`, onclick: () => showAlert(alert.id) }, bare(alert))),
      h(
        "div",
        { class: "because" },
        h(
          "div",
          {},
          h("p", { class: "reason" }, alert.reason),
          h("dl", { class: "facts" }, reasons(alert).map(([key, value, def]) => h("div", {}, h("dt", {}, t(key)), h("dd", {}, value, what(def))))),
          alert.excerpt ? h("p", { class: "excerpt" }, alert.excerpt) : null,
        ),
        alert.history.some(Boolean) ? spark(alert.history, bandOf(alert)) : null,
      ),
      h(
        "footer",
        {},
        h("div", { class: "row acts" }, buttons(alert)),
        h("span", { class: "soft rule" }, muted, label, h("span", {}, ruleName(alert))),
      ),
    ),
  );
}

/** Alerts of the chosen level and county. */
function chosen() {
  return [...board.alerts.values()]
    .filter(({ level, county }) => (!filter.level || level === filter.level) && county.startsWith(filter.county))
    .sort(byGravity);
}

function groups() {
  const alerts = chosen();
  const sign = `${pref("lang")} ${board.me?.can_act}`;
  const items = [];
  for (const [group, belongs] of GROUPS) {
    const own = alerts.filter(belongs);
    if ((!own.length && group !== "waiting") || (group === "done" && pref("size") === "wall")) continue;
    const folded = group === "done" && !opened.has(group);
    items.push({ key: group, sign: `${sign} ${own.length} ${folded}`, make: () => heading(group, own.length, folded) });
    if (folded) continue;
    if (!own.length) items.push({ key: "none", sign: `${sign} ${alerts.length} ${board.alerts.size}`, make: nothing });
    const shown = opened.has(`${group} all`) ? own : own.slice(0, SHOWN);
    for (const alert of shown) {
      items.push({ key: alert.id, sign: sign + JSON.stringify(alert) + isWaitingFor(alert), make: () => card(alert) });
    }
    if (shown.length < own.length) {
      items.push({ key: `${group} all`, sign: `${sign} ${own.length}`, make: () => h("li", {}, h("button", { class: "button", type: "button", onclick: () => unfold(`${group} all`) }, t("show_all", { n: own.length }))) });
    }
  }
  return items;
}

function unfold(group) {
  if (!opened.delete(group)) opened.add(group);
  draw();
}

function heading(group, n, folded) {
  const words = [t(group), h("span", { class: "count" }, String(n))];
  if (group !== "done") return h("li", { class: "group" }, h("h3", {}, words));
  return h(
    "li",
    { class: "group" },
    h("h3", {}, h("button", { type: "button", class: "fold", "aria-expanded": String(!folded), "data-focus": "fold-done", onclick: () => unfold("done") }, words)),
  );
}

function nothing() {
  const filtered = filter.level || filter.county;
  return h("li", { class: "none" }, h("p", {}, t(filtered ? "none_found" : "no_alerts")), filtered ? null : h("p", { class: "soft" }, t("no_alerts_more")));
}

function filters() {
  const by = [0, 0, 0, 0, 0];
  for (const alert of board.alerts.values()) if (alert.status !== "closed") by[alert.level] += 1;
  const level = (n) =>
    h(
      "button",
      {
        type: "button",
        class: "button filter",
        "aria-pressed": String(filter.level === n),
        "data-focus": `level-${n}`,
        onclick: () => {
          filter.level = filter.level === n ? 0 : n;
          draw();
        },
      },
      n ? [levelMark(n), h("span", { class: "count" }, String(by[n]))] : t("all"),
    );
  const county = board.counties.get(filter.county);
  put(
    $("filters"),
    h("div", { class: "row", role: "group", "aria-label": t("filter_level") }, [0, 1, 2, 3, 4].map(level)),
    filter.county
      ? h("button", { type: "button", class: "button filter", "data-focus": "county", "aria-pressed": "true", onclick: () => onlyCounty(filter.county) }, t("only", { x: county?.name ?? filter.county }), h("span", { "aria-hidden": "true" }, " ✕"))
      : null,
  );
}

let list = null;
const drawnToo = [];

/** Call `follow()` after the list was drawn. */
export function onDrawn(follow) {
  drawnToo.push(follow);
}

function draw() {
  if (!board.at) return;
  list ??= $("alert-list").appendChild(h("ul", { class: "alert-list", role: "list" }));
  filters();
  keep(list, groups());
  const cards = [...list.querySelectorAll("article")];
  if (cards.length && !cards.some((node) => node.tabIndex === 0)) cards[0].tabIndex = 0;
  fitWall();
  const n = [...board.alerts.values()].filter(isWaiting).length;
  document.title = (n ? `(${n}) ` : "") + t("board");
  for (const follower of drawnToo) follower();
}

/** On a wall nobody scrolls: what does not fit is counted instead. */
function fitWall() {
  const more = $("more");
  const items = [...list.children];
  for (const item of items) item.classList.remove("beyond");
  more.hidden = true;
  if (pref("size") !== "wall") return;
  more.hidden = false; // its height counts
  more.textContent = t("more_alerts", { n: 0 });
  const bottom = more.getBoundingClientRect().top;
  const beyond = items.filter((item) => item.getBoundingClientRect().bottom > bottom + 1);
  for (const item of beyond) item.classList.add("beyond");
  const n = beyond.filter((item) => item.querySelector("article")).length;
  more.hidden = n === 0;
  more.textContent = t("more_alerts", { n });
}

/** The cards that are shown, in order. */
export const cards = () => [...(list?.querySelectorAll("li:not(.beyond) > article") ?? [])];

/** Words for an alert that has just come. */
export const spoken = (alert) => t("new_alert", { x: [levelName(alert.level), alert.place, bare(alert)].join("，") });

export function startAlerts() {
  follow(["alerts", "me"], draw);
  follow(["counties"], filters);
  onWaiting(draw);
  onPref(draw);
  new ResizeObserver(() => list && fitWall()).observe($("alerts"));
  setInterval(() => {
    for (const node of document.querySelectorAll("time[data-at]")) node.textContent = ago(node.dataset.at);
  }, 20_000);
  document.addEventListener("focusin", ({ target }) => {
    const on = target.closest?.("article.alert");
    if (on) for (const node of cards()) node.tabIndex = node === on ? 0 : -1;
  });
}
