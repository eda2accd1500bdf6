// The map: a dot per county at its position, as large as its reports, in the shape and colour of its gravest alert.
import { countyShown, onDrawn, onlyCounty } from "./alerts.js";
import { $, h, put, s } from "./dom.js";
import { levelMark, shape } from "./marks.js";
import { board, follow, missing } from "./store.js";
import { t } from "./text.js";
import { figure } from "./when.js";

const WIDTH = 600;
const MARGIN = 64;
const NAMED = 40; // with more counties only those with alerts have their names
const KM_A_DEGREE = 111.2;

/** Where each county goes: {x, y} and the length of a kilometre, on a picture WIDTH wide. */
function placed(counties) {
  const [east, north] = ["longitude", "latitude"].map((name) => counties.map((one) => one[name]));
  const middle = (Math.min(...north) + Math.max(...north)) / 2;
  const narrow = Math.cos((middle * Math.PI) / 180);
  const wide = Math.max((Math.max(...east) - Math.min(...east)) * narrow, 0.05);
  const high = Math.max(Math.max(...north) - Math.min(...north), 0.05);
  const scale = Math.min((WIDTH - 2 * MARGIN) / wide, 300 / high);
  const height = high * scale + MARGIN * 1.9;
  const left = (WIDTH - wide * scale) / 2;
  const at = ({ longitude, latitude }) => ({
    x: left + (longitude - Math.min(...east)) * narrow * scale,
    y: MARGIN * 0.75 + (Math.max(...north) - latitude) * scale,
  });
  return { at, height, km: scale / KM_A_DEGREE };
}

function dot(county, most, at, named) {
  const { x, y } = at(county);
  const missed = missing().has(county.code);
  const r = 9 + 19 * Math.sqrt(county.n_24h / most);
  const level = county.worst_level;
  const title = [
    county.name,
    `${t("n_24h")} ${figure(county.n_24h)}`,
    county.open_alerts ? `${t("open_alerts")} ${county.open_alerts}` : "",
    missed ? t("no") : "",
  ]
    .filter(Boolean)
    .join(" · ");
  const k = level ? Math.max(0.62, r / 22) : 0;
  return s(
    "g",
    { class: `county ${countyShown() === county.code ? "chosen" : ""}`, onclick: () => onlyCounty(county.code) },
    s("title", {}, title),
    s("circle", { cx: x, cy: y, r, class: `size ${missed ? "unreported" : ""}` }),
    level
      ? shape(level, { class: `mark m${level}`, transform: `translate(${x - 10 * k} ${y - 10 * k}) scale(${k})` })
      : null,
    named ? s("text", { x, y: y + r, dy: "1.05em", class: "name" }, county.name) : null,
    named ? s("text", { x, y: y + r, dy: "2.35em", class: "number" }, figure(county.n_24h)) : null,
  );
}

function scaleBar(km, height) {
  const fits = [500, 200, 100, 50, 20, 10, 5, 2, 1].find((n) => n * km < 130) ?? 1;
  return s(
    "g",
    { class: "scale" },
    s("path", { d: `M14 ${height - 18}v6h${fits * km}v-6` }),
    s("text", { x: 14 + (fits * km) / 2, y: height - 20 }, `${fits} km`),
  );
}

function draw() {
  const counties = [...board.counties.values()].filter(({ longitude, latitude }) => longitude || latitude);
  if (counties.length < 2) return put($("map"));
  const { at, height, km } = placed(counties);
  const most = Math.max(1, ...counties.map(({ n_24h: n }) => n));
  const drawn = [...counties]
    .sort((a, b) => ((a.worst_level || 9) < (b.worst_level || 9) ? 1 : b.n_24h - a.n_24h))
    .map((one) => dot(one, most, at, counties.length <= NAMED || one.worst_level > 0));
  put(
    $("map"),
    s(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${Math.round(height)}`, role: "img", "aria-label": t("map_of") },
      drawn,
      scaleBar(km, height),
    ),
    h(
      "p",
      { class: "key soft" },
      t("map_key"),
      [1, 2, 3, 4].map((level) => levelMark(level)),
    ),
  );
}

export function startMap() {
  follow(["counties", "day"], draw);
  let was = "";
  onDrawn(() => {
    if (was !== countyShown()) draw();
    was = countyShown();
  });
}
