"""Poison: who is condemned, after how many deaths, and what is said of it."""

import traceback
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiokafka.errors import KafkaConnectionError
from aiokafka.structs import OffsetAndMetadata
from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from agents import change as changes
from agents.change import Change
from agents.condemn import decided_rest, letter_of_event
from agents.decide import decide
from agents.repeats import others_of
from agents.rules import Rules
from agents.state import State
from streams import packs, poison
from streams.batches import Batch
from streams.contracts import WHOLE
from streams.duty import DutyEntry
from streams.errors import Fatal, UserError
from streams.incidents import Correction
from streams.packs import FORMAT, Action, CaseStep, Pack, Report, Reports
from streams.poison import MOST, Condemned, Guard, Raised, deaths_of, sift
from streams.settings import load

AT = datetime(2026, 3, 1, 4, tzinfo=UTC)
AT_MS = int(AT.timestamp() * 1000)
SECRET = "王小明 13909361234"


def batch(first: int, last: int, values: Sequence[bytes] = (), topic: str = "reports") -> Batch:
    records: list[Any] = [
        SimpleNamespace(
            offset=offset,
            timestamp=AT_MS,
            key=b"620702",
            value=values[offset - first] if values else b"",
            headers=(),
        )
        for offset in range(first, last + 1)
    ]
    return Batch(TP(topic, 2), records)


# -- sift ----------------------------------------------------------------------------


def raising_on(guilty: set[int]) -> Any:
    def run(items: Sequence[int]) -> None:
        for item in items:
            if item in guilty:
                raise ValueError(SECRET)

    return run


@given(st.integers(0, 60), st.sets(st.integers(0, 60)))
def test_exactly_those_that_raise_are_condemned_and_the_order_stays(
    number: int, guilty: set[int]
) -> None:
    good, condemned = sift(range(number), raising_on(guilty))
    assert good == [item for item in range(number) if item not in guilty]
    assert sorted(one.item for one in condemned) == sorted(guilty & set(range(number)))
    assert {one.error for one in condemned} <= {"ValueError"}


def test_what_raises_only_in_company_is_condemned_alone() -> None:
    def run(items: Sequence[int]) -> None:
        if 3 in items and 7 in items:
            raise KeyError(7)

    good, condemned = sift(range(10), run)
    assert good == [0, 1, 2, 3, 4, 5, 6, 8, 9]
    assert condemned == [Condemned(7, "KeyError")]


def test_nobody_is_condemned_when_nothing_at_all_raises_too() -> None:
    def broken(items: Sequence[int]) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        sift([1], broken)


@pytest.mark.parametrize("error", [Fatal("stop"), MemoryError(), OSError(5, "disk"), ImportError()])
def test_what_the_machine_or_we_say_condemns_nobody(error: Exception) -> None:
    def run(items: Sequence[int]) -> None:
        if 3 in items:
            raise error

    with pytest.raises(type(error)):
        sift(range(10), run)


def test_a_fault_that_many_records_meet_is_the_stages_own() -> None:
    good, condemned = sift(range(MOST + 5), raising_on(set(range(MOST))))
    assert (len(good), len(condemned)) == (5, MOST)
    with pytest.raises(Fatal, match="over 100 records of one batch"):
        sift(range(MOST + 5), raising_on(set(range(MOST + 1))))


# -- deaths --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("offset", "metadata", "deaths"),
    [
        (10, '{"deaths":2,"last":19}', 2),
        (5, '{"deaths":1,"last":10}', 1),
        (19, '{"deaths":1,"last":30}', 1),
        (5, '{"deaths":2,"last":9}', 0),
        (20, '{"deaths":2,"last":30}', 0),
        (10, "", 0),
        (10, "somebody else's", 0),
        (-1, "", 0),
    ],
)
def test_a_note_counts_for_batches_it_shares_records_with(
    offset: int, metadata: str, deaths: int
) -> None:
    assert deaths_of(OffsetAndMetadata(offset, metadata), batch(10, 19)) == deaths


class Remembered:
    """Notes in memory."""

    def __init__(self, away: Exception | None = None) -> None:
        self.away = away
        self.noted: dict[TP, OffsetAndMetadata] = {}

    async def deaths(self, batch: Batch) -> int:
        if self.away:
            raise self.away
        return deaths_of(self.noted.get(batch.tp, OffsetAndMetadata(-1, "")), batch)

    async def note(self, batch: Batch, deaths: int) -> None:
        text = f'{{"deaths":{deaths},"last":{batch.last_offset}}}'
        self.noted[batch.tp] = OffsetAndMetadata(batch.first_offset, text)


async def tried(notes: Remembered, given: Batch, error: Exception) -> str:
    """One process's try."""

    def handle() -> str:
        raise error

    guard = Guard(load(), "tally", notes)
    return await guard.run(given, handle, lambda: "sifted")


