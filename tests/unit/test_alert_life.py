"""The life of an alert: steps in any order and batches, journals, snapshots, the clock, and who is told."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from agents import change as changes
from agents.alerting.life import STEPS_HELD, Verdict, standing
from agents.alerting.lives import Lives
from agents.alerting.moment import decide_moment
from agents.alerting.settings import Inhibition, Life, Limits
from agents.change import Change
from agents.decide import decide
from agents.rules import CountRule, IncidentRule, Rules
from agents.snapshot import parts_of
from agents.state import State
from streams.answers import Alert
from streams.packs import FORMAT, Action, Pack, Report, Reports
from streams.totals import ActionRow

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 1, 4, tzinfo=UTC)
NOW_S = int(NOW.timestamp())
HOUR = 3600
COUNTY = "620702"
SHIPPED = Rules.load()
RULES = Rules(
    missing_report=SHIPPED.missing_report,
    severity=SHIPPED.severity,
    people_band=SHIPPED.people_band,
    count=(CountRule(id="burst-hour", level=3, hours=1, limit=5),),
    life=Life(acknowledge_within_min=Limits(red=15, orange=60, yellow=0), cap_per_day=3),
)


class Tally:
    """A partition: packs and moments, each journaled."""

    def __init__(self, rules: Rules = RULES) -> None:
        self.state = State(7, 7)
        self.rules = rules
        self.journal: list[bytes] = []
        self.offset = 0
        self.number = 0

    def apply(self, change: Change) -> Change:
        self.journal.append(changes.encode(change))
        self.state.apply(change)
        return change

    def take(self, *packs: Pack) -> Change:
        numbered = [(self.offset + place, pack) for place, pack in enumerate(packs)]
        self.offset += len(packs)
        return self.apply(decide(self.state, numbered, self.rules, ZONE, 0, "t."))

    def look(self, after: timedelta) -> list[Alert]:
        """A minute's look at a later moment: what it changed."""
        change = decide_moment(self.state, NOW + after, self.rules, ZONE)
        return self.apply(change).alerts if change else []

    def report(self, after: timedelta = timedelta(), **given: Any) -> Change:
        self.number += 1
        return self.take(reported(self.number, after, **given))

    def red(self, **given: Any) -> Alert:
        [alert] = self.report(severity=1, **given).alerts
        return alert

    def act(self, alert: Alert, kind: str, after: timedelta = timedelta(), **given: Any) -> Change:
        self.number += 1
        return self.take(acted(self.number, alert.id, kind, after, **given))

    def of(self, alert: Alert) -> Alert:
        return self.state.alerts[alert.id]


def reported(number: int, after: timedelta = timedelta(), n: int = 1, **given: Any) -> Pack:
    at = NOW + after
    fields = {"county": COUNTY, "category": "S14", "channel": "phone"} | given
    rows = [
        Report(
            identity=number * 100 + each,
            origin=0,
            reported_s=int(at.timestamp()),
            **fields,
        )
        for each in range(n)
    ]
    at_ms = int(at.timestamp()) * 1000
    return Pack(FORMAT, at_ms, "hotline-calls", [("/a", "")], Reports.of(rows))


def acted(
    number: int, alert_id: str, kind: str, after: timedelta = timedelta(), **given: Any
) -> Pack:
    at_s = NOW_S + int(after.total_seconds())
    fields = {"county": COUNTY, "by": "值班长", "note": "", "until_s": 0} | given
    action = Action(
        identity=10_000 + number,
        origin=0,
        alert_id=alert_id,
        action=kind,
        reported_s=at_s,
        offset=number,
        **fields,
    )
    return Pack(FORMAT, NOW_S * 1000, "alert-actions", [("/duty", "")], actions=[action])


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def days(number: float) -> timedelta:
    return timedelta(days=number)


def step(kind: str, at_s: int, by: str = "值班长", identity: int = 0) -> ActionRow:
    return ActionRow(COUNTY, "a" * 16, identity or at_s, kind, by, at_s)


@pytest.fixture
def tally() -> Tally:
    return Tally()


@pytest.fixture
def red(tally: Tally) -> Alert:
    return tally.red()


