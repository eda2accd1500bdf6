"""Cases: their way, whatever order updates come in; stars, whistles, measures, rates."""

from importlib.resources import files
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.cases.case import STEPS_MAX, Case, Maker, kept
from agents.cases.counting import unpacked
from agents.cases.following import CaseFollowing
from agents.cases.holding import CLOSED_DAYS, OPEN_DAYS, Cases
from agents.cases.limits import CalendarRule, Limits, OverdueRule, Timing
from agents.cases.rates import RATES, Rate, sums
from agents.cases.steps import CLOSED, NEXT, STARTS, Step, Verdict, step_of, verdicts
from agents.cases.story import story
from streams.cases import MEASURES, CaseDayRow, CaseStep, CaseStepRow

ZONE = ZoneInfo("Asia/Shanghai")
TIMING = Timing(CalendarRule(), ZONE)
OVERDUE = (OverdueRule("o-80", 4, 80), OverdueRule("o-100", 3, 100), OverdueRule("o-150", 2, 150))
MAKER = Maker(Limits(), OVERDUE, TIMING)
HOUR = 3_600
DAY = 86_400
MONDAY = 1_772_409_600  # 2026-03-02T08:00+08:00
COUNTY = "620702"


def way(*statuses: str, level: int = 1, **facts: object) -> list[Step]:
    """A case's steps, an hour apart, versions from 1 on."""
    return [
        Step(n + 1, MONDAY + n * HOUR, status, level, **facts)  # type: ignore[arg-type]
        for n, status in enumerate(statuses)
    ]


@pytest.mark.parametrize(
    "statuses",
    [
        ("registered", "accepted", "dispatched", "in_mediation", "resolved", "verified"),
        ("registered", "dispatched", "returned", "dispatched", "accepted", "resolved"),
        ("registered", "accepted", "in_mediation", "closed_unresolved", "transferred"),
        ("registered", "resolved", "reopened", "in_mediation", "resolved", "verified", "reopened"),
        ("registered", "out_of_scope", "reopened", "merged"),
        ("accepted", "accepted", "in_mediation"),
    ],
)
def test_the_usual_ways_are_legal(statuses: tuple[str, ...]) -> None:
    assert set(verdicts(way(*statuses))) == {Verdict.LEGAL}


@pytest.mark.parametrize(
    ("statuses", "verdict"),
    [
        (("in_mediation",), Verdict.START),
        (("registered", "verified"), Verdict.OUT_OF_WAY),
        (("registered", "reopened"), Verdict.OUT_OF_WAY),
        (("registered", "resolved", "in_mediation"), Verdict.AFTER_END),
        (("registered", "merged", "accepted"), Verdict.AFTER_END),
        (("accepted", "escalated"), Verdict.NOT_RAISED),
    ],
)
def test_a_step_out_of_the_way_is_flagged_and_still_moves_the_case(
    statuses: tuple[str, ...], verdict: Verdict
) -> None:
    steps = way(*statuses)
    assert verdicts(steps) == [Verdict.LEGAL] * (len(steps) - 1) + [verdict]
    told = story(steps)
    assert (told.last.status, told.flagged) == (statuses[-1], 1)


def test_escalating_to_a_higher_level_is_legal() -> None:
    steps = [*way("registered", "accepted"), Step(3, MONDAY + 3 * HOUR, "escalated", 2)]
    assert verdicts(steps)[-1] is Verdict.LEGAL


def test_a_gap_is_told_apart_until_what_is_missing_comes() -> None:
    registered, _, resolved, verified = way("registered", "accepted", "resolved", "verified")
    assert verdicts([registered, verified]) == [Verdict.LEGAL, Verdict.GAP]
    assert verdicts([registered, resolved, verified]) == [Verdict.LEGAL] * 3
    assert verdicts([verified]) == [Verdict.GAP]


def test_of_two_different_updates_of_one_version_the_later_reported_stands() -> None:
    early, late = Step(1, MONDAY, "accepted", 1), Step(1, MONDAY + 1, "registered", 1)
    assert verdicts([early, late]) == [Verdict.REPLACED, Verdict.LEGAL]
    assert story([early, late]).last == late


def test_the_table_knows_every_status_and_ends_are_left_by_reopening_only() -> None:
    assert {status for ways in NEXT.values() for status in ways} | STARTS == set(NEXT)
    for status in CLOSED:
        assert "reopened" in NEXT[status]
        assert not NEXT[status] & {"accepted", "dispatched", "in_mediation", "escalated"}


