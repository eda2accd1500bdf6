"""Logs: one shape for ours and the frameworks', in UTC, without event text or passwords."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any, Literal

import pytest
import structlog

from streams.logs import configure


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Logging is the process's: put back what the test changed."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_ours_and_the_frameworks_lines_have_one_shape() -> None:
    out = io.StringIO()
    configure("json", "info", "tally", out)
    structlog.get_logger("agents.tally").info("recovered %s", "well", partition=3)
    logging.getLogger("faust.app").warning("slow %d", 7)
    ours, theirs = lines(out)
    assert ours["event"] == "recovered well"
    assert ours["partition"] == 3
    assert theirs["event"] == "slow 7"
    for line in (ours, theirs):
        assert line["stage"] == "tally"
        assert line["timestamp"].endswith("Z")
    assert (ours["level"], theirs["level"]) == ("info", "warning")
    assert (ours["logger"], theirs["logger"]) == ("agents.tally", "faust.app")


def test_event_text_and_passwords_do_not_get_through() -> None:
    out = io.StringIO()
    configure("json", "debug", "intake", out)
    log = structlog.get_logger("x")
    log.info("a", text="张三打电话", nested={"excerpt": "张三", "n": 1}, raw=b"\xe5\xbc\xa0")
    log.info("b", dsn="http://user:hidden@db/x", password="hidden", value={"deep": "张三"})
    logging.getLogger("y").error("at %s", "http://user:hidden@db/x", extra={"title": "张三"})
    assert "张三" not in out.getvalue()
    assert "hidden" not in out.getvalue()
    assert lines(out)[0]["text"] == "(5 characters)"


def test_clients_do_not_write_out_their_requests_at_debug() -> None:
    out = io.StringIO()
    configure("json", "debug", "intake", out)
    logging.getLogger("aiokafka.conn").debug("request with records")
    logging.getLogger("faust.transport").debug("record")
    structlog.get_logger("ours").debug("told")
    assert [line["event"] for line in lines(out)] == ["told"]


def failing() -> None:
    plate = "甘A" + str(12345)
    raise ValueError(len(plate))


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_a_traceback_shows_no_local_variables(log_format: Literal["json", "text"]) -> None:
    out = io.StringIO()
    configure(log_format, "info", "sink", out)
    try:
        failing()
    except ValueError:
        structlog.get_logger("x").exception("failed")
    assert "ValueError: 7" in out.getvalue()
    assert "甘A12345" not in out.getvalue()


def test_levels_below_the_one_set_are_left_out() -> None:
    out = io.StringIO()
    configure("json", "warning", "sink", out)
    structlog.get_logger("x").info("quiet")
    logging.getLogger("aiokafka").info("quiet")
    structlog.get_logger("x").error("loud")
    assert [line["event"] for line in lines(out)] == ["loud"]


def test_auto_is_json_where_nobody_looks_on() -> None:
    out = io.StringIO()
    configure("auto", "info", "sink", out)
    structlog.get_logger("x").info("hello")
    assert lines(out)[0]["event"] == "hello"