# -- steps -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kinds", "status", "verdicts"),
    [
        ("acknowledge assign close", "closed", "done done done"),
        ("acknowledge acknowledge", "acknowledged", "done unchanged"),
        ("assign acknowledge", "assigned", "done illegal"),
        ("close acknowledge", "closed", "done illegal"),
        ("close reopen", "firing", "done done"),
        ("reopen", "firing", "unchanged"),
        ("escalate acknowledge assign assign", "assigned", "done done done done"),
        ("close escalate close", "closed", "done illegal unchanged"),
        ("useful close not_useful silence", "closed", "done done done done"),
    ],
)
def test_steps_lead_where_they_may(red: Alert, kinds: str, status: str, verdicts: str) -> None:
    after = standing(red, [step(kind, at) for at, kind in enumerate(kinds.split(), 1)])
    assert after.alert.status == status
    assert [one.verdict for one in after.steps] == verdicts.split()


def test_an_alert_says_since_when_by_which_post_and_what_was_said(tally: Tally, red: Alert) -> None:
    change = tally.act(
        red, "assign", minutes(3), by="区值班长", note="今晚前回复", assigned_to="住建局"
    )
    alert = tally.of(red)
    assert (alert.status, alert.by, alert.note) == ("assigned", "区值班长", "今晚前回复")
    assert (alert.status_at, alert.assigned_to) == (NOW + minutes(3), "住建局")
    assert change.alerts == [alert]
    assert [one.verdict for one in change.actions] == ["done"]
    tally.act(red, "not_useful", minutes(9))
    assert (tally.of(red).status, tally.of(red).label) == ("assigned", "not_useful")
    assert tally.of(red).note == "今晚前回复"  # a label is no step of its status


def test_an_earlier_step_that_comes_late_changes_what_came_of_later_ones(
    tally: Tally, red: Alert
) -> None:
    tally.act(red, "acknowledge", minutes(5))
    change = tally.act(red, "close", minutes(2))
    assert tally.of(red).status == "closed"
    assert {one.action: one.verdict for one in change.actions} == {
        "close": "done",
        "acknowledge": "illegal",
    }


def test_an_action_on_what_the_county_has_not_is_answered_and_as_if_never_seen(
    tally: Tally, red: Alert
) -> None:
    elsewhere = acted(1, red.id, "close", county="620721")
    unknown = acted(2, "f" * 16, "close")
    for pack in (elsewhere, unknown):
        change = tally.take(pack)
        [letter] = change.dead
        assert (letter.reason, letter.path) == ("unknown_alert", "$.data.alert_id")
        assert (letter.topic, letter.offset) == ("t.alert-actions", pack.actions[0].offset)
        assert change.identities == change.actions == change.alerts == []
    assert tally.of(red).status == "firing"


def test_steps_beyond_what_is_held_go_to_the_audit_trail_alone(tally: Tally, red: Alert) -> None:
    for number in range(STEPS_HELD):
        tally.act(red, "useful", minutes(number))
    change = tally.act(red, "close", minutes(999))
    assert [one.verdict for one in change.actions] == [Verdict.BEYOND]
    assert tally.of(red).status == "firing"
    assert len(tally.state.lives.steps[red.id]) == STEPS_HELD


# -- any order, any batches, after any crash -----------------------------------------------

kinds = st.sampled_from(
    ["acknowledge", "assign", "escalate", "close", "reopen", "useful", "not_useful", "silence"]
)


@st.composite
def histories(draw: st.DrawFn) -> list[Pack]:
    """Actions on two alerts, some of them repeated, in any order."""
    tally = Tally()
    alerts = [tally.red(), tally.red()]
    packs = [
        acted(
            number,
            draw(st.sampled_from(alerts)).id,
            draw(kinds),
            minutes(draw(st.integers(0, 4))),
            note="检修",
            until_s=NOW_S + draw(st.sampled_from([0, 600, HOUR])),
        )
        for number in range(draw(st.integers(1, 10)))
    ]
    again = draw(st.lists(st.sampled_from(packs), max_size=4))
    return draw(st.permutations([*packs, *again]))


def ready() -> Tally:
    tally = Tally()
    tally.red()
    tally.red()
    return tally


def known(state: State) -> dict[str, object]:
    return {**vars(state.lives), "at_ms": state.at_ms}


@given(histories(), st.data())
@settings(deadline=None)
def test_any_order_repeats_and_batches_end_the_same(log: list[Pack], data: st.DataObject) -> None:
    one, other = ready(), ready()
    one.take(*log)
    shuffled = data.draw(st.permutations(log))
    cuts = sorted({*data.draw(st.lists(st.integers(0, len(log)))), 0, len(log)})
    for start, end in pairwise(cuts):
        other.take(*shuffled[start:end])
    assert known(other.state) == known(one.state)


