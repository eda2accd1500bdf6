// What duty staff do with an alert: asked for what is missing, sent, and done only when the server says so.
import { fill, toast } from "./dialogs.js";
import { h } from "./dom.js";
import { send } from "./link.js";
import { pref } from "./prefs.js";
import { board, follow, onAnswer } from "./store.js";
import { bare, labelled, t } from "./text.js";
import { now, time } from "./when.js";

const ORDER = ["acknowledge", "assign", "escalate", "close", "reopen", "silence", "useful", "not_useful"];
const PATIENCE_MS = 12_000;
const NOTE_MAX = 500;
const LABEL_MAX = 64;

/** Actions on their way: alert id → {action, was, timer}. */
const waiting = new Map();

/** The post actions are recorded under; null until one is chosen. */
export const post = () => (board.me.anonymous ? pref("post") || board.me.post : board.me.post);

export const canAct = () => Boolean(board.me?.can_act);

/** What may be done with an alert now, in the order of the buttons. */
export const legal = (alert) => (canAct() ? ORDER.filter((action) => alert.actions.includes(action)) : []);

export const isWaitingFor = (alert) => waiting.get(alert.id)?.action ?? null;

/** A button for each legal action. primary: the one to stand out. */
export function buttons(alert, only = () => true) {
  const sent = isWaitingFor(alert);
  const names = legal(alert).filter(only);
  return names.map((action, i) =>
    h(
      "button",
      {
        type: "button",
        class: i === 0 && (action === "acknowledge" || action === "reopen") ? "button primary" : "button",
        "data-action": action,
        "data-focus": `${alert.id} ${action}`,
        "aria-disabled": sent ? "true" : null,
        "aria-pressed": action === "useful" || action === "not_useful" ? String(alert.label === action) : null,
        onclick: (event) => {
          event.stopPropagation();
          act(alert.id, action);
        },
      },
      sent === action ? h("span", { class: "spin", "aria-hidden": "true" }) : null,
      t(action),
    ),
  );
}

function silenceEnds() {
  const [hour, minute] = time(now()).split(":").map(Number);
  const toMorning = ((8 - hour) * 60 - minute + 1_440) % 1_440 || 1_440;
  return [
    ...[1, 4, 12].map((n) => [n * 60, t("hours_n", { n })]),
    [toMorning, t("morning_8")],
    ...[3, 7].map((n) => [n * 1_440, t("days_n", { n })]),
  ].map(([minutes, words]) => [new Date(now() + minutes * 60_000).toISOString(), words]);
}

const ASKS = {
  assign: () => ({
    fields: [
      { name: "assigned_to", label: t("assigned_to"), required: true, max: LABEL_MAX, list: owners() },
      { name: "note", label: t("note"), type: "area", max: NOTE_MAX },
    ],
  }),
  escalate: () => ({ fields: [{ name: "note", label: t("note"), type: "area", max: NOTE_MAX }] }),
  close: () => ({ fields: [{ name: "note", label: t("note"), type: "area", max: NOTE_MAX }] }),
  reopen: () => ({ fields: [{ name: "note", label: t("note_why"), type: "area", max: NOTE_MAX }] }),
  silence: () => ({
    help: t("silence_help"),
    fields: [
      { name: "until", label: t("silence_until"), type: "select", options: silenceEnds() },
      { name: "note", label: t("note_why"), type: "area", required: true, max: NOTE_MAX },
    ],
  }),
};

/** Offices that were given something lately. */
function owners() {
  const named = [
    ...board.dispatches.map(({ owner }) => owner),
    ...[...board.alerts.values()].map(({ assigned_to: to }) => to),
  ];
  return [...new Set(named.filter(Boolean))].sort();
}

/** Do `action` with an alert: ask what it needs, send it, and wait for what the server says came of it. */
export async function act(id, action) {
  const alert = board.alerts.get(id);
  if (!alert || waiting.has(id) || !legal(alert).includes(action)) return;
  const asked = ASKS[action]?.();
  const given = asked
    ? await fill({ title: labelled(t(action), `${alert.place} ${bare(alert)}`), ok: t(action), ...asked })
    : {};
  if (given === null || waiting.has(id)) return;
  const filled = Object.fromEntries(Object.entries(given).filter(([, value]) => value));
  const wait = { action, was: sign(board.alerts.get(id)), timer: 0 };
  waiting.set(id, wait);
  changed(id);
  try {
    wait.identity = (await send(`/api/v1/alerts/${id}/actions`, { action, by: post(), ...filled })).identity;
    if (waiting.get(id) === wait) {
      wait.timer = setTimeout(() => {
        settle(id);
        toast(t("no_answer"), "bad");
      }, PATIENCE_MS);
    }
  } catch (error) {
    settle(id);
    toast(error.message, "bad");
  }
}

const listeners = [];

/** Call `draw(id)` when an action is on its way, or no longer. */
export function onWaiting(draw) {
  listeners.push(draw);
}

const changed = (id) => listeners.forEach((draw) => draw(id));

function settle(id) {
  clearTimeout(waiting.get(id)?.timer);
  waiting.delete(id);
  changed(id);
}

const sign = (alert) =>
  JSON.stringify([
    alert?.status,
    alert?.status_at,
    alert?.label,
    alert?.muted,
    alert?.assigned_to,
    alert?.note,
    alert?.by,
  ]);

onAnswer(({ identity, alert_id: id, verdict }) => {
  const wait = waiting.get(id);
  if (!wait || !identity || identity !== wait.identity) return;
  settle(id);
  if (verdict !== "done") toast(t("unchanged"));
});

follow(["alerts"], () => {
  for (const [id, wait] of waiting) if (sign(board.alerts.get(id)) !== wait.was) settle(id);
});
