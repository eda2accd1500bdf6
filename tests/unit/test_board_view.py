"""What a scope sees, and that the events of a board say all of what changed on it."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from agents import statistical
from agents.rules import Rules
from cli.boarding import rule_names, setup_of
from sinks.board.feeds import Feed, dumps
from sinks.board.handover import draft
from sinks.board.reading import SPARK_DAYS, Figures, News
from sinks.board.shapes import alert_shape
from sinks.board.view import Known, View, applied, changes, view
from streams.settings import Settings

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)  # 17:30 in Shanghai
SETUP = setup_of(Settings(), Rules.load())
COUNTIES = ("620702", "620721", "630100", "000000")
HEALTHY = {"state": "ok", "banners": [], "stages": []}


def alert_row(number: int, **given: Any) -> dict[str, Any]:
    return {
        "id": f"{number:016x}",
        "rule": "red",
        "level": 1 + number % 4,
        "county": COUNTIES[number % 4],
        "category": "D01",
        "title": f"第{number}件",
        "reason": "一件",
        **dict.fromkeys(("expected", "p_value", "status_at")),
        "observed": 1.0,
        "limit": 1.0,
        "history": [0] * 14,
        **dict.fromkeys(("excerpt", "by", "note", "assigned_to", "label"), ""),
        **dict.fromkeys(("muted", "group", "incident"), ""),
        "status": "firing",
        "notify": True,
        "window_start": AT - timedelta(hours=20),
        "window_end": AT - timedelta(hours=10),
        "raised_at": AT - timedelta(minutes=number),
        "told_at": None,
        **given,
    }


def digest_row(number: int, **given: Any) -> dict[str, Any]:
    return {
        "id": f"d{number:015x}",
        "kind": "daily_report",
        "county": COUNTIES[number % 3],
        "title": "日报告",
        "window_end": AT - timedelta(hours=2),
        "issued_at": AT - timedelta(hours=1),
        "edition": 1,
        **dict.fromkeys(("replaces", "signed_by"), ""),
        "signed_at": None,
        "notes": 0,
        **given,
    }


def paper(kind: str, county: str, body: str) -> dict[str, Any]:
    span = {"window_start": AT - timedelta(hours=24), "window_end": AT - timedelta(hours=1)}
    return {"id": "f" * 16, "kind": kind, "county": county, "issued_at": AT, "body": body, **span}


NOTHING = Known(AT, News([], [], [], [], []), Figures([], [], [], [], [], None), HEALTHY)

statuses = st.sampled_from(["firing", "acknowledged", "assigned", "escalated", "closed"])
alert_rows = st.builds(
    lambda number, status, note: alert_row(number, status=status, note=note),
    st.integers(0, 9),
    statuses,
    st.sampled_from(["", "已处理"]),
)
digest_rows = st.builds(
    lambda number, by: digest_row(number, signed_by=by),
    st.integers(0, 5),
    st.sampled_from(["", "岗"]),
)
entries = st.builds(
    lambda number: {
        "id": f"e{number:015x}",
        "kind": "amend",
        "county": COUNTIES[number % 3],
        **dict.fromkeys(("digest_id", "by", "note"), ""),
        "at": AT,
    },
    st.integers(0, 5),
)
answers = st.builds(
    lambda number, verdict: {
        "identity": number,
        "alert_id": "",
        "county": COUNTIES[number % 3],
        "action": "close",
        **dict.fromkeys(("by", "note", "assigned_to"), ""),
        "at": AT,
        "until": None,
        "verdict": verdict,
    },
    st.integers(0, 5),
    st.sampled_from(["done", "illegal"]),
)


def unique(rows: st.SearchStrategy[dict[str, Any]], key: str) -> st.SearchStrategy[list[Any]]:
    return st.lists(rows, max_size=6, unique_by=lambda row: row[key])


def per_county(**columns: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    row = st.fixed_dictionaries({"county": st.sampled_from(COUNTIES[:3]), **columns})
    return st.lists(row, max_size=3, unique_by=lambda row: row["county"])


small = st.integers(0, 3)
days = st.dates(date(2026, 2, 20), date(2026, 3, 1))
lists = st.lists(
    st.builds(
        paper,
        st.sampled_from(["daily_consult", "daily_dispatch"]),
        st.sampled_from(COUNTIES[:3]),
        st.sampled_from(["1. 【红色】第4件。一件", "| 第0件 | 红色 |", ""]),
    ),
    max_size=3,
)
knowns = st.builds(
    lambda news, figures, health, hours: Known(AT + timedelta(hours=hours), news, figures, health),
    st.builds(
        News,
        unique(alert_rows, "id"),
        unique(digest_rows, "id"),
        lists,
        unique(entries, "id"),
        unique(answers, "identity"),
    ),
    st.builds(
        Figures,
        per_county(n_24h=small, n_prev_24h=small, n_7d=small),
        per_county(day=days, n=small),
        per_county(day=days),
        per_county(open=small, overdue=small),
        st.just([]),
        st.none(),
    ),
    st.sampled_from([HEALTHY, HEALTHY | {"state": "down"}]),
    st.integers(0, 30),
)
scopes = st.sampled_from([(), ("6207",), ("620702",), ("620721", "63")])


def in_order(board: View) -> View:
    """Items are in no order once they were told one by one."""
    return {
        name: sorted(said, key=str) if isinstance(said, list) else said
        for name, said in board.items()
    }


@settings(deadline=None)
@given(st.lists(knowns, min_size=1, max_size=4), scopes)
def test_what_a_listener_makes_of_the_events_is_the_board(known: list[Known], scope: Any) -> None:
    before = view(NOTHING, scope, SETUP)
    mine = before
    for one in known:
        after = view(one, scope, SETUP)
        for event in changes(before, after):
            mine = applied(mine, event)
        assert in_order(mine) == in_order(after)
        before = after


@given(knowns, scopes)
@settings(deadline=None)
def test_nothing_outside_of_a_scope_is_in_its_view(known: Known, scope: tuple[str, ...]) -> None:
    seen = view(known, scope, SETUP)
    told = [one["county"] for name in ("alerts", "digests", "log", "answers") for one in seen[name]]
    told += [one["county"] for name in ("consult", "dispatches") for one in seen[name]]
    told += [one["code"] for one in (*seen["counties"], *seen["day"]["missing"])]
    assert [code for code in told if scope and not code.startswith(scope)] == []
    assert seen["totals"]["n_24h"] == sum(one["n_24h"] for one in seen["counties"])
    assert seen["totals"]["open_alerts"] == sum(seen["totals"]["by_level"].values())
    text = "\n".join(draft(seen, known.at, SETUP.zone))
    assert text.startswith("交接时间：")


@given(st.lists(knowns, min_size=2, max_size=5), st.data())
@settings(deadline=None)
def test_who_comes_back_gets_what_it_missed(known: list[Known], data: Any) -> None:
    feed = Feed(view(known[0], (), SETUP), 0)
    cursors = [feed.cursor]
    said = []
    for one in known[1:]:
        after = view(one, (), SETUP)
        said += changes(feed.view, after)
        feed.update(after)
        cursors.append(feed.cursor)
    cursor = data.draw(st.sampled_from(cursors))
    missed = feed.since(cursor)
    assert missed is not None
    later = said[len(said) - len(missed) :]
    assert [(told.name, told.data) for told in missed] == [
        (name, dumps(one)) for name, one in later
    ]
    assert bool(missed) == (cursor != feed.cursor)
    assert Feed(feed.view, 0).since(cursor) is None
    for broken in ("", ".", "x.1", f"{cursor}9999", cursor.replace(".", ".-")):
        assert feed.since(broken) is None


def test_the_lists_of_the_latest_window_name_their_alerts() -> None:
    rows = [
        alert_row(0, title="停水"),
        alert_row(4, title="停暖", level=2),
        alert_row(8, title="别的"),
    ]
    taken = {"status": "assigned", "assigned_to": "住建局", "status_at": AT}
    rows[1] |= taken
    consult = paper("daily_consult", "620702", "1. 【红色】停水。一件\n2. 【橙色】停暖。一件")
    dispatch = paper("daily_dispatch", "620702", "| 停暖 | 橙色 | 住建局 |")
    news = News(rows, [], [consult, dispatch], [], [])
    seen = view(NOTHING._replace(news=news), (), SETUP)
    assert [(one["rank"], one["title"]) for one in seen["consult"]] == [(1, "停水"), (2, "停暖")]
    [sent] = seen["dispatches"]
    assert (sent["owner"], sent["received_at"]) == ("住建局", AT)
    assert sent["deadline_at"] == AT + timedelta(hours=48)


def test_today_and_who_is_missing() -> None:
    presence = [
        {"county": "620702", "day": date(2026, 3, 1)},
        {"county": "620721", "day": date(2026, 2, 25)},
    ]
    seen = view(NOTHING._replace(figures=Figures([], [], presence, [], [], None)), (), SETUP)
    day = seen["day"]
    assert day["window_start"].isoformat() == "2026-02-28T08:00:00+00:00"
    assert (day["cut_off_at"] - day["window_end"]) == timedelta(minutes=30)
    assert (day["expected_counties"], day["reported"]) == (2, 1)
    assert [one["name"] for one in day["missing"]] == ["肃南裕固族自治县"]
    named = setup_of(Settings(counties="6207"), Rules.load())
    assert view(NOTHING, (), named)["day"]["expected_counties"] == 6
    assert view(NOTHING, ("620702",), named)["day"]["expected_counties"] == 1


def test_a_spark_ends_today_in_local_days() -> None:
    rows = [
        {"county": "620702", "day": date(2026, 3, 1), "n": 7},
        {"county": "620702", "day": date(2026, 2, 16), "n": 1},
    ]
    seen = view(NOTHING._replace(figures=Figures([], rows, [], [], [], None)), (), SETUP)
    assert seen["counties"][0]["spark"] == [1, *[0] * (SPARK_DAYS - 2), 7]


def test_the_usual_range_of_a_statistical_alert_is_that_of_its_reason() -> None:
    assert "95%的日子在{low}至{high}件之间" in Path(statistical.__file__).read_text("utf-8")
    reason = "预计3.2件（95%的日子在1至7件之间）。"
    shape = alert_shape(alert_row(1, reason=reason, expected=3.2), rule_names(Rules.load()))
    assert (shape["low"], shape["high"], shape["rule_name"]) == (1.0, 7.0, "定级上报")
    assert alert_shape(alert_row(1, reason=reason), {})["low"] is None
