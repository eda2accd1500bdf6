// The board as the server told it, event by event, and who wants to know of changes.

export const board = {
  me: null,
  at: null,
  day: null,
  alerts: new Map(),
  counties: new Map(),
  totals: null,
  digests: [],
  consult: [],
  dispatches: [],
  log: [],
  health: { state: "ok", banners: [], stages: [] },
  link: { state: "connecting", since: Date.now() },
};

const PARTS = [
  "me",
  "day",
  "alerts",
  "counties",
  "totals",
  "digests",
  "consult",
  "dispatches",
  "log",
  "health",
  "link",
];
const followers = new Map(PARTS.map((part) => [part, []]));
const changed = new Set();

/** Call `draw()` in the next frame after any of these parts changed. */
export function follow(parts, draw) {
  for (const part of parts) followers.get(part).push(draw);
}

/** Say that these parts are to be drawn anew; all of them without arguments. */
export function redraw(...parts) {
  if (!changed.size) queueMicrotask(flush);
  for (const part of parts.length ? parts : PARTS) changed.add(part);
}

function flush() {
  const drawn = new Set();
  for (const part of changed) for (const draw of followers.get(part)) drawn.add(draw);
  changed.clear();
  for (const draw of drawn) draw();
}

/** Take the whole board; what was there goes. Returns the alerts that are news to this page. */
export function take(whole) {
  const known = board.at === null ? null : board.alerts;
  board.alerts = new Map(whole.alerts.map((alert) => [alert.id, alert]));
  board.counties = new Map(whole.counties.map((county) => [county.code, county]));
  for (const part of ["at", "day", "totals", "digests", "consult", "dispatches", "log", "health"])
    board[part] = whole[part];
  redraw();
  return known ? whole.alerts.filter((alert) => !known.has(alert.id) && alert.status !== "closed") : [];
}

/** Take one event. Returns the alert it made known, if it is a new one. */
export function apply(kind, given) {
  switch (kind) {
    case "alert": {
      const isNew = !board.alerts.has(given.id);
      board.alerts.set(given.id, given);
      redraw("alerts");
      return isNew && given.status !== "closed" ? given : null;
    }
    case "counties":
      for (const county of given) board.counties.set(county.code, { ...board.counties.get(county.code), ...county });
      redraw("counties");
      break;
    case "digest":
      board.digests = [given, ...board.digests.filter(({ id }) => id !== given.id && id !== given.replaces)];
      board.digests.sort((a, b) => b.issued_at.localeCompare(a.issued_at));
      redraw("digests");
      break;
    case "log":
      board.log = [given, ...board.log.filter(({ id }) => id !== given.id)].sort((a, b) => b.at.localeCompare(a.at));
      redraw("log");
      break;
    case "gone":
      if (!followers.has(given.section)) break; // of what is not kept here
      for (const id of given.ids) {
        if (board[given.section] instanceof Map) board[given.section].delete(id);
        else board[given.section] = board[given.section].filter((one) => one.id !== id);
      }
      redraw(given.section);
      break;
    case "answer":
      for (const answered of answers) answered(given);
      break;
    case "day":
    case "totals":
    case "health":
    case "consult":
    case "dispatches":
      board[kind] = given;
      redraw(kind);
      break;
  }
  return null;
}

const answers = [];

/** Call `answered(step)` when a step of an alert's life was judged. */
export function onAnswer(answered) {
  answers.push(answered);
}

export function setLink(state) {
  if (board.link.state === state) return;
  board.link = { state, since: Date.now() };
  redraw("link");
}

/** Codes of the counties that have to report and have not. */
export const missing = () => new Set(board.day?.missing.map(({ code }) => code));

/** Open alerts that somebody has to take up. */
export const isWaiting = (alert) => alert.status === "firing" || alert.status === "escalated";

/** Gravest first, and of one level the newest. */
export const byGravity = (a, b) =>
  a.level - b.level || b.raised_at.localeCompare(a.raised_at) || a.id.localeCompare(b.id);