@given(histories(), st.integers(0, 12), st.lists(st.integers(10, 60), max_size=3))
@settings(deadline=None)
def test_what_is_recovered_is_what_was_live(log: list[Pack], taken: int, looks: list[int]) -> None:
    tally = ready()
    for pack in log:
        tally.take(pack)
    for after in sorted(looks):
        tally.look(minutes(after))
    from_journal, from_snapshot = State(7, 7), State(7, 7)
    for number, body in enumerate(tally.journal):
        if number == taken:
            for part in parts_of(from_journal):
                from_snapshot.apply(changes.decode(part))
        from_journal.apply(changes.decode(body))
        if number >= taken:
            from_snapshot.apply(changes.decode(body))
    assert known(from_journal) == known(tally.state)
    if taken < len(tally.journal):
        assert known(from_snapshot) == known(tally.state)


def test_nothing_fires_twice_though_it_is_closed_and_its_event_forgotten(
    tally: Tally, red: Alert
) -> None:
    tally.act(red, "close")
    old = reported(1, severity=1)
    assert tally.take(old).alerts == []  # a repeat
    tally.report(days(6.9), severity=3)
    tally.state._forget(NOW_S * 1000 + 8 * 86_400_000)
    change = tally.take(old)
    assert change.counts != []  # taken for a new one, as its identity is gone
    assert change.alerts == []


# -- the clock ---------------------------------------------------------------------------


def test_what_nobody_takes_up_escalates_exactly_once(tally: Tally, red: Alert) -> None:
    assert tally.look(minutes(14)) == []
    [escalated] = tally.look(minutes(15))
    assert (escalated.id, escalated.status, escalated.by) == (red.id, "escalated", "")
    assert escalated.status_at == NOW + minutes(15)
    assert escalated.notify
    assert [tally.look(minutes(later)) for later in (16, 30, 600)] == [[], [], []]


def test_taken_up_in_time_it_does_not_escalate(tally: Tally, red: Alert) -> None:
    tally.act(red, "acknowledge", minutes(14))
    assert tally.look(minutes(60)) == []


def test_an_acknowledgement_that_comes_late_undoes_the_escalation(tally: Tally, red: Alert) -> None:
    tally.look(minutes(15))
    change = tally.act(red, "acknowledge", minutes(10))
    assert tally.of(red).status == "acknowledged"
    assert {one.action: one.verdict for one in change.actions} == {
        "acknowledge": "done",
        "escalate": "illegal",
    }
    assert tally.look(minutes(60)) == []


def test_reopened_it_waits_anew(tally: Tally, red: Alert) -> None:
    tally.act(red, "close", minutes(5))
    tally.act(red, "reopen", minutes(20))
    assert tally.look(minutes(34)) == []
    assert [one.status for one in tally.look(minutes(35))] == ["escalated"]


def test_a_level_without_a_limit_never_escalates(tally: Tally) -> None:
    tally.report(n=5)
    assert tally.look(minutes(100)) == []


def test_alerts_end_before_they_are_forgotten(tally: Tally, red: Alert) -> None:
    tally.act(red, "assign")
    assert [one.status for one in tally.look(days(13.1))] == ["closed"]
    assert tally.look(days(13.2)) == []


# -- counts that stay high -----------------------------------------------------------------


def test_a_count_that_stays_high_is_one_alert_and_ends_by_itself(tally: Tally) -> None:
    [first] = tally.report(n=5).alerts
    assert tally.report(n=1).alerts == []  # the same hour
    [second] = tally.report(minutes(60), n=7).alerts
    assert (second.id, second.observed) == (first.id, 7)
    assert second.window_end == first.window_end + minutes(60)
    assert second.raised_at == first.raised_at
    tally.report(minutes(120), n=3)  # under the limit, but over the lower bound of 2.5
    assert tally.look(minutes(60 * 4)) == []
    [closed] = tally.look(minutes(60 * 5))
    assert (closed.id, closed.status, closed.by) == (first.id, "closed", "")
    [anew] = tally.report(minutes(60 * 5), n=5).alerts
    assert anew.id != first.id


def test_what_staff_closed_is_not_raised_again_by_what_it_looked_at(tally: Tally) -> None:
    [first] = tally.report(n=5).alerts
    tally.report(minutes(60), n=5)
    tally.act(first, "close", minutes(61))
    assert tally.report(minutes(62), n=5).alerts == []
    assert tally.report(minutes(1), n=5).alerts == []
    [anew] = tally.report(minutes(120), n=5).alerts
    assert anew.id != first.id


