"""Incidents: which reports are one matter, whatever the batches, crashes and corrections."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents import change as changes
from agents.bearers import repeated
from agents.change import Change
from agents.decide import decide
from agents.incidents import incident_id
from agents.linking import LIFE_S, Linker
from agents.matter import REPORTS_HELD
from agents.mention import NAMED_BITS, Mention
from agents.rules import Rules
from agents.snapshot import Fresh, parts_of
from agents.state import State
from streams import packs
from streams.incidents import CHANNELS, Correction, IncidentRow
from streams.packs import FORMAT, CaseStep, Pack, Report, Reports
from streams.totals import decode_totals

ZONE = ZoneInfo("Asia/Shanghai")
RULES = Rules.load()
NOW_S = int(datetime(2026, 3, 1, 4, tzinfo=UTC).timestamp())
HOUR = 3600
COUNTY, OTHER = "620702", "620721"


def state(most: int = 1_000) -> State:
    return State(dedupe_days=7, totals_days=7, incidents_max=most)


def told(identity: int, matter: int, **given: Any) -> Report:
    """A report of one of 64 matters: those of one are the same, others are not."""
    fields: dict[str, Any] = {
        "origin": 0,
        "county": COUNTY,
        "category": "S01",
        "channel": "phone",
        "reported_s": NOW_S,
        "keys": (matter,),
        "name": f"小区{matter}",
        "fingerprint": matter * 0x9E3779B97F4A7C15 + 1 & 2**64 - 1,
    }
    return Report(identity, **fields | given)


def pack(*reports: Report, at_s: int = NOW_S, stream: str = "hotline-calls", **given: Any) -> Pack:
    return Pack(FORMAT, at_s * 1000, stream, [("/a", "")], Reports.of(reports), **given)


def merge(identity: int, incident: int, into: int, county: str = COUNTY) -> Correction:
    return Correction(identity, 0, county, incident, "merge", "值班长", NOW_S, into, note="同一处")


def split(identity: int, incident: int, *reports: int) -> Correction:
    return Correction(
        identity, 0, COUNTY, incident, "split", "值班长", NOW_S, reports=list(reports)
    )


def asked(*corrections: Correction) -> Pack:
    return pack(stream="incident-actions", corrections=list(corrections))


def closed(case_id: str, into: str, identity: int) -> Pack:
    step = CaseStep(identity, 0, COUNTY, case_id, 2, "merged", 1, NOW_S, merged_into=into)
    return pack(stream="case-updates", cases=[step])


class Tally:
    """A state, the journal of what changed it, and what the store holds of incidents."""

    def __init__(self, held: State | None = None) -> None:
        self.state = held or state()
        self.offset = 0
        self.journal: list[bytes] = []
        self.rows: dict[tuple[str, int], IncidentRow] = {}

    def take(self, *given: Pack) -> Change:
        """One batch."""
        numbered = [
            (self.offset + place, packs.decode_pack(packs.encode(one)))
            for place, one in enumerate(given)
        ]
        self.offset += len(given)
        change = decide(self.state, numbered, RULES, ZONE, 0, "t.")
        self.journal.append(changes.encode(change))
        self.apply(change)
        return change

    def apply(self, change: Change) -> None:
        self.state.apply(change)
        for sent in self.state.totals(change, 1, 0):
            totals = decode_totals(packs.encode(sent))
            for row in (*totals.singles.rows(), *totals.incidents):
                self.rows[row.county, row.incident] = row

    def standing(self) -> list[IncidentRow]:
        """Those that were not merged into others, the first reported first."""
        rows = [row for row in self.rows.values() if not row.merged_into]
        return sorted(rows, key=lambda row: (row.opened_s, row.incident))

    def grouped(self) -> set[frozenset[int]]:
        return {frozenset(row.identities) for row in self.standing()}


def known(held: State) -> dict[str, object]:
    incidents = held.incidents
    return {
        "rows": incidents.rows.tolist(),
        "mentions": [incidents.mention(row) for row in range(len(incidents.rows))],
        "linked": incidents.linked,
        "merged": incidents.merged,
        "excerpts": incidents.excerpts,
        "number": len(incidents),
    }


# -- what is one matter --------------------------------------------------------------


def test_one_matter_through_three_channels_is_one_incident() -> None:
    tally = Tally()
    tally.take(
        pack(told(1, 5, channel="phone", reported_s=NOW_S - 60, severity=3)),
        pack(told(2, 5, channel="patrol", reported_s=NOW_S - 90), stream="grid-reports"),
    )
    tally.take(
        pack(told(3, 5, channel="forum", severity=2, excerpt="停水"), stream="opinion-items"),
        pack(told(4, 6)),
    )
    first, other = tally.standing()
    assert first == IncidentRow(
        COUNTY,
        incident_id(COUNTY, 1),
        "S01",
        "小区5",
        NOW_S - 90,
        NOW_S,
        3,
        {"patrol": 1, "phone": 1, "forum": 1},
        "patrol",
        2,
        0,
        "停水",
        [1, 2, 3],
    )
    assert (other.reports, other.identities, other.channels) == (1, [4], {"phone": 1})


def test_what_is_not_a_new_live_report_is_in_no_incident() -> None:
    tally = Tally()
    tally.take(
        pack(
            told(1, 5),
            told(2, 5, zero=True),
            told(3, 5, reported_s=NOW_S - 8 * 24 * HOUR),
            told(1, 5),
            told(4, 5, keys=(), fingerprint=0, name=""),
        ),
        pack(told(5, 5, category="S99"), stream="opinion-items"),
    )
    assert tally.grouped() == {frozenset({1})}


def test_a_county_knows_its_own_incidents_only() -> None:
    tally = Tally()
    tally.take(pack(told(1, 5), told(2, 5, county=OTHER)))
    tally.take(pack(told(3, 5), told(4, 5, county=OTHER)))
    assert tally.grouped() == {frozenset({1, 3}), frozenset({2, 4})}


def test_an_incident_lives_thirty_days_after_its_last_report() -> None:
    tally = Tally()
    at_s = NOW_S
    for identity, days in enumerate((0, 29, 58, 89)):
        at_s = NOW_S + days * 24 * HOUR
        tally.take(pack(told(identity, 5, reported_s=at_s), at_s=at_s))
    assert tally.grouped() == {frozenset({0, 1, 2}), frozenset({3})}
    assert len(tally.state.incidents) == 2
    tally.take(pack(at_s=at_s + 2 * HOUR))
    tally.take(pack(at_s=at_s + 4 * HOUR))
    assert len(tally.state.incidents) == 1


def test_a_case_number_alone_links() -> None:
    tally = Tally()
    plain = {"keys": (), "fingerprint": 0, "name": ""}
    tally.take(pack(told(1, 5, case_id="c-1"), told(2, 6, case_id="c-1")))
    tally.take(pack(told(3, 7, case_id="c-1", **plain), told(4, 6), told(5, 8, case_id="c-2")))
    assert tally.grouped() == {frozenset({1, 2, 3, 4}), frozenset({5})}


def test_more_reports_than_are_held_are_all_counted() -> None:
    tally = Tally()
    number = REPORTS_HELD + 250
    for start in range(0, number, 250):
        tally.take(
            pack(
                *(
                    told(n, 5, channel=CHANNELS[n % 3], reported_s=NOW_S - number + n)
                    for n in range(start, start + 250)
                )
            )
        )
    [row] = tally.standing()
    assert (row.reports, sum(row.channels.values())) == (number, number)
    assert (row.opened_s, row.first_channel) == (NOW_S - number, "other")
    tally.take(asked(split(10_000, row.incident, number - 1, 3)))
    rest, new = tally.standing()
    assert (rest.reports, rest.opened_s, new.identities) == (number - 1, row.opened_s, [number - 1])


def test_the_oldest_of_one_report_make_room() -> None:
    tally = Tally(state(most=20))
    tally.take(pack(told(100, 40), told(101, 40)))
    for n in range(40):
        tally.take(pack(told(n, n, reported_s=NOW_S - HOUR + n)))
    assert len(tally.state.incidents) <= 20
    assert tally.state.incidents.evicted > 0
    tally.take(pack(told(200, 40), told(201, 39), told(202, 0)))
    assert {frozenset({100, 101, 200}), frozenset({39, 201}), frozenset({202})} < tally.grouped()


def test_a_hundred_bytes_a_mention_and_thirty_a_key() -> None:
    held = state(100_000)
    for start in range(0, 20_000, 1_000):
        reports = [
            told(n, 1, keys=tuple(range(8 * n, 8 * n + 8)), name="")
            for n in range(start, start + 1_000)
        ]
        held.apply(decide(held, [(start, pack(*reports))], RULES, ZONE, 0))
    assert len(held.incidents) == 20_000
    assert held.incidents.size_bytes / 20_000 < 100 + 9 * 40


def test_totals_fit_a_record_of_the_broker() -> None:
    number = 9_000
    held, pairs = state(100_000), [told(n, n // 2) for n in range(number)]
    some = [pack(*pairs[start : start + 1_000]) for start in range(0, number, 1_000)]
    change = decide(held, list(enumerate(some)), RULES, ZONE, 0)
    held.apply(change)
    sizes = [len(packs.encode(totals)) for totals in held.totals(change, 1, 0)]
    assert max(sizes) < 900_000
    assert len(sizes) > 5


# -- corrections ---------------------------------------------------------------------


def two() -> tuple[Tally, int, int]:
    tally = Tally()
    tally.take(pack(told(1, 5), told(2, 5, channel="web", severity=1), told(3, 6)))
    return tally, incident_id(COUNTY, 1), incident_id(COUNTY, 3)


def test_a_merge_joins_all_and_what_comes_later_goes_to_the_survivor() -> None:
    tally, one, other = two()
    change = tally.take(asked(merge(50, one, other)))
    assert (change.dead, sum(row.counted for row in change.ledger)) == ([], 1)
    [row] = change.matters.corrections
    assert (row.incident, row.into, row.action, row.by) == (one, other, "merge", "值班长")
    gone = tally.rows[COUNTY, one]
    assert (gone.reports, gone.channels, gone.merged_into) == (0, {}, other)
    tally.take(pack(told(4, 5), told(5, 6)))
    [row] = tally.standing()
    assert row.identities == [1, 2, 3, 4, 5]
    assert (row.incident, row.reports, row.severity) == (other, 5, 1)
    assert row.channels == {"phone": 4, "web": 1}


def test_a_split_takes_reports_out_and_what_comes_later_follows_its_mention() -> None:
    tally, one, other = two()
    tally.take(asked(merge(50, one, other)))
    tally.take(asked(split(51, other, 1, 2)))
    assert tally.grouped() == {frozenset({3}), frozenset({1, 2})}
    tally.take(pack(told(4, 5), told(5, 6)))
    assert tally.grouped() == {frozenset({3, 5}), frozenset({1, 2, 4})}
    new = tally.rows[COUNTY, incident_id(COUNTY, 51)]
    assert (new.reports, new.channels, new.severity, new.name) == (
        3,
        {"phone": 2, "web": 1},
        1,
        "小区5",
    )


def test_corrections_of_one_batch_follow_each_other() -> None:
    tally, one, other = two()
    tally.take(
        pack(told(4, 7)),
        asked(
            merge(50, one, other),
            merge(51, incident_id(COUNTY, 4), one),
            split(52, one, 2),
            merge(53, incident_id(COUNTY, 52), incident_id(COUNTY, 4)),
            split(54, other, 3, 4),
        ),
    )
    assert tally.grouped() == {frozenset({1, 2}), frozenset({3, 4})}
    assert {row.reports for row in tally.standing()} == {2}


def test_the_same_correction_again_changes_nothing() -> None:
    tally, one, other = two()
    tally.take(asked(merge(50, one, other), merge(50, one, other)))
    before = known(tally.state)
    change = tally.take(asked(merge(50, one, other), merge(51, one, other)))
    assert change.dead == []
    assert sum(row.duplicates for row in change.ledger) == 1
    assert known(tally.state) == before


@pytest.mark.parametrize(
    ("correction", "reason", "path"),
    [
        (merge(50, 9, incident_id(COUNTY, 1)), "unknown_incident", "$.data.incident_id"),
        (merge(50, incident_id(COUNTY, 1), 9), "unknown_incident", "$.data.into"),
        (
            merge(50, incident_id(COUNTY, 1), incident_id(COUNTY, 3), OTHER),
            "unknown_incident",
            "$.data.into",
        ),
        (
            merge(50, incident_id(COUNTY, 1), incident_id(COUNTY, 1)),
            "malformed",
            "$.data.into",
        ),
        (split(50, incident_id(COUNTY, 1), 3), "unknown_incident", "$.data.reports"),
        (split(50, incident_id(COUNTY, 1), 1, 2), "malformed", "$.data.reports"),
        (split(50, 9, 1), "unknown_incident", "$.data.incident_id"),
    ],
)
def test_what_cannot_be_carried_out_is_answered_and_may_come_again(
    correction: Correction, reason: str, path: str
) -> None:
    tally, _, _ = two()
    before = known(tally.state)
    given = asked(correction)
    given.partition, correction.offset = 2, 7
    change = tally.take(given)
    [letter] = change.dead
    assert (letter.reason, letter.path) == (reason, path)
    assert (letter.topic, letter.partition, letter.offset) == ("t.incident-actions", 2, 7)
    assert change.ledger == []
    assert known(tally.state) == before
    assert len(tally.take(given).dead) == 1  # not taken for a repeat: a replay may do better


def test_a_merge_into_two_is_refused() -> None:
    tally, one, other = two()
    tally.take(pack(told(4, 7)), asked(merge(50, one, other)))
    [letter] = tally.take(asked(merge(51, one, incident_id(COUNTY, 4)))).dead
    assert (letter.reason, letter.path) == ("unknown_incident", "$.data.incident_id")


def test_a_merged_case_merges_incidents_and_what_comes_later() -> None:
    tally = Tally()
    tally.take(pack(told(1, 5, case_id="c-1"), told(2, 6, case_id="c-2")))
    tally.take(closed("c-1", "c-2", 50))
    assert tally.grouped() == {frozenset({1, 2})}
    tally.take(pack(told(3, 7, case_id="c-1"), told(4, 8, case_id="c-2"), told(5, 5)))
    assert tally.grouped() == {frozenset({1, 2, 3, 4, 5})}


def test_a_case_merged_into_one_that_is_not_known_yet() -> None:
    tally = Tally()
    tally.take(closed("c-0", "c-1", 49), pack(told(1, 5, case_id="c-1")))
    tally.take(closed("c-1", "c-2", 50))
    tally.take(pack(told(2, 6, case_id="c-2"), told(3, 7, case_id="c-0")))
    assert tally.grouped() == {frozenset({1, 2, 3})}


# -- the same whatever happens -------------------------------------------------------


def named(number: int, matter: int, **given: Any) -> Report:
    """With a name, if there is a key for it."""
    return told(number, matter, named=bool(given["keys"]) << NAMED_BITS, **given)


some_reports = st.builds(
    named,
    st.integers(0, 60),
    st.integers(0, 5),
    county=st.sampled_from([COUNTY, OTHER]),
    channel=st.sampled_from(["phone", "forum"]),
    category=st.sampled_from(["S01", "S99", "D09"]),
    reported_s=st.sampled_from([0, 1, 30, 24 * 6, 24 * 8]).map(lambda h: NOW_S - h * HOUR),
    severity=st.integers(0, 4),
    excerpt=st.sampled_from(["", "停水"]),
    keys=st.sets(st.integers(0, 9), max_size=4).map(tuple),
    fingerprint=st.sampled_from([0, 7, 2**63, 2**60 - 1]),
    problem=st.sampled_from([0, 1 << 60, 3 << 60]),
    sketch=st.sampled_from([0, 0x1234, 0x1111_2222_3333]),
    case_id=st.sampled_from(["", "", "", "c-1", "c-2"]),
    zero=st.booleans(),
)
without_cases = some_reports.map(lambda report: report._replace(case_id=""))
ids = st.integers(0, 60).map(lambda identity: incident_id(COUNTY, identity))
some_corrections = st.one_of(
    st.builds(merge, st.integers(100, 120), ids, ids),
    st.builds(
        lambda identity, incident, reports: split(identity, incident, *reports),
        st.integers(100, 120),
        ids,
        st.sets(st.integers(0, 60), min_size=1, max_size=30),
    ),
)
some_packs = st.one_of(
    st.lists(some_reports, max_size=12).map(lambda reports: pack(*reports)),
    st.lists(some_reports, max_size=12).map(lambda reports: pack(*reports)),
    st.lists(some_corrections, min_size=1, max_size=3).map(lambda given: asked(*given)),
    st.builds(
        closed,
        st.sampled_from(["c-1", "c-2"]),
        st.sampled_from(["c-2", "c-3"]),
        st.integers(90, 99),
    ),
)


def played(log: Sequence[Pack], cuts: Sequence[int], held: State | None = None) -> Tally:
    tally = Tally(held)
    start = 0
    for end in sorted({cut for cut in cuts if 0 < cut < len(log)} | {len(log)}):
        tally.take(*log[start:end])
        start = end
    return tally


def clocked(log: list[Pack], hours: Sequence[int]) -> list[Pack]:
    """With clocks that go on, now and then by a day."""
    at_ms = NOW_S * 1000
    for one, passed in zip(log, hours, strict=False):
        at_ms += passed * HOUR * 1000
        one.at_ms = at_ms
    return log


logs = st.builds(
    clocked,
    st.lists(some_packs, min_size=1, max_size=10),
    st.lists(st.sampled_from([0, 0, 0, 1, 24]), min_size=10, max_size=10),
)
cuts = st.lists(st.integers(0, 10))


@given(logs, cuts, st.integers(5, 40))
@settings(deadline=None, max_examples=50)
def test_recovery_gives_the_same_state(log: list[Pack], where: list[int], most: int) -> None:
    """From the journal alone, and from a snapshot at any point and the rest of the journal."""
    tally = played(log, where, state(most))
    for taken in range(len(tally.journal) + 1):
        held, fresh = state(most), Fresh()
        for body in tally.journal[:taken]:
            held.apply(changes.decode(body))
            fresh.note(changes.decode(body).identities)
        restored = state(most)
        for _, chunk in fresh.chunks():
            restored.apply(changes.decode(chunk))
        for part in parts_of(held):
            restored.apply(changes.decode(part))
        assert known(restored) == known(held)
        for body in tally.journal[taken:]:
            restored.apply(changes.decode(body))
        assert known(restored) == known(tally.state)


@given(st.lists(st.lists(some_reports, max_size=12), min_size=1, max_size=8), cuts, cuts)
@settings(deadline=None, max_examples=100)
def test_incidents_do_not_depend_on_how_reports_are_cut_into_batches(
    given_reports: list[list[Report]], where: list[int], elsewhere: list[int]
) -> None:
    log = [pack(*some) for some in given_reports]
    one, other = played(log, where), played(log, elsewhere)
    assert one.rows == other.rows
    assert known(one.state) == known(other.state)
    assert one.state.alerts.keys() == other.state.alerts.keys()


@given(logs, cuts)
@settings(deadline=None, max_examples=50)
def test_every_report_is_in_one_incident_and_the_store_agrees(
    log: list[Pack], where: list[int]
) -> None:
    tally = played(log, where, state(10_000))
    members = [identity for row in tally.standing() for identity in row.identities]
    assert len(members) == len(set(members))
    for row in tally.standing():
        assert row.reports == len(row.identities) == sum(row.channels.values())
    for row in tally.rows.values():
        if row.merged_into:
            assert (row.reports, row.channels) == (0, {})
    held = tally.state.incidents
    for row in tally.standing():
        now = held.get(row.incident)
        if now is not None:
            assert now.row(held.excerpt(row.incident)) == row
    assert set(held.rows["owner"].tolist()) <= {row.incident for row in tally.standing()}


@given(st.lists(st.lists(without_cases, max_size=12), min_size=1, max_size=8), cuts)
@settings(deadline=None, max_examples=100)
def test_incidents_are_those_of_the_plain_reference(
    given_reports: list[list[Report]], where: list[int]
) -> None:
    tally = played([pack(*some) for some in given_reports], where)
    linker, groups, seen = Linker(), defaultdict(set), set()
    for report in (report for some in given_reports for report in some):
        if report.identity in seen:
            continue
        seen.add(report.identity)
        late = report.reported_s < NOW_S - 7 * 24 * HOUR
        if report.zero or late or not (report.fingerprint or report.keys):
            continue
        brings = Mention(
            report.fingerprint,
            report.keys,
            report.name,
            report.problem,
            report.named,
            report.sketch,
        )
        first = linker.link(report.county, brings, report.identity, report.reported_s)
        groups[first].add(report.identity)
    assert tally.grouped() == set(map(frozenset, groups.values()))


@given(st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 5), max_size=60))
def test_repeated_keys_are_found(keys: list[int]) -> None:
    wanted = [place for place, key in enumerate(keys) if keys.count(key) > 1]
    assert repeated(np.array(keys, np.uint64)).tolist() == wanted


# -- alerts --------------------------------------------------------------------------


def alerts_of(*batches: list[Report], at_s: int = NOW_S) -> list[tuple[str, float, str]]:
    tally = Tally()
    found = []
    for reports in batches:
        found += tally.take(pack(*reports, at_s=at_s)).alerts
    return [(alert.rule, alert.observed, alert.title) for alert in found]


def test_five_reports_of_one_incident_within_a_day_are_raised_once() -> None:
    four = [told(n, 5, reported_s=NOW_S - n * HOUR) for n in range(4)]
    assert alerts_of(four, [told(9, 5, reported_s=NOW_S - 24 * HOUR)]) == []
    hot = ("hot-incident", 5, "甘州区：水电气网“小区5”同一事项24小时内5件")
    assert alerts_of(four, [told(9, 5)], [told(10, 5)]) == [hot]
    assert alerts_of([*four, told(9, 5)], [told(10, 5)]) == [hot]


def test_a_hot_alert_says_how_it_came_and_shows_the_excerpt() -> None:
    tally = Tally()
    reports = [
        told(n, 5, channel=channel, reported_s=NOW_S - n * 60, excerpt="停水三天" * (n == 2))
        for n, channel in enumerate(["phone", "patrol", "phone", "forum", "window"])
    ]
    [alert] = tally.take(pack(*reports)).alerts
    assert alert.reason == (
        "水电气网类同一事项“小区5”24小时内5件，达到规则 hot-incident 的上限5件。"
        "共5件：热线电话2件、巡查1件、窗口1件、论坛1件；03月01日11:56由窗口首次反映。"
    )
    assert (alert.excerpt, alert.level, alert.county_code) == ("停水三天", 2, COUNTY)


def test_reports_in_three_of_four_weeks_are_raised_once_a_week() -> None:
    tally = Tally()
    raised = []
    for identity, days in enumerate((0, 1, 9, 18, 19, 26)):
        at = datetime.fromtimestamp(NOW_S, UTC) + timedelta(days=days)
        at_s = int(at.timestamp())
        change = tally.take(pack(told(identity, 5, reported_s=at_s), at_s=at_s))
        raised += [(identity, alert.rule, alert.observed) for alert in change.alerts]
    assert raised == [(3, "lasting-incident", 3), (5, "lasting-incident", 4)]


def test_what_is_outside_the_taxonomy_raises_nothing() -> None:
    assert alerts_of([told(n, 5, category="S99") for n in range(9)]) == []


def test_a_merge_can_make_an_incident_hot() -> None:
    tally, one, other = two()
    tally.take(pack(told(7, 6), told(8, 6)))
    [alert] = tally.take(asked(merge(50, one, other))).alerts
    assert (alert.rule, alert.observed) == ("hot-incident", 5)


def test_a_life_is_thirty_days() -> None:
    assert timedelta(days=30).total_seconds() == LIFE_S
