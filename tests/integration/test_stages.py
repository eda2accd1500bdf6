"""What the three stages make of events, on both brokers: counts, alerts, answers, reports."""

import json
import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cli.producing import Record
from streams.figures import added_up
from tests.brokers import Broker
from tests.stages import (
    INCIDENT_RULES,
    NOW,
    Event,
    Stages,
    Truth,
    as_calls,
    binary,
    calls,
    deployed,
    event,
    structured,
)
from tests.waiting import eventually_sync

SHANGHAI = ZoneInfo("Asia/Shanghai")
COUNTIES = ("620702", "620721", "620722", "620723", "620724", "620725")
PERSONAL = ("13893612345", "620702198803071236", "王建国", "liming88@example.com")
TEXTS = {
    "小区停水三天，自来水公司不管。我叫王建国，620702198803071236，电话13893612345。": ("S01", 2),
    "供暖温度上不去，暖气片不热，请联系liming88@example.com。": ("S02", 4),
    "巷口路灯不亮已经一周，打13893612345。": ("S05", 4),
}
TABLES = (
    *("counts", "ledger", "presence", "cases", "alert_actions"),
    *("alerts", "digests", "dead_letters"),
)


def moment(draw: random.Random) -> datetime:
    return NOW - timedelta(seconds=draw.randrange(60, 150 * 3600))


def a_week() -> dict[str, list[Event]]:
    """Events of every stream; no hour and no day of one matter is full enough for an alert."""
    draw = random.Random(7)
    categories = ("S01", "S03", "D02", "D03", "D09", "D11")
    found: dict[str, list[Event]] = {}
    for stream, number in (("grid-reports", 240), ("hotline-calls", 320), ("opinion-items", 120)):
        found[stream] = [
            event(
                stream,
                index,
                draw.choice(COUNTIES),
                moment(draw),
                source=f"/test/{stream}/{index % 3}",
                **({"category": draw.choice(categories)} if index % 9 else {}),
                **({"severity": draw.choice((2, 3, 4))} if index % 2 else {}),
                **({"text": draw.choice(sorted(TEXTS))} if index % 7 == 0 else {}),
            )
            for index in range(number)
        ]
    for index in range(0, 240, 10):
        found["grid-reports"][index]["data"]["is_zero_report"] = True
    found["case-updates"] = [
        event(
            "case-updates",
            f"{case}-{version}",
            "620702" if case % 2 else "620725",
            NOW - timedelta(hours=9 - version),
            case_id=f"ZY-{case}",
            version=version,
            status=("registered", "accepted", "in_mediation", "resolved")[version - 1],
            owner_org="甘州区住建局",
        )
        for case in range(12)
        for version in draw.sample(range(1, 5), 4)
    ]
    found["alert-actions"] = [
        event(
            "alert-actions",
            index,
            COUNTIES[index % 6],
            moment(draw),
            alert_id=f"{index:016x}",
            action=("acknowledge", "assign", "close")[index % 3],
            note="回电13893612345，找王建国先生",
        )
        for index in range(9)
    ]
    return found


def alarming() -> list[Event]:
    """One red event, one of 30 people or more, and 25 of one matter within an hour."""
    bucket = NOW.replace(minute=0, second=0) - timedelta(hours=2)
    text = sorted(TEXTS)[0]
    red = event("grid-reports", "red", "620702", NOW, category="D06", severity=1, text=text)
    many = event("grid-reports", "many", "620721", NOW, category="D09", people_band="30+")
    burst = [
        event(
            "grid-reports",
            f"burst-{n}",
            "620725",
            bucket + timedelta(minutes=2 * n),
            category="D18",
        )
        for n in range(25)
    ]
    return [red, many, *burst]


