"""Observed against expected: days beside what such days brought before, and what alerts expected."""

from typing import Final

from deploy.grafana.board import Board, Mark, Row, Section
from deploy.grafana.kinds import LEVELS, lines, table
from deploy.grafana.panel import Column, Sql
from deploy.grafana.sql import BOTH, KINDS, PLACES, level_name, picked, sql

_WEEKS: Final = 8
_LEAD_S: Final = _WEEKS * 7 * 86_400
_BAND: Final = (
    f"一日为早 8 时至次日早 8 时（UTC 日，与统计预警相同）。预期：此前 {_WEEKS} 周同一星期几的平均；"
    "范围：预期 ± 2 倍标准差（不小于泊松的标准差），不足 4 周时不画。"
    "这是看图用的参照，统计预警用的是另一基线（节假日、季节、趋势），其预期写在预警里。"
    f"A day is one of UTC. Expected: mean of the same weekday in the {_WEEKS} weeks before; band: ± 2 standard "
    "deviations, at least those of a Poisson count; none before four weeks. A reference for the eye: "
    "statistical alerts use a baseline of their own and say what it expects."
)

_DAILY: Final = f"""
    SELECT toDate(hour) AS day, toUInt32(sum(n)) AS reports
    FROM counts FINAL
    WHERE hour >= toStartOfDay($__fromTime, 'UTC') - {_LEAD_S} AND hour <= $__toTime
      AND {BOTH}
    GROUP BY day
    ORDER BY day WITH FILL
        FROM toDate(toStartOfDay($__fromTime, 'UTC') - {_LEAD_S})
        TO toDate($__toTime, 'UTC') + 1
"""

_OVER_TIME: Final = lines(
    "实际与预期",
    "Observed against expected",
    f"所选区县、类别每日报告数与参照范围，竖线为预警。{_BAND}",
    [
        Sql(
            sql(f"""
                SELECT
                    toDateTime(day, 'UTC') AS time,
                    reports,
                    if(weeks < 4, NULL, mean) AS expected,
                    if(weeks < 4, NULL, greatest(0, mean - 2 * spread)) AS low,
                    if(weeks < 4, NULL, mean + 2 * spread) AS high
                FROM (
                    SELECT
                        day,
                        reports,
                        count() OVER same AS weeks,
                        avg(reports) OVER same AS mean,
                        greatest(stddevPop(reports) OVER same, sqrt(mean)) AS spread
                    FROM ({_DAILY})
                    WINDOW same AS (
                        PARTITION BY toDayOfWeek(day) ORDER BY day
                        ROWS BETWEEN {_WEEKS} PRECEDING AND 1 PRECEDING
                    )
                )
                WHERE day >= toDate($__fromTime, 'UTC')
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
            "expected",
            "预期 Expected",
            colour="text",
            decimals=1,
            custom={"lineStyle": {"fill": "dash", "dash": [6, 6]}},
        ),
        Column("low", "下界 Low", colour="semi-dark-green", decimals=1, custom={"lineWidth": 0}),
        Column(
            "high",
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
    f"时段末日各类别的报告数与参照，偏离 =（实际 − 预期）÷ 标准差，按偏离排序。末日未完时偏低。{_BAND}",
    [
        Sql(
            sql(f"""
                SELECT
                    any(kinds.kind) AS kind,
                    sumIf(reports, back = 0) AS observed,
                    sumIf(reports, back > 0) / {_WEEKS} AS expected,
                    greatest(
                        sqrt(sumIf(reports * reports, back > 0) / {_WEEKS} - expected * expected),
                        sqrt(expected)
                    ) AS spread,
                    if(spread = 0, NULL, (observed - expected) / spread) AS deviation
                FROM (
                    SELECT
                        counts.category AS category,
                        intDiv(toDate($__toTime, 'UTC') - toDate(hour), 7) AS back,
                        toFloat64(sum(n)) AS reports
                    FROM counts FINAL
                    WHERE hour >= toStartOfDay($__toTime, 'UTC') - {_LEAD_S} AND hour <= $__toTime
                      AND (toDate($__toTime, 'UTC') - toDate(hour)) % 7 = 0
                      AND {BOTH}
                    GROUP BY category, back
                ) AS days
                INNER JOIN {KINDS} AS kinds ON kinds.code = days.category
                GROUP BY days.category
                ORDER BY deviation DESC
            """)
        )
    ],
    width=10,
    columns=[
        Column("kind", "类别 Category"),
        Column("observed", "实际 Observed", width=110),
        Column("expected", "预期 Expected", decimals=1, width=110),
        Column("spread", "标准差 SD", decimals=1, width=100),
        Column(
            "deviation",
            "偏离 Deviation",
            decimals=1,
            width=120,
            steps=((None, "text"), (2, "yellow"), (3, "orange"), (5, "red")),
            cell={"type": "color-background", "mode": "basic"},
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
                SELECT
                    raised_at,
                    {level_name("alerts.level")} AS level,
                    places.name AS county,
                    kinds.kind AS category,
                    observed,
                    assumeNotNull(alerts.expected) AS expected,
                    assumeNotNull(p_value) AS p,
                    title,
                    id
                FROM alerts FINAL
                LEFT JOIN {PLACES} AS places ON places.code = alerts.county
                LEFT JOIN {KINDS} AS kinds ON kinds.code = alerts.category
                WHERE $__timeFilter(raised_at) AND isNotNull(alerts.expected)
                  AND {picked("alerts.county")}
                  AND $__conditionalAll(alerts.category IN (${{category:singlequote}}), $category)
                ORDER BY raised_at DESC
                LIMIT 200
            """)
        )
    ],
    width=14,
    columns=[
        Column("raised_at", "时间 Raised", width=170),
        Column(
            "level",
            "级别 Level",
            width=100,
            words={
                f"{level} {words}": (words, colour) for level, (words, colour) in LEVELS.items()
            },
            cell={"type": "color-text"},
        ),
        Column("county", "区县 County", width=130),
        Column("category", "类别 Category", width=150),
        Column("observed", "实际 Observed", width=110),
        Column("expected", "预期 Expected", decimals=1, width=110),
        Column("p", "p", decimals=5, width=90),
        Column("title", "内容 What", link="${duty}/?alert=${__data.fields.id}"),
        Column("id", hidden=True),
    ],
)

ALERT_MARKS: Final = Mark(
    "预警 Alerts",
    sql(f"""
        SELECT raised_at AS time, title AS text, {level_name()} AS tags
        FROM alerts FINAL
        WHERE $__timeFilter(raised_at)
          AND {BOTH}
        ORDER BY time
    """),
)

EXPECTED: Final = Board(
    "huishang-expected",
    "实际与预期",
    "Observed and expected",
    "每日报告数与参照范围，预警为竖线。Days beside what such days brought before, alerts as marks.",
    [
        Section("走势", "Course", [Row(13, [_OVER_TIME])]),
        Section("偏离与预警", "Deviations and alerts", [Row(13, [_BY_CATEGORY, _ALERTS])]),
    ],
    marks=[ALERT_MARKS],
    since="now-60d",
    refresh="5m",
)
