"""`huishang duty-log` and signing: what cannot be written is said in one sentence, and nothing is published."""

from collections.abc import Sequence
from typing import Any

import click
import pytest
from click.testing import CliRunner

from cli import acting, duty_log
from streams.acting import Event, message_of
from streams.errors import UserError
from streams.settings import load

DIGEST = {"id": "694a72fd4de67ee5", "county": "620700", "replaced_by": ""}


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    """What commands publish, about a city's digest that the store has."""
    events: list[Event] = []

    def take(_: Any, given: Sequence[Event]) -> None:
        events.extend(given)

    monkeypatch.setattr(acting, "publish_actions", take)
    monkeypatch.setattr(duty_log, "in_store", lambda _: DIGEST)
    return events


def run(command: click.Command, *arguments: str) -> Any:
    return CliRunner().invoke(command, arguments)


@pytest.mark.parametrize(
    ("command", "arguments", "county", "said"),
    [
        (duty_log.sign, [DIGEST["id"]], "620700", {"kind": "sign", "digest_id": DIGEST["id"]}),
        (
            duty_log.amend,
            [DIGEST["id"], "--note", "已恢复"],
            "620700",
            {"kind": "amend", "digest_id": DIGEST["id"], "note": "已恢复"},
        ),
        (
            duty_log.commands,
            ["add", "--county", "甘州区", "--note", "待反馈"],
            "620702",
            {"kind": "handover", "note": "待反馈"},
        ),
        (
            duty_log.commands,
            ["add", "--county", "620700", "--note", "待反馈"],
            "620700",
            {"kind": "handover", "note": "待反馈"},
        ),
    ],
)
def test_each_command_publishes_one_entry_to_the_duty_log(
    published: list[Event],
    command: click.Command,
    arguments: list[str],
    county: str,
    said: dict[str, str],
) -> None:
    answer = run(command, *arguments, "--by", "值班长")
    assert answer.exit_code == 0, answer.output
    [event] = published
    data = dict(event["data"])
    del data["occurred_at"], data["reported_at"]
    assert data == {"county_code": county, "by": "值班长", **said}
    assert message_of(load(), event).topic == "duty-log"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["add", "--county", "甘州区", "--note", " "], "--note got 1 characters; expected a text"),
        (["add", "--county", "甘州区", "--note", "水" * 1_001], "--note got 1,001 characters"),
        (["add", "--county", "620000", "--note", "待反馈"], "no county '620000'"),
        (["list", "--county", "999900"], "no county has that code"),
    ],
)
def test_what_cannot_be_written_or_asked(
    published: list[Event], arguments: list[str], said: str
) -> None:
    by = ["--by", "值班长"] if arguments[0] == "add" else []
    result = run(duty_log.commands, *arguments, *by)
    assert isinstance(result.exception, UserError)
    assert said in str(result.exception)
    assert published == []


def test_a_post_has_a_name(published: list[Event]) -> None:
    result = run(duty_log.sign, DIGEST["id"], "--by", "")
    assert isinstance(result.exception, UserError)
    assert "--by is the name of a post" in str(result.exception)
    assert published == []
