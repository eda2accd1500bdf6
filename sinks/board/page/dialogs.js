// Dialogs: one to read in, one to fill in; short notices at the edge.
import { $, h } from "./dom.js";
import { t } from "./text.js";

let numbered = 0;

/**
 * Open a modal dialog: {title, body: nodes, wide, closed()}. Focus is kept inside by <dialog> and goes back
 * to where it was. Returns the element; `close()` on it ends it.
 */
export function open({ title, body, tools = [], className = "", closed = () => {} }) {
  const name = `dialog-${++numbered}`;
  const dialog = h(
    "dialog",
    { class: className, "aria-labelledby": name },
    h(
      "div",
      { class: "dialog-head" },
      h("h2", { id: name }, title),
      tools,
      h(
        "button",
        { type: "button", class: "quiet shut", "aria-label": t("close_window"), onclick: () => dialog.close() },
        "✕",
      ),
    ),
    body,
  );
  const before = document.activeElement;
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog && event.detail) dialog.close(); // the backdrop
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    closed();
    const back = before?.isConnected
      ? before
      : before?.dataset?.focus && document.querySelector(`[data-focus="${CSS.escape(before.dataset.focus)}"]`);
    back?.focus?.({ preventScroll: true });
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/**
 * Ask for a few fields; resolves to their values, or to null if it was left.
 *
 * fields: [{name, label, type: text|area|select, required, max, options, list, value, help}].
 */
export function fill({ title, help, fields, ok, className = "" }) {
  return new Promise((done) => {
    let given = null;
    const form = h(
      "form",
      { method: "dialog", class: "fields" },
      help ? h("p", { class: "soft" }, help) : null,
      fields.map(field),
      h(
        "div",
        { class: "row end" },
        h("button", { type: "button", class: "button", onclick: () => dialog.close() }, t("cancel")),
        h("button", { type: "submit", class: "button primary" }, ok ?? title),
      ),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      given = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()]));
      const empty = fields.find(({ name, required }) => required && !given[name]);
      if (empty) {
        given = null;
        return form.elements[empty.name].focus();
      }
      dialog.close();
    });
    const dialog = open({ title, body: form, className: `small ${className}`, closed: () => done(given) });
    const first = form.querySelector("input, textarea, select, .primary");
    first.focus();
    first.setSelectionRange?.(0, 0); // a draft is read from its beginning
  });
}

function field({ name, label, type = "text", required, max, options, list, value, help }) {
  const id = `field-${++numbered}`;
  const common = { id, name, required, maxlength: max, value, "aria-describedby": help ? `${id}-help` : null };
  const input =
    type === "area"
      ? h("textarea", { ...common, rows: 4 })
      : type === "select"
        ? h(
            "select",
            common,
            options.map(([key, words]) => h("option", { value: key }, words)),
          )
        : h("input", { ...common, autocomplete: "off", list: list?.length ? `${id}-list` : null });
  return h(
    "div",
    { class: "field" },
    h("label", { for: id }, label, required ? h("span", { class: "soft" }, ` · ${t("required")}`) : null),
    input,
    list?.length
      ? h(
          "datalist",
          { id: `${id}-list` },
          list.map((one) => h("option", { value: one })),
        )
      : null,
    help ? h("p", { class: "soft", id: `${id}-help` }, help) : null,
  );
}

/** A notice that goes by itself. kind: "", "bad". */
export function toast(words, kind = "") {
  const node = h("p", { class: `toast ${kind}` }, words);
  // A modal dialog makes the rest of the page unreachable, also to screen readers.
  const dialogs = document.querySelectorAll("dialog[open]");
  const home = dialogs.length ? dialogHome(dialogs[dialogs.length - 1]) : $("toasts");
  home.append(node);
  setTimeout(() => node.remove(), kind === "bad" ? 12_000 : 6_000);
}

function dialogHome(dialog) {
  let home = dialog.querySelector(":scope > .toasts");
  if (!home) {
    home = h("div", { class: "toasts", role: "status", "aria-live": "polite" });
    dialog.append(home);
  }
  return home;
}