steps_of_a_case = st.lists(
    st.builds(
        Step,
        version=st.integers(1, 9),
        reported_s=st.integers(0, 40).map(lambda n: MONDAY + n * 7 * HOUR),
        status=st.sampled_from(sorted(NEXT)),
        level=st.integers(1, 4),
        owner_org=st.sampled_from(["", "司法所", "住建局"]),
        deadline_s=st.sampled_from([0, MONDAY + 9 * DAY]),
        merged_into=st.sampled_from(["", "c-2"]),
        deadline_class=st.sampled_from(["", "24h"]),
        contacted_s=st.sampled_from([0, MONDAY + 3 * DAY]),
        solved=st.booleans(),
        satisfaction=st.integers(0, 5),
        plan=st.booleans(),
        action=st.booleans(),
        whistle_step=st.sampled_from(["", "issued", "accepted", "verified"]),
    ),
    min_size=1,
    max_size=10,
)


def update(step: Step, identity: int = 0, case_id: str = "c-1") -> CaseStep:
    return CaseStep(
        identity,
        0,
        COUNTY,
        case_id,
        step.version,
        step.status,
        step.level,
        step.reported_s,
        step.owner_org,
        step.deadline_s,
        -1,
        step.merged_into,
        step.deadline_class,
        step.contacted_s,
        step.solved,
        step.satisfaction,
        step.plan,
        step.action,
        step.whistle_step,
    )


def followed(
    batches: list[list[Step]], cases: Cases | None = None
) -> tuple[Cases, dict[int, CaseStepRow], dict[tuple[int, str, int], list[int]]]:
    """The cases after these batches, and what the store has: the last row of each key."""
    cases = Cases() if cases is None else cases
    steps: dict[int, CaseStepRow] = {}
    days: dict[tuple[int, str, int], list[int]] = {}
    for batch in batches:
        following = CaseFollowing(cases, MAKER)
        for step in batch:
            following.take(update(step), MONDAY * 1000)
        following.settle(MONDAY * 1000)
        cases.apply(following.changed, following.days)
        steps |= {row.step: row for row in following.steps}
        _, totals = cases.totals(following.changed, following.days)
        days |= {(row.level, row.owner_org, row.day): row.measures.copy() for row in totals}
    return cases, steps, days


def held(cases: Cases) -> dict[object, object]:
    days = {key: measures for key, measures in cases.days.items() if any(measures)}
    return {**cases.held, "days": days}


@given(steps_of_a_case, st.data())
@settings(deadline=None)
def test_updates_in_any_order_repeated_and_cut_anyhow_give_the_same_case(
    steps: list[Step], data: st.DataObject
) -> None:
    whole, rows, days = followed([steps])
    shuffled = data.draw(st.permutations([*steps, *data.draw(st.lists(st.sampled_from(steps)))]))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(shuffled)))))
    edges = zip([0, *cuts], [*cuts, len(shuffled)], strict=True)
    again, rows_again, days_again = followed([shuffled[start:end] for start, end in edges])
    assert held(again) == held(whole)
    assert rows_again == rows
    assert {key: n for key, n in days_again.items() if any(n)} == days
    # Nothing is lost of what belongs to the case.
    assert len(rows) == len({step_of(update(step)) for step in steps})


@given(steps_of_a_case)
@settings(deadline=None)
def test_measures_are_what_the_cases_as_they_stand_come_to(steps: list[Step]) -> None:
    """Whatever was counted on the way is taken back when it no longer holds."""
    cases, _, _ = followed([[step] for step in steps])
    case = cases.held[COUNTY, "c-1"]
    summed: dict[tuple[str, int, str, int], list[int]] = {}
    for day, place in unpacked(case.counted):
        key = (COUNTY, case.row.level, case.row.owner_org, day)
        summed.setdefault(key, [0] * len(MEASURES))[place] += 1
    assert held(cases)["days"] == summed


def test_a_long_case_keeps_its_first_and_its_latest_steps_whatever_the_order() -> None:
    steps = [Step(n, MONDAY + n, "accepted", 1) for n in range(1, STEPS_MAX + 20)]
    ordered = kept(set(steps))
    assert [step.version for step in ordered] == [1, *range(21, STEPS_MAX + 20)]
    forward, _, _ = followed([[step] for step in steps])
    backward, _, _ = followed([[step] for step in reversed(steps)])
    assert held(forward) == held(backward)


def case_of(steps: list[Step]) -> Case:
    return MAKER.case((COUNTY, "c-1"), steps, story(steps), [], 0)


