// The duty log of the last days, and handing over with a draft made of what is open.
import { canAct } from "./actions.js";
import { fill, toast } from "./dialogs.js";
import { $, h, put } from "./dom.js";
import { ask } from "./link.js";
import { NOTE_MAX, entry, logged, showPaper } from "./papers.js";
import { board, follow } from "./store.js";
import { t } from "./text.js";

/** The code that stands for what this post sees: its one county, or the city of its counties. */
function ownCode() {
  const codes = [...board.counties.keys()];
  if (board.me.counties.length === 1) return board.me.counties[0].padEnd(6, "0");
  if (codes.length === 1) return codes[0];
  const cities = new Set(codes.map((code) => code.slice(0, 4)));
  return cities.size === 1 ? `${[...cities][0]}00` : "000000";
}

/** As many whole lines as leave room to write. */
function fitting(lines) {
  let text = "";
  for (const line of lines) {
    if (text.length + line.length > NOTE_MAX - 100) break;
    text += `${line}\n`;
  }
  return text;
}

async function handOver() {
  const code = ownCode();
  let draft = [];
  try {
    draft = (await ask(`/api/v1/handover?county=${code}`)).lines;
  } catch (error) {
    toast(error.message, "bad");
  }
  const given = await fill({
    title: t("handover"),
    help: t("handover_help"),
    ok: t("submit"),
    className: "reading",
    fields: [
      { name: "note", label: t("handover_text"), type: "area", required: true, max: NOTE_MAX, value: fitting(draft) },
    ],
  });
  if (given) await logged({ kind: "handover", county_code: code, note: given.note });
}

function log() {
  const items = board.log.map((one) => {
    const digest = board.digests.find(({ id }) => id === one.digest_id);
    const item = entry({ ...one, title: "" });
    if (digest)
      item.lastChild.insertBefore(
        h(
          "span",
          {},
          " · ",
          h(
            "button",
            { type: "button", class: "link", "data-focus": `log-${one.id}`, onclick: () => showPaper(digest.id) },
            digest.title,
          ),
        ),
        item.lastChild.querySelector(".note"),
      );
    return item;
  });
  put($("log"), items.length ? h("ol", { class: "line" }, items) : h("p", { class: "none" }, t("no_log")));
}

export function startDuty() {
  follow(["log", "digests"], log);
  follow(["me"], () =>
    put(
      $("handover"),
      canAct()
        ? h("button", { type: "button", class: "button", "data-focus": "handover", onclick: handOver }, t("handover"))
        : null,
    ),
  );
}