def test_what_somebody_has_does_not_end_by_itself(tally: Tally) -> None:
    [alert] = tally.report(n=5).alerts
    tally.act(alert, "assign", minutes(1))
    assert tally.look(days(2)) == []


def test_a_late_hour_before_an_open_alert_is_one_of_its_own(tally: Tally) -> None:
    [later] = tally.report(n=5).alerts
    [earlier] = tally.report(-minutes(300), n=5).alerts
    assert earlier.id != later.id
    assert tally.report(-minutes(299), n=5).alerts == []


# -- who is told ---------------------------------------------------------------------------


def silenced(tally: Tally, alert: Alert, for_: timedelta, after: timedelta = timedelta()) -> Change:
    until_s = NOW_S + int((after + for_).total_seconds())
    return tally.act(alert, "silence", after, until_s=until_s, note="管道检修")


def test_a_silence_holds_for_its_rule_county_and_category_until_it_ends(
    tally: Tally, red: Alert
) -> None:
    silenced(tally, red, minutes(30))
    muted = tally.red()
    assert not muted.notify
    assert "值班长" in muted.muted
    assert "管道检修" in muted.muted
    assert tally.red(category="D09").notify
    assert tally.red(county="620721").notify
    quiet = tally.look(minutes(20))
    assert {one.id for one in quiet if not one.notify} == {red.id}
    assert tally.of(muted).status == "firing"  # nobody was told, nobody is late
    told = {one.id: one for one in tally.look(minutes(31))}
    assert told[muted.id].notify
    assert told[muted.id].told_at == NOW + minutes(31)
    assert tally.of(muted).status == "firing"
    assert muted.id in {one.id for one in tally.look(minutes(46)) if one.status == "escalated"}


def test_a_later_silence_shortens_an_earlier_one(tally: Tally, red: Alert) -> None:
    silenced(tally, red, minutes(60))
    silenced(tally, red, minutes(1), after=minutes(5))
    silenced(tally, red, minutes(90), after=-minutes(5))  # comes late
    assert tally.red().notify is False
    tally.look(minutes(7))
    assert all(alert.notify for alert in tally.state.alerts.values())


@pytest.mark.parametrize(
    ("given_", "path"),
    [
        ({"note": "检修"}, "$.data.until"),
        ({"note": "检修", "until_s": NOW_S + 32 * 86_400}, "$.data.until"),
        ({"until_s": NOW_S + 600}, "$.data.note"),
    ],
)
def test_a_silence_without_end_or_reason_is_refused(
    tally: Tally, red: Alert, given_: dict[str, Any], path: str
) -> None:
    [letter] = tally.act(red, "silence", **given_).dead
    assert (letter.reason, letter.path) == ("malformed", path)
    assert tally.red().notify


def test_alerts_of_a_county_and_category_wait_for_one_notice_but_red_ones_do_not() -> None:
    tally = Tally(replace(RULES, life=Life(), count=()))
    [first] = tally.report(people_band="30+", category="D09").alerts
    [second] = tally.report(minutes(2), people_band="30+", category="D09").alerts
    [other] = tally.report(minutes(2), people_band="30+", category="D03").alerts
    assert first.group == second.group == f"{COUNTY}/D09" != other.group
    assert (first.notify, second.notify, other.notify) == (True, False, True)
    [third] = tally.report(minutes(9), people_band="30+", category="D09").alerts
    assert tally.look(minutes(11)) == []
    told = tally.look(minutes(12))
    assert {one.id for one in told} == {second.id, third.id}  # both at once
    assert all(one.notify and one.status == "firing" for one in told)
    reds = [tally.red(category="D09"), tally.red(category="D09")]
    assert all(one.notify for one in reds)


def test_beyond_the_cap_of_a_county_and_day_nobody_is_told_but_of_red_ones(tally: Tally) -> None:
    leaves = ["D01", "D02", "D03", "D04", "D05"]
    alerts = [tally.report(people_band="30+", category=leaf).alerts[0] for leaf in leaves]
    assert [alert.notify for alert in alerts] == [True, True, True, False, False]
    assert "上限" in alerts[-1].muted
    assert tally.red().notify
    [elsewhere] = tally.report(people_band="30+", county="620721").alerts
    assert elsewhere.notify
    [next_day] = tally.report(days(1), people_band="30+", category="D06").alerts
    assert next_day.notify
    assert alerts[-1].id not in {one.id for one in tally.look(days(1))}  # it stays so