def bad() -> list[tuple[str, Record]]:
    """Records that break their contract, with the reason that is due."""
    good = event("hotline-calls", "bad", "620702", NOW)

    def call(**data: Any) -> Record:
        return structured("hotline-calls", {**good, "data": {**good["data"], **data}})

    cut = structured("hotline-calls", event("hotline-calls", 1, "620702", NOW, text="13893612345"))
    return [
        ("malformed", Record("hotline-calls", b"620702", cut.value[:-9])),
        ("malformed", Record("grid-reports", None, b"\xff\xfe \x00")),
        ("malformed", Record("case-updates", None, "王建国13893612345".encode())),
        ("malformed", call(channel="pigeon")),
        ("identity_field", call(phone="13893612345")),
        ("identity_field", call(caller_name="王建国")),
        ("unknown_county", call(county_code="999999")),
        ("time_out_of_range", call(reported_at=(NOW + timedelta(days=1)).isoformat())),
        ("time_out_of_range", call(reported_at="1999-01-01T08:00:00+08:00")),
    ]


def records_of(found: dict[str, list[Event]]) -> list[Record]:
    """Structured and binary mode in turn."""
    return [
        (structured, binary)[index % 2](stream, one)
        for stream, events in found.items()
        for index, one in enumerate(events)
    ]


def dead_letters(stages: Stages) -> Counter[str]:
    found = stages.rows("SELECT reason FROM dead_letters FINAL")
    return Counter(row["reason"] for row in found)


def until_equal(ask: Any, wanted: object, what: str) -> None:
    def same() -> bool:
        assert ask() == wanted
        return True

    eventually_sync(same, within_s=60, every_s=0.2, what=what)


def presence_of(events: list[Event]) -> dict[tuple[str, str], tuple[int, int]]:
    """(county, day its window ends on) → grid reports, zero reports."""
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for data in (one["data"] for one in events):
        local = datetime.fromisoformat(data["reported_at"]).astimezone(SHANGHAI)
        day = local.date() + timedelta(days=local.hour >= 16)
        grid, zero = found.get((data["county_code"], str(day)), (0, 0))
        is_zero = data["is_zero_report"]
        found[data["county_code"], str(day)] = (grid + (not is_zero), zero + is_zero)
    return found


def rolling_of(truth: Truth) -> dict[tuple[str, str], tuple[int, int, int]]:
    """(county, category) → reports of the last 1, 24 and 168 hour buckets, at this moment."""
    hour = int(datetime.now(UTC).timestamp()) // 3600
    found: dict[tuple[str, str], tuple[int, int, int]] = {}
    for (county, category, _, then), (n, *_) in truth.counts.items():
        if hour - 168 < then <= hour:
            held = found.get((county, category), (0, 0, 0))
            spans = (1, 24, 168)
            found[county, category] = (
                held[0] + n * (then > hour - spans[0]),
                held[1] + n * (then > hour - spans[1]),
                held[2] + n,
            )
    return found


def presence(stages: Stages) -> dict[tuple[str, str], tuple[int, int]]:
    rows = stages.rows("SELECT county, day, grid_reports, zero_reports FROM presence FINAL")
    return {(r["county"], r["day"]): (r["grid_reports"], r["zero_reports"]) for r in rows}


def rolling(stages: Stages) -> dict[tuple[str, str], tuple[int, int, int]]:
    rows = stages.rows(
        "SELECT county, category, toUInt32(n_1h) a, toUInt32(n_24h) b, toUInt32(n_7d) c FROM rolling"
    )
    return {(row["county"], row["category"]): (row["a"], row["b"], row["c"]) for row in rows}


def assert_no_personal_data(stages: Stages) -> None:
    """Neither in any table nor in any byte of the topics that Huishang writes."""
    places = {table: stages.ask(f"SELECT * FROM {table}") for table in TABLES}
    for topic in ("reports", "counts", "alerts", "dead-letters", "tally-journal"):
        log = stages.log_of(topic)
        assert log, topic
        places[topic] = b"\n".join(key + value for _, key, value in log)
    assert "住建局".encode() in places["cases"]  # so that the search can find Chinese
    found = [
        (place, secret)
        for place, content in places.items()
        for secret in PERSONAL
        if secret.encode() in content
    ]
    assert found == []


