// One alert, whole: why it fired, its fourteen days, who was notified, what was done, and what can be.
import { buttons, onWaiting } from "./actions.js";
import { reasons, standing } from "./card.js";
import { bandOf, chart, historyTable } from "./chart.js";
import { open, toast } from "./dialogs.js";
import { h, put } from "./dom.js";
import { ask } from "./link.js";
import { levelMark, what } from "./marks.js";
import { onPref } from "./prefs.js";
import { board, follow } from "./store.js";
import { english, labelled, mutedName, ruleName, t } from "./text.js";
import { figure, moment } from "./when.js";

let shown = null;

/** Open the dialog of one alert. */
export function showAlert(id) {
  const alert = board.alerts.get(id);
  if (!alert || shown) return;
  const parts = Object.fromEntries(
    ["top", "acts", "why", "days", "plot", "table", "told", "done"].map((name) => [name, h("div", { class: name })]),
  );
  parts.days.append(h("h3", {}, t("history"), what("spark")), parts.plot, parts.table);
  const body = h(
    "div",
    { class: "detail" },
    parts.top,
    parts.acts,
    h("section", {}, h("h3", {}, t("why")), parts.why),
    parts.days,
    h("section", {}, h("h3", {}, t("notices"), what("notify")), parts.told),
    h("section", {}, h("h3", {}, t("steps")), parts.done),
  );
  const dialog = open({
    title: alert.title,
    body,
    closed: () => {
      shown.undraw?.();
      shown = null;
    },
  });
  dialog.dataset.id = id;
  shown = { id, parts, whole: null, undraw: null, plotted: "" };
  draw();
  load();
}

async function load() {
  const { id } = shown;
  try {
    const whole = await ask(`/api/v1/alerts/${id}`);
    if (shown?.id !== id) return;
    shown.whole = whole;
    draw();
  } catch (error) {
    toast(error.message, "bad");
  }
}

function draw() {
  if (!shown) return;
  const { parts, whole } = shown;
  const alert = board.alerts.get(shown.id);
  if (!alert) return;
  put(
    parts.top,
    levelMark(alert.level),
    h("span", { class: "where" }, [alert.city, alert.place, alert.category_name].filter(Boolean).join(" · ")),
    h("span", { class: `status s-${alert.status}` }, standing(alert)),
  );
  put(parts.acts, h("div", { class: "row" }, buttons(alert)));
  put(
    parts.why,
    h("p", { class: "reason" }, alert.reason),
    h(
      "dl",
      { class: "facts" },
      reasons(alert).map(([key, value, def]) => h("div", {}, h("dt", {}, t(key)), h("dd", {}, value, what(def)))),
      h("div", {}, h("dt", {}, t("rule")), h("dd", {}, ruleName(alert))),
      h("div", {}, h("dt", {}, t("window_of")), h("dd", {}, window_(alert))),
      h("div", {}, h("dt", {}, t("raised")), h("dd", {}, moment(alert.raised_at))),
    ),
    alert.excerpt ? h("p", { class: "excerpt", title: t("excerpt") }, alert.excerpt) : null,
  );
  plot(alert);
  put(parts.told, told(alert, whole?.notices));
  put(
    parts.done,
    whole?.steps?.length
      ? h("ol", { class: "line" }, whole.steps.map(step))
      : h("p", { class: "soft" }, whole ? t("no_steps") : "…"),
  );
}

/** From when to when was counted; a moment for what looks at one report. */
function window_({ window_start: start, window_end: end }) {
  return start === end ? moment(start) : `${moment(start)} – ${moment(end)}`;
}

function plot(alert) {
  const sign = JSON.stringify([
    alert.history,
    alert.low,
    alert.high,
    document.documentElement.dataset.theme,
    english(),
  ]);
  if (sign === shown.plotted) return;
  shown.plotted = sign;
  shown.undraw?.();
  const enough = alert.history.length > 1;
  shown.parts.days.hidden = !enough;
  shown.undraw = enough ? chart(shown.parts.plot, alert) : null;
  shown.parts.plot.setAttribute("aria-hidden", "true"); // the table beside it says the same
  const band = bandOf(alert);
  const key =
    band &&
    h("p", { class: "soft" }, t("chart_key", { a: figure(band.low), b: figure(band.high), n: figure(alert.expected) }));
  put(shown.parts.table, enough ? [key, historyTable(alert)] : null);
}

function told(alert, notices) {
  const muted = alert.notify ? null : h("p", {}, labelled(t("not_told"), mutedName(alert)));
  if (!notices?.length) return muted ?? h("p", { class: "soft" }, notices ? t("no_channel") : "…");
  const rows = notices.map(({ channel, outcome, at, tries, reason }) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, channel),
      h(
        "td",
        {},
        outcomeName(outcome),
        reason ? h("span", { class: "soft" }, ` ${reason}`) : null,
        tries > 1 ? h("span", { class: "soft" }, ` ×${tries}`) : null,
      ),
      h("td", { class: "n" }, moment(at)),
    ),
  );
  return [muted, h("table", { class: "plain" }, h("tbody", {}, rows))];
}

function outcomeName(outcome) {
  const words = t(`outcome_${outcome}`);
  return words === `outcome_${outcome}` ? outcome : words;
}

function step({ action, action_name: name, by, at, note, until, assigned_to: to, verdict }) {
  const words = english() ? t(action) : name || t(action);
  const to_whom = to ? ` ${t("to", { x: to })}` : "";
  const end = until ? ` ${t("silence_until")} ${moment(until)}` : "";
  const kept = verdict && verdict !== "done" ? h("span", { class: "soft" }, ` ${t("unchanged")}`) : null;
  return h(
    "li",
    {},
    h("span", { class: "soft" }, moment(at)),
    h(
      "span",
      {},
      h("strong", {}, words),
      `${to_whom}${end}`,
      by ? ` · ${by}` : "",
      kept,
      note ? h("span", { class: "note" }, note) : null,
    ),
  );
}

export const shownAlert = () => shown?.id ?? null;

export function startDetail() {
  let was = "";
  follow(["alerts"], () => {
    if (!shown) return;
    const alert = board.alerts.get(shown.id);
    const is = JSON.stringify(alert);
    draw();
    if (is !== was) load();
    was = is;
  });
  onWaiting((id) => shown?.id === id && draw());
  onPref(draw);
}
