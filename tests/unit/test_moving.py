"""Tally's state saved, restored and moved to other partitions: nothing lost, nothing twice, going on the same."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from agents import change as changes
from agents.alerting.moment import decide_moment
from agents.change import Change
from agents.cycle import decide_cycle
from agents.decide import decide
from agents.incidents import incident_id
from agents.matter import REPORT, ROW
from agents.moving import EPOCHS_AHEAD, Moving, saved
from agents.rules import Rules
from agents.share import OF_COUNTY
from agents.snapshot import pieces_of
from agents.state import State
from agents.statistical import decide_statistics
from streams import packs
from streams.cases import CaseStep
from streams.errors import Fatal, UserError
from streams.incidents import Correction
from streams.journal import Position, Recovered
from streams.packs import FORMAT as PACK_FORMAT
from streams.packs import Pack, Report, Reports
from streams.savepoint import FORMAT, Head, Savepoint, Standing, writing
from streams.topics import partition_of
from streams.totals import CountRow

ZONE = ZoneInfo("Asia/Shanghai")
RULES = Rules.load()
NOW = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)  # half past three in the afternoon in China
NOW_S = int(NOW.timestamp())
HOUR = 3_600
COUNTIES = (
    *("620702", "620721", "620722", "620723", "620724", "620725", "620602", "620621"),
    *("620622", "620623", "430102", "430103"),
)
_encode = msgspec.msgpack.Encoder().encode


def state() -> State:
    return State(7, 7)


class Deployed:
    """Tally with so many partitions, and the log that each of them has counted."""

    def __init__(
        self, partitions: int, states: list[State] | None = None, rules: Rules = RULES
    ) -> None:
        self.rules = rules
        self.states = states or [state() for _ in range(partitions)]
        self.journals: list[list[bytes]] = [[] for _ in self.states]
        self.offsets = [0 for _ in self.states]

    def of(self, county: str) -> State:
        return self.states[partition_of(county, len(self.states))]

    def take(self, at_s: int, reports: Iterable[Report], cases: Iterable[CaseStep]) -> None:
        """What came at a moment, a pack for each partition that gets any."""
        for place, held in enumerate(self.states):
            mine = [one for one in reports if self.of(one.county) is held]
            steps = [one for one in cases if self.of(one.county) is held]
            if mine or steps:
                pack = Pack(
                    *(PACK_FORMAT, at_s * 1000, "hotline-calls", [("/a", "run")]),
                    *(Reports.of(mine), steps),
                )
                given = [(self.offsets[place], packs.decode_pack(packs.encode(pack)))]
                self.apply(place, decide(held, given, self.rules, ZONE, 0))
                self.offsets[place] += 1

    def tick(self, now: datetime) -> None:
        for place, held in enumerate(self.states):
            mine = [county for county in COUNTIES if self.of(county) is held]
            self.apply(place, decide_cycle(held, now, self.rules, ZONE, mine))
            self.apply(place, decide_statistics(held, now, self.rules, ZONE))
            self.apply(place, decide_moment(held, now, self.rules, ZONE))

    def apply(self, place: int, change: Change | None) -> None:
        if change:
            body = changes.encode(change)
            self.journals[place].append(body)
            self.states[place].apply(changes.decode(body))

    def save(self, path: Path) -> Savepoint:
        with writing(path, Head(FORMAT, len(self.states), NOW_S, "0.1.0")) as file:
            for place, journal in enumerate(self.journals):
                position = Position()
                position.epoch, position.applied = place + 1, self.offsets[place] - 1
                recovered = Recovered([], [], journal)
                file.add(*saved(place, position, recovered, state()))
        return Savepoint(path)

    def moved(self, partitions: int) -> "Deployed":
        """The same in another number of partitions, by way of a file."""
        with TemporaryDirectory() as folder:
            moving = Moving(self.save(Path(folder, "savepoint")), partitions, state, inputs={})
            states = [folded(moving, place) for place in range(partitions)]
        return Deployed(partitions, states, self.rules)


def folded(moving: Moving, place: int) -> State:
    held = state()
    for _, body in moving.ids(place):
        held.apply(changes.decode(body))
    for body in moving.parts(place):
        held.apply(changes.decode(body))
    return held


def rows_of(held: State) -> Counter[tuple[str, str, bytes]]:
    """(county, kind, row) of all that a state holds but its identities and clock."""
    found: Counter[tuple[str, str, bytes]] = Counter()
    county_of: dict[int, str] = {}
    for body in pieces_of(held):
        change = changes.decode(body)
        for field in OF_COUNTY:
            found.update((row.county, field, _encode(row)) for row in getattr(change, field))
        found.update((case.row.county, "cases", _encode(case)) for case in change.cases)
        found.update((alert.county_code, "alerts", _encode(alert)) for alert in change.alerts)
        matters = change.matters
        rows, start = np.frombuffer(matters.rows, ROW), 0
        for place, row in enumerate(rows):
            county = county_of[int(row["owner"])] = f"{row['county']:06}"
            keys = matters.keys[8 * start : 8 * (start + int(row["keys"]))]
            start += int(row["keys"])
            told = row.tobytes() + keys + matters.names.get(place, "").encode()
            found[county, "mention", told] += 1
        for incident in matters.restated:
            county_of[incident.id] = incident.county
            found[incident.county, "incident", _encode(incident)] += 1
        for one in matters.excerpts:
            found[county_of[one[0]], "excerpt", _encode(one)] += 1
        for move in matters.moves:
            found[county_of[move[2]], "move", _encode(move)] += 1
    return found


def told(number: int, county: str, **given: Any) -> Report:
    """Its identity is its own in every county."""
    return Report(number * 100 + COUNTIES.index(county), 0, county, **given)


some_reports = st.builds(
    told,
    number=st.integers(1, 60),
    county=st.sampled_from(COUNTIES),
    category=st.sampled_from(["S01", "D09"]),
    channel=st.sampled_from(["phone", "grid_app"]),
    # up to weeks old: live totals and history alike
    reported_s=st.sampled_from([0, 1, 30, 24 * 5, 24 * 9, 24 * 40]).map(lambda h: NOW_S - h * HOUR),
    severity=st.integers(0, 4),
    excerpt=st.sampled_from(["", "停水"]),
    keys=st.sampled_from([(), (1,), (2,)]),
    name=st.sampled_from(["", "丽景花园"]),
    fingerprint=st.sampled_from([1, 2**63 + 1]),
    declared=st.sampled_from(["", "S01"]),
)
some_steps = st.builds(
    lambda number, county, **given: CaseStep(
        10_000 + number * 100 + COUNTIES.index(county), 0, county, f"c-{number % 7}", **given
    ),
    number=st.integers(1, 20),
    county=st.sampled_from(COUNTIES),
    version=st.integers(1, 5),
    status=st.sampled_from(["registered", "accepted", "resolved", "reopened"]),
    level=st.integers(1, 4),
    reported_s=st.sampled_from([0, 24, 24 * 30]).map(lambda h: NOW_S - h * HOUR),
)
moments = st.lists(
    st.tuples(st.lists(some_reports, max_size=12), st.lists(some_steps, max_size=4)),
    min_size=1,
    max_size=3,
)
numbers = st.integers(1, 7)


def play(deployed: Deployed, given: Iterable[Any], start: int = 0) -> None:
    """Every quarter of an hour some come, and the clock is looked at."""
    for place, (reports, steps) in enumerate(given, start):
        now = NOW + timedelta(minutes=15 * place)
        deployed.take(int(now.timestamp()), reports, steps)
        deployed.tick(now)


@given(moments, numbers, numbers)
@settings(deadline=None, max_examples=12)
def test_the_shares_are_the_whole_and_every_county_is_on_its_partition_alone(
    given_moments: list[Any], before: int, after: int
) -> None:
    deployed = Deployed(before)
    play(deployed, given_moments)
    moved = deployed.moved(after)
    shares = [rows_of(held) for held in moved.states]
    whole = [rows_of(held) for held in deployed.states]
    assert but_series(shares) == but_series(whole)
    for place, share in enumerate(shares):
        assert {partition_of(county, after) for county, _, _ in share} <= {place}
    latest = max(one.at_ms for one in deployed.states)
    assert before == after or {held.at_ms for held in moved.states} == {latest}
    for reports, steps in given_moments:
        for one in (*reports, *steps):
            assert moved.of(one.county).seen.holds(np.array([one.identity], np.uint64)).all()


def but_series(
    shares: Iterable[Counter[tuple[str, str, bytes]]],
) -> Counter[tuple[str, str, bytes]]:
    """Together; without baselines, of which those that are behind learn before they move."""
    return Counter({row: n for share in shares for row, n in share.items() if row[1] != "series"})


def told_of(deployed: Deployed) -> dict[str, Any]:
    """What boards and duty rooms are shown, of all partitions."""
    counts: Counter[tuple[str, str, int]] = Counter()
    ledger: Counter[str] = Counter()
    for held in deployed.states:
        for county, category, day, n in held.counts.days():
            counts[county, category, day] += n
        for key, (counted, duplicates) in held.ledger.items():
            ledger[f"{key[0]} counted"] += counted
            ledger[f"{key[0]} duplicates"] += duplicates
    linked = [one for held in deployed.states for one in held.incidents.linked.values()]
    alerts = [one for held in deployed.states for one in held.alerts.values()]
    return {
        "counts": counts,
        "ledger": ledger,
        "incidents": sorted(
            (one.id, sorted(np.frombuffer(one.records, REPORT)["identity"].tolist()))
            for one in linked
        ),
        "mentions": sum(len(held.incidents.rows) for held in deployed.states),
        "alerts": sorted((one.id, one.status, one.muted, one.observed) for one in alerts),
        "cases": {key: case for held in deployed.states for key, case in held.cases.held.items()},
        "issued": sorted(
            (row.kind, row.county, row.day, row.edition, sorted(row.figures.items()))
            for held in deployed.states
            for row in held.issues.rows()
        ),
        "marks": {kind: day for held in deployed.states for kind, day in held.marks.items()},
    }


@given(moments, moments, numbers, numbers)
@settings(deadline=None, max_examples=12)
def test_what_comes_after_a_move_is_taken_as_if_it_had_been_so_always(
    first: list[Any], rest: list[Any], before: int, after: int
) -> None:
    """Repeats of what came before it as well.

    But for surprising counts: of history a partition learns what is there when it first learns.
    """
    rules = replace(RULES, statistical=[])
    deployed, always = Deployed(before, rules=rules), Deployed(after, rules=rules)
    play(deployed, first)
    play(always, first)
    moved = deployed.moved(after)
    for each in (moved, always):
        play(each, [*rest, *first], len(first))
    assert told_of(moved) == told_of(always)


@given(moments, numbers)
@settings(deadline=None, max_examples=8)
def test_what_is_restored_to_as_many_partitions_is_the_same_state(
    given_moments: list[Any], partitions: int
) -> None:
    deployed = Deployed(partitions)
    play(deployed, given_moments)
    restored = deployed.moved(partitions)
    for held, before in zip(restored.states, deployed.states, strict=True):
        assert rows_of(held) == rows_of(before)
        assert (held.at_ms, held.marks, held.read) == (before.at_ms, before.marks, before.read)
        assert len(held.seen) == len(before.seen)


def test_incidents_that_were_merged_stay_so_and_keep_their_excerpt() -> None:
    deployed = Deployed(3)
    ids = {}
    for county in COUNTIES:
        held = deployed.of(county)
        one, other = (told_plainly(n, county, keys=(n,), excerpt=f"第{n}件") for n in (1, 2))
        ids[county] = [incident_id(county, each.identity) for each in (one, other)]
        into, gone = ids[county]
        merge = Correction(
            50_000 + int(county), 0, county, gone, "merge", "值班长", NOW_S, into, note="同一处"
        )
        place = deployed.states.index(held)
        for given_pack in (
            Pack(
                PACK_FORMAT, NOW_S * 1000, "hotline-calls", [("/a", "")], Reports.of([one, other])
            ),
            Pack(PACK_FORMAT, NOW_S * 1000, "incident-actions", [("/a", "")], corrections=[merge]),
        ):
            deployed.apply(place, decide(held, [(1, given_pack)], RULES, ZONE, 0))
    moved = deployed.moved(5)
    for county, (into, gone) in ids.items():
        before, after = deployed.of(county).incidents, moved.of(county).incidents
        assert after.merged[gone] == into
        assert after.linked[into] == before.linked[into]
        assert after.excerpt(into) == before.excerpt(into) != ""
    assert sum(len(held.incidents.merged) for held in moved.states) == len(COUNTIES)


def told_plainly(number: int, county: str, **given: Any) -> Report:
    """A call of now."""
    plain = {"category": "S01", "channel": "phone", "reported_s": NOW_S}
    return told(number, county, **plain | given)


def test_no_field_of_a_change_is_forgotten() -> None:
    """Of what a snapshot holds; all else of a change is sent and not kept."""
    taken = {*OF_COUNTY, "cases", "alerts", "matters", "identities", "at_ms", "marks", "read"}
    sent = {"digests", "dead", "case_steps", "duty", "expectations", "learnt_until"}
    assert taken | sent == set(Change.__struct_fields__)


def test_a_partition_whose_baselines_are_behind_learns_first(tmp_path: Path) -> None:
    """One has learnt to yesterday, the other has counted days of which it has learnt nothing."""
    one, other = (
        COUNTIES[0],
        next(c for c in COUNTIES if partition_of(c, 2) != partition_of(COUNTIES[0], 2)),
    )
    deployed, today = Deployed(2), NOW_S // 86_400
    for county in (one, other):
        place = partition_of(county, 2)
        rows = [CountRow(county, "S01", "phone", 24 * day, 1, 5) for day in range(today - 9, today)]
        deployed.apply(place, Change(NOW_S * 1000, counts=rows))
    deployed.apply(partition_of(one, 2), Change(NOW_S * 1000, learnt_until=today - 1))
    moving = Moving(deployed.save(tmp_path / "savepoint"), 1, state, inputs={})
    [held] = [folded(moving, 0)]
    rows = {row.county: row for row in held.baselines.rows()}
    assert rows.keys() == {one, other}
    assert {row.day for row in rows.values()} == {today - 1}
    assert rows[one].record == rows[other].record


def test_a_county_in_a_partition_that_is_not_its_own_stops(tmp_path: Path) -> None:
    deployed = Deployed(3)
    place = (partition_of(COUNTIES[0], 3) + 1) % 3
    deployed.apply(
        place, Change(NOW_S * 1000, counts=[CountRow(COUNTIES[0], "S01", "web", 1, 0, 1)])
    )
    moving = Moving(deployed.save(tmp_path / "savepoint"), 5, state, inputs={})
    with pytest.raises(Fatal, match=f"county {COUNTIES[0]} is in the state of partition {place}"):
        [folded(moving, place) for place in range(5)]


# -- where it stands ---------------------------------------------------------------------


def standing(partition: int, **given: Any) -> Standing:
    fields = {"epoch": 1, "log": 0, "applied": 9, "mark": 7, "identities": 0, "learnt": -1}
    return Standing(partition, **fields | given, clock=changes.encode(Change(1)))


def stands(path: Path, partitions: int, *, new_log: bool = False) -> list[tuple[int, ...]]:
    with writing(path, Head(FORMAT, 2, NOW_S, "0.1.0")) as file:
        for one in (standing(0, epoch=4, log=2), standing(1, epoch=9, applied=5, mark=8)):
            file.add(one, [], [])
    moving = Moving(Savepoint(path), partitions, state, inputs={}, new_log=new_log)
    found = []
    for place in range(partitions):
        position = Position()
        moving.stand(place, position, epoch=3)
        found.append((position.epoch, position.log, position.applied, position.mark))
    return found


def test_versions_are_above_all_that_may_have_been_sent(tmp_path: Path) -> None:
    epoch = 9 + EPOCHS_AHEAD
    assert stands(tmp_path / "1", 2) == [(epoch, 2, 9, 7), (epoch, 0, 5, 8)]
    # Another number, another log: a county's rows of history must not meet another's.
    assert stands(tmp_path / "2", 3) == [(epoch, 3, 9, 7), (epoch, 3, 5, 8), (epoch, 3, -1, 0)]
    assert stands(tmp_path / "3", 2, new_log=True) == [(epoch, 3, -1, 0)] * 2


def test_what_was_read_of_an_input_that_was_made_anew_is_forgotten(tmp_path: Path) -> None:
    deployed = Deployed(1)
    read = [("hotline-calls", 0, 99), ("hotline-calls", 1, 50)]
    deployed.apply(0, Change(NOW_S * 1000, read=read))
    inputs = {("hotline-calls", 0): 100, ("hotline-calls", 1): 50}
    held = folded(Moving(deployed.save(tmp_path / "savepoint"), 2, state, inputs=inputs), 1)
    assert held.read == {("hotline-calls", 0): 99}


def test_a_point_of_the_day_is_done_when_it_is_done_for_all(tmp_path: Path) -> None:
    deployed = Deployed(3)
    for place, day in ((0, 20_001), (1, 20_000)):
        deployed.apply(place, Change(NOW_S * 1000, marks=[("daily_report", day)]))
    held = folded(Moving(deployed.save(tmp_path / "savepoint"), 2, state, inputs={}), 0)
    assert held.marks == {"daily_report": 20_000}


# -- the file ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    deployed = Deployed(2)
    deployed.take(
        NOW_S,
        [told_plainly(n, COUNTIES[n % 8]) for n in range(9)],
        [],
    )
    path = tmp_path_factory.mktemp("whole") / "savepoint"
    deployed.save(path)
    return path.read_bytes()


@given(data=st.data())
@settings(deadline=None, max_examples=100)
def test_a_file_that_is_cut_off_or_damaged_anywhere_is_refused(
    whole: bytes, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(whole) - 1))
    bit = data.draw(st.integers(0, 7))
    for spoiled in (whole[:at], whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :]):
        with TemporaryDirectory() as folder:
            path = Path(folder, "savepoint")
            path.write_bytes(spoiled)
            with pytest.raises(UserError, match=r"savepoint|damaged|cut off|format"):
                Savepoint(path)


def test_a_file_of_a_later_format_is_refused(tmp_path: Path) -> None:
    with writing(tmp_path / "later", Head(FORMAT + 1, 0, NOW_S, "9.0.0")):
        pass
    with pytest.raises(UserError, match=r"format 2, written by Huishang 9\.0\.0"):
        Savepoint(tmp_path / "later")


def test_a_file_is_there_whole_or_not_at_all_and_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "savepoint"
    with pytest.raises(RuntimeError), writing(path, Head(FORMAT, 0, NOW_S, "0.1.0")):
        raise RuntimeError("killed")
    assert list(tmp_path.iterdir()) == []
    with writing(path, Head(FORMAT, 0, NOW_S, "0.1.0")):
        pass
    assert path.stat().st_mode & 0o777 == 0o600
    with (
        pytest.raises(UserError, match="is there already"),
        writing(path, Head(FORMAT, 0, NOW_S, "0")),
    ):
        pass
