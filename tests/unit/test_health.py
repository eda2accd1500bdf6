"""Liveness and readiness: pure functions of samples and now."""

from datetime import UTC, datetime, timedelta

from streams.health import Health, marked, standing_still

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_a_partition_with_work_and_no_progress_stands_still() -> None:
    mark = marked(None, 100, 5, NOON)
    mark = marked(mark, 100, 50, after(30))
    assert not standing_still(mark, after(60), stuck_after_s=60)
    assert standing_still(mark, after(61), stuck_after_s=60)


def test_progress_and_idleness_start_the_wait_anew() -> None:
    progress = marked(marked(None, 100, 5, NOON), 101, 5, after(50))
    assert not standing_still(progress, after(100), stuck_after_s=60)
    # Nothing to do for an hour, then work arrives: the wait starts with the work.
    idle = marked(marked(None, 100, 0, NOON), 100, 0, after(3600))
    busy = marked(idle, 100, 7, after(3610))
    assert not standing_still(idle, after(9999), stuck_after_s=60)
    assert not standing_still(busy, after(3660), stuck_after_s=60)
    assert standing_still(busy, after(3671), stuck_after_s=60)


def test_an_offset_set_back_counts_as_moved() -> None:
    mark = marked(marked(None, 100, 5, NOON), 40, 65, after(50))
    assert not standing_still(mark, after(100), stuck_after_s=60)


def test_live_names_the_partition_that_stands() -> None:
    health = Health("tally", stuck_after_s=60)
    health.note("reports", 0, committed=10, lag=0, now=NOON)
    health.note("reports", 3, committed=7, lag=5, now=NOON)
    assert health.live(after(30)).yes
    verdict = health.live(after(61))
    assert not verdict.yes
    assert verdict.reason == "no progress for 60 s: reports-3 at offset 7 with 5 records left"
    health.forget("reports", 3)
    assert health.live(after(61)).yes


def test_ready_needs_the_stages_word_no_problem_and_progress() -> None:
    health = Health("sink", stuck_after_s=60)
    assert health.is_ready(NOON) == (False, "starting")
    health.problem = ""
    assert health.is_ready(NOON) == (False, "not ready")
    health.ready = True
    assert health.is_ready(NOON) == (True, "")
    health.problem = "ClickHouse does not answer"
    assert health.is_ready(NOON) == (False, "ClickHouse does not answer")
    health.problem = ""
    health.note("counts", 0, committed=1, lag=1, now=NOON)
    assert not health.is_ready(after(61)).yes
