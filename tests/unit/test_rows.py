"""Rows fit the tables they are for, in names, number, order and units."""

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest

from sinks import migrate
from sinks.rows import (
    COLUMNS,
    row_of_alert,
    row_of_dead_letter,
    row_of_digest,
    rows_of_totals,
)
from streams.cases import MEASURES, CaseDayRow, CaseRow, CaseStepRow
from streams.duty import DutyRow
from streams.incidents import SINGLE, CorrectionRow, IncidentRow, Singles
from streams.packs import FORMAT
from streams.totals import (
    ActionRow,
    CountRow,
    DeclaredRow,
    ExpectationRow,
    LedgerRow,
    PresenceRow,
    Totals,
)
from tests.stores import HOUR, NOW, alert, dead_letter, digest

FULL = Totals(
    format=FORMAT,
    version=41,
    partition=2,
    counts=[CountRow("620702", "D01", "phone", HOUR, 9, 10, 1, 2, 3, 4, 8, 6, 1, -7)],
    ledger=[LedgerRow("620702", "hotline-calls", "mailbox", "run-1", 20_000, 5, 2)],
    presence=[PresenceRow("620702", 20_000, 3, 1)],
    cases=[CaseRow("620702", "c-1", 2, "accepted", 1, 1_700_000_000, "街道办", 1_700_086_400)],
    case_steps=[CaseStepRow("620702", "c-1", 2, 11, "accepted", 1, 1_700_000_000, "", "gap", 4)],
    case_days=[CaseDayRow("620702", 1, "街道办", 20_000, list(range(len(MEASURES))))],
    actions=[
        ActionRow("620702", "a" * 16, 2**64 - 1, "silence", "值班员", 1_700_000_000, "误报", 5)
    ],
    declared=[DeclaredRow("620702", "D11", "S01", 20_000, 3)],
    incidents=[
        IncidentRow(
            "620702", 10, "S01", "阳光花园", 1_700_000_000, 1_700_086_400, 2,
            {"phone": 1, "forum": 1}, "forum", 2, 0, "停水", [1, 2**64 - 1],
        )
    ],
    singles=Singles(SINGLE.pack(11, 620702, 7, 1_700_000_000, 6, 3, b"S01"), {0: "南关"}, {}),
    corrections=[CorrectionRow("620702", 10, 5, "merge", 11, "值班长", 1_700_000_000, "同一处")],
    duty=[DutyRow("620700", "d" * 16, 7, "amend", "值班长", 1_700_000_000, "已恢复供水")],
    expectations=[ExpectationRow("620702", "S01", 20_000, 2.5, 0.0, 6.0)],
)  # fmt: skip


def as_dict(table: str, row: tuple[object, ...]) -> dict[str, object]:
    return dict(zip(COLUMNS[table], row, strict=True))


def test_columns_are_those_of_the_schema_in_its_order() -> None:
    created: dict[str, list[str]] = {}
    for migration in migrate.shipped():
        for statement in migrate.statements(migration.text):
            if match := re.match(r"CREATE TABLE IF NOT EXISTS (\w+)\n\((.*?)\n\)", statement, re.S):
                created[match[1]] = re.findall(r"^    `?(\w+)`? ", match[2], re.M)
            if match := re.match(
                r"ALTER TABLE (\w+) RENAME COLUMN IF EXISTS (\w+) TO (\w+)", statement
            ):
                columns = created[match[1]]
                columns[columns.index(match[2])] = match[3]
            if match := re.match(r"ALTER TABLE (\w+)\s+ADD COLUMN", statement):
                columns = created[match[1]]
                added = r"ADD COLUMN IF NOT EXISTS `?(\w+)`? .*? AFTER `?(\w+)`?(?=,\n|$)"
                for column, after in re.findall(added, statement):
                    columns.insert(columns.index(after) + 1, column)
    expected = {table: list(columns) for table, columns in COLUMNS.items()}
    del expected["migrations"]  # made by migrate.py itself
    assert created == expected


