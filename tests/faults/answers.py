"""What the store says, in the oracle's words, and how far the two are apart."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from tests.faults.oracle import TABLES, Statements
from tests.stages import INCIDENT_RULES, Stages

_SHOWN: Final = 4  # statements of a difference that are shown


def statements_of(stages: Stages) -> Statements:
    """Everything the store holds. Raises OSError while it cannot be asked."""
    prefix = stages.broker.topic_prefix
    found: Statements = {table: Counter() for table in TABLES}
    for key, (n, *severities) in stages.counts().items():
        for severity, part in enumerate([n - sum(severities), *severities]):
            if part:
                found["counts"][*key, severity] += part
    for place, (counted, repeats) in stages.ledger().items():
        found["counted"][place] += counted
        found["repeats"][place] += repeats
    for row in stages.rows("SELECT county, day, grid_reports, zero_reports FROM presence FINAL"):
        found["presence"][row["county"], row["day"], "grid"] += row["grid_reports"]
        found["presence"][row["county"], row["day"], "zero"] += row["zero_reports"]
    for row in stages.rows("SELECT * FROM case_days FINAL"):
        for name in ("found", "found_resolved"):
            place = (row["county"], row["level"], row["owner_org"], row["day"], name)
            found["case_days"][place] += row[name]
    for table, sql in _SELECTS.items():
        found[table].update(tuple(row.values()) for row in stages.rows(sql))
    found["dead_letters"].update(
        (row["topic"].removeprefix(prefix), row["partition"], row["o"], row["reason"])
        for row in stages.rows(
            "SELECT topic, partition, toUInt32(offset) o, reason FROM dead_letters FINAL"
        )
    )
    return {table: +counter for table, counter in found.items()}


_SELECTS: Final = {
    "cases": "SELECT county, case_id, case_version, status, level, owner_org FROM cases FINAL",
    "case_steps": "SELECT county, case_id, case_version, status, verdict FROM case_steps FINAL",
    "actions": "SELECT county, alert_id, action FROM alert_actions FINAL",
    "duty_log": "SELECT county, kind, digest_id, note FROM duty_log FINAL",
    "alerts": "SELECT rule, county, category, toUnixTimestamp(window_start) FROM alerts FINAL"
    f" WHERE rule NOT IN ({', '.join(map(repr, sorted(INCIDENT_RULES)))})",
}


def raised_on_topic(stages: Stages) -> Counter[Any]:
    """Alerts as their topic has them: each id once, however often it was sent."""
    said = [json.loads(value) for _, _, value in stages.log_of("alerts")]
    things = {
        one["id"]: (
            *(one["rule"], one["county_code"], one["category"]),
            int(datetime.fromisoformat(one["window_start"]).timestamp()),
        )
        for one in said
        if one["rule"] not in INCIDENT_RULES  # which texts are one matter the oracle cannot know
    }
    return Counter(things.values())


class Difference(NamedTuple):
    """How a store differs from the truth.

    lost, doubled: the largest of any table, since one event may stand in several.
    repeats_wrong: repeats that were not counted as such, or too many.
    tables: table → (missing, beyond), of those that differ. shown: some of it, in words.
    """

    lost: int
    doubled: int
    repeats_wrong: int
    tables: dict[str, tuple[int, int]]
    shown: str

    def __bool__(self) -> bool:
        return bool(self.tables)


def difference(found: Mapping[str, Counter[Any]], wanted: Mapping[str, Counter[Any]]) -> Difference:
    """Subtract, table by table."""
    tables: dict[str, tuple[int, int]] = {}
    shown = []
    for table, truth in wanted.items():
        missing, beyond = truth - found[table], found[table] - truth
        if missing or beyond:
            tables[table] = (missing.total(), beyond.total())
            shown.append(
                f"{table}: missing {missing.most_common(_SHOWN)}, "
                f"beyond {beyond.most_common(_SHOWN)}"
            )
    repeats = tables.get("repeats", (0, 0))
    others = [pair for table, pair in tables.items() if table != "repeats"]
    return Difference(
        lost=max((missing for missing, _ in others), default=0),
        doubled=max((beyond for _, beyond in others), default=0),
        repeats_wrong=max(repeats),
        tables=tables,
        shown="\n".join(shown),
    )
