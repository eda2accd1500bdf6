"""Weeks, months and quarters beside the ones before them, each as far as the present one has come."""

from typing import Final

from deploy.grafana.board import Board, Row, Section
from deploy.grafana.kinds import bars, lines, table
from deploy.grafana.panel import Column, Panel, Sql
from deploy.grafana.sql import BOTH, KINDS, PLACES, ZONE, sql

_NOW: Final = f"toTimeZone($__toTime, '{ZONE}')"
# Name → start of the period that holds the end of the time range, and its length.
_PERIODS: Final = {
    "week": (f"toDateTime(toMonday({_NOW}), '{ZONE}')", "INTERVAL 1 WEEK"),
    "month": (f"toDateTime(toStartOfMonth({_NOW}), '{ZONE}')", "INTERVAL 1 MONTH"),
    "quarter": (f"toDateTime(toStartOfQuarter({_NOW}), '{ZONE}')", "INTERVAL 1 QUARTER"),
}
_AS_FAR: Final = (
    "截至时段末尾的本期（本周自周一、本月自一日、本季自季首起），与上一期走到同样远处的数相比，"
    "所以未完的一期也可比。变化 = 本期 ÷ 上期 − 1。"
    "The present week, month and quarter up to the end of the time picked, against the one before as far as it had come then."
)


def _sums() -> str:
    parts = []
    for name, (start, length) in _PERIODS.items():
        parts.append(f"sumIf(n, hour >= {start}) AS {name}")
        parts.append(
            f"sumIf(n, hour >= {start} - {length} AND hour <= {_NOW} - {length}) AS {name}_before"
        )
        parts.append(f"if({name}_before = 0, NULL, {name} / {name}_before - 1) AS {name}_change")
    return ",\n        ".join(parts)


_START, _LENGTH = _PERIODS["quarter"]
_FOUND: Final = f"""
    SELECT
        %s AS code,
        {_sums()}
    FROM counts FINAL
    WHERE hour >= {_START} - {_LENGTH} AND hour <= $__toTime
      AND {BOTH}
    GROUP BY code
"""
_TITLES: Final = {"week": ("周", "week"), "month": ("月", "month"), "quarter": ("季", "quarter")}
_CHANGE_STEPS: Final = ((None, "green"), (0.1, "yellow"), (0.3, "orange"), (0.5, "red"))


def _columns() -> list[Column]:
    found = []
    for name, (title, english) in _TITLES.items():
        found += [
            Column(name, f"本{title} This {english}", width=130),
            Column(f"{name}_before", f"上{title}同期 Last", width=130),
            Column(
                f"{name}_change",
                "变化 Change",
                unit="percentunit",
                decimals=0,
                width=120,
                steps=_CHANGE_STEPS,
                cell={"type": "color-text"},
            ),
        ]
    return found


def _compared(title: str, english: str, heading: str, column: str, names: str, name: str) -> Panel:
    """A table of the three periods by county or category. names: code → name."""
    return table(
        title,
        english,
        _AS_FAR,
        [
            Sql(
                sql(f"""
                    SELECT names.{name} AS name, found.* EXCEPT code
                    FROM ({_FOUND % column}) AS found
                    INNER JOIN {names} AS names ON names.code = found.code
                    ORDER BY quarter DESC
                """)
            )
        ],
        columns=[Column("name", heading), *_columns()],
    )


_KINDS: Final = _compared(
    "各类别同期对比", "By category", "类别 Category", "category", KINDS, "kind"
)
_COUNTIES: Final = _compared("各区县同期对比", "By county", "区县 County", "county", PLACES, "name")

_WEEKS: Final = lines(
    "近 26 周",
    "The last 26 weeks",
    "每周（周一至周日）报告数，最后一周未完。Reports per week, Monday to Sunday; the last one is not over.",
    [
        Sql(
            sql(f"""
                SELECT toDateTime(toMonday(toTimeZone(hour, '{ZONE}')), '{ZONE}') AS time,
                    sum(n) AS reports
                FROM counts FINAL
                WHERE hour >= {_PERIODS["week"][0]} - INTERVAL 25 WEEK AND hour <= $__toTime
                  AND {BOTH}
                GROUP BY time
                ORDER BY time
            """),
            series=True,
        )
    ],
    bars=True,
    interval="7d",
    columns=[Column("reports", "报告 Reports", colour="blue")],
)

_MONTHS: Final = bars(
    "各月对比",
    "Months",
    "近 12 个月每月报告数，与一年前同月相比（有历史时）；本月未完。"
    "Reports per month, beside the same month a year before where there is history; the present month is not over.",
    Sql(
        sql(f"""
            SELECT
                formatDateTime(month, '%Y-%m') AS name,
                sum(now_n) AS reports,
                sum(then_n) AS year_before
            FROM (
                SELECT toStartOfMonth(toTimeZone(hour, '{ZONE}')) AS month, n AS now_n, 0 AS then_n
                FROM counts FINAL
                WHERE hour >= {_PERIODS["month"][0]} - INTERVAL 11 MONTH AND hour <= $__toTime
                  AND {BOTH}
                UNION ALL
                SELECT toStartOfMonth(toTimeZone(hour, '{ZONE}')) + INTERVAL 1 YEAR AS month,
                    0 AS now_n, n AS then_n
                FROM counts FINAL
                WHERE hour >= {_PERIODS["month"][0]} - INTERVAL 23 MONTH
                  AND hour <= $__toTime - INTERVAL 1 YEAR
                  AND {BOTH}
            )
            GROUP BY month
            ORDER BY month
        """)
    ),
    over="name",
    columns=[
        Column("reports", "报告 Reports", colour="blue"),
        Column("year_before", "去年同月 A year before", colour="light-blue"),
    ],
)

COMPARE: Final = Board(
    "huishang-compare",
    "周月季对比",
    "Weeks, months, quarters",
    "周小结、月通报、季调度所用的同期对比。Comparisons as the weekly, monthly and quarterly bulletins need them.",
    [
        Section("走势", "Course", [Row(9, [_WEEKS, _MONTHS])]),
        Section("同期对比", "As far as this time", [Row(11, [_COUNTIES]), Row(14, [_KINDS])]),
    ],
    since="now-7d",
    refresh="15m",
)