def test_stars_go_one_by_one_and_come_back_when_reopened() -> None:
    steps = [
        Step(1, MONDAY, "registered", 1),
        Step(2, MONDAY, "accepted", 1, "司法所"),
        Step(3, MONDAY, "accepted", 1, plan=True),
        Step(4, MONDAY, "in_mediation", 1),
        Step(5, MONDAY, "resolved", 1),
        Step(6, MONDAY, "verified", 1),
        Step(7, MONDAY, "reopened", 1, "司法所"),
    ]
    left = [case_of(steps[:n]).row.stars for n in range(1, 8)]
    assert left == [5, 4, 3, 2, 1, 0, 4]


def test_a_whistle_issued_again_is_another_one() -> None:
    def blown(*said: str) -> list[Step]:
        return [
            Step(n + 1, MONDAY + n, "dispatched", 1, whistle_step=step)
            for n, step in enumerate(said)
        ]

    whistle = story(blown("issued", "accepted", "accepted", "issued", "arrived")).whistle
    assert whistle is not None
    assert (whistle.number, whistle.step, whistle.awaited) == (2, "arrived", "feedback")
    done = story(blown("issued", "verified", "arrived")).whistle
    assert done is not None
    assert (done.step, done.awaited) == ("verified", "")


def measured(steps: list[Step]) -> dict[str, int]:
    cases, _, _ = followed([steps])
    return sums(cases.days.values())


def test_every_thing_is_counted_once_on_its_day() -> None:
    steps = [
        Step(1, MONDAY, "registered", 1, "司法所"),
        Step(2, MONDAY + HOUR, "accepted", 1),
        Step(3, MONDAY + 5 * HOUR, "resolved", 1),
        Step(4, MONDAY + 2 * DAY, "verified", 1, contacted_s=MONDAY + 2 * DAY, solved=True,
             satisfaction=3),
    ]  # fmt: skip
    assert measured(steps) == dict.fromkeys(MEASURES, 1) | {"reopened": 0}
    cases, _, _ = followed([steps])
    day = TIMING.day(MONDAY)
    assert {key[3] - day for key in cases.days} == {0, 1, 2}
    assert all(key[:3] == (COUNTY, 1, "司法所") for key in cases.days)


def test_a_reopened_case_is_found_once_and_no_longer_resolved() -> None:
    told = measured(way("registered", "accepted", "resolved", "reopened"))
    assert (told["found"], told["resolved"], told["closed"], told["reopened"]) == (1, 0, 0, 1)


def test_what_is_merged_or_out_of_scope_is_in_no_rate() -> None:
    for status in ("merged", "out_of_scope"):
        assert not any(measured(way("registered", status)).values())


def test_closed_late_is_not_on_time_and_taken_on_late_is_no_response() -> None:
    late = [Step(1, MONDAY, "registered", 1), Step(2, MONDAY + 3 * DAY, "resolved", 1)]
    told = measured(late)
    assert (told["due"], told["on_time"], told["response_due"], told["responded"]) == (1, 0, 1, 0)
    assert (told["closed"], told["found_resolved"]) == (1, 1)


def test_transferred_is_closed_but_not_resolved() -> None:
    told = measured(way("registered", "accepted", "transferred"))
    assert (told["closed"], told["found_closed"], told["resolved"]) == (1, 1, 0)


def test_when_the_owner_changes_all_of_the_case_goes_with_it() -> None:
    first, second = Step(1, MONDAY, "registered", 1, "甲"), Step(2, MONDAY, "accepted", 2, "乙")
    cases, _, days = followed([[first], [second]])
    assert {key[1:3] for key, measures in cases.days.items() if any(measures)} == {(2, "乙")}
    assert all(not any(n) for (level, owner, _), n in days.items() if owner == "甲")


@pytest.mark.parametrize(
    ("name", "numerator", "denominator"),
    [
        ("resolution", "resolved", "found"),
        ("cohort_resolution", "found_resolved", "found"),
        ("verified_resolution", "found_verified", "found"),
        ("closing", "found_closed", "found"),
        ("on_time", "on_time", "due"),
        ("response", "responded", "response_due"),
        ("solving", "solved", "called_back"),
        ("satisfaction", "satisfied", "called_back"),
    ],
)
def test_each_rate_has_its_numerator_denominator_and_definition(
    name: str, numerator: str, denominator: str
) -> None:
    of = {measure: 100 + place for place, measure in enumerate(MEASURES)}
    rate = RATES[name](of)
    assert (rate.numerator, rate.denominator) == (of[numerator], of[denominator])
    assert rate.value == of[numerator] / of[denominator]
    assert "÷" in rate.definition
    assert "率" in rate.name
    assert RATES[name](dict.fromkeys(MEASURES, 0)).value is None
    assert set(RATES) >= {name}


