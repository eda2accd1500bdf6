"""What a duty room is told when what it sees may be old, or part of the pipeline is down. Pure.

Times are those of the machine: data is late by the wall clock, also where a demo moves its own.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sinks.health import UNKNOWN, UNREACHABLE

Shape = dict[str, Any]

_GRAVITY: Final = ("ok", "late", "down")
_NAMES: Final[Mapping[str, tuple[str, str]]] = {
    "intake": ("数据接入", "intake"),
    "tally": ("统计研判", "tally"),
    "sink": ("入库和值班台", "sink"),
}
_STANDS_AFTER_S: Final = 60  # with records left and none of them read
_OLD_AFTER: Final = timedelta(seconds=60)  # stages are looked at every ten seconds


class Seen(NamedTuple):
    """What is known of the pipeline.

    stages: rows of sinks.health.latest. quiet_since: when something last arrived; None if
    that is not known. trouble: why the store does not answer; '' if it does. own: why this
    sink is not ready; '' if it is.
    """

    stages: Sequence[Mapping[str, Any]] = ()
    quiet_since: datetime | None = None
    trouble: str = ""
    own: str = ""


class _Told:
    def __init__(self) -> None:
        self.state = "ok"
        self.banners: list[Shape] = []

    def say(self, state: str, zh: str, en: str) -> None:
        level = "bad" if state == "down" else "warn"
        self.banners.append({"level": level, "zh": zh, "en": en})
        self.state = max(self.state, state, key=_GRAVITY.index)


def health_of(seen: Seen, now: datetime, late_after: timedelta) -> Shape:
    """The section `health` of the board. late_after: without data it is late; zero: never.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    >>> health_of(Seen(quiet_since=noon), noon + timedelta(hours=2), timedelta(hours=1))["state"]
    'late'
    """
    told = _Told()
    if seen.trouble:
        told.say(
            "down",
            "数据库暂时不可用，页面显示的是此前的数据。",
            "The store does not answer; what is shown is older.",
        )
    rows = [row for row in seen.stages if now - row["seen_at"] <= _OLD_AFTER]
    if any(row["state"] == UNREACHABLE for row in rows):
        told.say(
            "down",
            "消息服务（Kafka）不可用，没有新数据，处置操作也发不出去。",
            "Kafka does not answer: nothing new comes, and actions cannot be sent.",
        )
    by_stage = {str(row["stage"]): row for row in rows}
    shapes = [_stage(name, by_stage.get(name), seen.own, told) for name in _NAMES]
    if seen.quiet_since and late_after and now - seen.quiet_since > late_after:
        minutes = int((now - seen.quiet_since).total_seconds() // 60)
        told.say(
            "late",
            f"已有{_duration_zh(minutes)}没有收到任何数据，请核对上游系统。",
            f"Nothing has arrived for {_duration_en(minutes)}; look at the systems upstream.",
        )
    return {"state": told.state, "banners": told.banners, "stages": shapes}


def _stage(name: str, row: Mapping[str, Any] | None, own: str, told: _Told) -> Shape:
    zh, en = _NAMES[name]
    up: bool | None = None
    if row and row["state"] not in (UNKNOWN, UNREACHABLE):
        up = row["members"] > 0
    if name == "sink" and own:
        up = False
    if up is False:
        told.say("down", f"{zh}环节已停，数据不再更新。", f"{en} is down; nothing new is shown.")
    late_s = int(row["late_s"]) if row else None
    if row and up is not False and late_s and late_s > _STANDS_AFTER_S:
        lag, minutes = int(row["lag"]), late_s // 60
        told.say(
            "late",
            f"{zh}环节已有{_duration_zh(minutes)}没有处理积压的{lag}条记录。",
            f"{en} has read none of its {lag} records for {_duration_en(minutes)}.",
        )
    return {
        "stage": name,
        "state": {None: "unknown", True: "up", False: "down"}[up],
        "lag": int(row["lag"]) if row else None,
        "late_s": late_s,
        "zh": zh,
        "en": en,
    }


def _duration_zh(minutes: int) -> str:
    """
    >>> _duration_zh(5), _duration_zh(150)
    ('5分钟', '2小时30分钟')
    """
    hours, rest = divmod(minutes, 60)
    return (f"{hours}小时" if hours else "") + (f"{rest}分钟" if rest or not hours else "")


def _duration_en(minutes: int) -> str:
    """
    >>> _duration_en(5), _duration_en(150)
    ('5 min', '2 h 30 min')
    """
    hours, rest = divmod(minutes, 60)
    return " ".join(
        [*([f"{hours} h"] if hours else []), *([f"{rest} min"] if rest or not hours else [])]
    )
