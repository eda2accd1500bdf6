"""Intake: events of the input topics to packs on `reports`, bad ones to `dead-letters`.

Stateless and at least once: a batch is done when the broker has all that came
of it. What is sent twice after a crash is dropped by tally.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter

import msgspec

from agents.budget import DeadLetterBudget
from agents.condemn import letter_of_event
from agents.judge import Judge
from agents.prepare import Prepared, Preparer
from agents.redaction import redact
from agents.reloading import Reloading
from streams import metrics, packs, poison
from streams.app import App, consume, make_app, send
from streams.batches import Batch, Record
from streams.clock import Clock
from streams.errors import Reason
from streams.events import EVENTS
from streams.settings import Settings
from streams.topics import ALERTS, DEAD_LETTERS, REPORTS, full_name

MAX_RECORDS = 5_000  # per batch

_encode_json = msgspec.json.Encoder().encode


class Intake:
    """The stage's wiring."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.app: App = make_app(settings, "intake", max_records=MAX_RECORDS)
        self._clock = clock
        self._reports = full_name(settings, REPORTS)
        self._dead_letters = full_name(settings, DEAD_LETTERS)
        self._alerts = full_name(settings, ALERTS)
        self._streams = {full_name(settings, stream): stream for stream in EVENTS}
        self._budget = DeadLetterBudget(settings.dead_letter_limit_pct)
        folder = settings.lexicon

        def judge_of(lexicon: Path | None) -> Judge:
            return Judge.load(redact, lexicon, settings.model)

        self._lexicon = Reloading(folder, judge_of, clock) if folder else None
        self._preparer = Preparer(
            self._lexicon.loaded if self._lexicon else judge_of(None),
            redact,
            settings.partitions,
            ahead=timedelta(minutes=settings.ahead_minutes),
            history=timedelta(days=365.2425 * settings.history_years),
        )
        self._guard = poison.Guard(settings, "intake")
        consume(self.app, self._streams, self._take)

    async def watch_lexicon(self) -> None:
        """Loop: take a changed lexicon into use, between two batches; only if a folder is set."""
        if self._lexicon:
            await self._lexicon.watch(self._preparer.use)

    async def _take(self, batch: Batch) -> None:
        started = perf_counter()
        now = self._clock.now()
        stream = self._streams[batch.tp.topic]

        def prepare(records: Sequence[Record]) -> Prepared:
            return self._preparer.prepare(stream, *batch.tp, records, now)

        prepared = await self._guard.run(
            batch, lambda: prepare(batch.records), lambda: _rest(batch, prepare, now)
        )
        await self._send(prepared)
        self._budget.spend(prepared.accepted, len(prepared.dead))
        batch.done()
        self._measure(stream, len(batch.records), prepared, perf_counter() - started)

    @staticmethod
    def _measure(stream: str, events: int, prepared: Prepared, took_s: float) -> None:
        metrics.EVENTS.labels("intake", stream).inc(events)
        metrics.BATCH_EVENTS.labels("intake").observe(events)
        metrics.BATCH_SECONDS.labels("intake").observe(took_s)
        metrics.TEXTS_CUT.labels(stream).inc(prepared.cut)
        for source, reports in prepared.sources.items():
            metrics.CATEGORIES.labels(stream, source).inc(reports)
        for verdict, reports in prepared.verdicts.items():
            metrics.DECLARED.labels(stream, verdict).inc(reports)
        for reason, letters in Counter(letter.reason for letter in prepared.dead).items():
            metrics.DEAD_LETTERS.labels(stream, reason).inc(letters)

    async def _send(self, prepared: Prepared) -> None:
        sent = [
            await send(self.app, self._reports, partition, None, packs.encode(pack))
            for partition, pack in prepared.packs
        ]
        sent += [
            await send(
                self.app,
                self._dead_letters,
                None,
                letter.county_code.encode() or None,
                _encode_json(letter),
            )
            for letter in prepared.dead
        ]
        for letter in prepared.dead:
            if letter.reason == Reason.POISON:
                alert = poison.alert(letter, "intake")
                metrics.ALERTS.labels(alert.rule, alert.level).inc()
                key = alert.county_code.encode()
                sent.append(await send(self.app, self._alerts, None, key, _encode_json(alert)))
        with metrics.SEND_SECONDS.labels(REPORTS).time():
            await asyncio.gather(*sent)


def _rest(batch: Batch, prepare: Callable[[Sequence[Record]], Prepared], now: datetime) -> Prepared:
    """What becomes of a batch, but for events that cannot be prepared."""
    good, condemned = poison.sift(batch.records, prepare)
    prepared = prepare(good)
    prepared.dead.extend(letter_of_event(batch, one, now, redact) for one in condemned)
    return prepared
