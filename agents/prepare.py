"""One batch of raw records to packs and dead letters: decode, check, locate, classify, redact.

Pure: (stream, records, now) in, packs and answers out. The text of an event
ends here. What goes on is a category; and a redacted excerpt of those events
alone that staff are shown one by one, the grave ones.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from msgspec import UNSET, UnsetType

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

    def prepare(
        self, stream: str, topic: str, partition: int, records: Iterable[Record], now: datetime
    ) -> Prepared:
        """stream: the input topic's name without prefix. now: aware."""
        decoder = self._decoders.get(stream)
        if decoder is None:
            decoder = self._decoders[stream] = Decoder(stream)
        times = TimeWindow(now, ahead=self._ahead, history=self._history)
        builder = _Builder(
            stream, partition, int(now.timestamp() * 1000), self._partition_of, self._redact_label
        )
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
            pack, origin = builder.place(county, event.source, event.runid)
            if isinstance(event, CaseUpdateEvent):
                step = self._case(event, event.data, county, origin, reported_s)
                step.offset = record.offset
                pack.cases.append(step)
            elif isinstance(event, AlertActionEvent):
                action = self._action(event, event.data, county, origin, reported_s)
                action.offset = record.offset
                pack.actions.append(action)
            else:
                report, was_cut = self._report(event, event.data, county, origin, reported_s)
                report.offset = record.offset
                pack.reports.append(report)
                cut += was_cut
        return Prepared(builder.packs(), dead, accepted, cut)

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
        severity = 0 if data.severity is UNSET else data.severity
        shown = not zero and (severity in _GRAVE or people_band == _CROWD)
        return (
            Report(
                identity(event),
                origin,
                county,
                self._category(data, title, text),
                channel,
                reported_s,
                severity,
                people_band,
                zero,
                self._excerpt(title, text) if shown else "",
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
    """Sorts accepted events into packs, one per partition of `reports` until they are cut."""

    def __init__(
        self,
        stream: str,
        input_partition: int,
        at_ms: int,
        partition_of_county: Callable[[str], int],
        redact_label: Callable[[str], str],
    ) -> None:
        self._stream = stream
        self._input_partition = input_partition
        self._at_ms = at_ms
        self._partition_of = partition_of_county
        self._redact_label = redact_label
        self._packs: dict[int, Pack] = {}
        self._places: dict[tuple[str, str, str | UnsetType], tuple[Pack, int]] = {}

    def place(self, county: str, source: str, runid: str | UnsetType) -> tuple[Pack, int]:
        """The pack for a county, and the index of (source, runid) among its origins."""
        found = self._places.get((county, source, runid))
        if found is None:
            partition = self._partition_of(county)
            pack = self._packs.get(partition)
            if pack is None:
                pack = self._packs[partition] = Pack(FORMAT, self._at_ms, self._stream, [])
            origin = (self._redact_label(source), "" if runid is UNSET else runid)
            if origin not in pack.origins:
                pack.origins.append(origin)
            found = self._places[county, source, runid] = pack, pack.origins.index(origin)
        return found

    def packs(self) -> list[tuple[int, Pack]]:
        """(partition, pack), none with more than EVENTS_PER_PACK of a kind."""
        cut = []
        for partition, pack in self._packs.items():
            longest = max(len(pack.reports), len(pack.cases), len(pack.actions))
            for start in range(0, longest, EVENTS_PER_PACK):
                part = slice(start, start + EVENTS_PER_PACK)
                cut.append(
                    (
                        partition,
                        Pack(
                            FORMAT,
                            self._at_ms,
                            self._stream,
                            pack.origins,
                            pack.reports[part],
                            pack.cases[part],
                            pack.actions[part],
                            self._input_partition,
                        ),
                    )
                )
        return cut
