// The keyboard: from alert to alert, to the sections, and each action by a letter.
import { act } from "./actions.js";
import { cards } from "./alerts.js";
import { showAlert } from "./detail.js";
import { $ } from "./dom.js";
import { pref } from "./prefs.js";
import { goTo, keysHelp, toggleWall } from "./tools.js";

const ACTIONS = {
  a: "acknowledge",
  s: "assign",
  e: "escalate",
  c: "close",
  m: "silence",
  u: "useful",
  n: "not_useful",
  r: "reopen",
};
const PARTS = { 1: "alerts", 2: "counties", 3: "reports", 4: "duty" };

function move(by) {
  const all = cards();
  if (!all.length) return;
  const at = all.indexOf(document.activeElement?.closest?.("article.alert"));
  const next = all[at < 0 ? 0 : Math.min(Math.max(at + by, 0), all.length - 1)];
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

function onKey(event) {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (document.querySelector("dialog[open]")) return;
  if (key === "Escape") {
    const menu = $("tools").querySelector("details[open]");
    if (!menu) return;
    menu.open = false;
    return menu.querySelector("summary").focus();
  }
  if (target.matches("input, textarea, select")) return;
  const card = target.closest?.("article.alert");
  const done = () => event.preventDefault();
  if (card === target && (key === "ArrowDown" || key === "ArrowUp"))
    return (done(), move(key === "ArrowDown" ? 1 : -1));
  if (card === target && key === "Enter") return (done(), showAlert(card.dataset.id));
  if (card && key in ACTIONS) return (done(), act(card.dataset.id, ACTIONS[key]));
  if (pref("keys") !== "on") return;
  if (key === "j" || key === "k") return (done(), move(key === "j" ? 1 : -1));
  if (key in PARTS) return (done(), goTo(PARTS[key]));
  if (key === "w") return (done(), toggleWall());
  if (key === "?") return (done(), keysHelp());
}

export function startKeys() {
  document.addEventListener("keydown", onKey);
}
