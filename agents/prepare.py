"""One batch of raw records to packs and dead letters: decode, check, locate, classify, redact.

Pure: (stream, records, now) in, packs and answers out. The text of an event
ends here. What goes on is a category; and a redacted excerpt of those events
alone that staff are shown one by one, the grave ones.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from agents.classify import Classifier
from agents.decode import Decoder, TimeWindow, identity
from agents.packing import Builder, Place
from agents.preview import dead_letter
from streams.batches import Record
from streams.categories import CATEGORIES, OUTSIDE
from streams.contracts import (
    EXCERPT_LIMIT,
    TEXT_LIMIT,
    TITLE_LIMIT,
    AlertActionEvent,
    CaseUpdateEvent,
    DeadLetter,
    Event,
    GridReportEvent,
    HotlineCallEvent,
    OpinionItemEvent,
)
from streams.errors import InvalidEvent
from streams.packs import Action, CaseStep, Pack
from streams.topics import partition_of

_GRAVE: Final = frozenset({1, 2})  # severities
_CROWD: Final = "30+"
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
        self._adders: dict[str, Callable[..., bool]] = {
            "grid-reports": self._add_grid_report,
            "hotline-calls": self._add_call,
            "opinion-items": self._add_opinion,
            "case-updates": self._add_case,
            "alert-actions": self._add_action,
        }

    def prepare(
        self, stream: str, topic: str, partition: int, records: Iterable[Record], now: datetime
    ) -> Prepared:
        """stream: the input topic's name without prefix. now: aware."""
        decoder = self._decoders.get(stream)
        if decoder is None:
            decoder = self._decoders[stream] = Decoder(stream)
        builder = Builder(
            stream, partition, int(now.timestamp() * 1000), self._partition_of, self._redact_label
        )
        # Looked up once, not in each of the thousands of turns.
        decode, place, add = decoder.decode, builder.place, self._adders[stream]
        check = TimeWindow(now, ahead=self._ahead, history=self._history).check
        dead: list[DeadLetter] = []
        accepted = cut = 0
        for record in records:
            try:
                event = decode(record.value, record.headers)
                reported_s = check(event.data)
                placed = place(event)
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
            cut += add(event, placed, reported_s, record.offset)
        return Prepared(builder.packs(), dead, accepted, cut)

    # Each of these adds an event to its pack, and returns whether its title or text was cut.

    def _add_grid_report(
        self, event: GridReportEvent, place: Place, reported_s: int, offset: int
    ) -> bool:
        data = event.data
        band, zero = data.people_band or "", data.is_zero_report
        return self._add_report(event, place, reported_s, offset, data.channel, band, zero)

    def _add_call(
        self, event: HotlineCallEvent, place: Place, reported_s: int, offset: int
    ) -> bool:
        return self._add_report(event, place, reported_s, offset, event.data.channel)

    def _add_opinion(
        self, event: OpinionItemEvent, place: Place, reported_s: int, offset: int
    ) -> bool:
        return self._add_report(event, place, reported_s, offset, event.data.platform_class)

    def _add_report(
        self,
        event: Event,
        place: Place,
        reported_s: int,
        offset: int,
        channel: str,
        people_band: str = "",
        zero: bool = False,
    ) -> bool:
        gathered, county, origin = place
        data = event.data
        # What was not given is UNSET, which is false.
        title, text = data.title or "", data.text or ""
        cut = len(text) > TEXT_LIMIT or len(title) > TITLE_LIMIT
        if cut:
            title, text = title[:TITLE_LIMIT], text[:TEXT_LIMIT]
        category: str = self._classifier.category(title, text) if text or title else OUTSIDE
        if category == OUTSIDE and data.category in CATEGORIES:
            category = data.category
        severity = data.severity or 0
        shown = not zero and (severity in _GRAVE or people_band == _CROWD)
        gathered.reports.append(
            (
                identity(event),
                origin,
                county,
                category,
                channel,
                reported_s,
                severity,
                people_band,
                zero,
                self._excerpt(title, text) if shown else "",
                offset,
            )
        )
        return cut

    def _excerpt(self, title: str, text: str) -> str:
        whole = f"{title} {text}" if title and text else title or text
        start = whole[:_EXCERPT_SOURCE]
        redacted = self._redact(start)
        if len(start) < len(whole) and len(redacted) < 2 * EXCERPT_LIMIT:
            redacted = self._redact(whole)
        return redacted[:EXCERPT_LIMIT]

    def _add_case(self, event: CaseUpdateEvent, place: Place, reported_s: int, offset: int) -> bool:
        gathered, county, origin = place
        data = event.data
        gathered.cases.append(
            CaseStep(
                identity(event),
                origin,
                county,
                self._redact_label(data.case_id),
                data.version,
                data.status,
                data.level,
                reported_s,
                self._redact_label(data.owner_org) if data.owner_org else "",
                int(data.deadline_at.timestamp()) if data.deadline_at else 0,
                offset,
            )
        )
        return False

    def _add_action(
        self, event: AlertActionEvent, place: Place, reported_s: int, offset: int
    ) -> bool:
        gathered, county, origin = place
        data = event.data
        gathered.actions.append(
            Action(
                identity(event),
                origin,
                county,
                data.alert_id,
                data.action,
                self._redact_label(data.by),
                reported_s,
                self._redact(data.note) if data.note else "",
                int(data.until.timestamp()) if data.until else 0,
                offset,
            )
        )
        return False
