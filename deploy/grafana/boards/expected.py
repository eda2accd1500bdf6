"""Observed against expected: days beside what the baseline expected of them, and what alerts said."""

from typing import Final

from deploy.grafana.board import Board, Mark, Row, Section
from deploy.grafana.kinds import LEVELS, lines, table
from deploy.grafana.panel import Column, Sql
from deploy.grafana.sql import KINDS, PLACES, matter, sql

_BAND: Final = (
    "一日为早 8 时至次日早 8 时（UTC 日）。预期与范围来自统计预警所用的基线（星期、节假日、季节、趋势），"
    "20 天中有 19 天落在范围内；前两周没有预期，没有预期的不计入，最后一日未完。多个区县或类别相加时，范围按各自独立合成。"
    "A day is one of UTC. Expected and range are those of the baseline that statistical alerts use: 19 of 20 days lie "
    "within; series without one, as in their first two weeks, are not in it. Of several series the range takes them as independent."
)
# What is expected of a sum, and how far it may be off: of each series 1.96 standard deviations.
_SUMS: Final = """
                    sum(observed) AS reports,
                    sum(observed_expected.expected) AS awaited,
                    greatest(0, awaited - sqrt(sum(pow(expected - low, 2)))) AS least,
                    awaited + sqrt(sum(pow(high - expected, 2))) AS most"""
_MOST_DAYS: Final = 14  # of all counties together: what came is added up from hours
# $__conditionalAll is true here where all counties are picked, and false where some are.
_DAYS: Final = f"""day >= greatest(
                        toDate($__fromTime, 'UTC'),
                        if($__conditionalAll(1 = 0, $county), toDate($__toTime, 'UTC') - {_MOST_DAYS}, toDate(0))
                    )
                  AND day <= toDate($__toTime, 'UTC')"""

_OVER_TIME: Final = lines(
    "实际与预期",
    "Observed against expected",
    f"所选区县、类别每日报告数与预期范围，竖线为预警；选全部区县时只画末 {_MOST_DAYS} 天。"
    f"Of all counties together the last {_MOST_DAYS} days. {_BAND}",
    [
        Sql(
            sql(f"""
                SELECT
                    toDateTime(day, 'UTC') AS time,{_SUMS}
                FROM observed_expected
                WHERE {_DAYS}
                  AND {PLACES}
                  AND {KINDS}
                GROUP BY day
                ORDER BY time
            """),
            series=True,
        )
    ],
    width=24,
    interval="1d",
    columns=[
        Column("reports", "实际 Observed", colour="blue", custom={"lineWidth": 2}),
        Column(
            "awaited",
            "预期 Expected",
            colour="text",
            decimals=1,
            custom={"lineStyle": {"fill": "dash", "dash": [6, 6]}},
        ),
        Column("least", "下界 Low", colour="semi-dark-green", decimals=1, custom={"lineWidth": 0}),
        Column(
            "most",
            "上界 High",
            colour="semi-dark-green",
            decimals=1,
            custom={"lineWidth": 0, "fillBelowTo": "下界 Low", "fillOpacity": 20},
        ),
    ],
)

_BY_CATEGORY: Final = table(
    "末日各类别与预期",
    "Last day by category",
    "时段末日（尚无预期时为前一日）各类别的报告数与预期，超出 =（实际 − 预期）÷（上界 − 预期），大于 1 即超出范围。末日未完时偏低。"
    f"Above: (observed − expected) ÷ (high − expected); out of range above 1. {_BAND}",
    [
        Sql(
            sql(f"""
                SELECT kind, reports, awaited, least, most,
                    if(most = awaited, NULL, (reports - awaited) / (most - awaited)) AS above
                FROM (
                    SELECT {matter()} AS kind, day,{_SUMS}
                    FROM observed_expected
                    WHERE day >= toDate($__toTime, 'UTC') - 1 AND day <= toDate($__toTime, 'UTC')
                      AND {PLACES}
                      AND {KINDS}
                    GROUP BY category, day
                    ORDER BY day DESC
                    LIMIT 1 BY category
                )
                ORDER BY above DESC, kind
            """)
        )
    ],
    width=10,
    columns=[
        Column("kind", "类别 Category"),
        Column("reports", "实际 Observed", width=110),
        Column("awaited", "预期 Expected", decimals=1, width=110),
        Column("least", "下界 Low", decimals=1, width=90),
        Column("most", "上界 High", decimals=1, width=90),
        Column(
            "above",
            "超出 Above",
            decimals=1,
            width=110,
            steps=((None, "text"), (1, "orange"), (2, "red")),
            cell={"type": "color-text"},
        ),
    ],
)

_ALERTS: Final = table(
    "带预期的预警",
    "Alerts with what was expected",
    "统计类预警：实际、基线预期、概率 p。p 为没有特别原因时出现这样多报告的概率。"
    "Alerts of statistical rules: observed, expected by the baseline, and p, the chance of as many without a cause.",
    [
        Sql(
            sql(f"""
                SELECT raised_at, level_name, county_name, category_name, observed,
                    assumeNotNull(expected) AS awaited, assumeNotNull(p_value) AS p, title, id
                FROM alert_list
                WHERE $__timeFilter(raised_at) AND isNotNull(expected)
                  AND {PLACES}
                  AND {KINDS}
                ORDER BY raised_at DESC
                LIMIT 200
            """)
        )
    ],
    width=14,
    columns=[
        Column("raised_at", "时间 Raised", width=170),
        Column("level_name", "级别 Level", width=100, words=LEVELS, cell={"type": "color-text"}),
        Column("county_name", "区县 County", width=130),
        Column("category_name", "类别 Category", width=150),
        Column("observed", "实际 Observed", width=110),
        Column("awaited", "预期 Expected", decimals=1, width=110),
        Column("p", "p", decimals=5, width=90),
        Column("title", "内容 What", link="${duty}/?alert=${__data.fields.id}"),
        Column("id", hidden=True),
    ],
)

ALERT_MARKS: Final = Mark(
    "预警 Alerts",
    sql(f"""
        SELECT raised_at AS time, title AS text, level_name AS tags
        FROM alert_list
        WHERE $__timeFilter(raised_at)
          AND {PLACES}
          AND {KINDS}
        ORDER BY time
    """),
)

EXPECTED: Final = Board(
    "huishang-expected",
    "实际与预期",
    "Observed and expected",
    "每日报告数与基线预期，预警为竖线。Days beside what the baseline expected, alerts as marks.",
    [
        Section("走势", "Course", [Row(13, [_OVER_TIME])]),
        Section("偏离与预警", "Deviations and alerts", [Row(13, [_BY_CATEGORY, _ALERTS])]),
    ],
    marks=[ALERT_MARKS],
    since="now-14d",
    refresh="5m",
)
