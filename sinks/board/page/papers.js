// Daily reports to read, amend with a note, sign, export and print; the consult list and the dispatches.
import { canAct, post } from "./actions.js";
import { showAlert } from "./detail.js";
import { fill, open, toast } from "./dialogs.js";
import { $, h, paperNodes, put } from "./dom.js";
import { ask, send } from "./link.js";
import { what } from "./marks.js";
import { board, follow } from "./store.js";
import { bare, labelled, t } from "./text.js";
import { moment, now, span } from "./when.js";

let shown = null;

const isDaily = ({ kind }) => kind === "daily_report";
export const NOTE_MAX = 1_000; // of an entry of the duty log

function signature(digest) {
  return digest.signed_by
    ? h("span", { class: "chip good" }, `✓ ${t("signed_by", { x: digest.signed_by, y: moment(digest.signed_at) })}`)
    : h("span", { class: "chip" }, t("unsigned"));
}

function paper(digest) {
  return h(
    "li",
    { class: "paper" },
    h(
      "button",
      { type: "button", class: "link", "data-focus": `paper-${digest.id}`, onclick: () => showPaper(digest.id) },
      digest.title,
    ),
    h(
      "span",
      { class: "row soft" },
      isDaily(digest) ? signature(digest) : null,
      digest.edition > 1 && !digest.title.includes("版") ? h("span", {}, t("edition", { n: digest.edition })) : null,
      digest.notes ? h("span", {}, t("notes_n", { n: digest.notes })) : null,
      h("span", {}, moment(digest.issued_at)),
    ),
  );
}

/** Reports of the latest window first: the city's, then its counties'; the rest folded. */
function reports() {
  const daily = board.digests.filter(isDaily);
  const latest = daily.reduce((most, { window_end: end }) => (end > most ? end : most), "");
  const rank = ({ county }) => (county.endsWith("0000") ? 0 : county.endsWith("00") ? 1 : 2);
  const now_ = daily
    .filter(({ window_end: end }) => end === latest)
    .sort((a, b) => rank(a) - rank(b) || a.county.localeCompare(b.county));
  const others = board.digests.filter((one) => !now_.includes(one));
  put(
    $("report-list"),
    now_.length
      ? h("ul", { class: "papers", role: "list" }, now_.map(paper))
      : h("p", { class: "none" }, t("no_reports")),
    others.length
      ? h(
          "details",
          { class: "others" },
          h("summary", {}, `${t("earlier")} ${others.length}`),
          h("ul", { class: "papers", role: "list" }, others.map(paper)),
        )
      : null,
  );
}

/** A matter's title, which opens its alert where there is one. */
const matter = (one, id, name) =>
  h(
    "p",
    {},
    h("strong", {}, `${one.place} `),
    board.alerts.has(id)
      ? h(
          "button",
          { type: "button", class: "link", "data-focus": `${name}-${id}`, onclick: () => showAlert(id) },
          bare(one),
        )
      : bare(one),
  );

function consult() {
  const items = board.consult.map((one) =>
    h(
      "li",
      {},
      h("span", { class: "rank" }, String(one.rank)),
      h("div", {}, matter(one, one.alert_id, "consult"), h("p", { class: "soft" }, one.reason)),
    ),
  );
  put(
    $("consult-list"),
    items.length ? h("ol", { class: "consult", role: "list" }, items) : h("p", { class: "none" }, t("no_consult")),
  );
}

function dispatches() {
  const items = board.dispatches.map((one) => {
    const left = Date.parse(one.deadline_at) - now();
    return h(
      "li",
      {},
      matter(one, one.id, "dispatch"),
      h(
        "p",
        { class: "row soft" },
        one.owner ? h("span", {}, one.owner) : null,
        h(
          "span",
          { class: left < 0 ? "late" : "" },
          `${t("deadline")} ${moment(one.deadline_at)}，${left < 0 ? t("overdue_by", { x: span(-left) }) : t("left", { x: span(left) })}`,
        ),
        one.received_at
          ? h("span", { class: "chip good" }, `✓ ${t("received", { x: moment(one.received_at) })}`)
          : h("span", { class: "chip warn" }, t("not_received")),
      ),
    );
  });
  put(
    $("dispatch-list"),
    items.length ? h("ul", { class: "dispatches", role: "list" }, items) : h("p", { class: "none" }, t("no_dispatch")),
  );
}

