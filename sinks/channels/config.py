"""channels.yaml: who is told what, how often, when not; checked, with its secrets put in.

A URL may say ${NAME}: taken from the environment, the file that NAME_FILE names, or
/run/secrets/NAME. What a URL holds is shown nowhere: not in a message, a log or a repr.
"""

import os
import re
from collections.abc import Mapping
from datetime import datetime, time
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from sinks import secret_yaml
from streams.answers import DigestKind
from streams.categories import CATEGORIES
from streams.errors import UserError
from streams.sources import SECRETS

LEVELS: Final = {"red": 1, "orange": 2, "yellow": 3, "blue": 4}
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_PLACEHOLDER: Final = re.compile(r"\$\{([^}]*)\}")
_NAME: Final = re.compile(r"[A-Z][A-Z0-9_]*")

Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,39}$(?!\n)")]
Level = Literal["red", "orange", "yellow", "blue"]
TimeOfDay = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$(?!\n)")]
Prefix = Annotated[str, Meta(pattern=r"^[0-9]{2,6}$(?!\n)")]


class Limit(Struct, frozen=True, forbid_unknown_fields=True):
    """At most so many messages in so many minutes; what is over it is summed up."""

    messages: Annotated[int, Meta(ge=1, le=10_000)] = 20
    minutes: Annotated[int, Meta(ge=1, le=1_440)] = 60


class Quiet(Struct, frozen=True, forbid_unknown_fields=True):
    """Local hours in which only alerts of `spare` and graver are told; over midnight if start > end."""

    start: TimeOfDay
    end: TimeOfDay
    spare: Level = "orange"

    def covers(self, local: datetime, level: int) -> bool:
        """Whether an alert of this level is kept for later at this local time.

        >>> night = Quiet(start="22:00", end="07:00")
        >>> night.covers(datetime(2026, 3, 1, 23, 30), 3), night.covers(datetime(2026, 3, 1, 7), 3)
        (True, False)
        >>> night.covers(datetime(2026, 3, 1, 23, 30), 2)
        False
        """
        start, end = time.fromisoformat(self.start), time.fromisoformat(self.end)
        at = local.time()
        inside = start <= at < end if start <= end else at >= start or at < end
        return inside and level > LEVELS[self.spare]


class Channel(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One channel.

    url: of Apprise. server: where a service is that is deployed privately, in place of the
    public one. level: the least grave that is told. counties: prefixes of codes; none: all.
    categories: leaves; none: all. kinds: alerts, or kinds of digests. escalated: whether
    alerts that nobody took up are told too, only, or never. excerpt: whether the redacted
    excerpt is in the message.
    """

    name: Name
    url: Annotated[str, Meta(min_length=3)]
    server: str = ""
    level: Level = "blue"
    counties: tuple[Prefix, ...] = ()
    categories: tuple[str, ...] = ()
    kinds: tuple[Literal["alerts"] | DigestKind, ...] = ("alerts",)
    escalated: Literal["too", "only", "never"] = "too"
    limit: Limit = Limit()
    quiet: Quiet | None = None
    excerpt: bool = False

    def __repr__(self) -> str:
        """Without what the URL holds."""
        return f"Channel({self.name!r})"


class Channels(Struct, frozen=True, forbid_unknown_fields=True):
    """The file. page: address of the status page, as its readers reach it; empty: not told."""

    channels: tuple[Channel, ...]
    page: str = ""


def load(path: Path, environment: Mapping[str, str] = os.environ) -> Channels:
    """Read and check a channels file. Raises UserError saying where and what was expected.

    URLs come back with their secrets in them.
    """
    read = secret_yaml.read(path, Channels, "channels", "docs/channels.md")
    seen: set[str] = set()
    channels = []
    for channel in read.channels:
        place = f"{path}: channel {channel.name}"
        if channel.name in seen:
            raise UserError(f"{place} is there twice; give each a name of its own")
        seen.add(channel.name)
        for code in channel.categories:
            if code not in CATEGORIES:
                raise UserError(f"{place}: {code!r} is no category; expected a leaf such as D09")
        if channel.quiet and channel.quiet.start == channel.quiet.end:
            raise UserError(f"{place}: quiet hours start and end at {channel.quiet.start}")
        url, server = (_filled(each, place, environment) for each in (channel.url, channel.server))
        if server and not re.match(r"https?://[^/\s]+/?$", server):
            raise UserError(f"{place}: server is not like https://host or https://host:port")
        channels.append(msgspec.structs.replace(channel, url=url, server=server.rstrip("/")))
    return Channels(tuple(channels), read.page.rstrip("/"))


def _filled(text: str, place: str, environment: Mapping[str, str]) -> str:
    """The text with each ${NAME} replaced by what NAME stands for."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if not _NAME.fullmatch(name):
            raise UserError(f"{place}: ${{…}} holds no name like WECOM_KEY")
        if given := environment.get(name):
            return given.strip()
        named = environment.get(f"{name}_FILE")
        path = Path(named) if named else SECRETS / name
        try:
            return path.read_text(encoding="utf-8").strip()
        except (OSError, ValueError):
            raise UserError(
                f"{place}: ${{{name}}} stands for nothing; set {name}, or {name}_FILE to the name "
                f"of a file that holds it, or provide {SECRETS / name}"
            ) from None

    return _PLACEHOLDER.sub(value, text)
