"""What may be told: an alert or a digest on its way to a channel, and whether it is for it."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sinks.channels.config import LEVELS, Channel
from streams.answers import Alert, Digest

ALERTS: Final = "alerts"
ESCALATED: Final = "escalated"
TOO_OLD: Final = timedelta(days=30)  # as long as excerpts are kept; nobody wants it told after that
BEFORE_OPENING: Final = timedelta(hours=1)


class Key(NamedTuple):
    """What is told once: an alert or digest, in a status, since when (seconds)."""

    id: str
    status: str
    since_s: int


class Message(NamedTuple):
    """One alert or digest, as a channel looks at it.

    level: 1 red … 4 blue; 4 for digests. group: alerts of one group can go as one notice.
    """

    key: Key
    kind: str
    level: int
    county: str
    group: str
    at: datetime
    alert: Alert | None = None
    digest: Digest | None = None

    @property
    def escalated(self) -> bool:
        return self.key.status == ESCALATED


def of_alert(alert: Alert) -> Message | None:
    """The message of an alert; None if it is not one to tell: muted, taken up, or closed."""
    if not alert.notify or alert.status not in ("firing", ESCALATED):
        return None
    since = alert.status_at or alert.raised_at
    return Message(
        key=Key(alert.id, alert.status, int(since.timestamp())),
        kind=ALERTS,
        level=alert.level,
        county=alert.county_code,
        group=alert.group or f"{alert.county_code}|{alert.category}",
        at=alert.told_at or since,
        alert=alert,
    )


def of_digest(digest: Digest) -> Message:
    """The message of a digest. Issued again, it is told again."""
    return Message(
        key=Key(digest.id, "issued", int(digest.issued_at.timestamp())),
        kind=digest.kind,
        level=LEVELS["blue"],
        county=digest.county_code,
        group=digest.id,
        at=digest.issued_at,
        digest=digest,
    )


def wanted(channel: Channel, message: Message) -> bool:
    """Whether a channel is to tell this at all."""
    if message.kind not in channel.kinds:
        return False
    if channel.counties and not message.county.startswith(channel.counties):
        return False
    if message.alert is None:
        return True
    if channel.escalated == ("never" if message.escalated else "only"):
        return False
    if channel.categories and message.alert.category not in channel.categories:
        return False
    return message.level <= LEVELS[channel.level]


def held_back_never(message: Message) -> bool:
    """Red alerts, escalated ones and digests: no limit and no quiet hour holds them back."""
    return message.alert is None or message.escalated or message.level == LEVELS["red"]


def timely(message: Message, opened: datetime, now: datetime) -> bool:
    """Whether it is neither too old to be news nor from before the channel was there."""
    return message.at >= max(now - TOO_OLD, opened - BEFORE_OPENING)
