// What this screen remembers: language, theme, size, sound, single-key shortcuts and the post on duty.

const USUAL = { theme: "auto", size: "desk", lang: "zh-CN", sound: "off", keys: "on", post: "" };
const ON_ROOT = { theme: "theme", size: "size" };
const followers = [];
const root = document.documentElement;

function kept(name) {
  try {
    return localStorage.getItem(`huishang.${name}`);
  } catch {
    return null; // private windows and kiosks may keep nothing
  }
}

const values = Object.fromEntries(Object.keys(USUAL).map((name) => [name, kept(name) ?? USUAL[name]]));
values.lang = root.lang;
for (const name in ON_ROOT) values[name] = root.dataset[name];

export const pref = (name) => values[name];

export function setPref(name, value) {
  values[name] = value;
  if (name === "lang") root.lang = value;
  if (name in ON_ROOT) root.dataset[ON_ROOT[name]] = value;
  try {
    localStorage.setItem(`huishang.${name}`, value);
  } catch {
    // it holds until the page is closed
  }
  for (const follow of followers) follow(name, value);
}

/** Call `follow(name, value)` whenever one is changed. */
export function onPref(follow) {
  followers.push(follow);
}
