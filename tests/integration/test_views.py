"""Views that boards read say what the rows in the store say, over rows as the sink inserts them."""

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sinks import days, migrate, views
from sinks.described import described
from sinks.rows import COLUMNS, Row, row_of_alert, row_of_dead_letter, row_of_digest, rows_of_totals
from sinks.statements import statements
from sinks.store import Store, embedded_dsn
from streams.cases import MEASURES, CaseDayRow, CaseRow
from streams.incidents import IncidentRow
from streams.packs import FORMAT
from streams.settings import Settings
from streams.totals import ActionRow, CountRow, LedgerRow, PresenceRow, Totals
from tests.stores import NOW, alert, dead_letter, digest

ZONE = "Asia/Shanghai"
GANZHOU, MINLE, HAIDIAN = "620702", "620722", "110108"
TODAY = date(2026, 3, 1)  # of NOW, 16:30 in Shanghai
NOW_S = int(NOW.timestamp())
MIDNIGHT_H = NOW_S // 3_600 - 16  # of TODAY, hours since 1970
DAY_S = 86_400
STARTED_MS = int(datetime.now(UTC).timestamp() * 1_000)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(embedded_dsn(tmp_path_factory.mktemp("data") / "store")) as store:
        migrate.apply(store, NOW)
        yield store


@pytest.fixture
def store(engine: Store) -> Store:
    """Empty but for names, at NOW."""
    for table in COLUMNS.keys() - {"counties", "categories", "migrations"}:
        engine.command(f"TRUNCATE TABLE {table}")
    engine.insert("pipeline_health", [health("tally", NOW_S)])
    return engine


def health(stage: str, at: int, order: int = 1, **given: Any) -> Row:
    """order: of writing, among those of a test."""
    row = dict.fromkeys(COLUMNS["pipeline_health"], 0) | {
        "stage": stage,
        "at": at,
        "state": "Stable",
        "version": STARTED_MS + order,
    }
    return tuple((row | given)[name] for name in COLUMNS["pipeline_health"])


def put(store: Store, version: int = 1, **rows: list[Any]) -> None:
    totals = Totals(format=FORMAT, version=version, partition=0, **rows)
    for table, filled in rows_of_totals(totals).items():
        store.insert(table, filled)
        if table == "counts":
            days.work_out(store, ZONE, days.touched(filled))


def count(n: int, hour: int = 10, *, day: int = 0, **given: Any) -> CountRow:
    """hour: of the local day, `day` days before today."""
    row: dict[str, Any] = {
        "county": GANZHOU,
        "category": "D01",
        "channel": "phone",
        "hour": MIDNIGHT_H + hour - 24 * day,
        "piece": 0,
        "n": n,
    }
    return CountRow(**(row | given))


def ask(store: Store, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in store.query(sql)]


def test_every_view_has_a_comment_and_so_has_every_column(store: Store) -> None:
    made = [
        statement.split("VIEW ", 1)[1].split("\n", 1)[0]
        for _, text in views.shipped()
        for statement in statements(text)
        if " VIEW " in statement
    ]
    found = store.query(
        "SELECT name, comment FROM system.tables WHERE database = currentDatabase() AND engine = 'View'"
    )
    there = {row["name"]: row["comment"] for row in found}
    assert set(made) <= set(there)
    assert all(there.values())
    columns = store.query(
        "SELECT table, name FROM system.columns WHERE database = currentDatabase() AND comment = '' "
        "AND table NOT IN ('county', 'category')"
    )
    assert columns == []
    for name in there:
        store.query(f"SELECT * FROM {name} LIMIT 1")


def test_the_page_about_the_schema_is_what_the_store_says(store: Store) -> None:
    """To write it anew: HUISHANG_TEST_WRITE=1 pytest -k page_about_the_schema."""
    page = Path(__file__).parents[2] / "docs" / "schema.md"
    text = described(store)
    if os.environ.get("HUISHANG_TEST_WRITE"):
        page.write_text(text, encoding="utf-8")
    assert page.read_text(encoding="utf-8") == text, "run it with HUISHANG_TEST_WRITE=1"


