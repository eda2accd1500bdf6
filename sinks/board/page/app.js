// The duty board: asks who we are, draws, and follows the server for as long as the page is open.
import { onlyCounty, onlyIncident, startAlerts } from "./alerts.js";
import { spoken } from "./card.js";
import { startCounties } from "./counties.js";
import { showAlert, startDetail } from "./detail.js";
import { toast } from "./dialogs.js";
import { $ } from "./dom.js";
import { startDuty } from "./duty.js";
import { startHead } from "./head.js";
import { startKeys } from "./keys.js";
import { ask, followBoard } from "./link.js";
import { startMap } from "./map.js";
import { setDefinitions, startDefinitions } from "./marks.js";
import { startPapers } from "./papers.js";
import { chime } from "./sound.js";
import { board, redraw, setLink } from "./store.js";
import { startTools } from "./tools.js";
import { translate } from "./text.js";
import { setZone } from "./when.js";

const AGAIN_MS = 3_000;

function tell(fresh) {
  if (!fresh.length) return;
  $("spoken").textContent = fresh.map(spoken).join("；");
  for (const alert of fresh)
    document.querySelector(`article[data-id="${CSS.escape(alert.id)}"]`)?.classList.add("fresh");
  chime();
}

async function whoWeAre() {
  for (;;) {
    try {
      // A board without definitions is better than none.
      return await Promise.all([ask("/api/v1/me"), ask("/api/v1/definitions").catch(() => ({}))]);
    } catch (error) {
      if (error.status === 401) return new Promise(() => {}); // the login page is on its way
      setLink("broken");
      if (error.status && error.status !== 503) toast(error.message, "bad");
      await new Promise((done) => setTimeout(done, AGAIN_MS));
    }
  }
}

translate();
startDefinitions();
startHead();
startAlerts();
startDetail();
startMap();
startCounties();
startPapers();
startDuty();
startTools();
startKeys();

const [me, definitions] = await whoWeAre();
board.me = me;
setZone(me.zone);
setDefinitions(definitions);
redraw();

/** What the address asks for, as links from elsewhere do: a county, an alert, an incident. */
function asked() {
  const given = new URLSearchParams(location.search);
  const county = given.get("county");
  if (county && [...board.counties.keys()].some((code) => code.startsWith(county))) onlyCounty(county);
  const incident = given.get("incident");
  if (incident && [...board.alerts.values()].some((alert) => alert.incident === incident)) onlyIncident(incident);
  showAlert(given.get("alert"));
}

let first = true;
await followBoard((fresh) =>
  requestAnimationFrame(() => {
    if (first) asked();
    first = false;
    tell(fresh);
  }),
);
