"""Counties side by side: in a table with course and change, on a map, and by category."""

from typing import Final

from deploy.grafana.boards.words import BEFORE_ABOUT, CHANGE_STEPS, REPORTS
from deploy.grafana.kinds import county_map, matrix, table
from deploy.grafana.panel import DUTY_BOARD, Column, Sql
from deploy.grafana.sql import BEFORE, START, counted, matter, name, place, sql

_PER_10000: Final = (
    "每万人：报告数 ÷ 2020 年普查常住人口 × 10000。Per 10,000: residents of the census of 2020."
)
_MOST: Final = 200  # counties in the table; a browser draws a line for each
_MOST_ROWS: Final = 60  # counties beside all categories


def _leading(most: int) -> str:
    """The counties that have the most reports."""
    return f"""
                    SELECT county FROM {counted("$__fromTime")}
                    GROUP BY county
                    ORDER BY sum(n) DESC, county
                    LIMIT {most}
                """


_POPULATION: Final = "dictGet('county', 'population', county)"

PER_COUNTY: Final = table(
    "各区县：走势与变化",
    "Per county: course and change",
    f"各区县所选时段的报告数、与上期相比的变化、每万人报告数、未办结预警，以及时段内走势；报告最多的 {_MOST} 个。"
    f"{_PER_10000}{REPORTS}{BEFORE_ABOUT}",
    [
        Sql(
            sql(f"""
                SELECT $__timeInterval(hour) AS time, toString(counted.county) AS county,
                    sum(n) AS course
                FROM {counted("$__fromTime")} AS counted
                WHERE counted.county IN ({_leading(_MOST)})
                GROUP BY time, county
                ORDER BY time, county
            """),
            series=True,
        ),
        Sql(
            sql(f"""
                SELECT
                    {name()} AS county_name, county, reports, before,
                    if(before = 0, NULL, reports / before - 1) AS change,
                    10000 * reports / {_POPULATION} AS per_10000,
                    alerts
                FROM (
                    SELECT
                        county,
                        sumIf(n, hour >= {START}) AS reports,
                        sumIf(n, hour < {START}) AS before
                    FROM {counted(BEFORE)}
                    GROUP BY county
                ) AS counted
                LEFT JOIN (
                    SELECT county, count() AS alerts FROM alert_list
                    WHERE active AND raised_at <= $__toTime
                    GROUP BY county
                ) AS alerting USING county
                ORDER BY reports DESC, county
                LIMIT {_MOST}
            """)
        ),
    ],
    width=14,
    columns=[
        Column("county_name", "区县 County", width=150, link=DUTY_BOARD),
        Column("county", hidden=True),
        Column("reports", "报告 Reports", width=110),
        Column("before", "上期 Before", width=110),
        Column(
            "change",
            "变化 Change",
            unit="percentunit",
            decimals=0,
            width=110,
            steps=CHANGE_STEPS,
            cell={"type": "color-text"},
        ),
        Column("per_10000", "每万人 Per 10,000", decimals=2, width=130),
        Column(
            "alerts",
            "预警 Alerts",
            width=100,
            steps=((None, "text"), (1, "orange")),
            cell={"type": "color-text"},
        ),
        Column(
            "Trend #A",
            "走势 Course",
            cell={"type": "sparkline", "drawStyle": "bars", "hideValue": True},
        ),
    ],
    changes=[
        {"id": "timeSeriesTable", "options": {"A": {"timeField": "time", "stat": "lastNotNull"}}},
        {"id": "joinByField", "options": {"byField": "county", "mode": "outer"}},
    ],
)

MAP: Final = county_map(
    "区县分布图",
    "Map of counties",
    f"圆的大小为所选时段报告数，颜色为每万人报告数，位置为区县中心。{_PER_10000}"
    "Size: reports of the time picked.",
    Sql(
        sql(f"""
            SELECT
                {name()} AS name,
                county,
                dictGet('county', 'latitude', county) AS latitude,
                dictGet('county', 'longitude', county) AS longitude,
                sum(n) AS reports,
                10000 * reports / {_POPULATION} AS per_10000
            FROM {counted("$__fromTime")}
            GROUP BY county
            HAVING isNotNull(latitude)
            ORDER BY reports DESC, county
        """)
    ),
    size="reports",
    colour="per_10000",
    label="name",
    width=10,
    columns=[
        Column("reports", "报告 Reports"),
        Column("per_10000", "每万人 Per 10,000", decimals=2),
        Column("name", "区县 County"),
    ],
    steps=((None, "green"), (2, "yellow"), (10, "orange"), (30, "red")),
)

HEAT: Final = matrix(
    "区县 × 类别",
    "County × category",
    f"所选时段各区县、各类别的报告数，颜色越深越多；报告最多的 {_MOST_ROWS} 个区县。{REPORTS}",
    Sql(
        sql(f"""
            SELECT {place()} AS place, {matter()} AS kind, sum(n) AS reports
            FROM {counted("$__fromTime")}
            WHERE county IN ({_leading(_MOST_ROWS)})
            GROUP BY county, category
            ORDER BY category, county
        """)
    ),
    row="place",
    column="kind",
    value="reports",
    steps=(
        (None, "transparent"),
        (1, "semi-dark-green"),
        (5, "semi-dark-yellow"),
        (20, "semi-dark-orange"),
        (50, "semi-dark-red"),
    ),
    empty="zero",
)