async def test_the_third_time_a_place_raises_it_is_sifted() -> None:
    notes = Remembered()
    # Batches are cut anew each time; what is committed on the way forgets nothing.
    for cut in (batch(0, 50), batch(7, 30)):
        with pytest.raises(Raised, match="KeyError"):
            await tried(notes, cut, KeyError())
    assert await tried(notes, batch(20, 90), KeyError()) == "sifted"
    assert await tried(notes, batch(20, 90), KeyError()) == "sifted"  # killed before its commit


async def test_another_place_starts_at_one() -> None:
    notes = Remembered()
    for cut in (batch(0, 9), batch(0, 9), batch(10, 19), batch(10, 19)):
        with pytest.raises(Raised, match="KeyError"):
            await tried(notes, cut, KeyError())
    assert await tried(notes, batch(10, 19), KeyError()) == "sifted"


@pytest.mark.parametrize("error", [Fatal("stop"), MemoryError(), OSError(5, "disk"), ImportError()])
async def test_an_error_that_says_nothing_about_an_event_is_not_noted(error: Exception) -> None:
    notes = Remembered()
    for _ in range(5):
        with pytest.raises(type(error)):
            await tried(notes, batch(0, 9), error)
    assert notes.noted == {}


@pytest.mark.parametrize("away", [KafkaConnectionError("no broker"), TimeoutError()])
async def test_with_the_broker_away_the_process_ends_by_its_own_error(away: Exception) -> None:
    for _ in range(5):
        with pytest.raises(Raised, match="KeyError"):
            await tried(Remembered(away), batch(0, 9), KeyError())


async def test_what_an_error_says_stays_out_of_the_log() -> None:
    notes = Remembered()
    for _ in range(2):
        with pytest.raises(Raised) as raised:
            await tried(notes, batch(0, 9), ValueError(SECRET))
        shown = "".join(traceback.format_exception(raised.value))
        assert SECRET not in shown
        assert "in handle" in shown  # where it was raised
    guard = Guard(load(), "tally", notes)

    def broken() -> str:
        raise ValueError(SECRET)

    with pytest.raises(Raised) as raised:
        await guard.run(batch(0, 9), broken, broken)
    assert SECRET not in "".join(traceback.format_exception(raised.value))


async def test_what_raised_once_and_then_not_is_handled_as_ever() -> None:
    notes = Remembered()
    with pytest.raises(Raised, match="KeyError"):
        await tried(notes, batch(0, 9), KeyError())
    guard = Guard(load(), "tally", notes)
    assert await guard.run(batch(0, 9), lambda: "handled", lambda: "sifted") == "handled"


# -- what is said --------------------------------------------------------------------


def test_an_alert_is_raised_once_per_place_and_says_what_to_do() -> None:
    said = poison.letter(
        "intake", "KeyError", topic="t.hotline-calls", partition=1, offset=7, at=AT
    )
    first = poison.alert(said, "intake")
    again = poison.alert(said, "tally")
    assert first.id == again.id != poison.alert(_moved(said, 8), "intake").id
    assert (first.rule, first.level, first.county_code) == ("poison", 2, WHOLE)
    assert "全系统" in first.title
    assert "t.hotline-calls/1/7" in first.reason
    assert "dead-letters replay" in first.reason
    said.county_code = "620702"
    assert "甘州区" in poison.alert(said, "intake").title
    said.county_code = "620700"  # an entry of its duty log
    assert "张掖市" in poison.alert(said, "intake").title
    said.topic = "t.counts"
    assert "replay" not in poison.alert(said, "sink").reason


def _moved(said: Any, offset: int) -> Any:
    return poison.letter("intake", "", topic=said.topic, partition=1, offset=offset, at=AT)


def test_no_rule_of_a_deployment_may_take_its_name(tmp_path: Any) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("missing_report: {id: poison, level: 3}\n")
    with pytest.raises(UserError, match="'poison' is used twice"):
        Rules.load(rules)


def test_intakes_letter_is_redacted_and_does_without_where_that_raises() -> None:
    given = batch(5, 5, [b'{"source": "/hotline", "text": "13909361234"}'], "hotline-calls")
    condemned = Condemned(given.records[0], "KeyError")
    said = letter_of_event(given, condemned, AT, lambda text: text.replace("13909361234", "*"))
    assert (said.reason, said.source, said.county_code) == ("poison", "/hotline", "620702")
    assert "*" in said.preview
    assert "13909361234" not in said.preview

    def broken(text: str) -> str:
        raise ValueError(text)

    bare = letter_of_event(given, condemned, AT, broken)
    assert (bare.preview, bare.source, bare.county_code) == ("", "", "620702")
    assert (bare.offset, bare.sha256, bare.size_bytes) == (5, said.sha256, said.size_bytes)
    assert (
        bare.expected == said.expected == "what intake can handle; it raised KeyError three times"
    )


# -- inside packs --------------------------------------------------------------------

RULES = Rules.load()


