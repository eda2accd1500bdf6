"""Counting: whatever packs come, cut into whatever batches, read again after whatever crash."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from agents import change as changes
from agents.decide import decide, piece_of
from agents.rules import Rules, SeverityRule
from agents.snapshot import Fresh, parts_of
from agents.state import State
from streams import packs
from streams.cases import CaseStep
from streams.duty import DutyEntry, DutyRow, row_of
from streams.packs import FORMAT, UNSAID, Pack, Report, Reports
from streams.totals import CountRow, decode_totals

ZONE = ZoneInfo("Asia/Shanghai")
RULES = Rules.load()
NOW_S = int(datetime(2026, 3, 1, 4, tzinfo=UTC).timestamp())
HOUR = 3600
COUNTIES = ["620702", "620721"]


def state() -> State:
    return State(dedupe_days=7, totals_days=7)


reports = st.builds(
    Report,
    identity=st.integers(0, 40),
    origin=st.integers(0, 1),
    county=st.sampled_from(COUNTIES),
    category=st.sampled_from(["S01", "D09"]),
    channel=st.sampled_from(["phone", "web"]),
    # up to a year old: live totals and history pieces alike
    reported_s=st.sampled_from([0, 1, 30, 24 * 6, 24 * 8, 24 * 300]).map(
        lambda h: NOW_S - h * HOUR
    ),
    severity=st.integers(0, 4),
    people_band=st.sampled_from(["", "1-2", "30+"]),
    zero=st.booleans(),
    excerpt=st.sampled_from(["", "停水"]),
    offset=st.just(-1),
    sentiment=st.sampled_from([-2, 0, 1, UNSAID]),
    declared=st.sampled_from(["", "S01", "D09"]),
    cue=st.just(""),
    fingerprint=st.just(0),
    keys=st.just(()),
    name=st.just(""),
    case_id=st.just(""),
    problem=st.just(0),
    named=st.just(0),
    sketch=st.just(0),
)


updates = st.builds(
    CaseStep,
    identity=st.integers(100, 120),
    origin=st.integers(0, 1),
    county=st.sampled_from(COUNTIES),
    case_id=st.sampled_from(["c-1", "c-2"]),
    version=st.integers(1, 5),
    status=st.sampled_from(["registered", "accepted", "resolved", "reopened", "merged"]),
    level=st.integers(1, 4),
    reported_s=st.sampled_from([0, 1, 24, 24 * 300, 24 * 500]).map(lambda h: NOW_S - h * HOUR),
    owner_org=st.sampled_from(["", "司法所"]),
    merged_into=st.sampled_from(["", "c-2"]),
    contacted_s=st.sampled_from([0, NOW_S]),
)


entries = st.builds(
    DutyEntry,
    identity=st.integers(200, 210),
    origin=st.integers(0, 1),
    county=st.sampled_from([*COUNTIES, "620700"]),
    kind=st.sampled_from(["sign", "amend", "handover"]),
    by=st.just("值班长"),
    reported_s=st.sampled_from([0, 24, 24 * 300]).map(lambda h: NOW_S - h * HOUR),
    digest_id=st.sampled_from(["", "694a72fd4de67ee5"]),
    note=st.sampled_from(["", "已恢复供水"]),
)


@st.composite
def logs(draw: st.DrawFn) -> list[Pack]:
    """A partition of `reports`: packs of several streams, clocks not quite in order."""
    return [
        Pack(
            FORMAT,
            (NOW_S + draw(st.integers(-5, 3 * HOUR))) * 1000,
            draw(st.sampled_from(["grid-reports", "hotline-calls"])),
            [("/a", "run"), ("/b", "")],
            Reports.of(draw(st.lists(reports, max_size=8))),
            draw(st.lists(updates, max_size=3)),
            duty=draw(st.lists(entries, max_size=3)),
        )
        for _ in range(draw(st.integers(1, 12)))
    ]


def played(
    log: list[Pack], cuts: list[int], into: State | None = None, start: int = 0
) -> tuple[State, list[bytes]]:
    """Decide and apply the log in batches that end at `cuts`; the journal that came of it."""
    held = into or state()
    journal = []
    ends = sorted({cut for cut in cuts if start < cut < len(log)} | {len(log)})
    for end in ends:
        packs_of_batch = [(offset, copied(log[offset])) for offset in range(start, end)]
        change = decide(held, packs_of_batch, RULES, ZONE, log=0)
        journal.append(changes.encode(change))
        held.apply(change)
        start = end
    return held, journal


def copied(pack: Pack) -> Pack:
    return packs.decode_pack(packs.encode(pack))


def upserts(journal: Iterable[bytes]) -> dict[tuple[str, str, str, int, int], CountRow]:
    """What ClickHouse holds in the end: the last total per key."""
    held = state()
    rows = {}
    for body in journal:
        change = changes.decode(body)
        held.apply(change)
        for totals in held.totals(change, version=1, partition=0):
            for row in decode_totals(packs.encode(totals)).counts:
                rows[row.county, row.category, row.channel, row.hour, row.piece] = row
    return rows


def oracle(log: list[Pack]) -> tuple[Counter[tuple[str, str, str, int]], Counter[str]]:
    """Each identity once, in its hour; zero reports apart."""
    seen: set[int] = set()
    counts: Counter[tuple[str, str, str, int]] = Counter()
    answers: Counter[str] = Counter()
    for pack in log:
        for report in pack.reports:
            if report.identity in seen:
                answers["duplicates"] += 1
                continue
            seen.add(report.identity)
            answers["counted"] += 1
            if not report.zero:
                hour = report.reported_s // HOUR
                counts[report.county, report.category, report.channel, hour] += 1
        for other in (*pack.cases, *pack.duty):
            answers["duplicates" if other.identity in seen else "counted"] += 1
            seen.add(other.identity)
    return counts, answers


def summed(rows: Iterable[CountRow]) -> Counter[tuple[str, str, str, int]]:
    counts: Counter[tuple[str, str, str, int]] = Counter()
    for row in rows:
        counts[row.county, row.category, row.channel, row.hour] += row.n
    return counts


@given(logs(), st.lists(st.integers(0, 12)))
@settings(deadline=None)
def test_every_report_is_counted_once_in_its_hour(log: list[Pack], cuts: list[int]) -> None:
    held, journal = played(log, cuts)
    counts, answers = oracle(log)
    assert summed(upserts(journal).values()) == counts
    assert sum(counted for counted, _ in held.ledger.values()) == answers["counted"]
    assert sum(repeats for _, repeats in held.ledger.values()) == answers["duplicates"]


def duty_rows(journal: Iterable[bytes]) -> list[DutyRow]:
    """What is sent of the duty log, as often as it is sent."""
    held = state()
    rows = []
    for body in journal:
        change = changes.decode(body)
        held.apply(change)
        for totals in held.totals(change, version=1, partition=0):
            rows += decode_totals(packs.encode(totals)).duty
    return rows


@given(logs(), st.lists(st.integers(0, 12)))
@settings(deadline=None)
def test_every_entry_of_the_duty_log_is_sent_once_as_it_first_came(
    log: list[Pack], cuts: list[int]
) -> None:
    _, journal = played(log, cuts)
    first: dict[int, DutyRow] = {}
    for pack in log:
        for entry in pack.duty:
            first.setdefault(entry.identity, row_of(entry))
    assert duty_rows(journal) == list(first.values())


@given(logs(), st.lists(st.integers(0, 12)), st.integers(0, 12), st.lists(st.integers(0, 12)))
@settings(deadline=None)
def test_a_crash_anywhere_changes_nothing(
    log: list[Pack], cuts: list[int], survived: int, other_cuts: list[int]
) -> None:
    """Recover from any prefix of the journal, go on with other batches: the same in the end."""
    whole, journal = played(log, cuts)
    kept = journal[:survived]
    held = state()
    for body in kept:
        held.apply(changes.decode(body))
    ends = sorted({cut for cut in cuts if 0 < cut < len(log)} | {len(log)})
    start = ends[len(kept) - 1] if kept else 0
    held, rest = played(log, other_cuts, held, start) if start < len(log) else (held, [])
    assert upserts([*kept, *rest]) == upserts(journal)
    assert duty_rows([*kept, *rest]) == duty_rows(journal)
    assert held.ledger == whole.ledger
    assert held.presence == whole.presence
    assert held.declared == whole.declared
    assert held.alerts.keys() == whole.alerts.keys()
    assert held.cases.held == whole.cases.held
    assert counted_days(held) == counted_days(whole)


def counted_days(held: State) -> dict[object, object]:
    return {key: measures for key, measures in held.cases.days.items() if any(measures)}


@given(logs(), st.lists(st.integers(0, 12)), st.integers(0, 12))
@settings(deadline=None)
def test_a_snapshot_at_any_point_changes_nothing(
    log: list[Pack], cuts: list[int], taken: int
) -> None:
    whole, journal = played(log, cuts)
    held, fresh = state(), Fresh()
    for body in journal[:taken]:
        held.apply(changes.decode(body))
        fresh.note(changes.decode(body).identities)
    restored = state()
    for _, chunk in fresh.chunks():
        restored.apply(changes.decode(chunk))
    for part in parts_of(held):
        restored.apply(changes.decode(part))
    assert known(restored) == known(held)
    for body in journal[taken:]:
        restored.apply(changes.decode(body))
    assert known(restored) == known(whole)


def known(held: State) -> dict[str, object]:
    counts = held.counts
    hour = held.at_ms // 3_600_000
    series = [(county, category) for county in COUNTIES for category in ("S01", "D09")]
    return {
        "seen": held.seen.holds(np.arange(41, dtype=np.uint64)).tolist(),
        "live": counts.live,
        "days": sorted(counts.days()),
        "rolling": [counts.rolling(*one, hour, span) for one in series for span in (1, 24, 168)],
        "held": [counts.held(*one) for one in series],
        "rest": [
            held.ledger,
            held.presence,
            held.declared,
            held.cases.held,
            held.cases.days,
            held.alerts,
            list(held.issues.rows()),
            list(held.baselines.rows()),
            vars(held.lives),
            held.marks,
            held.read,
        ],
        "at_ms": held.at_ms,
    }


@given(logs(), st.lists(st.integers(0, 12)))
@settings(deadline=None)
def test_what_a_lost_owner_sent_is_what_the_next_one_sends(
    log: list[Pack], cuts: list[int]
) -> None:
    """History rows have no later total that replaces them, so both must cut the same pieces."""
    pieces = [
        {key: row for key, row in upserts(played(log, each)[1]).items() if key[4]}
        for each in (cuts, [])
    ]
    assert pieces[0] == pieces[1]


@given(logs(), st.data())
@settings(deadline=None)
def test_what_intake_sends_again_after_a_crash_is_no_duplicate(
    log: list[Pack], data: st.DataObject
) -> None:
    """The last batch of an input partition comes again, cut otherwise: nothing changes."""
    offset = 0
    for pack in log:
        pack.stream, pack.partition = "hotline-calls", 3
        numbered = []
        for report in pack.reports:
            numbered.append(report._replace(offset=offset))
            offset += 1
        pack.reports = Reports.of(numbered)
    events = [report for pack in log for report in pack.reports]
    again = events[data.draw(st.integers(0, len(events))) :]
    resent = Pack(
        FORMAT, log[-1].at_ms, "hotline-calls", log[0].origins, Reports.of(again), partition=3
    )
    once, _ = played(log, [])
    twice, _ = played([*log, resent], data.draw(st.lists(st.integers(0, 13))))
    assert twice.counts.live == once.counts.live
    assert {key: value for key, value in twice.ledger.items() if any(value)} == once.ledger


def test_a_total_is_sent_also_when_its_hour_leaves_the_horizon_in_the_same_batch() -> None:
    oldest = NOW_S - 7 * 24 * HOUR
    report = Report(1, 0, "620702", "S01", "phone", oldest)
    log = [
        Pack(FORMAT, NOW_S * 1000, "hotline-calls", [("/a", "")], Reports.of([report])),
        Pack(FORMAT, (NOW_S + 2 * HOUR) * 1000, "hotline-calls", [("/a", "")]),
    ]
    assert summed(upserts(played(log, [])[1]).values()).total() == 1


def test_pieces_of_different_logs_differ_and_none_is_the_live_one() -> None:
    assert len({0, piece_of(0, 0), piece_of(0, 1), piece_of(1, 0)}) == 4


def test_identities_are_forgotten_past_the_horizon() -> None:
    held = state()
    for offset, (days, identity) in enumerate([(0, 1), (6, 1), (8, 2), (8, 3), (8, 1)]):
        at_ms = (NOW_S + days * 24 * HOUR) * 1000
        report = Report(identity, 0, "620702", "S01", "phone", NOW_S)
        pack = Pack(FORMAT, at_ms, "hotline-calls", [("/a", "")], Reports.of([report]))
        held.apply(decide(held, [(offset, pack)], RULES, ZONE, 0))
    assert list(held.ledger.values()) == [(1, 0), (0, 1), (3, 0)]


def test_case_updates_out_of_order_leave_the_highest_version() -> None:
    steps = [
        CaseStep(number, 0, "620702", "c-1", version, status, 1, NOW_S)
        for number, (version, status) in enumerate(
            [(1, "registered"), (3, "resolved"), (2, "accepted")]
        )
    ]
    held = state()
    for offset, step in enumerate(steps):
        pack = Pack(FORMAT, NOW_S * 1000, "case-updates", [("/a", "")], cases=[step])
        held.apply(decide(held, [(offset, pack)], RULES, ZONE, 0))
    assert held.cases.held["620702", "c-1"].row.status == "resolved"
    assert sum(counted for counted, _ in held.ledger.values()) == 3


def calls(hour: int, number: int, first: int = 0) -> Pack:
    return Pack(
        FORMAT,
        NOW_S * 1000,
        "hotline-calls",
        [("/a", "")],
        Reports.of(
            Report(first + index, 0, "620702", "S01", "phone", hour * HOUR)
            for index in range(number)
        ),
    )


def test_a_burst_is_raised_once_at_its_limit() -> None:
    hour = NOW_S // HOUR
    held = state()
    raised = []
    for offset, number in enumerate((19, 1, 5)):
        change = decide(held, [(offset, calls(hour, number, offset * 100))], RULES, ZONE, 0)
        held.apply(change)
        raised.append([(alert.rule, alert.observed) for alert in change.alerts])
    assert raised == [[], [("burst-hour", 20)], []]


def test_history_raises_nothing() -> None:
    old_hour = NOW_S // HOUR - 24 * 30
    change = decide(state(), [(0, calls(old_hour, 50))], RULES, ZONE, 0)
    assert change.alerts == []
    assert [row.n for row in change.counts] == [50]


def test_a_red_event_is_raised_with_its_excerpt_once() -> None:
    report = Report(7, 0, "620702", "S14", "patrol", NOW_S, 1, excerpt="〔姓名〕家中起火")
    pack = Pack(FORMAT, NOW_S * 1000, "grid-reports", [("/a", "")], Reports.of([report, report]))
    held = state()
    change = decide(held, [(0, pack)], RULES, ZONE, 0)
    held.apply(change)
    assert [(alert.rule, alert.level, alert.excerpt) for alert in change.alerts] == [
        ("red", 1, "〔姓名〕家中起火")
    ]


def test_an_alert_tells_whether_upstream_or_the_text_made_it_red() -> None:
    events = [
        Report(n, 0, "620702", "S14", "patrol", NOW_S, 1, cue=cue)
        for n, cue in enumerate(["", "燃气泄漏"])
    ]
    pack = Pack(FORMAT, NOW_S * 1000, "grid-reports", [("/a", "")], Reports.of(events))
    change = decide(state(), [(0, pack)], RULES, ZONE, 0)
    assert [alert.reason.split("，")[0] for alert in change.alerts] == [
        "上报事项定级为红色",
        "来文提到“燃气泄漏”",
    ]


def test_a_severity_rule_is_judged_whatever_its_severity() -> None:
    orange = SeverityRule(id="orange", level=2, severity=2)
    rules = Rules(missing_report=RULES.missing_report, severity=(orange,))
    events = [Report(n, 0, "620702", "S14", "patrol", NOW_S, severity=n) for n in (1, 2, 3)]
    pack = Pack(FORMAT, NOW_S * 1000, "grid-reports", [("/a", "")], Reports.of(events))
    change = decide(state(), [(0, pack)], rules, ZONE, 0)
    assert [alert.rule for alert in change.alerts] == ["orange"]