def test_every_table_of_totals_gets_its_rows() -> None:
    rows = rows_of_totals(FULL)
    numbers = {table: len(found) for table, found in rows.items()}
    assert numbers.pop("incidents") == 2
    assert numbers == dict.fromkeys(
        [
            "counts",
            "ledger",
            "declared",
            "expectations",
            "presence",
            "cases",
            "case_steps",
            "case_days",
            "alert_actions",
            "incident_actions",
            "duty_log",
        ],
        1,
    )
    assert as_dict("counts", rows["counts"][0]) == {
        "county": "620702",
        "category": "D01",
        "channel": "phone",
        "hour": HOUR * 3_600,
        "piece": 9,
        "n": 10,
        "red": 1,
        "orange": 2,
        "yellow": 3,
        "blue": 4,
        "sentiments": 8,
        "negative": 6,
        "positive": 1,
        "sentiment_sum": -7,
        "version": 41,
    }
    assert as_dict("ledger", rows["ledger"][0])["counted"] == 5
    assert as_dict("declared", rows["declared"][0])["n"] == 3
    assert as_dict("presence", rows["presence"][0])["zero_reports"] == 1
    assert as_dict("cases", rows["cases"][0])["deadline_at"] == 1_700_086_400
    assert as_dict("cases", rows["cases"][0])["stars"] == 5
    step = as_dict("case_steps", rows["case_steps"][0])
    assert (step["step"], step["verdict"]) == (f"{11:016x}", "gap")
    day = as_dict("case_days", rows["case_days"][0])
    assert [day[name] for name in MEASURES] == list(range(len(MEASURES)))
    assert as_dict("alert_actions", rows["alert_actions"][0])["until"] == 5
    single, linked = (as_dict("incidents", row) for row in rows["incidents"])
    assert (single["incident"], single["name"], single["report_ids"]) == (
        f"{11:016x}",
        "南关",
        [f"{7:016x}"],
    )
    assert (single["reports"], single["channels"], single["opened_at"]) == (
        1,
        {"phone": 1},
        1_700_000_000,
    )
    assert (linked["channels"], linked["merged_into"]) == ({"phone": 1, "forum": 1}, "")
    assert as_dict("incident_actions", rows["incident_actions"][0])["into"] == f"{11:016x}"
    entry = as_dict("duty_log", rows["duty_log"][0])
    assert (entry["digest_id"], entry["kind"], entry["at"]) == ("d" * 16, "amend", 1_700_000_000)
    assert {as_dict(table, row[0])["version"] for table, row in rows.items()} == {41}


def test_what_was_not_said_is_null_and_untouched_tables_are_left_out() -> None:
    rows = rows_of_totals(
        Totals(
            format=FORMAT,
            version=1,
            partition=0,
            cases=[CaseRow("620702", "c-1", 2, "accepted", 1, 1_700_000_000)],
            actions=[ActionRow("620702", "a" * 16, 1, "close", "值班员", 1_700_000_000)],
        )
    )
    assert set(rows) == {"cases", "alert_actions"}
    case = as_dict("cases", rows["cases"][0])
    assert [case[name] for name in ("deadline_at", "closed_at", "due_at")] == [None] * 3
    assert as_dict("alert_actions", rows["alert_actions"][0])["until"] is None


@pytest.mark.parametrize("offset_h", [-11, 0, 8])
def test_answers_keep_their_instant_whatever_the_offset(offset_h: int) -> None:
    here = NOW.astimezone(timezone(timedelta(hours=offset_h)))
    at_s, at_ms = int(NOW.timestamp()), int(NOW.timestamp()) * 1_000
    raised = as_dict("alerts", row_of_alert(alert(raised_at=here, window_start=here, version=3)))
    issued = as_dict("digests", row_of_digest(digest(issued_at=here, window_end=here), 3))
    told = as_dict("dead_letters", row_of_dead_letter(dead_letter(at=here)))
    assert (raised["window_start"], raised["raised_at"]) == (at_s, at_ms)
    assert raised["version"] == at_ms + 3
    assert (issued["window_end"], issued["issued_at"], issued["version"]) == (at_s, at_ms, 3)
    assert (told["at"], told["version"]) == (at_ms, at_ms)


def test_milliseconds_are_not_lost() -> None:
    at = datetime(2026, 3, 1, 0, 0, 0, 999_000, tzinfo=UTC)
    row = as_dict("dead_letters", row_of_dead_letter(dead_letter(at=at)))
    assert row["at"] == 1_772_323_200_999


def test_an_alert_of_an_absolute_rule_has_no_baseline() -> None:
    row = as_dict("alerts", row_of_alert(alert()))
    assert row["expected"] is None
    assert row["p_value"] is None
    assert row["history"] == [0] * 13 + [3]
