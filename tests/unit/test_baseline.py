"""Statistical baselines: calibrated on what has no outbreak, causal, of fixed size, honest while young."""

from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.baseline import ALARM_SCORE, BYTES, Judgement, Memory, advance, unpack, when
from agents.baseline.channels import corroborate, learn_heard, usual_shares
from agents.baseline.days import HOLIDAY, WORKDAY, week_of
from agents.baseline.tails import all_of, deviance, likely, normal_tail
from streams.errors import Fatal

SUNDAY = date(2026, 3, 15)
EPOCH = date(1970, 1, 1).toordinal()
WEEK = np.array([1.1, 1.0, 1.0, 1.0, 1.0, 0.7, 0.6])
START = 19_000
YEARS = 3


def advanced(counts: Any, memory: Memory | None = None, start: int = START) -> list[Judgement]:
    memory = Memory(np.shape(counts)[1]) if memory is None else memory
    return [advance(memory, row, when(start + day)) for day, row in enumerate(counts)]


def without_outbreaks(means: Any, noise: float, days: int, seed: int = 1) -> Any:
    """Negative binomial (Poisson for noise 1) around level × weekday × season, growing a tenth a year."""
    rng = np.random.default_rng(seed)
    day = np.arange(days)[:, None]
    mean = means * WEEK[(START + day + 3) % 7]
    mean = mean * np.exp(0.4 * np.cos(2 * np.pi * day / 365.25) + 0.1 * day / 365)
    if noise == 1:
        return rng.poisson(mean)
    return rng.negative_binomial(mean / (noise - 1), 1 / noise)


@pytest.fixture(scope="module", params=[1.0, 3.0], ids=["poisson", "noise 3"])
def quiet(request: pytest.FixtureRequest) -> tuple[Any, Any, list[Judgement]]:
    means = np.repeat([0.3, 1, 4, 15, 60, 250], 30)
    counts = without_outbreaks(means, request.param, YEARS * 365)
    return means, counts, advanced(counts)


def test_no_more_days_are_surprising_than_p_says(quiet: tuple[Any, Any, list[Judgement]]) -> None:
    means, _, judged = quiet
    p = np.array([one.p for one in judged[365:]])
    for said in (0.05, 0.01, 0.001):
        assert (p < said).mean() < 1.1 * said
        for mean in np.unique(means):
            assert (p[:, means == mean] < said).mean() < 2 * said
    # And not so few that p says nothing.
    middle = (means >= 4) & (means <= 60)
    assert (p[:, middle] < 0.05).mean() > 0.02


def test_the_interval_holds_the_days_it_says(quiet: tuple[Any, Any, list[Judgement]]) -> None:
    means, counts, judged = quiet
    within = [(row >= one.low) & (row <= one.high) for row, one in zip(counts, judged, strict=True)]
    for mean in np.unique(means):
        assert np.array(within)[365:, means == mean].mean() > 0.94
    expected = np.array([one.expected for one in judged])[365:]
    assert expected[:, means == 60].mean() == pytest.approx(
        counts[365:, means == 60].mean(), rel=0.05
    )


def test_the_young_are_told_little(quiet: tuple[Any, Any, list[Judgement]]) -> None:
    _, _, judged = quiet
    score = np.array([one.score for one in judged])
    assert not (score[:14] > 0.01).any()  # nothing is said before each weekday was seen twice
    assert (score[14:56] > ALARM_SCORE).mean() < 0.01
    assert (score[56:365] > ALARM_SCORE).mean() < 0.01
    young, old = judged[30], judged[-1]
    assert ((young.high / young.expected)[120:] > (old.high / old.expected)[120:]).mean() > 0.9


@pytest.mark.parametrize("days", [1, 5])
def test_a_burst_is_found_by_its_sum(days: int) -> None:
    means = np.full(40, 8.0)
    counts = without_outbreaks(means, 1.5, 2 * 365)
    memory = Memory(40)
    advanced(counts, memory)
    after = without_outbreaks(means, 1.5, 2 * 365 + days)[-days:] + (30 if days == 1 else 14)
    last = advanced(after, memory, START + len(counts))[-1]
    assert (last.score > ALARM_SCORE).mean() > 0.95
    assert (last.expected < 30).all()


def test_a_burst_hardly_moves_what_is_expected_and_a_new_level_does() -> None:
    counts = without_outbreaks(np.full(30, 20.0), 1.0, 500)
    raised = counts.copy()
    raised[400:405] += 60
    raised[450:] += 60
    plain, moved = advanced(counts), advanced(raised)
    assert (moved[406].expected / plain[406].expected).mean() < 1.25
    assert (moved[-1].expected - plain[-1].expected).mean() == pytest.approx(60, rel=0.25)
    assert (moved[-1].score > ALARM_SCORE).mean() < 0.1


