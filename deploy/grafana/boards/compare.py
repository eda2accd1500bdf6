"""Weeks, months and quarters beside the ones before them, each as far as the present one has come."""

from typing import Final

from deploy.grafana.board import Board, Row, Section
from deploy.grafana.boards.words import REPORTS
from deploy.grafana.kinds import bars, lines, table
from deploy.grafana.panel import Column, Panel, Sql
from deploy.grafana.sql import KINDS, LAST_DAY, PLACES, matter, midnight, place, sql

_AS_FAR: Final = (
    "现在的本周（自周一）、本月（自一日）、本季（自季首）的报告数，与上一期走到同样天数时相比，所以未完的一期也可比。"
    "变化 = 本期 ÷ 上期同期 − 1。时段不影响这两张表。"
    "The running week, month and quarter against as many days of the one before; the time range does not matter here. "
)
_TITLES: Final = {"week": ("周", "week"), "month": ("月", "month"), "quarter": ("季", "quarter")}
_CHANGE_STEPS: Final = ((None, "green"), (0.1, "yellow"), (0.3, "orange"), (0.5, "red"))
_SUMS: Final = ",\n                        ".join(
    f"sumIf(n, period = '{period}') AS {period},"
    f" sumIf(n_before, period = '{period}') AS {period}_before,"
    f" if({period}_before = 0, NULL, {period} / {period}_before - 1) AS {period}_change"
    for period in _TITLES
)


def _columns() -> list[Column]:
    found = []
    for period, (title, english) in _TITLES.items():
        found += [
            Column(period, f"本{title} This {english}", width=130),
            Column(f"{period}_before", f"上{title}同期 Last", width=130),
            Column(
                f"{period}_change",
                f"{title}变化 Change",
                unit="percentunit",
                decimals=0,
                width=120,
                steps=_CHANGE_STEPS,
                cell={"type": "color-text"},
            ),
        ]
    return found


def _compared(title: str, english: str, heading: str, name: str, key: str) -> Panel:
    """A table of the three periods by county or category. name: the expression that names a key."""
    return table(
        title,
        english,
        _AS_FAR + REPORTS,
        [
            Sql(
                sql(f"""
                    SELECT {name} AS named,
                        {_SUMS}
                    FROM period_comparison
                    WHERE {PLACES}
                      AND {KINDS}
                    GROUP BY {key}
                    ORDER BY quarter DESC, {key}
                """)
            )
        ],
        columns=[Column("named", heading), *_columns()],
    )


_KINDS: Final = _compared("各类别同期对比", "By category", "类别 Category", matter(), "category")
_COUNTIES: Final = _compared("各区县同期对比", "By county", "区县 County", place(), "county")

_WEEKS: Final = lines(
    "近 26 周",
    "The last 26 weeks",
    f"每周（周一至周日）报告数，最后一周未完。Reports per week, Monday to Sunday; the last one is not over. {REPORTS}",
    [
        Sql(
            sql(f"""
                SELECT {midnight("toMonday(day)")} AS time, sum(n) AS reports
                FROM category_days
                WHERE day >= toMonday({LAST_DAY}) - 175 AND day <= {LAST_DAY}
                  AND {PLACES}
                  AND {KINDS}
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
                formatDateTime(of_year.1, '%Y-%m') AS month,
                sumIf(n, of_year.2 = 0) AS reports,
                sumIf(n, of_year.2 = 1) AS year_before
            FROM (
                SELECT toStartOfMonth(day) AS first, sum(n) AS n
                FROM category_days
                WHERE day >= toStartOfMonth({LAST_DAY}) - INTERVAL 23 MONTH AND day <= {LAST_DAY}
                  AND {PLACES}
                  AND {KINDS}
                GROUP BY first
            )
            ARRAY JOIN [(first, 0), (first + INTERVAL 1 YEAR, 1)] AS of_year
            WHERE of_year.1 > toStartOfMonth({LAST_DAY}) - INTERVAL 12 MONTH
              AND of_year.1 <= {LAST_DAY}
            GROUP BY month
            ORDER BY month
        """)
    ),
    over="month",
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