/** Open one report to read. */
export async function showPaper(id) {
  let whole;
  try {
    whole = await ask(`/api/v1/digests/${id}`);
  } catch (error) {
    return toast(error.message, "bad");
  }
  const acts = h("div", { class: "row acts" });
  const log = h("div");
  const dialog = open({
    title: whole.title,
    className: "reading",
    body: h(
      "div",
      { class: "detail" },
      acts,
      h(
        "div",
        { class: "paper-body", tabindex: "0", role: "document", "aria-label": whole.title },
        paperNodes(whole.html),
      ),
      log,
    ),
    closed: () => (shown = null),
  });
  dialog.dataset.id = id;
  shown = { id, acts, log, whole };
  drawShown();
}

function drawShown() {
  if (!shown) return;
  const { id, acts, log, whole } = shown;
  const digest = { ...whole, ...board.digests.find((one) => one.id === id) };
  const link = (ending, words) =>
    h(
      "a",
      { class: "button", href: `/api/v1/digests/${id}.${ending}`, download: "", "data-focus": `export-${ending}` },
      words,
    );
  put(
    acts,
    canAct() && !digest.signed_by
      ? h(
          "button",
          {
            type: "button",
            class: "button primary",
            "data-focus": "sign",
            "data-action": "sign",
            onclick: () => write("sign", digest),
          },
          t("sign"),
        )
      : null,
    canAct()
      ? h(
          "button",
          {
            type: "button",
            class: "button",
            "data-focus": "amend",
            "data-action": "amend",
            onclick: () => write("amend", digest),
          },
          t("amend"),
        )
      : null,
    link("csv", "CSV"),
    link("html", "HTML"),
    h("button", { type: "button", class: "button", "data-focus": "print", onclick: () => print() }, t("print")),
    signature(digest),
  );
  const entries = [
    ...new Map(
      [...(whole.log ?? []), ...board.log.filter(({ digest_id: of }) => of === id)].map((one) => [one.id, one]),
    ).values(),
  ];
  put(
    log,
    entries.length
      ? [
          h("h3", {}, t("amendments")),
          h("ol", { class: "line" }, entries.sort((a, b) => a.at.localeCompare(b.at)).map(entry)),
        ]
      : null,
  );
}

export const entry = (one) =>
  h(
    "li",
    {},
    h("span", { class: "soft" }, moment(one.at)),
    h(
      "span",
      {},
      h("strong", {}, t(`log_${one.kind}`)),
      ` · ${one.by}`,
      one.title ? ` · ${one.title}` : "",
      one.note ? h("span", { class: "note" }, one.note) : null,
    ),
  );

async function write(kind, digest) {
  const note = { name: "note", label: t("note"), type: "area", max: NOTE_MAX, required: kind === "amend" };
  const given = await fill({
    title: labelled(t(kind), digest.title),
    help: t(`${kind}_help`),
    ok: t(kind),
    fields: [note],
  });
  if (given === null) return;
  await logged({ kind, digest_id: digest.id, county_code: digest.county, ...(given.note ? { note: given.note } : {}) });
}

/** Send an entry of the duty log; its event brings it back to every board. */
export async function logged(body) {
  try {
    await send("/api/v1/duty-log", { by: post(), ...body });
    toast(t("sent"));
  } catch (error) {
    toast(error.message, "bad");
  }
}

/** A dialog prints cut off at the page's end; so the paper goes onto the page while it prints. */
function onPaper() {
  if (!shown) return;
  const copy = document.querySelector(`dialog[data-id="${shown.id}"] .paper-body`).cloneNode(true);
  document.body.append(h("div", { class: "on-paper" }, copy, shown.log.cloneNode(true)));
  document.body.classList.add("printing");
}

function offPaper() {
  document.body.classList.remove("printing");
  document.querySelector(".on-paper")?.remove();
}

export function startPapers() {
  addEventListener("beforeprint", onPaper);
  addEventListener("afterprint", offPaper);
  follow(["me"], () => put($("dispatch-def"), what("received_at")));
  follow(["digests", "me"], reports);
  follow(["consult", "alerts"], consult);
  follow(["dispatches", "alerts"], dispatches);
  follow(["digests", "log"], drawShown);
  setInterval(dispatches, 60_000);
}
