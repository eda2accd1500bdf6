"""The alerts of one batch: raised, told or muted, and what staff did with them."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from agents.alerting.acting import Acting
from agents.alerting.lives import Lives, Silence
from agents.alerting.muting import Telling
from agents.matter import Matters
from agents.rules import Rules
from streams.answers import Alert
from streams.errors import InvalidEvent
from streams.packs import Action
from streams.totals import ActionRow


class BatchAlerts:
    """Gathers them; pure: the lives are only read."""

    def __init__(self, lives: Lives, rules: Rules, zone: ZoneInfo) -> None:
        self._lives = lives
        self._rules = rules
        self._zone = zone
        self._acting = Acting(lives)
        self._raised: dict[str, Alert] = {}
        self._gone_on: dict[str, Alert] = {}
        self._reports: dict[str, int] = {}
        self.ask = self._acting.ask

    def take(self, alerts: Iterable[Alert], report: int = 0) -> None:
        """New ones, and held ones that go on; one that was raised before is not raised again.

        report: identity of the one that is all they are about.
        """
        for alert in alerts:
            held = self._lives.alerts.get(alert.id)
            if held is None:
                self._raised[alert.id] = alert
                if report:
                    self._reports[alert.id] = report
            elif alert.window_end > held.window_end:
                self._gone_on[alert.id] = alert

    def settle(self, matters: Matters, at: datetime) -> list[tuple[Action, InvalidEvent | None]]:
        """Decide who is told, then carry actions out; each action, and why it cannot be."""
        self._name_incidents(matters)
        rules = self._rules
        telling = Telling(self._lives, rules.life, rules.inhibit, at, self._zone)
        new = telling.first([*self._raised.values()])
        self._raised = {alert.id: alert for alert in new} | self._gone_on
        answers = self._acting.decide(self._raised)
        self._raised |= self._acting.alerts
        return answers

    def _name_incidents(self, matters: Matters) -> None:
        if not self._reports:
            return
        owners = matters.owners(set(self._reports.values()))
        for identifier, report in self._reports.items():
            if report in owners:
                self._raised[identifier].incident = f"{owners[report]:016x}"

    @property
    def alerts(self) -> list[Alert]:
        """As they stand after the batch, of those it raised or changed."""
        return [*self._raised.values()]

    @property
    def steps(self) -> list[ActionRow]:
        """New ones, and those that turned out otherwise."""
        return self._acting.steps

    @property
    def silences(self) -> list[Silence]:
        """New ones."""
        return self._acting.silences