def test_names_by_code(store: Store) -> None:
    codes = [GANZHOU, "620700", "000000", "110100", "441900", "999999"]
    names = "dictGet('county', 'name', code), dictGet('county', 'city_name', code)"
    rows = ask(store, f"SELECT {names} FROM (SELECT arrayJoin({codes}) AS code)")
    assert rows == [
        ("甘州区", "张掖市"),
        ("张掖市", "张掖市"),
        ("全系统", ""),
        ("北京市", "北京市"),
        ("东莞市", "东莞市"),
        ("", ""),
    ]
    rows = ask(
        store, f"SELECT name, city, province, population FROM county WHERE code = '{HAIDIAN}'"
    )
    assert rows == [("海淀区", "110100", "北京市", 3_133_469)]
    rows = ask(
        store,
        "SELECT name, english, family FROM category WHERE code IN ('D11', 'S99') ORDER BY code",
    )
    assert rows == [("物业", "property management", "D"), ("体系外", "outside the taxonomy", "")]


def test_days_are_local_and_sum_pieces_channels_and_hours(store: Store) -> None:
    put(
        store,
        counts=[
            count(5, 0, red=1),
            count(3, 0, piece=9),
            count(2, 23, channel="web"),
            count(4, -1),
        ],
    )
    put(store, 2, counts=[count(6, 0, red=2)])
    rows = ask(
        store,
        "SELECT county_name, city, city_name, category_name, family, day, n, red FROM category_days ORDER BY day",
    )
    names = ("甘州区", "620700", "张掖市", "婚姻家庭", "D")
    assert rows == [(*names, TODAY - timedelta(1), 4, 0), (*names, TODAY, 11, 2)]
    rows = ask(
        store, "SELECT hour, sum(n), channel FROM count_hours GROUP BY ALL ORDER BY hour, channel"
    )
    assert [(at.hour, n, channel) for at, n, channel in rows] == [
        (15, 4, "phone"),
        (16, 9, "phone"),
        (15, 2, "web"),
    ]


def test_days_of_a_county_have_its_place_and_residents(store: Store) -> None:
    put(store, counts=[count(50), count(2, category="S99"), count(1, county="999999")])
    rows = ask(
        store,
        "SELECT county, province, longitude, population, n, round(per_10k, 3) FROM county_days ORDER BY county",
    )
    assert rows == [
        (GANZHOU, "甘肃省", 100.507318, 519_096, 52, 1.002),
        ("999999", "", None, None, 1, None),
    ]


def test_what_changed_in_counts_is_found_and_worked_out_once(store: Store) -> None:
    rows = rows_of_totals(Totals(FORMAT, 1, 0, counts=[count(5), count(7, day=3, county=MINLE)]))
    store.insert("counts", rows["counts"])
    spans = days.stale(store, ZONE)
    assert set(spans) == {GANZHOU, MINLE}
    days.work_out(store, ZONE, spans)
    assert days.stale(store, ZONE) == {}
    assert ask(store, "SELECT county, day, n FROM count_days FINAL ORDER BY county") == [
        (GANZHOU, TODAY, 5),
        (MINLE, TODAY - timedelta(3), 7),
    ]
    store.insert("counts", [(*rows["counts"][0][:5], 9, *rows["counts"][0][6:-1], 2)])
    assert set(days.stale(store, ZONE)) == {GANZHOU}
    days.work_out(store, ZONE, days.stale(store, ZONE))
    assert ask(store, "SELECT n FROM count_days FINAL WHERE county = '620702'") == [(9,)]


def test_many_counties_are_worked_out_in_parts(store: Store) -> None:
    counties = [f"{number:06d}" for number in range(110_000, 110_700)]
    put(store, counts=[count(2, county=county) for county in counties])
    assert ask(store, "SELECT count(), sum(n) FROM count_days FINAL") == [(700, 1_400)]


def test_today_beside_yesterday_up_to_the_same_hour(store: Store) -> None:
    put(
        store,
        counts=[
            *(count(10, 9), count(2, 16, orange=1), count(8, 16, day=1), count(8, 17, day=1)),
            *(count(4, 3, day=13), count(4, 3, day=14)),
        ],
    )
    rows = ask(
        store,
        "SELECT n, orange, n_before, n_yesterday, change_pct, last_14_days FROM county_today",
    )
    assert rows == [(12, 1, 8, 16, 50.0, [4, *[0] * 11, 16, 12])]


def test_periods_beside_as_many_days_of_the_one_before(store: Store) -> None:
    # TODAY is a Sunday, the first day of March, day 60 of the first quarter.
    put(store, counts=[count(1, day=number) for number in range(160)])
    rows = ask(
        store,
        "SELECT period, period_name, starts, n, n_before, change_pct FROM period_comparison ORDER BY n",
    )
    assert rows == [
        ("month", "本月", date(2026, 3, 1), 1, 1, 0.0),
        ("week", "本周", date(2026, 2, 23), 7, 7, 0.0),
        ("quarter", "本季", date(2026, 1, 1), 60, 60, 0.0),
    ]


