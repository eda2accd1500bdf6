// Times and figures as people read them, in the duty room's zone and this screen's language.
import { pref } from "./prefs.js";

let zone = "Asia/Shanghai";
let aheadMs = 0;
const made = new Map();

export function setZone(name) {
  zone = name;
  made.clear();
}

/** Take the server's clock: screens on a wall are often minutes off. */
export function setNow(iso) {
  aheadMs = Date.parse(iso) - Date.now();
}

export const now = () => Date.now() + aheadMs;

function parts(options) {
  const key = pref("lang") + JSON.stringify(options);
  if (!made.has(key))
    made.set(key, new Intl.DateTimeFormat(pref("lang"), { timeZone: zone, hourCycle: "h23", ...options }));
  return made.get(key);
}

const at = (iso) => (typeof iso === "number" ? iso : Date.parse(iso));

export const time = (iso) => parts({ hour: "2-digit", minute: "2-digit" }).format(at(iso));
export const seconds = (iso) => parts({ hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(at(iso));
export const day = (iso) => parts({ month: "numeric", day: "numeric" }).format(at(iso));
export const longDay = (iso) =>
  parts({ year: "numeric", month: "long", day: "numeric", weekday: pref("lang") === "en" ? "short" : "long" }).format(
    at(iso),
  );

/** The time of day, with the date before it unless it is today. */
export function moment(iso) {
  const today = day(now());
  return day(iso) === today ? time(iso) : `${day(iso)} ${time(iso)}`;
}

/** A span in the two largest fitting units: "12 分钟", "3 小时 5 分". */
export function span(ms) {
  const zh = pref("lang") !== "en";
  const minutes = Math.max(0, Math.floor(ms / 60000));
  if (minutes < 1) return zh ? "不到 1 分钟" : "under a minute";
  if (minutes < 60) return zh ? `${minutes} 分钟` : `${minutes} min`;
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  if (hours < 24) return zh ? `${hours} 小时${rest ? ` ${rest} 分` : ""}` : `${hours} h${rest ? ` ${rest} min` : ""}`;
  const days = Math.floor(hours / 24);
  return zh
    ? `${days} 天${hours % 24 ? ` ${hours % 24} 小时` : ""}`
    : `${days} d${hours % 24 ? ` ${hours % 24} h` : ""}`;
}

/** Hours, minutes and seconds left: "1:05:09". */
export function countdown(ms) {
  const all = Math.max(0, Math.ceil(ms / 1000));
  const two = (n) => String(n).padStart(2, "0");
  return `${Math.floor(all / 3600)}:${two(Math.floor(all / 60) % 60)}:${two(all % 60)}`;
}

export const ago = (iso) => (pref("lang") === "en" ? `${span(now() - at(iso))} ago` : `${span(now() - at(iso))}前`);

/** A figure: thousands separated, two places at most. */
export const figure = (n) =>
  new Intl.NumberFormat(pref("lang"), { maximumFractionDigits: n >= 100 ? 0 : n >= 10 ? 1 : 2 }).format(n);
