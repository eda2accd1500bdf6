"""Rows of the store as the page gets them: with the names that people read, and what may be done."""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from sinks.standing import name_of
from streams.alert_ways import legal_actions
from streams.categories import CATEGORIES, CategoryCode
from streams.counties import COUNTIES, CountyCode
from streams.digests import NAMES
from streams.names import LEVEL_NAMES, STATUS_NAMES

Row = Mapping[str, Any]
Shape = dict[str, Any]

ACTION_NAMES: Final = {
    "acknowledge": "确认",
    "assign": "交办",
    "escalate": "提级",
    "close": "办结",
    "reopen": "重开",
    "silence": "静默",
    "useful": "有用",
    "not_useful": "无用",
}
VERDICT_NAMES: Final = {
    "done": "已生效",
    "unchanged": "已是该状态",
    "illegal": "当前状态下不能这样做",
    "beyond": "步骤过多，仅存档",
}
_RANGE: Final = re.compile(r"95%的日子在(\d+)至(\d+)件之间")
_AS_THEY_ARE: Final = (
    *("id", "rule", "level", "county", "category", "title", "reason", "observed", "limit"),
    *("expected", "p_value", "history", "excerpt", "status", "status_at", "by", "note"),
    *("assigned_to", "label", "notify", "muted", "group", "incident"),
    *("window_start", "window_end", "raised_at"),
)


class RuleName(NamedTuple):
    """What a rule is: its section of rules.yaml, and what duty staff call its alerts."""

    kind: str
    name: str


def alert_shape(row: Row, rule_names: Mapping[str, RuleName]) -> Shape:
    """An alert. rule_names: by the id of the rule; one that is not there goes by its id."""
    rule = rule_names.get(row["rule"]) or RuleName("", row["rule"])
    county = COUNTIES.get(CountyCode(row["county"]))
    leaf = CATEGORIES.get(CategoryCode(row["category"]))
    return {
        **{name: row[name] for name in _AS_THEY_ARE},
        "rule_kind": rule.kind,
        "rule_name": rule.name,
        "level_name": LEVEL_NAMES.get(row["level"], ""),
        "status_name": STATUS_NAMES.get(row["status"], row["status"]),
        "place": name_of(row["county"]),
        "city": county.city if county else "",
        "category_name": leaf.name if leaf else "",
        **_usual_range(row),
        "actions": legal_actions(row["status"], row["county"]),
    }


def _usual_range(row: Row) -> Shape:
    """Between which counts 95 of 100 such days lie, as a statistical alert's reason says."""
    found = _RANGE.search(row["reason"]) if row["expected"] is not None else None
    low, high = (float(one) for one in found.groups()) if found else (None, None)
    return {"low": low, "high": high}


def digest_shape(row: Row) -> Shape:
    """A digest without its body, a row of sinks.digests.digests."""
    return {
        **{name: row[name] for name in ("id", "kind", "county", "title", "window_end")},
        **{name: row[name] for name in ("issued_at", "edition", "replaces")},
        **{name: row[name] for name in ("signed_by", "signed_at", "notes")},
        "kind_name": NAMES.get(row["kind"], row["kind"]),
        "place": name_of(row["county"]),
    }


def step_shape(row: Row) -> Shape:
    """A step of an alert's life."""
    return {
        **{name: row[name] for name in ("action", "by", "at", "note", "until", "assigned_to")},
        "action_name": ACTION_NAMES.get(row["action"], row["action"]),
        "verdict": row["verdict"],
    }


def answer_shape(row: Row) -> Shape:
    """What became of an action just now."""
    return {
        "identity": f"{row['identity']:016x}",
        "alert_id": row["alert_id"],
        "county": row["county"],
        **step_shape(row),
        "verdict_name": VERDICT_NAMES.get(row["verdict"], row["verdict"]),
    }
