// The list of alerts: waiting first, gravest and newest first; filtered by level and county.
import { isWaitingFor, onWaiting } from "./actions.js";
import { card } from "./card.js";
import { $, h, keep, put } from "./dom.js";
import { levelMark } from "./marks.js";
import { onPref, pref } from "./prefs.js";
import { board, byGravity, follow, isWaiting } from "./store.js";
import { t } from "./text.js";
import { ago } from "./when.js";

const SHOWN = 60; // of a group; the rest on demand
const filter = { level: 0, county: "", incident: "" };
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

/** Show one incident's alerts only. */
export function onlyIncident(id) {
  filter.incident = id;
  draw();
}

export const countyShown = () => filter.county;

/** Alerts of the chosen level and county. */
function chosen() {
  return [...board.alerts.values()]
    .filter(
      ({ level, county, incident }) =>
        (!filter.level || level === filter.level) &&
        county.startsWith(filter.county) &&
        (!filter.incident || incident === filter.incident),
    )
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
      items.push({
        key: `${group} all`,
        sign: `${sign} ${own.length}`,
        make: () =>
          h(
            "li",
            {},
            h(
              "button",
              { class: "button", type: "button", onclick: () => unfold(`${group} all`) },
              t("show_all", { n: own.length }),
            ),
          ),
      });
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
    h(
      "h3",
      {},
      h(
        "button",
        {
          type: "button",
          class: "fold",
          "aria-expanded": String(!folded),
          "data-focus": "fold-done",
          onclick: () => unfold("done"),
        },
        words,
      ),
    ),
  );
}

function nothing() {
  const filtered = filter.level || filter.county || filter.incident;
  return h(
    "li",
    { class: "none" },
    h("p", {}, t(filtered ? "none_found" : "no_alerts")),
    filtered ? null : h("p", { class: "soft" }, t("no_alerts_more")),
  );
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
      ? h(
          "button",
          {
            type: "button",
            class: "button filter",
            "data-focus": "county",
            "aria-pressed": "true",
            onclick: () => onlyCounty(filter.county),
          },
          t("only", { x: county?.name ?? filter.county }),
          h("span", { "aria-hidden": "true" }, " ✕"),
        )
      : null,
    filter.incident
      ? h(
          "button",
          {
            type: "button",
            class: "button filter",
            "data-focus": "incident",
            "aria-pressed": "true",
            onclick: () => onlyIncident(""),
          },
          t("one_incident"),
          h("span", { "aria-hidden": "true" }, " ✕"),
        )
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