def test_a_rate_of_nothing_is_none_and_not_zero() -> None:
    assert Rate("化解率", 0, 0, "").value is None
    assert Rate("化解率", 0, 1, "").value == 0
    assert sums([]) == dict.fromkeys(MEASURES, 0)


def test_cases_and_days_are_forgotten_past_their_horizon() -> None:
    today = MONDAY // DAY
    cases, _, _ = followed([way("registered", "resolved")])
    cases.forget(today + CLOSED_DAYS)
    assert cases.held
    assert cases.days
    cases.forget(today + CLOSED_DAYS + 2)
    assert not cases.held
    assert not cases.days
    still_open, _, _ = followed([way("registered")])
    still_open.forget(today + OPEN_DAYS)
    assert still_open.held
    still_open.forget(today + OPEN_DAYS + 1)
    assert not still_open.held


def test_days_that_are_forgotten_do_not_begin_again() -> None:
    """A total that began again from nothing would replace the true one in the store."""
    cases = Cases()
    old = [Step(1, MONDAY - 500 * DAY, "registered", 1)]
    following = CaseFollowing(cases, MAKER)
    following.take(update(old[0]), MONDAY * 1000)
    following.settle(MONDAY * 1000)
    assert following.days == []
    assert [row.status for row in following.steps] == ["registered"]
    assert following.changed[0].row.found_s == MONDAY - 500 * DAY


def test_how_a_county_stands_within_a_window() -> None:
    cases = Cases()
    ways = {
        "open": way("registered"),
        "resolved": way("registered", "accepted", "resolved", "verified"),
        "handed on": way("registered", "transferred"),
        "merged": way("registered", "merged"),
        "found later": [Step(1, MONDAY + 9 * DAY, "registered", 1)],
    }
    following = CaseFollowing(cases, MAKER)
    for case_id, steps in ways.items():
        for step in steps:
            following.take(update(step, case_id=case_id), MONDAY * 1000)
    following.settle(MONDAY * 1000)
    cases.apply(following.changed, following.days)
    assert cases.standing(COUNTY, MONDAY, MONDAY + 3 * HOUR) == (3, 1, 1, 0)
    assert cases.standing(COUNTY, MONDAY, MONDAY + HOUR) == (3, 0, 3, 0)
    # What is resolved counts on the day it was, not when it was verified.
    assert cases.standing(COUNTY, MONDAY + 3 * HOUR, MONDAY + 2 * DAY) == (0, 0, 1, 1)
    assert cases.standing("620721", MONDAY, MONDAY + DAY) == (0, 0, 0, 0)


def test_a_case_goes_on_as_the_one_it_was_merged_into() -> None:
    following = CaseFollowing(Cases(), MAKER)
    registered, merged = way("registered", "merged", merged_into="c-2")
    assert following.take(update(merged), MONDAY * 1000)
    assert not following.take(update(registered), MONDAY * 1000)
    assert following.goes_on_as(COUNTY, "c-1") == "c-2"
    following.settle(MONDAY * 1000)
    cases = Cases()
    cases.apply(following.changed, following.days)
    later = CaseFollowing(cases, MAKER)
    assert later.goes_on_as(COUNTY, "c-1") == "c-2"
    assert later.goes_on_as(COUNTY, "c-2") == ""


def test_all_orders_of_a_whole_way_end_the_same() -> None:
    steps = way("registered", "dispatched", "escalated", "resolved", owner_org="住建局")
    ends = [followed([[step] for step in order])[0] for order in permutations(steps)]
    assert all(held(end) == held(ends[0]) for end in ends)


def test_days_rows_survive_a_snapshot() -> None:
    cases, _, _ = followed([way("registered", "resolved")])
    restored = Cases()
    restored.apply(
        cases.held.values(), [CaseDayRow(*key, n.copy()) for key, n in cases.days.items()]
    )
    assert held(restored) == held(cases)


def test_the_store_has_the_same_rates_with_the_same_words() -> None:
    schema = files("sinks") / "schema"
    [sql] = [one.read_text("utf-8") for one in schema.iterdir() if one.name.endswith("_cases.sql")]
    places = {measure: place for place, measure in enumerate(MEASURES, 1)}
    told = {}
    for rate, of in RATES.items():
        found = of(places)
        over, under = (MEASURES[place - 1] for place in (found.numerator, found.denominator))
        told[rate] = f"('{rate}', '{found.name}', {over}, {under}, '{found.definition}')"
    assert [line.strip(" ,") for line in sql.splitlines() if line.startswith("    ('")] == list(
        told.values()
    )
