// Words in this screen's language, and the names of levels and statuses.
import { pref } from "./prefs.js";
import { WORDS } from "./words.js";

export const english = () => pref("lang") === "en";

/** The words called `key`, with {x} filled in from `given`. */
export function t(key, given) {
  const words = WORDS[key]?.[english() ? 1 : 0] ?? key;
  return given ? words.replace(/\{(\w+)\}/g, (_, name) => given[name] ?? "") : words;
}

/** Give every element with data-t its words. */
export function translate(root = document) {
  for (const node of root.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
}

export const levelName = (level) => t(`level_${level}`);
export const statusName = (alert) =>
  english() ? t(`status_${alert.status}`) : alert.status_name || t(`status_${alert.status}`);

/** Of a pair {zh, en}: what this screen shows. */
export const either = (pair) => (english() ? pair.en || pair.zh : pair.zh);

/** A title without the place it begins with, where the place stands beside it. */
export const bare = ({ place, title }) => (title.startsWith(`${place}：`) ? title.slice(place.length + 1) : title);

/** What the rule of an alert is called. */
export const ruleName = ({ rule, rule_kind: kind, rule_name: name }) =>
  english() && kind ? t(`rule_${kind}`) : name || rule;

/** "未通知：静默中". */
export const labelled = (label, words) => `${label}${english() ? ": " : "："}${words}`;

const MUTED = ["silence", "inhibited", "group", "cap"];

/** Why an alert is not told, in words. */
export function mutedName(alert) {
  const kind = MUTED.find((name) => alert.muted?.startsWith(`${name}:`));
  return kind ? t(`muted_${kind}`) : alert.muted || "";
}

/** A p-value as a duty officer would say it. */
export function rarity(p) {
  if (p < 0.0001) return t("p_never");
  const days = 1 / p;
  const round = 10 ** Math.max(0, Math.floor(Math.log10(days)) - 1);
  return t("p_days", { n: new Intl.NumberFormat(pref("lang")).format(Math.round(days / round) * round) });
}