def test_sentiment_is_shown_from_ten_texts_on(store: Store) -> None:
    told = {"sentiments": 9, "negative": 6, "positive": 1, "sentiment_sum": -8}
    put(
        store,
        counts=[
            count(12, **told),
            count(12, category="D02", **(told | {"sentiments": 10})),
            count(3, category="D03"),
        ],
    )
    rows = ask(
        store, "SELECT category, texts, mean, negative_pct FROM sentiment_days ORDER BY category"
    )
    assert rows == [("D01", 9, None, None), ("D02", 10, -0.8, 60.0)]


def test_observed_beside_expected_by_day_of_utc(store: Store) -> None:
    put(
        store,
        counts=[count(5, 7), count(3, 8), count(2, 10, piece=4), count(9, 10, category="D02")],
    )
    today, before = NOW_S // DAY_S, NOW_S // DAY_S - 1
    store.insert(
        "expectations",
        [(GANZHOU, "D01", day, 2.5, 0.0, 6.0, 1) for day in (before - 1, before, today)],
    )
    rows = ask(
        store,
        "SELECT category, day, observed, expected, low, high, over FROM observed_expected ORDER BY day",
    )
    assert rows == [
        ("D01", date(2026, 2, 27), 0, 2.5, 0.0, 6.0, True),
        ("D01", date(2026, 2, 28), 5, 2.5, 0.0, 6.0, True),
        ("D01", date(2026, 3, 1), 5, 2.5, 0.0, 6.0, False),
    ]


def case(
    case_id: str, level: int, age_h: int, due_in_h: int | None = None, **given: Any
) -> CaseRow:
    row: dict[str, Any] = {
        "county": GANZHOU,
        "case_id": case_id,
        "case_version": 1,
        "status": "accepted",
        "level": level,
        "updated_s": NOW_S - age_h * 3_600,
        "found_s": NOW_S - age_h * 3_600,
        "due_s": 0 if due_in_h is None else NOW_S + due_in_h * 3_600,
        "owner_org": "住建局",
    }
    return CaseRow(**(row | given))


CASES = [
    case("a", 1, 5, 10),
    case("b", 1, 30, -6),
    case("c", 2, 30, -2),
    case("d", 4, 900),
    case("e", 2, 9, -1, owner_org="人社局"),
    case("f", 1, 50, -9, status="resolved", closed_s=NOW_S - 3_600),
    case("g", 1, 50, -9, status="merged", merged_into="a"),
    case("h", 1, 50, -9, status="out_of_scope"),
]


def test_open_cases_by_level_age_and_owner(store: Store) -> None:
    put(store, cases=CASES)
    rows = ask(
        store, "SELECT case_id, level_name, overdue, age_h, late_h FROM open_cases ORDER BY case_id"
    )
    assert rows == [
        ("a", "村（社区）", False, 5.0, 0.0),
        ("b", "村（社区）", True, 30.0, 6.0),
        ("c", "乡镇（街道）", True, 30.0, 2.0),
        ("d", "县级", False, 900.0, 0.0),
        ("e", "乡镇（街道）", True, 9.0, 1.0),
    ]
    rows = ask(
        store,
        "SELECT level, age_days, age_name, n, overdue FROM case_ageing ORDER BY level, age_days",
    )
    assert rows == [
        (1, 0, "1天内", 1, 0),
        (1, 1, "1至3天", 1, 1),
        (2, 0, "1天内", 1, 1),
        (2, 1, "1至3天", 1, 1),
        (4, 30, "30天以上", 1, 0),
    ]
    rows = ask(
        store,
        "SELECT owner_org, sum(open), sum(overdue), max(worst_h) FROM overdue_by_owner GROUP BY owner_org ORDER BY owner_org",
    )
    assert rows == [("人社局", 1, 1, 1.0), ("住建局", 4, 2, 6.0)]