def test_events_of_all_streams_are_answered_exactly(broker: Broker) -> None:
    """And the same events again change nothing but the duplicates."""
    week = a_week()
    week["grid-reports"] += alarming()
    wrong = bad()
    records = records_of(week) + [record for _, record in wrong]
    truth = Truth(TEXTS)
    nowhere = week.pop("alert-actions")  # on alerts that nobody raised
    for stream, events in week.items():
        truth.take(stream, events)
    alerts = sorted(
        [
            ("burst-hour", "620725", "D18"),
            ("large-group", "620721", "D09"),
            ("red", "620702", TEXTS[sorted(TEXTS)[0]][0]),
        ]
    )
    with deployed(broker, "intake", "tally", "sink") as stages:
        stages.publish(records)
        truth.holds(stages)
        reasons = Counter(reason for reason, _ in wrong) + Counter(unknown_alert=len(nowhere))
        until_equal(lambda: dead_letters(stages), reasons, "dead letters")
        until_equal(stages.alerts, alerts, "alerts")
        until_equal(lambda: rolling(stages) == rolling_of(truth), True, "rolling totals")
        assert presence(stages) == presence_of(week["grid-reports"])
        cases = stages.rows("SELECT county, case_id, case_version, status FROM cases FINAL")
        assert len(cases) == 12
        assert {(case["case_version"], case["status"]) for case in cases} == {(4, "resolved")}
        assert stages.rows("SELECT alert_id FROM alert_actions FINAL") == []
        [burst] = stages.rows(
            "SELECT observed, history FROM alerts FINAL WHERE rule = 'burst-hour'"
        )
        assert 20 <= burst["observed"] <= 25
        assert len(burst["history"]) == 14
        assert_no_personal_data(stages)

        counted = truth.counted
        stages.publish(records)
        for stream, events in week.items():
            truth.take(stream, events)
        truth.holds(stages)
        assert truth.counted == counted
        until_equal(lambda: dead_letters(stages).total(), 2 * reasons.total(), "dead letters again")
        assert stages.alerts() == alerts
        said = [json.loads(value) for _, _, value in stages.log_of("alerts")]
        raised = [one["id"] for one in said if one["rule"] not in INCIDENT_RULES]
        assert len(raised) == len(set(raised)) == len(alerts)
        assert presence(stages) == presence_of(week["grid-reports"])


def test_events_years_old_land_in_their_own_hour_and_raise_no_alert(broker: Broker) -> None:
    then = NOW - timedelta(days=3 * 365)
    old = [
        event(
            "hotline-calls",
            f"old-{n}",
            COUNTIES[n % 3],
            then + timedelta(minutes=n % 40),
            category="D06",
            severity=1 + n % 4,
        )
        for n in range(300)
    ]
    truth = Truth()
    with deployed(broker, "intake", "tally", "sink") as stages:
        for part in (old[:200], old, calls(range(50))):
            stages.publish(as_calls(part))
            truth.take("hotline-calls", part)
            truth.holds(stages)
        pieces = stages.rows(
            "SELECT hour < now() - INTERVAL 1 YEAR AS old, piece FROM counts FINAL"
        )
        assert all(bool(row["old"]) == bool(int(row["piece"])) for row in pieces)
        # A second worker's read of the same packs must find the same pieces.
        if broker.kind == "kafka":
            stages.restart("tally")
            stages.publish(as_calls(old))
            truth.take("hotline-calls", old)
            truth.holds(stages)
        assert stages.alerts() == []


