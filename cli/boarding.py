"""The duty board of a sink: what it has to know of the rules, and of the pipeline."""

from datetime import date, timedelta
from typing import Final

from agents import seasons
from agents.rules import Rules, time_of_day
from sinks.board.banners import Seen, health_of
from sinks.board.day import Times
from sinks.board.reading import Figures
from sinks.board.shapes import RuleName, Shape
from sinks.board.view import Setup
from streams.clock import SystemClock
from streams.errors import Reason
from streams.health import Health
from streams.settings import Settings

# Section of rules.yaml → what duty staff call its alerts.
_KINDS: Final = {
    "severity": "定级上报",
    "people_band": "涉及人数",
    "count": "数量超限",
    "incident": "同一事项多次反映",
    "lasting": "同一事项久拖未决",
    "statistical": "数量异常增多",
    "overdue": "办理超期",
    "missing_report": "未报日报告",
    "silent_source": "来源静默",
    "unreceived_dispatch": "调度未签收",
}


def setup_of(settings: Settings, rules: Rules) -> Setup:
    """What the board knows from settings and rules."""

    def cycle(day: date) -> Times:
        of = rules.cycle
        cut_off = seasons.cut_off(rules.seasons, day, of.cut_off)
        return Times(
            time_of_day(of.window_end),
            time_of_day(cut_off),
            time_of_day(of.consult),
            time_of_day(of.dispatch),
            of.dispatch_hours,
        )

    return Setup(settings.zone, cycle, rule_names(rules), settings.counties)


def rule_names(rules: Rules) -> dict[str, RuleName]:
    """What duty staff call the alerts of each rule, by its id.

    >>> rule_names(Rules.load())["missing-report"].name
    '未报日报告'
    """
    found = {Reason.POISON.value: RuleName("", "无法处理的数据")}
    for section, name in _KINDS.items():
        given = getattr(rules, section)
        for rule in given if isinstance(given, tuple) else (given,):
            if rule is not None:
                found[rule.id] = RuleName(section, name)
    return found


def health_at(settings: Settings, health: Health, figures: Figures, trouble: str) -> Shape:
    """How the pipeline does now. health: of this sink."""
    now = SystemClock().now()
    seen = Seen(figures.stages, figures.quiet_since, trouble, health.is_ready(now).reason)
    return health_of(seen, now, timedelta(minutes=settings.late_minutes))
