// Elements made and kept: no framework, no HTML from text.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, props, kids) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value") node.value = value;
    else node.setAttribute(name === "className" ? "class" : name, value === true ? "" : value);
  }
  node.append(...kids.flat(Infinity).filter((kid) => kid !== null && kid !== undefined && kid !== false));
  return node;
}

/** An HTML element. Props beginning with "on" are listeners; kids: nodes, texts, lists of them, or nothing. */
export const h = (tag, props, ...kids) => fill(document.createElement(tag), props, kids);

/** An SVG element. */
export const s = (tag, props, ...kids) => fill(document.createElementNS(SVG, tag), props, kids);

export const $ = (id) => document.getElementById(id);

/**
 * Make root's children those of `items`, [{key, sign, make}], leaving alone what is as it was.
 *
 * A child is made anew when its `sign` changed. The focus stays: on the child that replaces the one that
 * had it, at the same `data-focus`.
 */
export function keep(root, items) {
  const had = root.kept ?? new Map();
  const held = focusIn(root);
  const next = new Map();
  for (const { key, sign, make } of items) {
    const old = had.get(key);
    next.set(key, old?.sign === sign ? old : { sign, node: make() });
  }
  for (const [key, { node }] of had) if (next.get(key)?.node !== node) node.remove();
  let after = null;
  for (const { node } of next.values()) {
    const place = after ? after.nextSibling : root.firstChild;
    if (place !== node) root.insertBefore(node, place);
    after = node;
  }
  root.kept = next;
  refocus(root, held);
}

/** Put nodes in place of what root holds, the focus staying where it was by `data-focus`. */
export function put(root, ...nodes) {
  const held = focusIn(root);
  root.kept = undefined;
  root.replaceChildren(...nodes.flat(Infinity).filter(Boolean));
  refocus(root, held);
}

function focusIn(root) {
  const active = document.activeElement;
  return active && active !== root && root.contains(active) ? { node: active, name: active.dataset.focus } : null;
}

function refocus(root, held) {
  if (!held || held.node.isConnected || !held.name) return;
  const names = [held.name, held.name.replace(/ .*$/, "")];
  for (const name of names) {
    const found = root.querySelector(`[data-focus="${CSS.escape(name)}"]`);
    if (found && !found.disabled) return found.focus({ preventScroll: true });
  }
}

const PLAIN = new Set(
  "article section h1 h2 h3 h4 p ul ol li table thead tbody tfoot tr th td strong em b i br hr small span footer header div blockquote code pre dl dt dd".split(
    " ",
  ),
);

/** A paper's HTML as nodes: plain tags and classes only, whatever came. */
export function paperNodes(html) {
  const copy = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return node.textContent;
    if (node.nodeType !== Node.ELEMENT_NODE) return null;
    const kids = [...node.childNodes].map(copy);
    const tag = node.localName;
    if (!PLAIN.has(tag)) return ["script", "style", "template"].includes(tag) ? null : kids;
    return h(tag, { class: node.getAttribute("class") }, kids);
  };
  const body = new DOMParser().parseFromString(html, "text/html").body;
  return [...body.childNodes].map(copy).flat(Infinity).filter(Boolean);
}
