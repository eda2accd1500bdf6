"""What a duty room is told when what it sees may be old, or part of the pipeline is down. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

Shape = dict[str, Any]
_GRAVITY: Final = ("ok", "late", "down")


class Stage(NamedTuple):
    """A stage as far as is known. up: None for not known. lag: records left to read."""

    name: str
    up: bool | None
    reason: str = ""
    lag: int | None = None


_NAMES: Final[Mapping[str, tuple[str, str]]] = {
    "intake": ("数据接入", "intake"),
    "tally": ("统计研判", "tally"),
    "sink": ("入库与值班台", "sink"),
}


def health_of(stages: Iterable[Stage], trouble: str) -> Shape:
    """The section `health` of the board. trouble: why the store does not answer; '' if it does."""
    state = "ok"
    banners: list[Shape] = []

    def say(level: str, state_: str, zh: str, en: str) -> None:
        nonlocal state
        banners.append({"level": level, "zh": zh, "en": en})
        state = max(state, state_, key=_GRAVITY.index)

    if trouble:
        zh = "数据库暂时不可用，页面显示的是此前的数据。"
        say("bad", "down", zh, f"The store does not answer; what is shown is older. {trouble}")
    shapes = []
    for stage in stages:
        zh, en = _NAMES.get(stage.name, (stage.name, stage.name))
        told = {None: "unknown", True: "up", False: "down"}[stage.up]
        if stage.up is False:
            say("bad", "down", f"{zh}环节已停，数据不再更新。", f"{en} is down: {stage.reason}")
        shapes.append(
            {
                "stage": stage.name,
                "state": told,
                "lag": stage.lag,
                "late_s": None,
                "zh": zh,
                "en": en,
            }
        )
    return {"state": state, "banners": banners, "stages": shapes}
