"""What time alone changes in alerts: escalated, closed by themselves, told after all.

Looked at once a minute. Pure: (state, now, rules) in, a Change out, or None.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import islice
from typing import Final, Literal
from zoneinfo import ZoneInfo

from agents.alerting.life import open_since_s, own_step, standing
from agents.alerting.lives import DAYS_HELD
from agents.alerting.muting import Mute, Telling, mute_of, muted
from agents.change import Change
from agents.rules import CountRule, Rules
from agents.silent_source import Sources
from agents.state import State
from streams.answers import Alert
from streams.totals import ActionRow

_EPOCH: Final = date(1970, 1, 1).toordinal()
_DAY_S: Final = 86_400
_HEARD: Final = "silent_source"  # mark: the hour up to which sources were listened to
_AT_ONCE: Final = 300  # alerts: a journal entry stays under a broker's 1 MB
_LAST_DAY_S: Final = (DAYS_HELD - 1) * _DAY_S

Own = tuple[Literal["escalate", "close"], str]


def decide_moment(state: State, now: datetime, rules: Rules, zone: ZoneInfo) -> Change | None:
    """What has become due since it was last looked at; the rest of very much comes next time."""
    moment = _Moment(state, now, rules, zone)
    change = Change(at_ms=state.at_ms)
    if moment.sources is not None:
        change.marks.append((_HEARD, moment.hour))
        change.alerts += moment.silent(moment.sources)
    for alert, steps in islice(moment.changed(), _AT_ONCE):
        change.alerts.append(alert)
        change.actions += steps
    return change if change.alerts or change.marks else None


class _Moment:
    def __init__(self, state: State, now: datetime, rules: Rules, zone: ZoneInfo) -> None:
        self._state = state
        self._lives = state.lives
        self._now_s = int(now.timestamp())
        self._rules = rules
        self._zone = zone
        self._telling = Telling(state.lives, rules.life, rules.inhibit, now.astimezone(UTC), zone)
        self._silent_source = rules.silent_source.id if rules.silent_source else ""
        self._counts = {rule.id: rule for rule in rules.count}
        # Once an hour, when the one before is taken to be complete; not before the daily cycle began.
        self.hour = Sources.hour_of(now)
        self.sources: Sources | None = None
        if rules.silent_source and state.marks and state.marks.get(_HEARD, 0) < self.hour:
            self.sources = Sources(state, rules, now, zone)
        waiting_s = self._now_s - rules.life.group_min * 60
        self._groups_due = {
            alert.group
            for alert in state.lives.open.values()
            if mute_of(alert) == Mute.GROUP and alert.raised_at.timestamp() <= waiting_s
        }

    def silent(self, sources: Sources) -> list[Alert]:
        """New alerts of sources that fell silent."""
        new = [alert for alert in sources.alerts() if alert.id not in self._lives.alerts]
        return self._telling.first(new[:_AT_ONCE])

    def changed(self) -> Iterator[tuple[Alert, list[ActionRow]]]:
        """Alerts as they stand from now on, with the steps that are new or turned out otherwise."""
        for alert in list(self._lives.open.values()):
            told = self._told(alert)
            own = self._own(told)
            if own is None and told is alert:
                continue
            held = self._lives.steps.get(alert.id, {})
            steps = list(held.values())
            if own is not None:
                action, note = own
                steps.append(own_step(alert, action, self._now_s, note))
            after = standing(told, steps)
            yield after.alert, [one for one in after.steps if held.get(one.identity) != one]

    def _told(self, alert: Alert) -> Alert:
        silence = self._lives.silence_of(alert, self._now_s)
        mute = mute_of(alert)
        if silence is not None:
            if mute in ("", Mute.GROUP):
                return muted(alert, self._telling.silenced(silence))
        elif mute == Mute.SILENCE or (mute == Mute.GROUP and alert.group in self._groups_due):
            return self._telling.now(alert)
        return alert

    def _own(self, alert: Alert) -> Own | None:
        """The step that it takes by itself."""
        if self._now_s - alert.window_end.timestamp() > _LAST_DAY_S:
            return "close", f"满{DAYS_HELD - 1}天，自动关闭"
        if alert.status != "assigned":  # whoever has it says when it is done
            over = self._over(alert)
            if over:
                return "close", over
        within_s = self._rules.life.acknowledge_within_min.of(alert.level) * 60
        if (
            alert.status == "firing"
            and alert.notify
            and within_s
            and self._now_s - open_since_s(alert) >= within_s
        ):
            return "escalate", f"{within_s // 60}分钟内无人确认，自动升级"
        return None

    def _over(self, alert: Alert) -> str:
        """Why its cause is over; empty if it is not, or nobody can tell."""
        rule = self._counts.get(alert.rule)
        if rule is not None:
            return self._quiet(alert, rule)
        if alert.rule == self._rules.missing_report.id:
            day = alert.window_end.astimezone(self._zone).date().toordinal() - _EPOCH
            if (alert.county_code, day) in self._state.presence:
                return "已补报，自动关闭"
        if self.sources is not None and alert.rule == self._silent_source:
            return "" if alert.id in self.sources.unheard else "该渠道已有新事项，自动关闭"
        return ""

    def _quiet(self, alert: Alert, rule: CountRule) -> str:
        """Hysteresis: quiet is a count below a bound that is lower than the limit, and for a while."""
        life = self._rules.life
        for_s = life.close_after_min * 60
        if self._now_s - max(alert.raised_at.timestamp(), alert.window_end.timestamp()) < for_s:
            return ""
        hour = self._now_s // 3_600
        below = rule.limit * life.close_below_pct / 100
        counts = self._state.counts
        for back in range(for_s // 3_600 + 1):
            if counts.rolling(alert.county_code, alert.category, hour - back, rule.hours) >= below:
                return ""
        return f"{life.close_after_min}分钟内低于上限的{life.close_below_pct}%，自动关闭"