def test_the_daily_cycle_reports_alerts_and_calls_to_consult(broker: Broker) -> None:
    """On Apache Kafka, also over points that passed while no tally was running."""
    killed = broker.kind == "kafka"
    clock = broker.data / "clock"
    day = date(2026, 3, 2)

    def show(time: str) -> None:
        new = clock.with_suffix(".new")
        new.write_text(f"{day}T{time}:00+08:00", encoding="ascii")
        new.replace(clock)

    show("15:50")
    noon = datetime(2026, 3, 2, 12, tzinfo=SHANGHAI)
    reports = [
        event("grid-reports", 1, "620702", noon, category="D06", severity=1),
        event("grid-reports", 2, "620702", noon - timedelta(hours=5), category="S01", severity=2),
        event("grid-reports", 3, "620702", noon - timedelta(days=1), category="S01"),
        event("grid-reports", 4, "620721", noon, is_zero_report=True),
        # A silent county: what reached it belongs to the window before.
        event("grid-reports", 5, "620722", noon - timedelta(hours=23)),
    ]
    truth = Truth()
    truth.take("grid-reports", reports)
    asked = {"clock_file": clock, "counties": "620702,620721,620722"}

    def digests(kind: str) -> dict[str, dict[str, int]]:
        sql = f"SELECT county, figures FROM digests FINAL WHERE kind = '{kind}'"
        return {
            row["county"]: {
                name: int(value) for name, value in row["figures"].items() if int(value)
            }
            for row in stages.rows(sql)
        }

    def with_city(counties: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
        sums = added_up(list(counties.values()))
        return counties | {"620700": {name: n for name, n in sums.items() if n}}

    with deployed(broker, "intake", "tally", "sink", **asked) as stages:
        stages.publish([structured("grid-reports", one) for one in reports])
        truth.holds(stages)
        red = ("red", "620702", "D06")
        until_equal(stages.alerts, [red], "the red event's alert")
        assert digests("daily_report") == {}
        if killed:
            stages.workers["tally"].kill()
        show("16:31")
        if killed:
            stages.start("tally")
        silent = ("missing-report", "620722", "")
        until_equal(stages.alerts, sorted([red, silent]), "the missing report")
        every = {"days": 1, "sources": 1}
        wanted = {
            "620702": every
            | {"total": 2, "before": 1, "grid_reports": 2, "red": 1, "orange": 1}
            | {"D06": 1, "S01": 1, "reported": 1, "alerts": 1},
            "620721": every | {"zero_reports": 1, "reported": 1},
            "620722": every | {"before": 1},
        }
        until_equal(lambda: digests("daily_report"), with_city(wanted), "the daily reports")
        assert digests("daily_consult") == {}
        show("17:01")
        wanted = {"620702": {"red": 1, "orange": 1, "alerts": 1}, "620722": {"alerts": 1}}
        until_equal(lambda: digests("daily_consult"), with_city(wanted), "the consult lists")
        assert stages.alerts() == sorted([red, silent])


def test_too_many_dead_letters_end_intake_and_nothing_is_lost(kafka_only: Broker) -> None:
    good = calls(range(700))
    truth = Truth()
    truth.take("hotline-calls", good)
    mixed = [
        record
        for number, one in enumerate(as_calls(good))
        for record in (one, Record("hotline-calls", one.key, b"{%d" % number))
    ]
    with deployed(kafka_only, "intake", "tally", "sink", dead_letter_limit_pct=40) as stages:
        intake = stages.workers["intake"]
        stages.publish(mixed)
        assert intake.wait(60) == 65
        said = intake.text()
        assert "became dead letters, the limit is 40 %" in said
        assert "HUISHANG_DEAD_LETTER_LIMIT_PCT" in said
        more = calls(range(700, 800))
        truth.take("hotline-calls", more)
        stages.publish([*as_calls(more), *mixed[1::2]])
        stages.start("intake", dead_letter_limit_pct=100)
        stages.ready("intake")
        truth.holds(stages)
        until_equal(lambda: dead_letters(stages), Counter(malformed=1400), "dead letters")
