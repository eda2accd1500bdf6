"""One batch of raw records to packs and dead letters: decode, check, locate, judge, redact.

Pure: (stream, records, now) in, packs and answers out.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from agents.cases.receiving import step_received
from agents.decode import Decoder, TimeWindow, identity
from agents.judge import Judge, Said
from agents.packing import Builder, Gathered, Place
from agents.preview import dead_letter
from agents.staff_received import Came, action_received, correction_received, duty_received
from streams.answers import DeadLetter
from streams.batches import Record
from streams.contracts import TEXT_LIMIT, TITLE_LIMIT
from streams.errors import InvalidEvent
from streams.events import (
    AlertActionEvent,
    CaseUpdateEvent,
    DutyLogEntryEvent,
    Event,
    GridReportEvent,
    HotlineCallEvent,
    IncidentActionEvent,
    OpinionItemEvent,
)
from streams.packs import Pack
from streams.topics import partition_of

# Where a report goes, and identity, origin, county, channel, reported_s, offset, case_id.
_Received = tuple[Gathered, int, int, str, str, int, int, str]


class Prepared(NamedTuple):
    """What became of a batch.

    packs: (partition of `reports`, pack). cut: texts or titles that were too long.
    sources: reports by what decided their category. verdicts: reports whose category
    was declared upstream, by whether ours agrees, differs, or we do not know theirs.
    """

    packs: list[tuple[int, Pack]]
    dead: list[DeadLetter]
    accepted: int
    cut: int
    sources: Counter[str]
    verdicts: Counter[str]


class Preparer:
    """Turns records of the input topics into packs.

    ahead, history: how far reported_at may lie after and before now.
    """

    def __init__(
        self,
        judge: Judge,
        redact: Callable[[str], str],
        partitions: int,
        ahead: timedelta,
        history: timedelta,
    ) -> None:
        self._judge = judge
        self._redact = redact
        # Names that come again and again: sources, organisations, posts.
        self._redact_label = lru_cache(maxsize=16_384)(redact)
        self._partition_of = lru_cache(maxsize=8_192)(
            lambda county: partition_of(county, partitions)
        )
        self._ahead = ahead
        self._history = history
        self._decoders: dict[str, Decoder] = {}
        # Reports of the batch at hand wait here until they are judged together.
        self._received: list[_Received] = []
        self._said: list[Said] = []
        self._adders: dict[str, Callable[..., bool]] = {
            "grid-reports": self._add_grid_report,
            "hotline-calls": self._add_call,
            "opinion-items": self._add_opinion,
            "case-updates": self._add_case,
            "alert-actions": self._add_action,
            "incident-actions": self._add_correction,
            "duty-log": self._add_duty,
        }

    def use(self, judge: Judge) -> None:
        """From the next batch on, judge by this one."""
        self._judge = judge

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
        self._received, self._said = [], []
        dead: list[DeadLetter] = []
        accepted = cut = 0
        for record in records:
            try:
                event = decode(record.value, record.headers)
                reported_s = check(event.data)
                cut += add(event, place(event), reported_s, record.offset)
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
        sources, verdicts = self._judge_received()
        return Prepared(builder.packs(), dead, accepted, cut, sources, verdicts)

    # Each of these adds an event to its pack, and returns whether its title or text was cut.
    # Raises InvalidEvent before anything is added.

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
        self._received.append(
            (
                gathered,
                identity(event),
                origin,
                county,
                channel,
                reported_s,
                offset,
                self._redact_label(data.case_id) if data.case_id else "",
            )
        )
        self._said.append((title, text, data.category or "", data.severity or 0, people_band, zero))
        return cut

    def _judge_received(self) -> tuple[Counter[str], Counter[str]]:
        """Put the reports of the batch where they go; see Prepared for what is returned."""
        sources: Counter[str] = Counter()
        verdicts: Counter[str] = Counter()
        judged = self._judge.judge(self._said)
        for received, said, found in zip(self._received, self._said, judged, strict=True):
            gathered, identity_, origin, county, channel, reported_s, offset, case_id = received
            category, source, declared, severity, cue, sentiment, excerpt, mention = found
            fingerprint, keys, name, problem, named, sketch = mention
            sources[source] += 1
            if said[2]:
                verdicts[_verdict(category, declared)] += 1
            gathered.reports.append(
                (
                    identity_,
                    origin,
                    county,
                    category,
                    channel,
                    reported_s,
                    severity,
                    said[4],
                    said[5],
                    excerpt,
                    offset,
                    sentiment,
                    declared,
                    cue,
                    fingerprint,
                    keys,
                    name,
                    case_id,
                    problem,
                    named,
                    sketch,
                )
            )

        return sources, verdicts

    def _add_case(self, event: CaseUpdateEvent, place: Place, reported_s: int, offset: int) -> bool:
        gathered, county, origin = place
        gathered.cases.append(
            step_received(event, origin, county, reported_s, offset, self._redact_label)
        )
        return False

    def _add_action(
        self, event: AlertActionEvent, place: Place, reported_s: int, offset: int
    ) -> bool:
        gathered, county, origin = place
        came = Came(origin, county, reported_s, offset)
        gathered.actions.append(action_received(event, came, self._redact_label, self._redact))
        return False

    def _add_correction(
        self, event: IncidentActionEvent, place: Place, reported_s: int, offset: int
    ) -> bool:
        gathered, county, origin = place
        came = Came(origin, county, reported_s, offset)
        gathered.corrections.append(
            correction_received(event, came, self._redact_label, self._redact)
        )
        return False

    def _add_duty(
        self, event: DutyLogEntryEvent, place: Place, reported_s: int, offset: int
    ) -> bool:
        gathered, county, origin = place
        came = Came(origin, county, reported_s, offset)
        gathered.duty.append(duty_received(event, came, self._redact_label, self._redact))
        return False


def _verdict(category: str, declared: str) -> str:
    if not declared:
        return "unknown"
    return "agrees" if category == declared else "differs"