def test_one_kind_of_day_that_is_high_now_and_then_is_known_to_mean_nothing() -> None:
    rng = np.random.default_rng(4)
    counts = rng.poisson(50.0, (800, 30))
    mondays = [day for day in range(60, 800) if (START + day + 3) % 7 == 0]
    counts[mondays[::9]] *= 2
    judged = advanced(counts)
    assert (judged[mondays[9]].score > ALARM_SCORE).mean() > 0.7
    later = [judged[day].score > ALARM_SCORE for day in mondays[::9][-4:]]
    assert np.mean(later) < 0.1


def test_what_a_closed_day_held_back_is_no_outbreak() -> None:
    rng = np.random.default_rng(5)
    counts = rng.poisson(50.0, (300, 50))
    counts[250] = 0
    counts[251] += 40
    assert (advanced(counts)[251].score > ALARM_SCORE).mean() < 0.1


def test_season_weekday_and_rest_days_are_learnt() -> None:
    def rest(day: date) -> bool:
        return day.weekday() >= 5 or (day.month, day.day) == (10, 1)

    rng = np.random.default_rng(6)
    memory = Memory(40)
    for day in range(START, START + 1500):
        at = when(day, rest)
        mean = 30 * (0.3 if at.kind == HOLIDAY else 1.0)
        judged = advance(memory, rng.poisson(mean, 40), at)
        if at.kind == HOLIDAY and day > START + 1000:
            assert judged.expected.mean() == pytest.approx(9, rel=0.4)


@settings(max_examples=5, deadline=None)
@given(
    st.integers(20, 70),
    st.integers(0, 2**31),
    st.sampled_from([0, 3, 999]),
)
def test_the_future_changes_nothing(days: int, seed: int, other: int) -> None:
    counts = np.random.default_rng(seed).poisson(6.0, (90, 3))
    changed = counts.copy()
    changed[days:] = other
    one, two = advanced(counts), advanced(changed)
    for before, after in zip(one[:days], two[:days], strict=True):
        assert np.array_equal(before, after)


@settings(max_examples=5, deadline=None)
@given(st.integers(1, 90), st.integers(0, 2**31))
def test_bytes_hold_all_that_is_known(days: int, seed: int) -> None:
    counts = np.random.default_rng(seed).poisson([0.2, 5.0, 900.0], (days + 20, 3))
    memory = Memory(3)
    advanced(counts[:days], memory)
    records = [memory.pack(place) for place in range(3)]
    assert {len(record) for record in records} == {BYTES}
    copy = unpack(records, memory.day)
    rest = advanced(counts[days:], memory, START + days)
    again = advanced(counts[days:], copy, START + days)
    assert all(np.array_equal(one, two) for one, two in zip(rest, again, strict=True))


def test_a_series_is_small_and_a_stranger_is_refused() -> None:
    assert BYTES <= 16 * 1024
    with pytest.raises(Fatal, match="expected"):
        unpack([b"x" * 12], None)


def test_series_are_alone_and_join_later() -> None:
    counts = np.random.default_rng(7).poisson(6.0, (120, 2))
    memory = Memory(1)
    advanced(counts[:50, :1], memory)
    memory.grow(1)
    both = advanced(counts[50:], memory, START + 50)
    alone = advanced(counts[:, :1])
    late = advanced(counts[50:, 1:], None, START + 50)
    assert [one.score[0] for one in both] == [one.score[0] for one in alone[50:]]
    assert [one.score[1] for one in both] == [one.score[0] for one in late]


def test_no_day_is_left_out() -> None:
    memory = Memory(1)
    advance(memory, [1], when(START))
    with pytest.raises(Fatal, match=f"expected {START + 1}"):
        advance(memory, [1], when(START + 2))


def test_calendar() -> None:
    sunday = when(SUNDAY.toordinal() - EPOCH)
    assert (sunday.weekday, sunday.kind) == (6, 6)
    assert when(SUNDAY.toordinal() - EPOCH, lambda _: False).kind == WORKDAY
    assert when(SUNDAY.toordinal() - EPOCH + 1, lambda _: True).kind == HOLIDAY
    back = [sunday.day - (SUNDAY.replace(year=2026 - k).toordinal() - EPOCH) for k in range(1, 7)]
    assert sunday.dates == tuple((sunday.day - days) % 2200 for days in back)
    assert when(date(2028, 2, 29).toordinal() - EPOCH).dates[0] is not None
    weights = dict(sunday.season)
    assert sum(weights.values()) == pytest.approx(6 * 6.0)
    assert week_of(sunday.day) % 320 not in weights  # only earlier years


