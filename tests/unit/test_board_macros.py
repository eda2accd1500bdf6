"""Macros are expanded as Grafana and its ClickHouse datasource expand them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from deploy.grafana.macros import ALL, AdHoc, BadMacro, Picked, Scene, expanded

START = datetime(2026, 3, 1, 16, 0, 0, 250_000, tzinfo=UTC)
SCENE = Scene(START, START + timedelta(days=1), interval_s=20)
FROM, TO = int(START.timestamp()), int(START.timestamp()) + 86_400
FROM_MS, TO_MS = FROM * 1_000 + 250, TO * 1_000 + 250


@pytest.mark.parametrize(
    ("written", "reached"),
    [
        ("$__fromTime", f"toDateTime({FROM})"),
        ("$__toTime", f"toDateTime({TO})"),
        ("$__fromTime_ms", f"fromUnixTimestamp64Milli({FROM_MS})"),
        ("$__toTime_ms", f"fromUnixTimestamp64Milli({TO_MS})"),
        ("$__timeFilter(hour)", f"hour >= toDateTime({FROM}) AND hour <= toDateTime({TO})"),
        (
            "$__timeFilter_ms(at)",
            f"at >= fromUnixTimestamp64Milli({FROM_MS}) AND at <= fromUnixTimestamp64Milli({TO_MS})",
        ),
        (
            "$__dateFilter(day)",
            "day >= toDate('2026-03-01') AND day <= toDate('2026-03-02')",
        ),
        (
            "$__dateTimeFilter(day, at)",
            ("(day >= toDate('2026-03-01') AND day <= toDate('2026-03-02')) AND "
            f"(at >= toDateTime({FROM}) AND at <= toDateTime({TO}))"),
        ),
        ("$__timeInterval(hour)", "toStartOfInterval(toDateTime(hour), INTERVAL 20 second)"),
        (
            "$__timeInterval_ms(at)",
            "toStartOfInterval(toDateTime64(at, 3), INTERVAL 20000 millisecond)",
        ),
        ("$__interval_s", "20"),
        ("$__timeFilter(max(a, ')'))", f"max(a, ')') >= toDateTime({FROM}) AND max(a, ')') <= toDateTime({TO})"),
        ("1 -- $__timeFilter()\n+ 1", "1                   \n+ 1"),
        ("'-- $__interval_s'", "'-- 20'"),
        ("$__unknown(1)", "$__unknown(1)"),
    ],
)  # fmt: skip
def test_macros_of_the_backend(written: str, reached: str) -> None:
    assert expanded(written, SCENE) == reached


def test_days_are_of_the_backends_zone_and_not_of_the_readers() -> None:
    """So a filter of local days must not use $__dateFilter."""
    zone = timezone(timedelta(hours=8))
    scene = Scene(datetime(2026, 3, 2, 1, tzinfo=zone), datetime(2026, 3, 2, 2, tzinfo=zone))
    assert expanded("$__dateFilter(d)", scene) == (
        "d >= toDate('2026-03-01') AND d <= toDate('2026-03-01')"
    )


def test_an_interval_is_a_second_at_least() -> None:
    assert expanded("$__interval_s", Scene(START, START, interval_s=0)) == "1"


@pytest.mark.parametrize("bad", ["$__timeFilter()", "$__timeFilter(a, b)", "$__dt(a)"])
def test_a_macro_that_the_datasource_refuses_is_refused(bad: str) -> None:
    with pytest.raises(BadMacro, match="takes"):
        expanded(bad, SCENE)


@pytest.mark.parametrize(
    ("picked", "reached"),
    [
        (Picked(ALL, ["a", "b"]), "x = 1 AND 1=1"),
        (Picked([ALL], ["a", "b"]), "x = 1 AND 1=1"),
        (Picked("", ["a", "b"]), "x = 1 AND 1=1"),
        (Picked(["a"], ["a", "b"]), "x = 1 AND (v IN ('a') OR f(v, 2))"),
        (Picked(["a", "o'b"], []), r"x = 1 AND (v IN ('a','o\'b') OR f(v, 2))"),
    ],
)
def test_a_condition_goes_when_all_is_picked(picked: Picked, reached: str) -> None:
    written = "x = 1 AND $__conditionalAll((v IN (${v:singlequote}) OR f(v, 2)), $v)"
    assert expanded(written, Scene(START, START, variables={"v": picked})) == reached


@pytest.mark.parametrize(
    ("written", "reached"),
    [
        ("$v", "'a','b'"),
        ("${v}", "'a','b'"),
        ("[[v]]", "'a','b'"),
        ("${v:csv}", "a,b"),
        ("${v:singlequote}", "'a','b'"),
        ("$one ${one:singlequote}", "c 'c'"),
        ("$all", "'x','y'"),
        ("$other ${other:csv}", "$other ${other:csv}"),
    ],
)
def test_variables_are_put_in(written: str, reached: str) -> None:
    variables = {"v": Picked(["a", "b"]), "one": Picked("c"), "all": Picked(ALL, ["x", "y"])}
    assert expanded(written, Scene(START, START, variables=variables)) == reached


def test_filters_that_readers_add_become_a_setting() -> None:
    scene = Scene(
        START,
        START,
        filters=[AdHoc("counts.channel", "=", "web"), AdHoc("n", "IN", "1,2")],
        filtered_table="counts",
    )
    assert expanded("SELECT n FROM counts;", scene) == (
        "SELECT n FROM counts settings additional_table_filters="
        r"{'counts' : ' channel = \'web\' AND n IN (1,2) '}"
    )
    assert expanded("SELECT n FROM cases", scene) == "SELECT n FROM cases"
