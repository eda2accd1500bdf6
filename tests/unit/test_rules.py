"""The rules file: mistakes told by line, path, expected and got; its schema; changes without a restart."""

import json
import logging
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner

from agents.reloading import Reloading
from agents.rules import Rules
from agents.rules_file import each_rule
from cli.contracts import RULES_SCHEMA, documents
from cli.rules import rules
from streams import metrics
from streams.clock import SystemClock
from streams.errors import UserError

ROOT = Path(__file__).parents[2]
SHIPPED = (ROOT / "agents" / "rules.yaml").read_text("utf-8")
HEAD = "missing_report: {id: missing-report, level: 4}\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "rules.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            HEAD + "count:\n  - {id: a-rule, level: 3, hours: 1, limit: 0}\n",
            "line 3: $.count[0].limit: expected `int` >= 1; got '0'",
        ),
        (
            HEAD + "count:\n  - {id: a-rule, level: 3, hours: 1, limits: 5}\n",
            "line 3: $.count[0]: there is no field `limits`",
        ),
        (
            HEAD + "\n\ncount:\n  - {id: a-rule, level: 3, hours: 1}\n",
            "line 5: $.count[0]: it misses the required field `limit`",
        ),
        (HEAD + "counts: []\n", "line 2: $: there is no field `counts`"),
        (HEAD + "count: 5\n", "line 2: $.count: expected `array`; got '5'"),
        (
            HEAD + "life:\n  acknowledge_within_min: {red: soon}\n",
            "line 3: $.life.acknowledge_within_min.red: expected `int`; got 'soon'",
        ),
        (
            HEAD + "people_band: [{id: many, level: 2, band: 30}]\n",
            "line 2: $.people_band[0].band: expected `str`; got '30'",
        ),
        (
            HEAD + "people_band: [{id: many, level: 2, band: 40+}]\n",
            "line 2: $.people_band[0].band: invalid enum value '40+'; got '40+'",
        ),
        (HEAD + "cycle: {window_end: '25:00'}\n", "line 2: $.cycle.window_end: expected `str` matching"),
        (HEAD + "cycle: {consult: '17:00', consult: '18:00'}\n", "line 2: 'consult' is there twice"),
        (HEAD + HEAD, "line 2: 'missing_report' is there twice"),
        (HEAD + "severity: [{id: missing-report, level: 1, severity: 1}]\n", "'missing-report' is used twice"),
        (HEAD + "severity: [{id: poison, level: 1, severity: 1}]\n", "'poison' is used twice"),
        (
            HEAD + "inhibit: [{source: red, mutes: [missing-report]}]\n",
            "$.inhibit[0]: there is no rule 'red'; there are missing-report, poison",
        ),
        (
            HEAD + "inhibit: [{source: missing-report, mutes: [missing-report]}]\n",
            "$.inhibit[0]: 'missing-report' cannot mute itself",
        ),
        (
            HEAD + "seasons: [{name: 春节, from: '2026-02-15', to: '02-23'}]\n",
            "$.seasons[0]: one of `from` and `to` has a year; both or neither",
        ),
        (HEAD + "seasons: [{name: 汛期, from: '06-31', to: '09-15'}]\n", "$.seasons[0]: 06-31 is no day"),
        (
            HEAD + "seasons: [{name: 春节, from: '2026-02-15', to: '2026-02-01'}]\n",
            "$.seasons[0]: it ends on 2026-02-01, before it begins",
        ),
        (
            HEAD + "seasons: [{name: 汛期, from: '06-01', to: '09-15', categories: [S77]}]\n",
            "$.seasons[0]: there is no category 'S77'",
        ),
        (
            HEAD + "seasons: [{name: 汛期, from: '06-01', to: '09-15', cut_off: '15:30'}]\n",
            "$.seasons[0].cut_off is before the report window ends, at 16:00",
        ),
        ("", "is empty"),
        ("a: [", "is not valid YAML"),
        ("- 1\n", "line 1: $: expected `object`; got a list"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_by_line_path_expected_and_got(
    tmp_path: Path, text: str, said: str
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(UserError) as mistake:
        Rules.load(path)
    assert str(path) in str(mistake.value)
    assert said in str(mistake.value)


def schema() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(documents()[RULES_SCHEMA])
    return loaded


def test_the_schema_accepts_what_is_shipped_and_refuses_what_is_wrong() -> None:
    validator = jsonschema.Draft202012Validator(schema())
    content = yaml.safe_load(SHIPPED)
    validator.validate(content)
    content["life"]["cap_per_day"] = 0
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(content)


def test_check_shows_every_rule_and_what_is_set(tmp_path: Path) -> None:
    path = written(tmp_path, SHIPPED.replace("cap_per_day: 30", "cap_per_day: 7"))
    shown = CliRunner().invoke(rules, ["check", str(path)], catch_exceptions=False).output
    for _, rule in each_rule(Rules.load()):
        assert rule.id in shown
    assert "cap_per_day 7" in shown
    said = CliRunner().invoke(rules, ["check", str(path), "--json"], catch_exceptions=False).output
    assert json.loads(said)["life"]["cap_per_day"] == 7
    assert json.loads(said)["count"][0]["id"] == "burst-hour"


def test_a_copy_to_edit_is_no_mistake_and_overwrites_nothing(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    assert CliRunner().invoke(rules, ["export", str(path)]).exit_code == 0
    assert Rules.load(path) == Rules.load()
    again = CliRunner().invoke(rules, ["export", str(path)])
    assert isinstance(again.exception, UserError)


def test_changed_rules_come_into_use_and_a_mistake_leaves_the_old(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def reloads(outcome: str) -> float:
        line = f'huishang_rules_reloads_total{{outcome="{outcome}"}} '
        found = [one for one in metrics.render().decode().splitlines() if one.startswith(line)]
        return float(found[0].removeprefix(line)) if found else 0.0

    path = written(tmp_path, SHIPPED)
    before = reloads("refused")
    watched = Reloading(path, Rules.load, SystemClock(), "rules")
    assert watched.loaded == Rules.load()
    assert watched.look() is None
    written(tmp_path, SHIPPED.replace("limit: 20", "limit: 30"))
    looks = [watched.look() for _ in range(3)]
    assert [look.count[0].limit for look in looks if look] == [30]
    written(tmp_path, SHIPPED.replace("limit: 20", "limit: none"))
    with caplog.at_level(logging.WARNING):
        assert [watched.look() for _ in range(3)] == [None] * 3
    assert "$.count[0].limit" in caplog.text
    assert reloads("refused") == before + 1