def test_tails_against_scipy() -> None:
    stats = pytest.importorskip("scipy.stats", reason="needs the extra `train`")
    z = np.linspace(-8, 37, 1000)
    assert normal_tail(z) == pytest.approx(stats.norm.sf(z), rel=1e-8)
    p = np.random.default_rng(1).uniform(1e-6, 1, (4, 200))
    combined = [stats.combine_pvalues(column)[1] for column in p.T]
    assert all_of(p) == pytest.approx(np.array(combined), rel=1e-9)
    for mean in (1.0, 5.0, 40.0, 300.0):
        for noise in (1.0, 1.5, 3.0):
            law = stats.poisson(mean) if noise == 1 else stats.nbinom(mean / (noise - 1), 1 / noise)
            counts = np.arange(int(mean) + 1, int(law.isf(1e-6)) + 1, dtype=float)
            said = normal_tail(deviance(counts, np.array(mean), np.array(noise * mean)))
            ratio = said / law.sf(counts - 1)
            assert 1 <= ratio.min() <= ratio.max() < (1.7 if noise == 1 else 4.4), (mean, noise)
            low, high = likely(np.array([mean]), np.array([noise * mean]), 1.96)
            assert law.cdf(high[0]) - law.cdf(low[0] - 1) > 0.94, (mean, noise)


def channels(counts: list[float], p: float, heard: tuple[float, ...] = (40, 40, 20)) -> Any:
    judged = Judgement(*(np.array([v]) for v in (p, 12.0, 14.0, 5.0, 20.0, -np.log10(p))))
    return corroborate(judged, np.array(counts)[:, None], np.array(heard, float)[:, None])


def test_channels_that_agree_raise_and_one_alone_lowers() -> None:
    agreed = channels([13, 13, 9], 1e-3)
    assert agreed.voices[0] == 3
    assert agreed.p[0] < 1e-3
    alone = channels([28, 4, 3], 1e-3)
    assert (alone.voices[0], alone.loudest[0]) == (1, 0)
    assert alone.p[0] == pytest.approx(1e-3**0.5)
    assert channels([6, 6, 2], 0.3).p[0] == 0.3


def test_a_channel_that_usually_has_most_may_have_most_of_a_rise() -> None:
    usual = (20.0, 70.0, 10.0)
    rise = channels([5, 20, 2], 2e-3, usual)
    assert (rise.voices[0], rise.loudest[0]) == (1, 1)
    assert rise.p[0] == 2e-3
    campaign = channels([1, 40, 0], 2e-3, usual)
    assert campaign.voices[0] == 1
    assert campaign.p[0] == pytest.approx(2e-3**0.5)
    # Who has heard little of a series takes it to be like the others, and is less sure of it.
    assert channels([1, 18, 0], 2e-3, (2.0, 7.0, 1.0)).p[0] == 2e-3
    assert channels([1, 40, 0], 2e-3, (0.0, 0.0, 0.0)).p[0] > 2e-3


def test_shares_of_channels_are_learnt() -> None:
    heard = np.zeros((2, 1))
    for _ in range(400):
        heard = learn_heard(heard, np.array([[16.0], [4.0]]))
    assert usual_shares(heard)[:, 0] == pytest.approx([0.8, 0.2], abs=0.01)
    # A new series is like those that are known; one flood does not change what was learnt of years.
    heard = np.concatenate([heard, np.zeros((2, 1))], 1)
    assert usual_shares(heard)[:, 1] == pytest.approx([0.8, 0.2], abs=0.01)
    flooded = learn_heard(heard[:, :1], np.array([[0.0], [1000.0]]))
    assert usual_shares(flooded)[0, 0] > 0.75


def test_few_reports_take_what_they_cannot_tell_from_the_weeks_before() -> None:
    rng = np.random.default_rng(3)
    counts = rng.poisson(0.3, (147, 300))
    memory = Memory(300)
    judged = advanced(counts[:-1], memory)[60:]
    assert np.array([one.expected for one in judged]).mean() == pytest.approx(0.3, rel=0.2)
    spread = np.array([one.variance / one.expected for one in judged])
    assert np.quantile(spread, 0.9) < 2
    assert (np.array([one.p for one in judged]) < 0.01).mean() < 0.01
    burst = advanced(counts[-1:] + 5, memory, START + 146)[0]
    assert (burst.p < 0.01).mean() > 0.75


def test_years_of_nothing_are_borne_and_a_burst_after_them_is_seen() -> None:
    counts = np.zeros((700, 2), int)
    counts[650, 0] = 6
    judged = advanced(counts)
    assert judged[650].p[0] < 0.005
    assert judged[650].p[1] > 0.5
    assert judged[650].expected[1] == pytest.approx(0.1)
    assert judged[650].high[1] <= 4