INHIBITING = replace(
    RULES,
    incident=(IncidentRule(id="hot", level=2, hours=24, limit=2),),
    inhibit=(
        Inhibition(source="red", mutes=("large-group", "hot"), same=("incident",)),
        Inhibition(source="burst-hour", mutes=("red",), same=("county", "category")),
    ),
)
SAME_MATTER = {"keys": (5,), "name": "小区5", "fingerprint": 5 * 0x9E3779B97F4A7C15 + 1 & 2**64 - 1}


def test_a_red_alert_mutes_lesser_ones_of_its_incident_and_of_no_other() -> None:
    tally = Tally(INHIBITING)
    change = tally.report(severity=1, people_band="30+", **SAME_MATTER)
    red, group = sorted(change.alerts, key=lambda alert: alert.level)
    assert red.notify
    assert red.incident == group.incident != ""
    assert not group.notify
    assert red.id in group.muted
    [hot] = tally.report(minutes(20), **SAME_MATTER).alerts
    assert (hot.rule, hot.incident, hot.notify) == ("hot", red.incident, False)
    [elsewhere] = tally.report(minutes(20), people_band="30+").alerts
    assert elsewhere.notify
    tally.act(red, "close", minutes(21))
    [later] = tally.report(minutes(40), people_band="30+", **SAME_MATTER).alerts
    assert later.notify
    assert group.id not in {one.id for one in tally.look(minutes(60))}


def test_a_post_that_escalates_or_reopens_tells_whatever_muted_it() -> None:
    tally = Tally(INHIBITING)
    change = tally.report(severity=1, people_band="30+", **SAME_MATTER)
    [group] = [alert for alert in change.alerts if alert.rule == "large-group"]
    tally.act(group, "escalate", minutes(1))
    assert tally.of(group).notify
    tally.act(group, "acknowledge", minutes(2))
    assert tally.of(group).status == "acknowledged"


def test_every_change_is_an_upsert_of_the_same_alert(tally: Tally, red: Alert) -> None:
    said: Iterable[Alert] = [
        *tally.act(red, "acknowledge", minutes(1)).alerts,
        *tally.act(red, "close", minutes(2)).alerts,
        *tally.act(red, "useful", minutes(3)).alerts,
    ]
    assert {alert.id for alert in said} == {red.id}
    assert [alert.status for alert in said] == ["acknowledged", "closed", "closed"]


@pytest.mark.parametrize("cut", [False, True])
@pytest.mark.parametrize("known", [False, True])
def test_repeats_of_an_action_get_what_the_action_gets_however_batches_are_cut(
    cut: bool, known: bool
) -> None:
    room = Tally()
    alert = room.red()
    about = alert.id if known else "f" * 16
    first, second = (acted(50, about, "acknowledge") for _ in range(2))
    second.actions[0].offset = 51
    taken = [room.take(first), room.take(second)] if cut else [room.take(first, second)]
    offsets = [letter.offset for change in taken for letter in change.dead]
    assert offsets == ([] if known else [50, 51])
    answers = [row for change in taken for row in change.ledger if row.stream == "alert-actions"]
    assert sum(row.counted for row in answers) == known
    assert sum(row.duplicates for row in answers) == known


def silent(identifier: str, end: datetime) -> Alert:
    return Alert(
        id=identifier,
        rule="silent-source",
        level=3,
        county_code="620702",
        category="",
        window_start=end - timedelta(hours=6),
        window_end=end,
        observed=0,
        limit=1,
        title="",
        reason="",
        raised_at=end,
    )


ENDS = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 40)), min_size=1, max_size=12)


@given(ENDS, st.integers(0, 60))
@settings(deadline=None)
def test_the_latest_of_a_series_is_known_whatever_came_changed_or_went(
    told: list[tuple[str, int]], days: int
) -> None:
    """As a snapshot would have it: an alert that ends earlier than it did, two that go at once."""
    start = datetime(2026, 3, 1, tzinfo=UTC)
    lives = Lives()
    for identifier, day in told:
        lives.apply([silent(identifier, start + timedelta(days=day))], [], [])
    lives.forget(int(start.timestamp()) + days * 86_400)
    restored = Lives()
    restored.apply(lives.alerts.values(), [], [])
    assert lives.latest == restored.latest
    if lives.alerts:
        [latest] = lives.latest.values()
        assert latest.window_end == max(one.window_end for one in lives.alerts.values())
    else:
        assert lives.latest == {}
