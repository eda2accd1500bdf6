"""What a channel says next: order, groups, limit, quiet hours, summaries, tries, and what is done."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.channels.answers import ACCEPTED, Answer, Outcome
from sinks.channels.assignor import OneVoice
from sinks.channels.book import Book, Told
from sinks.channels.config import Channel, Limit, Quiet
from sinks.channels.desk import LONGEST_WAIT_S, TRIES_BEFORE_ASIDE, Desk, Notice
from sinks.channels.messages import Message, of_alert, of_digest, wanted
from sinks.rows import COLUMNS
from streams.answers import Alert
from tests.stores import alert, digest

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 3, 1, 12, tzinfo=ZONE).astimezone(UTC)
PLACE = ("alerts", 0)
LATER = Answer(Outcome.LATER, "HTTP 503")
REFUSED = Answer(Outcome.REFUSED, "HTTP 400")
HOUR = timedelta(hours=1)


def raised(number: int, **given: Any) -> Alert:
    """A yellow alert of a category of its own, unless said otherwise."""
    fields = {"level": 3, "category": f"D{number % 18 + 1:02}", "raised_at": NOON}
    return alert(f"{number:016x}", **(fields | given))


def message(number: int, **given: Any) -> Message:
    found = of_alert(raised(number, **given))
    assert found
    return found


def desk_of(channel: Channel, book: Book | None = None) -> Desk:
    return Desk(channel, book or Book(channel.name, NOON - HOUR), ZONE, jitter=lambda: 1.0)


def filled(desk: Desk, messages: Iterable[Message], now: datetime = NOON, start: int = 0) -> None:
    for offset, one in enumerate(messages, start):
        desk.take(PLACE, offset, one, now)


def told(desk: Desk, now: datetime = NOON) -> list[Notice]:
    """Everything it says now, each accepted."""
    found = []
    while notice := desk.next(now):
        found.append(notice)
        desk.settle(ACCEPTED, now)
    return found


def ids(notices: Iterable[Notice]) -> list[list[int]]:
    return [[int(one.key.id, 16) for one in notice.messages] for notice in notices]


def table(*books: Book) -> list[dict[str, Any]]:
    """The rows as the store gives them back FINAL."""
    stand: dict[tuple[object, ...], dict[str, Any]] = {}
    for book in books:
        for row in book.rows:
            named = dict(zip(COLUMNS["notices"], row, strict=True))
            key = (named["alert_id"], named["status"], named["since"])
            named["since"] = datetime.fromtimestamp(named["since"], UTC)
            named["at"] = datetime.fromtimestamp(named["at"] / 1000, UTC)
            if key not in stand or stand[key]["version"] < named["version"]:
                stand[key] = named
    return list(stand.values())


PLAIN = Channel(name="duty", url="json://x")
FEW = Channel(name="duty", url="json://x", limit=Limit(messages=2, minutes=60))


# -- what is for it ------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "given", "expected"),
    [
        ({}, {}, True),
        ({"level": "yellow"}, {}, True),
        ({"level": "orange"}, {}, False),
        ({"counties": ("6207",)}, {}, True),
        ({"counties": ("6206",)}, {}, False),
        ({"categories": ("D02",)}, {}, True),
        ({"categories": ("D03",)}, {}, False),
        ({"kinds": ("daily_report",)}, {}, False),
        ({"escalated": "only"}, {}, False),
        ({"escalated": "only"}, {"status": "escalated", "status_at": NOON}, True),
        ({"escalated": "never"}, {"status": "escalated", "status_at": NOON}, False),
        ({"counties": ("62",)}, {"county_code": "000000"}, False),
    ],
)
def test_what_a_channel_wants(
    settings: dict[str, Any], given: dict[str, Any], expected: bool
) -> None:
    channel = Channel(name="duty", url="json://x", **settings)
    assert wanted(channel, message(1, **given)) is expected


@pytest.mark.parametrize(
    "given",
    [
        {"notify": False, "muted": "silence"},
        {"status": "acknowledged", "status_at": NOON},
        {"status": "assigned", "status_at": NOON},
        {"status": "closed", "status_at": NOON},
    ],
)
def test_what_is_muted_or_taken_up_is_not_told(given: dict[str, Any]) -> None:
    assert of_alert(raised(1, **given)) is None


def test_digests_go_by_kind() -> None:
    channel = Channel(name="duty", url="json://x", kinds=("daily_report",))
    assert wanted(channel, of_digest(digest()))
    assert not wanted(channel, of_digest(digest(kind="daily_consult")))


def test_nothing_from_before_the_channel_and_nothing_stale() -> None:
    desk = desk_of(PLAIN)
    filled(desk, [message(1, raised_at=NOON - 3 * HOUR), message(2)])
    assert ids(told(desk)) == [[2]]
    assert desk.offsets() == {PLACE: 2}
    old = desk_of(PLAIN, Book("duty", NOON - timedelta(days=90)))
    filled(old, [message(1, raised_at=NOON - timedelta(days=31)), message(2)])
    assert ids(told(old)) == [[2]]


# -- order, groups, once -------------------------------------------------------


def test_in_order_and_committed_only_up_to_what_is_told() -> None:
    desk = desk_of(PLAIN)
    filled(desk, [message(1), message(2), message(3)])
    assert desk.offsets() == {PLACE: 0}
    for number in (1, 2, 3):
        notice = desk.next(NOON)
        assert notice
        assert ids([notice]) == [[number]]
        desk.settle(ACCEPTED, NOON)
        assert desk.offsets() == {PLACE: number}
    assert desk.next(NOON) is None


def test_what_waits_of_one_group_goes_as_one() -> None:
    desk = desk_of(PLAIN)
    same = {"category": "D09"}
    filled(desk, [message(1, **same), message(2), message(3, **same), message(4, **same)])
    assert ids(told(desk)) == [[1, 3, 4], [2]]


def test_groups_are_bounded_and_escalated_ones_apart() -> None:
    desk = desk_of(PLAIN)
    same: dict[str, Any] = {"group": "g"}
    up = {"status": "escalated", "status_at": NOON}
    filled(desk, [*(message(n, **same) for n in range(12)), message(50, **same, **up)])
    assert ids(told(desk)) == [[*range(10)], [10, 11], [50]]


def test_a_commit_never_passes_what_waits_behind_a_group() -> None:
    desk = desk_of(PLAIN)
    filled(desk, [message(1, group="a"), message(2, group="b"), message(3, group="a")])
    desk.next(NOON)
    desk.settle(ACCEPTED, NOON)  # 1 and 3 are told
    assert desk.offsets() == {PLACE: 1}


def test_told_once_for_id_status_and_since() -> None:
    desk = desk_of(PLAIN)
    up = {"status": "escalated", "status_at": NOON}
    again = {"status": "escalated", "status_at": NOON + HOUR}
    filled(desk, [message(1), message(1), message(1, **up), message(1, **up), message(1, **again)])
    assert ids(told(desk)) == [[1], [1, 1]]
    filled(desk, [message(1), message(1, **up)], start=9)
    assert told(desk) == []
    assert desk.offsets() == {PLACE: 11}


def test_a_restart_knows_what_was_told() -> None:
    desk = desk_of(PLAIN)
    filled(desk, [message(1), message(2)])
    desk.next(NOON)
    desk.settle(ACCEPTED, NOON)  # then the worker dies: 2 was not told
    again = desk_of(PLAIN, Book.of_rows("duty", table(desk.book), NOON))
    filled(again, [message(1), message(2)])
    assert ids(told(again)) == [[2]]


def test_opened_is_written_once_and_kept() -> None:
    first = Book.of_rows("duty", [], NOON)
    later = Book.of_rows("duty", table(first), NOON + 9 * HOUR)
    assert later.opened == first.opened == NOON
    assert later.rows == []


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=25))
def test_every_message_is_told_once_whatever_fails_and_restarts(
    steps: list[tuple[int, bool]],
) -> None:
    """Steps: 0 accepted, 1 later, 2 a crash before the commit, 3 a crash after it."""
    messages = [message(n, category=f"D{n % 3 + 1:02}", level=1) for n in range(8)]
    books = [Book("duty", NOON - HOUR)]
    desk, committed = desk_of(PLAIN, books[0]), 0
    filled(desk, messages)
    said: list[int] = []
    for step, _ in steps:
        notice = desk.next(NOON)
        if notice is None:
            break
        if step == 1:
            desk.settle(LATER, NOON)
            continue
        said += ids([notice])[0]
        desk.settle(ACCEPTED, NOON)
        committed = desk.offsets()[PLACE]
        if step >= 2:
            books.append(Book.of_rows("duty", table(*books), NOON))
            desk = desk_of(PLAIN, books[-1])
            filled(desk, messages[committed:], start=committed)
    said += [number for part in ids(told(desk)) for number in part]
    assert sorted(said) == [*range(8)]
    assert desk.offsets().get(PLACE, committed) == 8


# -- limit, quiet hours, summary -----------------------------------------------


def test_over_the_limit_is_counted_and_summed_up_once_an_interval() -> None:
    desk = desk_of(FEW)
    filled(desk, [message(n) for n in range(7)])
    assert ids(told(desk)) == [[0], [1]]
    assert desk.offsets() == {PLACE: 7}
    assert told(desk, NOON + HOUR - timedelta(seconds=1)) == []
    (summary,) = told(desk, NOON + HOUR)
    assert [int(key.id, 16) for key, _ in summary.summary] == [2, 3, 4, 5, 6]
    assert told(desk, NOON + 5 * HOUR) == []
    outcomes = [row["outcome"] for row in table(desk.book)]
    assert sorted(outcomes) == ["sent"] * 2 + ["summed"] * 5


def test_a_summary_is_not_lost_with_the_worker() -> None:
    desk = desk_of(FEW)
    filled(desk, [message(n) for n in range(5)])
    told(desk)
    again = desk_of(FEW, Book.of_rows("duty", table(desk.book), NOON))
    filled(again, [message(9)], start=5)
    assert told(again) == []  # the limit counts what the worker before it sent
    (summary,) = told(again, NOON + HOUR)
    assert len(summary.summary) == 4


@pytest.mark.parametrize(
    "given",
    [{"level": 1}, {"status": "escalated", "status_at": NOON}],
)
def test_red_and_escalated_are_held_back_by_nothing(given: dict[str, Any]) -> None:
    channel = Channel(
        name="duty", url="json://x", limit=Limit(1, 60), quiet=Quiet("00:00", "23:59", "red")
    )
    desk = desk_of(channel)
    filled(desk, [message(n, **given) for n in range(4)])
    assert ids(told(desk)) == [[0], [1], [2], [3]]


def test_at_night_the_lesser_ones_wait_for_the_morning() -> None:
    channel = Channel(name="duty", url="json://x", quiet=Quiet("22:00", "07:00"))
    night = datetime(2026, 3, 1, 23, tzinfo=ZONE).astimezone(UTC)
    desk = desk_of(channel, Book("duty", night - HOUR))
    late = {"raised_at": night}
    filled(desk, [message(1, level=3, **late), message(2, level=2, **late)], night)
    assert ids(told(desk, night)) == [[2]]
    assert told(desk, night + 7 * HOUR) == []
    (summary,) = told(desk, night + 8 * HOUR)
    assert [one.why for _, one in summary.summary] == ["quiet"]


# -- tries ---------------------------------------------------------------------


def test_waits_grow_to_a_cap_and_nothing_is_given_up() -> None:
    desk = desk_of(PLAIN)
    filled(desk, [message(1), message(2)])
    waits = []
    for _ in range(60):
        assert ids([desk.next(NOON) or Notice("")]) == [[1]]
        waits.append(desk.settle(LATER, NOON))
    assert waits[:5] == [1, 2, 4, 8, 16]
    assert waits[-1] == LONGEST_WAIT_S
    assert desk.offsets() == {PLACE: 0}
    assert ids(told(desk)) == [[1], [2]]


def test_jitter_halves_at_most_and_a_service_may_ask_for_more() -> None:
    desk = Desk(PLAIN, Book("duty", NOON), ZONE, jitter=lambda: 0.0)
    filled(desk, [message(1)])
    desk.next(NOON)
    assert desk.settle(LATER, NOON) == 0.5
    assert desk.settle(Answer(Outcome.LATER, "", 30.0), NOON) == 30.0


def test_a_message_nobody_wants_is_put_aside_and_the_next_goes_on() -> None:
    desk = desk_of(PLAIN)
    filled(desk, [message(1), message(2)])
    for left in range(TRIES_BEFORE_ASIDE, 0, -1):
        desk.next(NOON)
        assert desk.is_aside(REFUSED) is (left == 1)
        desk.settle(REFUSED, NOON)
    assert ids(told(desk)) == [[2]]
    rows = {int(row["alert_id"], 16): row for row in table(desk.book)}
    assert (rows[1]["outcome"], rows[1]["reason"]) == ("refused", "HTTP 400")
    assert rows[1]["tries"] == TRIES_BEFORE_ASIDE
    assert rows[2]["outcome"] == "sent"


def test_a_wrong_address_puts_nothing_aside() -> None:
    desk = desk_of(PLAIN)
    filled(desk, [message(1)])
    for _ in range(50):
        desk.next(NOON)
        desk.settle(Answer(Outcome.MISPLACED, "HTTP 404"), NOON)
    assert ids(told(desk)) == [[1]]


def test_a_notice_stays_the_same_while_it_is_tried() -> None:
    """A repeat must be one that the receiver can know: same id, same content."""
    desk = desk_of(PLAIN)
    filled(desk, [message(1, group="g")])
    first = desk.next(NOON)
    desk.settle(LATER, NOON)
    filled(desk, [message(2, group="g")], start=1)
    assert desk.next(NOON) == first
    assert ids(told(desk)) == [[1], [2]]


# -- one voice -----------------------------------------------------------------


def test_one_worker_gets_everything() -> None:
    class Cluster:
        def partitions_for_topic(self, topic: str) -> set[int]:
            return {"alerts": {0, 1, 2}, "digests": {0}}[topic]

    members = {name: OneVoice.metadata(["alerts", "digests"]) for name in ("sink-b", "sink-a")}
    given = OneVoice.assign(Cluster(), members)  # type: ignore[arg-type]
    assert given["sink-a"].assignment == [("alerts", [0, 1, 2]), ("digests", [0])]
    assert given["sink-b"].assignment == []


def test_the_later_row_stands_even_if_the_clock_was_set_back() -> None:
    book = Book("duty", NOON)
    book.suppressed(message(1), "limit", NOON)
    book.summed(list(book.held), Told.SUMMED, "n", NOON - HOUR)
    assert [row["outcome"] for row in table(book)] == ["summed"]