def test_rates_have_numbers_definitions_and_names(store: Store) -> None:
    measures = [0] * len(MEASURES)
    for name, n in {
        "found": 8,
        "resolved": 6,
        "called_back": 5,
        "solved": 4,
        "satisfied": 3,
    }.items():
        measures[MEASURES.index(name)] = n
    put(store, case_days=[CaseDayRow(GANZHOU, 1, "住建局", NOW_S // DAY_S, measures)])
    rows = ask(
        store,
        "SELECT rate_name, numerator, denominator, hotline, definition != '' FROM rate_days WHERE rate IN ('resolution', 'solving', 'satisfaction') ORDER BY rate",
    )
    assert rows == [
        ("化解率", 6, 8, False, True),
        ("满意率", 3, 5, True, True),
        ("解决率", 4, 5, True, True),
    ]


def test_reporting_knows_who_must_report(store: Store) -> None:
    today = NOW_S // DAY_S
    put(
        store,
        presence=[
            PresenceRow(GANZHOU, today, 5, 0),
            PresenceRow(GANZHOU, today - 1, 0, 1),
            PresenceRow(MINLE, today - 2, 3, 0),
            PresenceRow(HAIDIAN, today - 9, 1, 0),
        ],
    )
    since = f"WHERE day >= toDate('{TODAY - timedelta(1)}') ORDER BY county, day"
    asked = f"SELECT county_name, day, reported, status_name FROM reporting_days {since}"
    assert ask(store, asked) == [
        ("甘州区", TODAY - timedelta(1), True, "零报告"),
        ("甘州区", TODAY, True, "已上报"),
        ("民乐县", TODAY - timedelta(1), False, "未上报"),
        ("民乐县", TODAY, False, "未上报"),
    ]
    migrate.apply(store, NOW, settings=Settings(counties="62072,620702"))
    try:
        rows = ask(
            store,
            f"SELECT county_name, status FROM reporting_days WHERE day = toDate('{TODAY}') ORDER BY county",
        )
        assert rows == [
            ("甘州区", "reported"),
            *(
                (name, "missing")
                for name in ("肃南裕固族自治县", "民乐县", "临泽县", "高台县", "山丹县")
            ),
        ]
    finally:
        migrate.apply(store, NOW)


def act(action: str, after_s: int, alert_id: str = "00000000000000aa", **given: Any) -> ActionRow:
    row: dict[str, Any] = {"by": "值班员", "verdict": "done"}
    return ActionRow(GANZHOU, alert_id, after_s, action, at_s=NOW_S + after_s, **(row | given))


def alerts(store: Store, *given: Any) -> None:
    store.insert("alerts", [row_of_alert(one) for one in given])


def test_alerts_with_how_long_staff_took(store: Store) -> None:
    told, closed = NOW + timedelta(seconds=10), NOW + timedelta(seconds=900)
    alerts(store, alert(told_at=told), alert("00000000000000ab", level=3, category=""))
    alerts(store, alert(told_at=told, status="closed", status_at=closed, label="useful", version=3))
    put(
        store,
        actions=[
            act("useful", 20),
            act("acknowledge", 15, by=""),
            act("acknowledge", 30, verdict="illegal"),
            act("acknowledge", 130),
            act("close", 900),
        ],
    )
    rows = ask(
        store,
        "SELECT id, county_name, level_name, category_name, status_name, active, label, acknowledged_at, closed_at, acknowledged_after_s FROM alert_list ORDER BY id",
    )
    assert rows == [
        (
            "00000000000000aa",
            "甘州区",
            "红色",
            "婚姻家庭",
            "已办结",
            False,
            "useful",
            NOW + timedelta(seconds=130),
            closed,
            120.0,
        ),
        ("00000000000000ab", "甘州区", "黄色", "", "待确认", True, "", None, None, None),
    ]


def test_alert_load_and_precision(store: Store) -> None:
    yesterday = NOW - timedelta(days=1)
    alerts(
        store,
        *(
            alert(f"{number:016x}", label=label, told_at=NOW)
            for number, label in enumerate(("useful", "useful", "not_useful", ""))
        ),
        alert("000000000000000f", raised_at=yesterday, muted="cap", status="closed"),
    )
    put(
        store,
        actions=[
            act("acknowledge", 60, f"{0:016x}"),
            act("close", 240, f"{1:016x}"),
            act("close", 90, f"{2:016x}"),
        ],
    )
    rows = ask(
        store,
        "SELECT day, n, told, muted, acknowledged, closed, useful, not_useful, acknowledged_after_s FROM alert_days ORDER BY day",
    )
    assert rows == [
        (TODAY - timedelta(1), 1, 0, 1, 0, 1, 0, 0, None),
        (TODAY, 4, 4, 0, 3, 0, 2, 1, 90.0),
    ]
    rows = ask(
        store,
        "SELECT month, n, useful, not_useful, round(precision, 3) FROM rule_precision ORDER BY month",
    )
    assert rows == [(date(2026, 2, 1), 1, 0, 0, None), (date(2026, 3, 1), 4, 2, 1, 0.667)]


def test_incidents_that_stand(store: Store) -> None:
    def incident(number: int, **given: Any) -> IncidentRow:
        row: dict[str, Any] = {
            "county": GANZHOU,
            "incident": number,
            "category": "D11",
            "name": "南关小区",
            "opened_s": NOW_S - DAY_S,
            "last_s": NOW_S,
            "reports": 3,
            "channels": {"phone": 2, "forum": 1},
            "first_channel": "phone",
            "severity": 2,
            "excerpt": "停水三天",
            "identities": [],
            "merged_into": 0,
        }
        return IncidentRow(**(row | given))

    put(
        store,
        incidents=[
            incident(1),
            incident(2, merged_into=1, reports=0),
            incident(3, last_s=NOW_S - 40 * DAY_S, severity=0),
        ],
    )
    rows = ask(
        store,
        "SELECT incident, county_name, category_name, name, open, reports, channels, severity_name FROM incident_list ORDER BY incident",
    )
    assert rows == [
        (f"{1:016x}", "甘州区", "物业", "南关小区", True, 3, {"phone": 2, "forum": 1}, "橙色"),
        (f"{3:016x}", "甘州区", "物业", "南关小区", False, 3, {"phone": 2, "forum": 1}, "未定级"),
    ]


def test_dead_letters_by_reason_and_day(store: Store) -> None:
    letters = [
        dead_letter(1),
        dead_letter(2),
        dead_letter(3, reason="identity_field", county_code=""),
        dead_letter(4, at=NOW + timedelta(hours=8)),
    ]
    store.insert("dead_letters", [row_of_dead_letter(letter) for letter in letters])
    rows = ask(
        store,
        "SELECT county_name, day, reason_name, n FROM dead_letter_days ORDER BY day, reason DESC",
    )
    assert rows == [
        ("甘州区", TODAY, "格式不符", 2),
        ("", TODAY, "含身份字段", 1),
        ("甘州区", TODAY + timedelta(1), "格式不符", 1),
    ]


def test_the_account_per_source(store: Store) -> None:
    put(
        store,
        ledger=[
            LedgerRow(GANZHOU, "hotline-calls", "mailbox", run, NOW_S // DAY_S, 5, 1)
            for run in ("a", "b")
        ],
    )
    assert ask(store, "SELECT county_name, day, stream, counted, duplicates FROM ledger_days") == [
        ("甘州区", TODAY, "hotline-calls", 10, 2)
    ]


def notice(channel: str, outcome: str, after_s: int, alert_id: str = "00000000000000dd") -> Row:
    row = dict.fromkeys(COLUMNS["notices"], "") | {
        "channel": channel,
        "alert_id": alert_id,
        "status": "issued",
        "since": NOW_S,
        "county": GANZHOU,
        "kind": "daily_report",
        "level": 4,
        "outcome": outcome,
        "at": (NOW_S + after_s) * 1_000,
        "tries": 1,
        "version": 1,
    }
    return tuple(row[name] for name in COLUMNS["notices"])


def test_how_far_digests_reached(store: Store) -> None:
    city = digest("00000000000000de", county_code="620700", kind="weekly_bulletin")
    store.insert("digests", [row_of_digest(one, 1) for one in (digest(), city)])
    store.insert(
        "notices",
        [
            notice("a", "sent", 5),
            notice("b", "sent", 9),
            notice("c", "refused", 20),
            notice("d", "suppressed", 1),
        ],
    )
    rows = ask(
        store,
        "SELECT county_name, kind_name, channels, sent, refused, waiting, first_sent_at, sent_after_s FROM digest_reach ORDER BY id",
    )
    assert rows == [
        ("甘州区", "日报告", 4, 2, 1, 1, NOW + timedelta(seconds=5), 9.0),
        ("张掖市", "周小结", 0, 0, 0, 0, None, None),
    ]


def test_the_pipeline_as_it_was_last_looked_at(store: Store) -> None:
    rows: Sequence[Row] = [
        health("sink", NOW_S + 600, 5, lag=9, members=1),
        health("sink", NOW_S, 6, lag=3, members=2, state="PreparingRebalance"),
    ]
    store.insert("pipeline_health", rows)
    assert ask(store, "SELECT stage, state, members, lag FROM pipeline_now ORDER BY stage") == [
        ("sink", "PreparingRebalance", 2, 3),
        ("tally", "Stable", 0, 0),
    ]
    # A clock that was moved back is believed: what was written last counts.
    assert ask(store, "SELECT now FROM board_clock") == [(NOW,)]
    store.command("TRUNCATE TABLE pipeline_health")
    [[now]] = ask(store, "SELECT now FROM board_clock")
    assert abs(datetime.now(UTC) - now) < timedelta(minutes=1)
