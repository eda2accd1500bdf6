// The line to the server: questions, actions, and the stream of events, kept up by itself.
import { apply, board, setLink, take } from "./store.js";
import { setNow } from "./when.js";

const SILENT_MS = 40_000; // the server says something every 15 s
const WAITS_MS = [500, 1_000, 2_000, 5_000, 10_000];

/** What the server refused: its own words {got, expected, do}, and the status. */
export class Refused extends Error {
  constructor(status, error) {
    super([error?.got, error?.expected, error?.do].filter(Boolean).join(" · ") || `HTTP ${status}`);
    this.status = status;
  }
}

async function answer(reply) {
  if (reply.ok) return reply.json();
  if (reply.status === 401) location.assign("/login");
  const said = await reply.json().catch(() => null);
  throw new Refused(reply.status, said?.error);
}

export const ask = async (path) => answer(await fetch(path, { headers: { Accept: "application/json" } }));

const post = (path, body) =>
  fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Huishang-CSRF": board.me.csrf },
    body: JSON.stringify(body),
  });

export async function send(path, body) {
  let reply = await post(path, body);
  if (reply.status === 403) {
    board.me = await ask("/api/v1/me"); // another sink may have taken over, with another secret
    reply = await post(path, body);
  }
  return reply.status === 204 ? null : answer(reply);
}

/** Follow the board for as long as the page is open; `told(alerts)` gets those that are new. */
export async function followBoard(told) {
  let cursor = null;
  let failed = 0;
  for (;;) {
    try {
      if (cursor === null) {
        const whole = await ask("/api/v1/board");
        setNow(whole.at);
        told(take(whole));
        cursor = whole.cursor;
      }
      for await (const event of events(cursor)) {
        failed = 0;
        setLink("live");
        if (event.kind === "reset") {
          cursor = null;
          break;
        }
        cursor = event.id || event.data?.cursor || cursor;
        const fresh = apply(event.kind, event.data);
        if (fresh) told([fresh]);
      }
    } catch (error) {
      if (error instanceof Refused && error.status === 401) return;
    }
    if (cursor === null && failed === 0) {
      failed = 1;
      continue;
    }
    setLink("broken");
    await pause(WAITS_MS[Math.min(failed++, WAITS_MS.length - 1)]);
  }
}

/** Wait, or less if the network or the page comes back. */
function pause(ms) {
  return new Promise((done) => {
    const timer = setTimeout(end, ms);
    function end() {
      clearTimeout(timer);
      removeEventListener("online", end);
      document.removeEventListener("visibilitychange", end);
      done();
    }
    addEventListener("online", end);
    document.addEventListener("visibilitychange", end);
  });
}

/** Server-sent events after `cursor`, {kind, id, data}; ends or throws when the line does. */
async function* events(cursor) {
  const stop = new AbortController();
  let silent;
  const heard = () => {
    clearTimeout(silent);
    silent = setTimeout(() => stop.abort(), SILENT_MS);
  };
  heard();
  try {
    const reply = await fetch("/api/v1/events", {
      headers: { Accept: "text/event-stream", "Last-Event-ID": cursor },
      cache: "no-store",
      signal: stop.signal,
    });
    if (!reply.ok) await answer(reply);
    const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      heard();
      const blocks = (rest + value).split(/\r?\n\r?\n/);
      rest = blocks.pop();
      for (const block of blocks) {
        const event = parsed(block);
        if (event) yield event;
      }
    }
  } finally {
    clearTimeout(silent);
    stop.abort();
  }
}

function parsed(block) {
  let kind = "message";
  let id = "";
  const data = [];
  for (const line of block.split(/\r?\n/)) {
    const [, name, value] = /^([^:]*):? ?(.*)$/.exec(line);
    if (name === "event") kind = value;
    else if (name === "id") id = value;
    else if (name === "data") data.push(value);
  }
  return data.length ? { kind, id, data: JSON.parse(data.join("\n")) } : null;
}
