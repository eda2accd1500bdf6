"""`huishang rules try`, out of the counts that a store keeps."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli.rules import rules
from sinks import migrate
from sinks.rows import rows_of_totals
from sinks.store import Store, embedded_dsn
from streams.errors import UserError
from streams.totals import CountRow
from tests.stores import HOUR, NOW, totals


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """12 and 30 reports in an hour; HOUR is 16:00 of 2026-03-01 in Zhangye."""
    with Store.open(embedded_dsn(tmp_path / "store")) as store:
        migrate.apply(store, NOW)
        rows = rows_of_totals(
            totals(
                1,
                CountRow("620702", "D01", "phone", HOUR, 0, 8),
                CountRow("620702", "D01", "web", HOUR, 7, 4),
                CountRow("620721", "S01", "phone", HOUR - 3, 0, 30),
            )
        )
        for table, filled in rows.items():
            store.insert(table, filled)
    monkeypatch.setenv("HUISHANG_DATA", str(tmp_path))
    return tmp_path


def tried(folder: Path, *options: str) -> str:
    shipped = (Path(__file__).parents[2] / "agents" / "rules.yaml").read_text("utf-8")
    changed = folder / "rules.yaml"
    changed.write_text(shipped.replace("hours: 1, limit: 20", "hours: 1, limit: 10"), "utf-8")
    asked = ["try", str(changed), "--from", "2026-03-01", "--to", "2026-03-03", *options]
    return CliRunner().invoke(rules, asked, catch_exceptions=False).stdout


def test_what_is_new_is_shown_rule_by_rule_and_alert_by_alert(folder: Path) -> None:
    said: dict[str, Any] = json.loads(tried(folder, "--json"))
    assert said["reports"] == 42
    assert said["rules"]["burst-hour"] == {
        "before": 1, "after": 2, "told_before": 1, "told_after": 2,
    }  # fmt: skip
    assert [(one["change"], one["county_code"]) for one in said["alerts"]] == [("new", "620702")]
    shown = tried(folder)
    assert "burst-hour" in shown
    assert "甘州区" in shown
    assert "No alert is new or gone" in tried(folder, "--county", "620721")


def test_times_that_are_none_are_refused(folder: Path) -> None:
    with pytest.raises(UserError, match="is not before"):
        tried(folder, "--to", "2026-02-01")
