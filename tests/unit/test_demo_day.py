"""The demo's day: the same each time, of the size asked for, and its truth true of it."""

import hashlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import msgspec
import pytest

from agents.classify import Classifier
from agents.decode import Decoder, check_times
from agents.locate import county_of
from agents.tone import Tone
from cli import demo_texts as texts
from cli.demo_bad import KINDS
from cli.demo_day import BURST, BURST_CATEGORY, Day, generate
from cli.demo_truth import last_window_end
from cli.producing import Record
from streams.counties import in_city
from streams.errors import InvalidEvent, Reason
from streams.events import GridReportEvent

_ZONE = ZoneInfo("Asia/Shanghai")
_END = datetime(2026, 3, 2, 16, 0, tzinfo=_ZONE)
_NOW = _END - timedelta(minutes=1)


@pytest.fixture(scope="module")
def day() -> Day:
    return generate(_END, 3_000, seed=7)


def accepted(record: Record) -> msgspec.Struct:
    """The record as a stage would take it; raises InvalidEvent."""
    event = Decoder(record.topic).decode(record.value, record.headers)
    check_times(event, _NOW, ahead=timedelta(minutes=10), history=timedelta(days=3652))
    county_of(event.data)
    return event


def fate(record: Record) -> tuple[msgspec.Struct | None, str | None]:
    """The event, or the reason why it is refused."""
    try:
        return accepted(record), None
    except InvalidEvent as error:
        return None, error.reason


def test_the_same_seed_gives_the_same_day(day: Day) -> None:
    again = generate(_END, 3_000, seed=7)
    assert again.records == day.records
    assert vars(again.truth) == vars(day.truth)
    assert generate(_END, 3_000, seed=8).records != day.records


@pytest.mark.parametrize("events", [500, 3_000, 40_000])
def test_every_record_has_one_fate(events: int) -> None:
    day = generate(_END, events, seed=1)
    truth = day.truth
    assert len(day.records) == events == truth.published.total()
    assert truth.counted.total() + truth.duplicates.total() + len(truth.dead_letters) == events
    for county in in_city("6207"):
        fates = Counter({"dead": sum(c == county for c, _ in truth.dead_letters.values())})
        for kind in (truth.counted, truth.duplicates):
            fates["good"] += sum(n for (c, _), n in kind.items() if c == county)
        assert fates.total() == truth.published[county] > 0


def test_too_few_events_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 500"):
        generate(_END, 499, seed=1)


def test_stages_take_the_good_and_refuse_the_bad_for_the_reason_foretold(day: Day) -> None:
    seen: Counter[tuple[str, str]] = Counter()
    reasons: Counter[str] = Counter()
    for record in day.records:
        _, foretold = day.truth.dead_letters.get(
            hashlib.sha256(record.value).hexdigest(), ("", None)
        )
        event, reason = fate(record)
        assert reason == foretold, record
        if reason:
            reasons[reason] += 1
        else:
            seen[event.source, event.type + event.id] += 1  # type: ignore[union-attr]
    assert len(seen) == day.truth.counted.total()
    assert seen.total() - len(seen) == day.truth.duplicates.total()
    not_of_intake = {Reason.POISON, Reason.UNKNOWN_INCIDENT, Reason.UNKNOWN_ALERT}
    assert set(reasons) == set(Reason) - not_of_intake


def test_every_kind_of_bad_event_is_there() -> None:
    small = generate(_END, 500, seed=3)
    assert len(small.truth.dead_letters) == len(KINDS)


def test_sentences_get_the_category_foretold() -> None:
    """Wherever they are said to be: names of places may not decide."""
    classifier = Classifier.load()
    dice = Random(4)
    spoken = [(code, sentence) for code, said in texts.SENTENCES.items() for sentence in said]
    spoken += [("S14", texts.RED), ("D09", texts.CROWD), (BURST_CATEGORY, texts.BURST)]
    for code, sentence in spoken:
        for county in texts.PLACES:
            for _ in range(40):
                text = texts.written(dice, county, sentence, code)
                for title in ("", sentence.format(place="")[:40]):
                    assert classifier.category(title, text) == code, (title, text)
        for spot in texts.spots():
            text = texts.written(dice, "620702", sentence, code, spot)
            assert classifier.category("", text) == code, text


