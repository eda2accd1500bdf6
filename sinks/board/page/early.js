// Before the first paint: theme, language and size as this screen was left, or as its address asks.
(() => {
  const asked = new URLSearchParams(location.search);
  const kept = (name) => {
    try {
      return localStorage.getItem(`huishang.${name}`);
    } catch {
      return null;
    }
  };
  const one = (name, known) => [asked.get(name), kept(name)].find((value) => known.includes(value)) ?? known[0];
  const root = document.documentElement;
  root.dataset.theme = one("theme", ["auto", "light", "dark"]);
  root.dataset.size = one("size", ["desk", "wall"]);
  root.lang = one("lang", ["zh-CN", "en"]);
})();
