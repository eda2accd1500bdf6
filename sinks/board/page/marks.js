// Small parts that recur: the mark of a level, the "?" with its definition, chips.
import { h, s } from "./dom.js";
import { either, english, levelName, t } from "./text.js";

// A shape of its own for each level, so that none is told by colour alone.
const SHAPES = {
  1: "M6 1h8l5 5v8l-5 5H6l-5-5V6z",
  2: "M10 1.5 19.2 18H.8z",
  3: "M10 .8 19.2 10 10 19.2.8 10z",
  4: "M10 1a9 9 0 1 1 0 18a9 9 0 0 1 0-18z",
};

export const shape = (level, props) => s("path", { d: SHAPES[level], ...props });

/** "⬢ 红色": shape, colour and word. */
export const levelMark = (level) =>
  h(
    "span",
    { class: `level l${level}` },
    s("svg", { viewBox: "0 0 20 20", "aria-hidden": "true" }, shape(level)),
    levelName(level),
  );

let definitions = {};

export function setDefinitions(given) {
  definitions = given;
}

export const allDefinitions = () => Object.entries(definitions);

const nameOf = (found) => (english() ? found.name_en || found.name_zh : found.name_zh || found.name_en);

/** A "?" that discloses how the figure `key` is defined; nothing where the server defines none. */
export function what(key) {
  const found = definitions[key];
  if (!found) return null;
  return h(
    "button",
    {
      type: "button",
      class: "what",
      "aria-expanded": "false",
      "aria-label": t("what_is", { x: nameOf(found) ?? t(key) }),
      "data-def": key,
      "data-focus": `def-${key}`,
    },
    "?",
  );
}

export const definitionNodes = (key) => {
  const found = definitions[key];
  return [
    h("strong", {}, nameOf(found) ?? t(key)),
    h("p", {}, either(found)),
    found.formula ? h("p", { class: "soft" }, `${t("formula")} `, h("code", {}, found.formula)) : null,
  ].filter(Boolean);
};

const shown = h("div", { class: "definition", id: "definition", role: "note", tabindex: "-1", hidden: true });
let opener = null;

/** Make every "?" of the page work. */
export function startDefinitions() {
  document.body.append(shown);
  document.addEventListener("click", ({ target }) => {
    const button = target.closest?.(".what");
    if (button && button !== opener) return show(button);
    if (button || !shown.contains(target)) hide();
  });
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Escape" || !opener) return;
      event.preventDefault(); // a dialog below stays open
      event.stopPropagation();
      const back = opener;
      hide();
      back.focus();
    },
    true,
  );
  addEventListener("resize", hide);
  document.addEventListener("scroll", hide, true);
}

function show(button) {
  hide();
  opener = button;
  // Inside an open dialog only the dialog's own elements can be reached.
  (button.closest("dialog") ?? document.body).append(shown);
  shown.replaceChildren(...definitionNodes(button.dataset.def));
  shown.hidden = false;
  button.setAttribute("aria-expanded", "true");
  button.setAttribute("aria-describedby", "definition");
  const at = button.getBoundingClientRect();
  const box = shown.getBoundingClientRect();
  const below = at.bottom + 6 + box.height < innerHeight;
  shown.style.left = `${Math.max(8, Math.min(at.left - 12, innerWidth - box.width - 8))}px`;
  shown.style.top = `${below ? at.bottom + 6 : Math.max(8, at.top - box.height - 6)}px`;
}

function hide() {
  if (!opener) return;
  opener.setAttribute("aria-expanded", "false");
  opener.removeAttribute("aria-describedby");
  opener = null;
  shown.hidden = true;
}
