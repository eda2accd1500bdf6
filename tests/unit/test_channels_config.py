"""channels.yaml: what it may say, what is said about mistakes, and that its secrets stay in."""

import io
import logging
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import structlog

from sinks.channels.config import Channel, load
from sinks.channels.services import service_of, shown
from streams import logs
from streams.errors import UserError

SECRET = "k3y-0f-the-robot"
ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return tmp_path / "channels.yaml"


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What a stage would log, at its most talkative."""
    root, stream = logging.getLogger(), io.StringIO()
    before = root.handlers[:], root.level
    logs.configure("json", "debug", "sink", stream)
    try:
        yield stream
    finally:
        root.handlers[:], root.level = before
        logging.captureWarnings(False)
        structlog.reset_defaults()


def test_everything_that_can_be_said(written: Path) -> None:
    written.write_text(
        """
page: https://duty.example.cn/
channels:
  - name: duty
    url: wecombot://${WECOM_KEY}
    server: https://wx.example.cn/
    level: orange
    counties: ["6207", "620602"]
    categories: [D09, S01]
    kinds: [alerts, daily_report]
    escalated: only
    limit: {messages: 5, minutes: 10}
    quiet: {start: "22:00", end: "07:00", spare: red}
    excerpt: true
""",
        encoding="utf-8",
    )
    channels, page = (
        load(written, {"WECOM_KEY": SECRET}).channels,
        load(written, {"WECOM_KEY": "x"}).page,
    )
    assert page == "https://duty.example.cn"
    (channel,) = channels
    assert channel.url == f"wecombot://{SECRET}"
    assert channel.server == "https://wx.example.cn"
    assert (channel.counties, channel.limit.messages) == (("6207", "620602"), 5)
    assert channel.quiet
    assert channel.quiet.spare == "red"


def test_secrets_come_from_a_file_too(written: Path, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{SECRET}\n", encoding="utf-8")
    written.write_text("channels: [{name: a, url: 'feishu://${KEY}'}]", encoding="utf-8")
    (channel,) = load(written, {"KEY_FILE": str(tmp_path / "key")}).channels
    assert channel.url == f"feishu://{SECRET}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"channels: [{{name: a, url: 'json://{SECRET}', levle: red}}]", "levle"),
        (f"channels: [{{name: a, url: 'json://{SECRET}', level: purple}}]", "purple"),
        (f"channels: [{{name: a, url: 'json://x', level: 'json://{SECRET}'}}]", "level"),
        (f"channels: [{{name: A b, url: 'json://{SECRET}'}}]", "$.channels[0].name"),
        (f"channels: [{{name: a, url: 'json://{SECRET}', categories: [D99]}}]", "D99"),
        (f"channels: [{{name: a, url: 'json://{SECRET}', server: ftp://x}}]", "server"),
        (f"channels: [{{name: a, url: 'json://x'}}, {{name: a, url: 'json://{SECRET}'}}]", "twice"),
        (f"channels: [{{name: a, url: 'json://{SECRET}', limit: {{messages: 0}}}}]", "messages"),
        (
            f"channels: [{{name: a, url: '{SECRET}', quiet: {{start: '07:00', end: '07:00'}}}}]",
            "start and end",
        ),
        (f"channels:\n  - name: a\n   url: json://{SECRET}\n", "line"),
        (f"channels: [{{name: a, url: 'json://{SECRET}/${{MISSING}}'}}]", "MISSING_FILE"),
        (f"channels: [{{name: a, url: 'json://{SECRET}/${{not a name}}'}}]", "WECOM_KEY"),
        (f"channels: 'json://{SECRET}'", "array"),
        ("", "object"),
    ],
)
def test_a_mistake_is_named_and_nothing_of_a_url(written: Path, text: str, said: str) -> None:
    written.write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as raised:
        load(written, {})
    assert said in str(raised.value)
    assert str(written) in str(raised.value)
    assert SECRET not in str(raised.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot read the channels file"):
        load(tmp_path / "none.yaml", {})


@pytest.mark.parametrize(
    "url",
    [
        f"nosuchservice://{SECRET}",
        f"wecombot://{SECRET} with spaces",
        f"dingtalk://not-a-token-{SECRET}",
        f"mailto://{SECRET}@",
        SECRET,
    ],
)
def test_a_url_that_apprise_cannot_use_is_not_repeated(url: str, logged: io.StringIO) -> None:
    with pytest.raises(UserError) as raised:
        service_of(Channel(name="a", url=url), "", ZONE)
    assert "channel a" in str(raised.value)
    assert SECRET not in str(raised.value) + logged.getvalue()


def test_a_server_is_for_chat_services_only() -> None:
    with pytest.raises(UserError, match="server is for dingtalk, feishu, wecombot"):
        service_of(Channel(name="a", url="json://x", server="http://127.0.0.1:1"), "", ZONE)


@pytest.mark.parametrize(
    "url",
    [
        f"wecombot://{SECRET}",
        f"dingtalk://{SECRET}@token/13800000000",
        f"feishu://{SECRET}?secret={SECRET}",
        f"json://user:{SECRET}@host/{SECRET}?+X-Key={SECRET}&-token={SECRET}",
        f"mailtos://user:{SECRET}@host:465?from=a@b.cn&to=c@d.cn",
        f"slack://{SECRET}/{SECRET}/{SECRET}",
    ],
)
def test_what_is_shown_of_a_channel_has_no_secret(url: str) -> None:
    channel = Channel(name="a", url=url)
    assert SECRET not in shown(url) + repr(channel) + str(channel)
    assert shown(url).startswith(url.partition("://")[0])
