"""Rows of the store as the page gets them: with the names that people read, and what may be done."""

from collections.abc import Mapping
from typing import Any, Final

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
_AS_THEY_ARE: Final = (
    *("id", "rule", "level", "county", "category", "title", "reason", "observed", "limit"),
    *("expected", "p_value", "history", "excerpt", "status", "status_at", "by", "note"),
    *("assigned_to", "label", "notify", "muted", "group", "incident"),
    *("window_start", "window_end", "raised_at"),
)


def alert_shape(row: Row, rule_names: Mapping[str, str]) -> Shape:
    """An alert. rule_names: by the id of the rule; one that is not there goes by its id."""
    county = COUNTIES.get(CountyCode(row["county"]))
    leaf = CATEGORIES.get(CategoryCode(row["category"]))
    return {
        **{name: row[name] for name in _AS_THEY_ARE},
        "rule_name": rule_names.get(row["rule"], row["rule"]),
        "level_name": LEVEL_NAMES.get(row["level"], ""),
        "status_name": STATUS_NAMES.get(row["status"], row["status"]),
        "place": name_of(row["county"]),
        "city": county.city if county else "",
        "category_name": leaf.name if leaf else "",
        **_expected_range(row),
        "actions": legal_actions(row["status"], row["county"]),
    }


def _expected_range(row: Row) -> Shape:
    """Between which counts 95 of 100 such days lie, where the rule's alert says so."""
    return {"low": row.get("low"), "high": row.get("high")}


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
