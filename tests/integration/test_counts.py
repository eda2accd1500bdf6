"""`huishang counts` and `huishang schema`, out of the folder that a stopped Huishang left."""

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.counts import counts
from cli.schema import schema
from sinks import migrate
from sinks.migrate import shipped
from sinks.rows import row_of_dead_letter, rows_of_totals
from sinks.store import Store, embedded_dsn
from streams.errors import Retryable, UserError
from streams.totals import CountRow, LedgerRow
from tests.stores import DAY, HOUR, NOW, dead_letter, totals
from tests.waiting import free_port


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """10 reports, 2 zero reports, 1 duplicate and 1 dead letter."""
    folder = tmp_path_factory.mktemp("data")
    with Store.open(embedded_dsn(folder / "store")) as store:
        migrate.apply(store, NOW)
        rows = rows_of_totals(
            totals(
                1,
                CountRow("620702", "D01", "phone", HOUR, 0, 4),
                CountRow("620702", "D01", "web", HOUR, 12, 3),
                CountRow("620721", "S02", "phone", HOUR - 10, 0, 3),
                LedgerRow("620702", "hotline-calls", "mailbox", "a", DAY, 9, 1),
                LedgerRow("620721", "hotline-calls", "mailbox", "b", DAY, 3, 0),
            )
        )
        for table, filled in rows.items():
            store.insert(table, filled)
        store.insert("dead_letters", [row_of_dead_letter(dead_letter(runid="a"))])
    return folder


@pytest.fixture(autouse=True)
def settled(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUISHANG_DATA", str(folder))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(counts, arguments, catch_exceptions=False)


def told(*arguments: str) -> dict[str, object]:
    answer: dict[str, object] = json.loads(run(*arguments, "--format", "json").stdout)
    return answer


def test_json_has_rows_in_the_zone_and_the_account() -> None:
    answer = told("--by", "county,category,hour")
    assert answer["by"] == ["county", "category", "hour"]
    assert answer["rows"] == [
        {"county": "620702", "category": "D01", "hour": "2026-03-01T16:00:00+08:00", "count": 7},
        {"county": "620721", "category": "S02", "hour": "2026-03-01T06:00:00+08:00", "count": 3},
    ]
    assert answer["totals"] == {"counted": 12, "duplicates": 1, "dead_letters": 1}


def test_csv_is_rows_under_a_header() -> None:
    found = list(csv.reader(io.StringIO(run("--by", "channel,day", "--format", "csv").stdout)))
    assert found == [
        ["channel", "day", "count"],
        ["phone", "2026-03-01", "7"],
        ["web", "2026-03-01", "3"],
    ]


def test_the_table_names_codes_and_accounts_for_everything() -> None:
    shown = run().stdout
    assert "620702 甘州区" in shown
    assert "S02 供暖" in shown
    assert "counted 12 + duplicates 1 + dead letters 1 = published 14" in shown
    assert "10 are reports and 2 are zero reports" in shown


def test_a_run_is_accounted_for_on_its_own() -> None:
    answer = told("--runid", "a", "--source", "mailbox")
    assert answer["totals"] == {"counted": 9, "duplicates": 1, "dead_letters": 1}
    assert "every source" in str(answer["notes"])


def test_counties_by_name_or_prefix_and_hours_from_to() -> None:
    assert told("--by", "county", "--county", "甘州区")["rows"] == [
        {"county": "620702", "count": 7}
    ]
    assert len(told("--by", "county", "--county", "6207")["rows"]) == 2  # type: ignore[arg-type]
    assert told("--by", "county", "--from", "2026-03-01T16:00")["rows"] == [
        {"county": "620702", "count": 7}
    ]
    assert told("--by", "county", "--to", "2026-03-01T16:00")["rows"] == [
        {"county": "620721", "count": 3}
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--by", "town"), "--by got 'town'; expected some of county"),
        (("--by", "county,county"), "each once"),
        (("--county", "鼓楼区"), "names 4 counties"),
        (("--county", "999999"), "no county has that code"),
        (("--from", "2026-03-01T16:30"), "a full one"),
        (("--to", "soon"), "--to got 'soon'"),
    ],
)
def test_what_cannot_be_used_is_said_in_a_sentence(arguments: tuple[str, ...], said: str) -> None:
    with pytest.raises(UserError, match=said):
        run(*arguments)


def test_nothing_running_and_nothing_left_can_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUISHANG_DATA", str(tmp_path))
    monkeypatch.setenv("HUISHANG_CLICKHOUSE", f"http://127.0.0.1:{free_port()}/default")
    with pytest.raises(Retryable, match="does not answer"):
        run()


def test_schema_is_shown_and_applied_again_without_harm() -> None:
    shown = CliRunner().invoke(schema, ["show", "--json"], catch_exceptions=False)
    assert [one["number"] for one in json.loads(shown.stdout)] == [one.number for one in shipped()]
    again = CliRunner().invoke(schema, ["apply", "--json"], catch_exceptions=False)
    assert json.loads(again.stdout) == []


def test_schema_that_is_due_is_shown_with_exit_code_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUISHANG_CLICKHOUSE", embedded_dsn(tmp_path / "store"))
    shown = CliRunner().invoke(schema, ["show"], catch_exceptions=False)
    assert shown.exit_code == 1
    assert shown.stdout.count("due") == len(shipped())
    applied = CliRunner().invoke(schema, ["apply"], catch_exceptions=False)
    assert "0001_totals.sql" in applied.stdout
    assert CliRunner().invoke(schema, ["show"], catch_exceptions=False).exit_code == 0