def test_sentences_are_as_grave_as_foretold() -> None:
    """Red but for the one event would alert; orange puts a county on the consult list."""
    tone = Tone.load()
    for sentence in {sentence for said in texts.SENTENCES.values() for sentence in said}:
        for tail in (*texts.TAILS, *texts.PERSONAL):
            severity = tone.judge("", sentence.format(place="东街街道") + tail).severity
            assert (severity == 2) == (sentence in texts.ORANGE), sentence
            assert severity > 1, sentence
    assert tone.judge("", texts.CROWD).severity > 1
    assert tone.judge("", texts.BURST).severity > 2


def test_only_the_burst_is_one(day: Day) -> None:
    """No other county and category comes near 20 in an hour or 100 in 24, at any size."""
    for truth in (day.truth, generate(_END, 30_000, seed=2).truth):
        hours: Counter[tuple[str, str, int]] = Counter()
        spans: Counter[tuple[str, str, int]] = Counter()
        for (county, category, _, hour), n in truth.counts.items():
            hours[county, category, hour] += n
            for end in range(hour, hour + 24):
                spans[county, category, end] += n
        assert [cell[:2] for cell, n in hours.items() if n >= 20] == [(BURST, BURST_CATEGORY)]
        assert sorted(hours.values())[-2] <= 12
        assert max(spans.values()) <= 90


def test_late_events_and_history_are_among_them(day: Day) -> None:
    end_hour = int(_END.timestamp()) // 3600
    ages = Counter((end_hour - 1 - hour) // 24 for _, _, _, hour in day.truth.counts.elements())
    before = [ages[age] for age in range(1, 14)]
    assert 0.5 < ages[0] * len(before) / sum(before) < 2  # a day like those before it
    assert sum(n for age, n in ages.items() if 1 <= age <= 6) > 0
    assert sum(n for age, n in ages.items() if 14 <= age <= 60) > 0
    assert sum(n for age, n in ages.items() if age > 365) > 0


def test_one_county_is_silent_and_one_says_nothing_today(day: Day) -> None:
    date = _END.date().isoformat()
    spoke = {county: said for (county, on), said in day.truth.presence.items() if on == date}
    assert "620721" not in spoke
    assert spoke["620724"] == [0, 1]
    assert all(spoke[county][0] > 0 for county in ("620702", "620722", "620723", "620725"))


def test_presence_is_by_report_window(day: Day) -> None:
    """Counted anew from the records themselves."""
    found: dict[tuple[str, str], list[int]] = {}
    seen = set()
    for record in day.records:
        if record.topic != "grid-reports":
            continue
        event, reason = fate(record)
        if reason:
            continue
        assert isinstance(event, GridReportEvent)
        if (event.source, event.id) in seen:
            continue
        seen.add((event.source, event.id))
        ends = (event.data.reported_at.astimezone(_ZONE) + timedelta(hours=8)).date()
        if ends <= _END.date() - timedelta(days=6):
            continue
        cell = found.setdefault((county_of(event.data), ends.isoformat()), [0, 0])
        cell[event.data.is_zero_report] += 1
    assert found == day.truth.presence


def test_both_modes_and_every_way_of_naming_a_county_are_used(day: Day) -> None:
    modes = Counter(bool(record.headers) for record in day.records)
    assert min(modes[True], modes[False]) > len(day.records) * 0.3
    whole = b"".join(record.value for record in day.records)
    for way in (b'"county_code":', b'"grid_code":', b'"county_name":'):
        assert way in whole
    assert any(secret.encode() in whole for secret in texts.SECRETS)


def test_the_window_is_the_latest_whose_dispatch_hour_has_passed() -> None:
    before = datetime(2026, 3, 2, 17, 59, tzinfo=_ZONE).astimezone(UTC)
    assert last_window_end(before, _ZONE) == _END - timedelta(days=1)
    assert last_window_end(before + timedelta(minutes=1), _ZONE) == _END
