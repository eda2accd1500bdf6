"""The actions of a batch: which alerts they are about, and how these stand after them."""

from collections.abc import Mapping
from typing import Final

from agents.alerting.life import STEPS_HELD, Verdict, standing
from agents.alerting.lives import DAYS_HELD, Lives, Silence
from streams.alert_ways import SILENCE_DAYS
from streams.answers import Alert
from streams.errors import InvalidEvent, Reason
from streams.packs import Action
from streams.totals import ActionRow

_SILENCE: Final = "silence"


class Acting:
    """One batch. Pure: the lives are only read.

    alerts, steps: as they stand after it, of those it changed. silences: new ones.
    """

    def __init__(self, lives: Lives) -> None:
        self._lives = lives
        self._asked: list[Action] = []
        self._touched: dict[str, dict[int, ActionRow]] = {}
        self.alerts: dict[str, Alert] = {}
        self.steps: list[ActionRow] = []
        self.silences: list[Silence] = []

    def ask(self, action: Action) -> None:
        """A new action."""
        self._asked.append(action)

    def decide(self, raised: Mapping[str, Alert]) -> list[tuple[Action, InvalidEvent | None]]:
        """Each action, and why it cannot be carried out. raised: alerts of this very batch."""
        answers: list[tuple[Action, InvalidEvent | None]] = []
        for action in self._asked:
            alert = raised.get(action.alert_id) or self._lives.alerts.get(action.alert_id)
            try:
                if alert is None or alert.county_code != action.county:
                    raise _unknown(action)
                _check(action)
            except InvalidEvent as refused:
                answers.append((action, refused))
            else:
                answers.append((action, None))
                self._take(alert, action)
        for identifier, steps in self._touched.items():
            alert = raised.get(identifier) or self._lives.alerts[identifier]
            after = standing(alert, steps.values())
            self.alerts[identifier] = after.alert
            held = self._lives.steps.get(identifier, {})
            # A step that comes late may change what came of later ones: these go out again.
            self.steps += [step for step in after.steps if held.get(step.identity) != step]
        return answers

    def _take(self, alert: Alert, action: Action) -> None:
        step = _step(action)
        steps = self._touched.get(alert.id)
        if steps is None:
            steps = self._touched[alert.id] = dict(self._lives.steps.get(alert.id, {}))
        if len(steps) >= STEPS_HELD and step.identity not in steps:
            step.verdict = Verdict.BEYOND
            self.steps.append(step)
            return
        steps[step.identity] = step
        if action.action == _SILENCE:
            self.silences.append(
                Silence(
                    alert.rule,
                    alert.county_code,
                    alert.category,
                    action.until_s,
                    action.reported_s,
                    action.identity,
                    action.by,
                    action.note,
                )
            )


def _step(action: Action) -> ActionRow:
    return ActionRow(
        action.county,
        action.alert_id,
        action.identity,
        action.action,
        action.by,
        action.reported_s,
        action.note,
        action.until_s,
        action.assigned_to,
    )


def _check(action: Action) -> None:
    """Raises InvalidEvent for a silence that would have no end or no reason."""
    if action.action != _SILENCE:
        return
    if not 0 < action.until_s <= action.reported_s + SILENCE_DAYS * 86_400:
        raise InvalidEvent(
            Reason.MALFORMED,
            "$.data.until",
            f"when the silence ends, {SILENCE_DAYS} days after reported_at at the latest",
        )
    if not action.note:
        raise InvalidEvent(Reason.MALFORMED, "$.data.note", "the reason for the silence")


def _unknown(action: Action) -> InvalidEvent:
    return InvalidEvent(
        Reason.UNKNOWN_ALERT,
        "$.data.alert_id",
        f"an alert of {action.county} raised in the last {DAYS_HELD} days",
    )