def pack(*offsets: int, partition: int = 3, stream: str = "hotline-calls") -> Pack:
    def fields(offset: int) -> tuple[Any, ...]:
        return (1_000 + offset, 0, "620702")

    if stream == "case-updates":
        steps = [
            CaseStep(*fields(n), "case", n, "accepted", 2, AT_MS // 1000, offset=n) for n in offsets
        ]
        return Pack(FORMAT, AT_MS, stream, [("/a", "run")], cases=steps, partition=partition)
    if stream == "alert-actions":
        actions = [
            Action(*fields(n), "0" * 16, "close", "值班长", AT_MS // 1000, offset=n)
            for n in offsets
        ]
        return Pack(FORMAT, AT_MS, stream, [("/a", "run")], actions=actions, partition=partition)
    if stream == "incident-actions":
        corrections = [
            Correction(*fields(n), 7, "merge", "值班长", AT_MS // 1000, 8, offset=n)
            for n in offsets
        ]
        return Pack(
            FORMAT, AT_MS, stream, [("/a", "run")], partition=partition, corrections=corrections
        )
    if stream == "duty-log":
        entries = [
            DutyEntry(*fields(n), "handover", "值班长", AT_MS // 1000, offset=n) for n in offsets
        ]
        return Pack(FORMAT, AT_MS, stream, [("/a", "run")], partition=partition, duty=entries)
    reports = [
        Report(*fields(n), "S01", "phone", AT_MS // 1000 - n, severity=1, offset=n) for n in offsets
    ]
    return Pack(FORMAT, AT_MS, stream, [("/a", "run")], Reports.of(reports), partition=partition)


def deciding(guilty: set[int], state: State | None = None) -> Any:
    """The real decision, but for events of these offsets, which make it raise."""
    state = state or State(7, 7)

    def decided(some: Iterable[tuple[int, Pack]]) -> Change:
        some = list(some)
        for _, one in some:
            for event in (*one.reports, *others_of(one)):
                if event.offset in guilty:
                    raise ValueError(SECRET)
        return decide(state, some, RULES, ZoneInfo("Asia/Shanghai"), 0)

    return decided


def rest(given: Batch, guilty: set[int]) -> Change:
    return decided_rest(given, given.records, "t.", deciding(guilty))


def test_one_event_of_a_pack_is_condemned_at_its_own_place_and_the_rest_decided() -> None:
    whole = [pack(1, 2, 3), pack(4, 5), pack(8, stream="case-updates"), pack(9)]
    given = batch(40, 43, [packs.encode(one) for one in whole])
    change = rest(given, {2, 8})
    without = [pack(1, 3), pack(4, 5), pack(9)]
    ordinary = deciding(set())(list(zip((40, 41, 43), without, strict=True)))
    dead, alerts = change.dead, change.alerts
    change.dead, change.alerts = [], [one for one in alerts if one.rule != "poison"]
    assert change == ordinary
    assert [(one.topic, one.partition, one.offset) for one in dead] == [
        ("t.hotline-calls", 3, 2),
        ("t.case-updates", 3, 8),
    ]
    assert {(one.source, one.runid, one.county_code, one.at) for one in dead} == {
        ("/a", "run", "620702", AT)
    }
    assert len([one for one in alerts if one.rule == "poison"]) == 2
    assert SECRET not in repr(dead)
    change.dead = dead
    assert changes.decode(changes.encode(change)) == change


@pytest.mark.parametrize(
    "stream", ["grid-reports", "case-updates", "alert-actions", "incident-actions", "duty-log"]
)
def test_every_kind_of_event_can_be_condemned(stream: str) -> None:
    given = batch(40, 40, [packs.encode(pack(1, 2, 3, stream=stream))])
    dead = [one for one in rest(given, {3}).dead if one.reason == "poison"]
    assert [(one.topic, one.offset) for one in dead] == [(f"t.{stream}", 3)]


def test_a_pack_that_cannot_be_opened_is_condemned_whole() -> None:
    given = batch(40, 41, [b"\x93no pack", packs.encode(pack(1))])
    change = rest(given, set())
    [said] = change.dead
    assert (said.topic, said.partition, said.offset) == ("reports", 2, 40)
    assert (said.county_code, said.size_bytes, said.preview) == ("", 8, "")
    assert sum(row.counted for row in change.ledger) == 1


def test_an_event_of_before_places_were_kept_is_told_by_its_pack() -> None:
    given = batch(40, 40, [packs.encode(pack(1, 2, partition=-1))])
    [said] = rest(given, {2}).dead
    assert (said.topic, said.partition, said.offset) == ("reports", 2, 40)


def test_a_batch_of_nothing_but_poison_still_moves_on() -> None:
    change = rest(batch(40, 40, [packs.encode(pack(1))]), {1})
    assert (len(change.dead), change.ledger, change.read) == (1, [], [])


def test_a_journal_of_before_has_no_dead_letters() -> None:
    body = changes.encode(Change(at_ms=1, marks=[("a", 2)]))
    older = changes.encode(changes.decode(body))
    assert changes.decode(older).dead == []
