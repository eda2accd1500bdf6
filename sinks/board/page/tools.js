// The screen's own tools: post, settings, glossary, wall view, sections on a phone.
import { $, h, put } from "./dom.js";
import { fill, open } from "./dialogs.js";
import { post } from "./actions.js";
import { send } from "./link.js";
import { allDefinitions, definitionNodes } from "./marks.js";
import { onPref, pref, setPref } from "./prefs.js";
import { chime } from "./sound.js";
import { board, follow, isWaiting, redraw } from "./store.js";
import { t, translate } from "./text.js";

const PARTS = ["alerts", "counties", "reports", "duty"];

async function choosePost() {
  const posts = ["值班长", "值班员", "带班领导", "综治中心", "12345 专席"];
  const given = await fill({
    title: t("post"),
    help: t("post_help"),
    fields: [
      { name: "post", label: t("post"), required: true, max: 64, list: posts, value: pref("post") || board.me.post },
    ],
  });
  if (given) setPref("post", given.post);
}

function choice(name, label, options) {
  const button = ([value, words]) =>
    h(
      "button",
      {
        type: "button",
        class: "button",
        "aria-pressed": String(pref(name) === value),
        "data-focus": `${name}-${value}`,
        onclick: () => setPref(name, value),
      },
      words,
    );
  return h(
    "div",
    { class: "choice", role: "group", "aria-label": label },
    h("span", { class: "soft" }, label),
    h("span", { class: "row" }, options.map(button)),
  );
}

function tools() {
  const { me } = board;
  const isOpen = $("tools").querySelector("details")?.open;
  const onOff = [
    ["on", t("on")],
    ["off", t("off")],
  ];
  const menu = h(
    "details",
    { class: "menu", open: isOpen },
    h("summary", { class: "button", "data-focus": "settings" }, t("settings")),
    h(
      "div",
      { class: "sheet" },
      choice("lang", t("language"), [
        ["zh-CN", "中文"],
        ["en", "English"],
      ]),
      choice(
        "theme",
        t("theme"),
        ["auto", "light", "dark"].map((value) => [value, t(`theme_${value}`)]),
      ),
      choice("sound", t("sound"), onOff),
      choice("keys", t("keys"), onOff),
      h(
        "div",
        { class: "row" },
        h("button", { type: "button", class: "button", "data-focus": "glossary", onclick: glossary }, t("glossary")),
        h("button", { type: "button", class: "button", "data-focus": "keys-help", onclick: keysHelp }, t("keys_help")),
        h("a", { class: "button", href: "/status" }, t("status_page")),
        me && !me.anonymous
          ? h("button", { type: "button", class: "button", "data-focus": "log-out", onclick: logOut }, t("log_out"))
          : null,
      ),
    ),
  );
  const wall = pref("size") === "wall";
  put(
    $("tools"),
    h("span", { id: "line", class: "line-state" }),
    me && !me.can_act ? h("span", { class: "chip" }, t("read_only")) : null,
    me
      ? me.anonymous
        ? h(
            "button",
            { type: "button", class: "button post", "data-focus": "post", onclick: choosePost },
            t("post_of", { x: post() }),
          )
        : h("span", { class: "chip post" }, t("post_of", { x: me.post }))
      : null,
    h(
      "button",
      {
        type: "button",
        class: "button to-en",
        lang: pref("lang") === "en" ? "zh-CN" : "en",
        "data-focus": "lang",
        onclick: () => setPref("lang", pref("lang") === "en" ? "zh-CN" : "en"),
      },
      pref("lang") === "en" ? "中文" : "English",
    ),
    h(
      "button",
      { type: "button", class: "button wall-switch", "data-focus": "wall", onclick: toggleWall },
      t(wall ? "leave_wall" : "wall"),
    ),
    menu,
  );
  redraw("link");
}

async function logOut() {
  await send("/logout", {});
  location.assign("/login");
}

export const toggleWall = () => setPref("size", pref("size") === "wall" ? "desk" : "wall");

function glossary() {
  open({
    title: t("glossary"),
    body: h(
      "div",
      { class: "glossary" },
      allDefinitions().map(([key]) => h("div", {}, definitionNodes(key))),
    ),
  });
}

const KEYS = [
  [["j", "k"], "key_move"],
  [["Enter"], "key_open"],
  [["a", "s", "e", "c"], "key_act"],
  [["m", "u", "n"], "key_label"],
  [["1", "2", "3", "4"], "key_parts"],
  [["w"], "key_wall"],
  [["?"], "key_help"],
];

export function keysHelp() {
  const rows = KEYS.map(([keys, words]) =>
    h(
      "div",
      {},
      h(
        "dt",
        {},
        keys.map((key) => h("kbd", {}, key)),
      ),
      h("dd", {}, t(words)),
    ),
  );
  open({
    title: t("keys_help"),
    body: h("div", {}, h("dl", { class: "keys" }, rows), h("p", { class: "soft" }, t("key_card"))),
    className: "small",
  });
}

/** Show one section on a phone, and go to it everywhere. */
export function goTo(part, focus = true) {
  document.body.dataset.tab = part;
  tabs();
  if (!focus) return;
  $(part).focus({ preventScroll: true });
  $(part).scrollIntoView({ block: "nearest" });
}

function tabs() {
  const n = [...board.alerts.values()].filter(isWaiting).length;
  put(
    $("tabs"),
    PARTS.map((part) =>
      h(
        "button",
        {
          type: "button",
          "aria-current": document.body.dataset.tab === part ? "true" : null,
          "data-focus": `tab-${part}`,
          onclick: () => (goTo(part, false), scrollTo(0, 0)),
        },
        t(part),
        part === "alerts" && n ? h("span", { class: "count" }, String(n)) : null,
      ),
    ),
  );
}

export function startTools() {
  follow(["me"], tools);
  follow(["alerts"], tabs);
  onPref((name, value) => {
    if (name === "lang") {
      translate();
      $("tabs").setAttribute("aria-label", t("parts"));
      redraw();
    }
    if (name === "sound" && value === "on") chime();
    tools();
  });
  document.addEventListener("click", ({ target }) => {
    const menu = $("tools").querySelector("details[open]");
    if (menu && target.isConnected && !menu.contains(target) && !target.closest("dialog")) menu.open = false;
  });
}
