"""One batch of raw records to packs and dead letters: decode, check, locate, classify, redact.

Pure: (stream, records, now) in, packs and answers out. The text of an event
ends here; what goes on is a category and a redacted excerpt.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from msgspec import UNSET

from agents.classify import Classifier
from agents.decode import Decoder, TimeWindow, identity
from agents.locate import county_of
from agents.preview import dead_letter
from streams.batches import Record
from streams.categories import CATEGORIES, OUTSIDE
from streams.contracts import (
    EXCERPT_LIMIT,
    TEXT_LIMIT,
    TITLE_LIMIT,
    AlertAction,
    AlertActionEvent,
    CaseUpdate,
    CaseUpdateEvent,
    DeadLetter,
    Event,
    GridReport,
    HotlineCall,
    Matter,
    OpinionItem,
)
from streams.errors import InvalidEvent
from streams.packs import FORMAT, Action, CaseStep, Pack, Report
from streams.topics import partition_of

EVENTS_PER_PACK: Final = 1_000  # keeps a pack well under a broker's 1 MB
# Redacting this much of a text gives a whole excerpt, unless nearly all of it is redacted.
_EXCERPT_SOURCE: Final = 4 * EXCERPT_LIMIT


class Prepared(NamedTuple):
    """What became of a batch.

    packs: (partition of `reports`, pack). cut: texts or titles that were too long.
    """

    packs: list[tuple[int, Pack]]
    dead: list[DeadLetter]
    accepted: int
    cut: int


class Preparer:
    """Turns records of the input topics into packs.

    ahead, history: how far reported_at may lie after and before now.
    """

    def __init__(
        self,
        classifier: Classifier,
        redact: Callable[[str], str],
        partitions: int,
        ahead: timedelta,
        history: timedelta,
    ) -> None:
        self._classifier = classifier
        self._redact = redact
        # Names that come again and again: sources, organisations, posts.
        self._redact_label = lru_cache(maxsize=16_384)(redact)
        self._partition_of = lru_cache(maxsize=8_192)(
            lambda county: partition_of(county, partitions)
        )
        self._ahead = ahead
        self._history = history
        self._decoders: dict[str, Decoder] = {}

    def prepare(
        self, stream: str, topic: str, partition: int, records: Iterable[Record], now: datetime
    ) -> Prepared:
        """stream: the input topic's name without prefix. now: aware."""
        decoder = self._decoders.get(stream)
        if decoder is None:
            decoder = self._decoders[stream] = Decoder(stream)
        times = TimeWindow(now, ahead=self._ahead, history=self._history)
        builder = _Builder(stream, int(now.timestamp() * 1000))
        dead: list[DeadLetter] = []
        accepted = cut = 0
        for record in records:
            try:
                event = decoder.decode(record.value, record.headers)
                reported_s = int(times.check(event))
                county = county_of(event.data)
            except InvalidEvent as error:
                dead.append(
                    dead_letter(
                        error,
                        record.value,
                        topic=topic,
                        partition=partition,
                        offset=record.offset,
                        key=record.key,
                        headers=record.headers,
                        at=now,
                        redact=self._redact,
                    )
                )
                continue
            accepted += 1
            pack = builder.pack_for(self._partition_of(county))
            origin = builder.origin(
                pack,
                self._redact_label(event.source),
                "" if event.runid is UNSET else event.runid,
            )
            if isinstance(event, CaseUpdateEvent):
                pack.cases.append(self._case(event, event.data, county, origin, reported_s))
            elif isinstance(event, AlertActionEvent):
                pack.actions.append(self._action(event, event.data, county, origin, reported_s))
            else:
                report, was_cut = self._report(event, event.data, county, origin, reported_s)
                pack.reports.append(report)
                cut += was_cut
        return Prepared(builder.packs, dead, accepted, cut)

    def _report(
        self,
        event: Event,
        data: GridReport | HotlineCall | OpinionItem,
        county: str,
        origin: int,
        reported_s: int,
    ) -> tuple[Report, bool]:
        title = "" if data.title is UNSET else data.title
        text = "" if data.text is UNSET else data.text
        cut = len(title) > TITLE_LIMIT or len(text) > TEXT_LIMIT
        if cut:
            title, text = title[:TITLE_LIMIT], text[:TEXT_LIMIT]
        zero = False
        people_band = ""
        if isinstance(data, GridReport):
            zero = data.is_zero_report
            channel: str = data.channel
            if data.people_band is not UNSET:
                people_band = data.people_band
        elif isinstance(data, HotlineCall):
            channel = data.channel
        else:
            channel = data.platform_class
        category = self._category(data, title, text)
        # An item outside the taxonomy is counted; nothing else of it stays.
        keep_text = not (zero or (category == OUTSIDE and isinstance(data, OpinionItem)))
        return (
            Report(
                identity(event),
                origin,
                county,
                category,
                channel,
                reported_s,
                0 if data.severity is UNSET else data.severity,
                people_band,
                zero,
                self._excerpt(title, text) if keep_text else "",
            ),
            cut,
        )

    def _category(self, data: Matter, title: str, text: str) -> str:
        category = self._classifier.category(title, text) if title or text else OUTSIDE
        if category == OUTSIDE and data.category is not UNSET and data.category in CATEGORIES:
            return data.category
        return category

    def _excerpt(self, title: str, text: str) -> str:
        whole = f"{title} {text}" if title and text else title or text
        start = whole[:_EXCERPT_SOURCE]
        redacted = self._redact(start)
        if len(start) < len(whole) and len(redacted) < 2 * EXCERPT_LIMIT:
            redacted = self._redact(whole)
        return redacted[:EXCERPT_LIMIT]

    def _case(
        self, event: Event, data: CaseUpdate, county: str, origin: int, reported_s: int
    ) -> CaseStep:
        return CaseStep(
            identity(event),
            origin,
            county,
            self._redact_label(data.case_id),
            data.version,
            data.status,
            data.level,
            reported_s,
            "" if data.owner_org is UNSET else self._redact_label(data.owner_org),
            0 if data.deadline_at is UNSET else int(data.deadline_at.timestamp()),
        )

    def _action(
        self, event: Event, data: AlertAction, county: str, origin: int, reported_s: int
    ) -> Action:
        return Action(
            identity(event),
            origin,
            county,
            data.alert_id,
            data.action,
            self._redact_label(data.by),
            reported_s,
            "" if data.note is UNSET else self._redact(data.note),
            0 if data.until is UNSET else int(data.until.timestamp()),
        )


class _Builder:
    """Fills packs, one open per partition of `reports`."""

    def __init__(self, stream: str, at_ms: int) -> None:
        self._stream = stream
        self._at_ms = at_ms
        self._open: dict[int, tuple[Pack, dict[tuple[str, str], int]]] = {}
        self._size: dict[int, int] = {}
        self.packs: list[tuple[int, Pack]] = []
        self._origins: dict[tuple[str, str], int] = {}

    def pack_for(self, partition: int) -> Pack:
        held = self._open.get(partition)
        size = self._size.get(partition, 0)
        if held is None or size >= EVENTS_PER_PACK:
            held = self._open[partition] = (Pack(FORMAT, self._at_ms, self._stream, []), {})
            self.packs.append((partition, held[0]))
            size = 0
        self._size[partition] = size + 1
        pack, self._origins = held
        return pack

    def origin(self, pack: Pack, source: str, runid: str) -> int:
        """Index of (source, runid) in the pack that was just asked for."""
        key = (source, runid)
        index = self._origins.get(key)
        if index is None:
            index = self._origins[key] = len(pack.origins)
            pack.origins.append(key)
        return index
