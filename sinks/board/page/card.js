// One alert in the list: what, where, why, how it stands, and what can be done about it.
import { buttons } from "./actions.js";
import { bandOf, spark } from "./chart.js";
import { showAlert } from "./detail.js";
import { h } from "./dom.js";
import { levelMark, what } from "./marks.js";
import { bare, labelled, levelName, mutedName, rarity, ruleName, statusName, t } from "./text.js";
import { ago, figure, moment } from "./when.js";
import { WORDS } from "./words.js";

/** Why an alert fired, in figures: [name, value, definition's key]. */
export function reasons(alert) {
  const unit = `unit_${alert.rule_kind}`;
  const words = (n) => (unit in WORDS ? t(unit, { n: figure(n) }) : figure(n));
  // Of a single matter, or of one that is missing, the reason has said it all.
  if (alert.p_value === null && (!(unit in WORDS) || alert.limit <= 1)) return [];
  const list = [["observed", words(alert.observed), "observed"]];
  if (alert.expected !== null) {
    const band = bandOf(alert);
    const range = band ? `（${t("band", { a: figure(band.low), b: figure(band.high) })}）` : "";
    list.push(["expected", words(alert.expected) + range, "expected"]);
  } else {
    list.push(["limit", words(alert.limit), "limit"]);
  }
  if (alert.p_value !== null) list.push(["p_value", rarity(alert.p_value), "p_value"]);
  return list;
}

/** "已确认 · 值班长 · 16:41": the status, whose it is, and since when. */
export function standing(alert) {
  const who = alert.assigned_to ? t("to", { x: alert.assigned_to }) : alert.by ? t("by", { x: alert.by }) : "";
  const since = alert.status_at && alert.status !== "firing" ? moment(alert.status_at) : "";
  return [statusName(alert), who, since].filter(Boolean).join(" · ");
}

/** Its item in the list, which has the focus as a whole and in its buttons. */
export function card(alert) {
  const name = `alert-${alert.id}`;
  const label = alert.label ? h("span", { class: "chip" }, t(`is_${alert.label}`)) : null;
  const muted =
    alert.notify || alert.status === "closed"
      ? null
      : h("span", { class: "chip" }, labelled(t("not_told"), mutedName(alert)));
  return h(
    "li",
    {},
    h(
      "article",
      {
        class: `alert edge${alert.level} ${alert.status}`,
        tabindex: "-1",
        "aria-labelledby": name,
        "data-id": alert.id,
        "data-focus": alert.id,
      },
      h(
        "header",
        {},
        levelMark(alert.level),
        h("span", { class: "where" }, [alert.place, alert.category_name].filter(Boolean).join(" · ")),
        h("span", { class: `status s-${alert.status}` }, standing(alert)),
        h("time", { class: "age", datetime: alert.raised_at, "data-at": alert.raised_at }, ago(alert.raised_at)),
      ),
      h(
        "h4",
        { id: name },
        h(
          "button",
          { type: "button", class: "title", "data-focus": `${alert.id} open`, onclick: () => showAlert(alert.id) },
          bare(alert),
        ),
      ),
      h(
        "div",
        { class: "because" },
        h(
          "div",
          {},
          h("p", { class: "reason" }, alert.reason),
          h(
            "dl",
            { class: "facts" },
            reasons(alert).map(([key, value, def]) => h("div", {}, h("dt", {}, t(key)), h("dd", {}, value, what(def)))),
          ),
          alert.excerpt ? h("p", { class: "excerpt" }, alert.excerpt) : null,
        ),
        alert.history.some(Boolean) ? spark(alert.history, bandOf(alert)) : null,
      ),
      h(
        "footer",
        {},
        h("div", { class: "row acts" }, buttons(alert)),
        h("span", { class: "soft rule" }, muted, label, h("span", {}, ruleName(alert))),
      ),
    ),
  );
}

/** Words for an alert that has just come. */
export const spoken = (alert) => t("new_alert", { x: [levelName(alert.level), alert.place, bare(alert)].join("，") });
