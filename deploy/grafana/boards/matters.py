"""Matters: how people sound of what, where enough said so; and incidents, reports of the same matter."""

from typing import Final

from deploy.grafana.board import Board, Row, Section
from deploy.grafana.kinds import LEVELS, figure, lines, table
from deploy.grafana.panel import DUTY_BOARD, Column, Sql
from deploy.grafana.sql import DAYS, KINDS, PLACES, matter, midnight, name, sql

_LEAST: Final = 10  # sentiment is shown from so many texts on
_TONE: Final = (
    "情绪为文本对事情或服务的语气，−2 至 +2，不评价写的人。均值 = 合计 ÷ 有情绪的报告数 n；n 不足 10 的不显示。"
    "Sentiment towards the matter or service, −2 to +2, never of the person; shown only for n ≥ 10."
)
_TONE_STEPS: Final = ((None, "red"), (-1.2, "orange"), (-0.6, "yellow"), (0.0, "green"))
_TONE_COLUMNS: Final = (
    Column("told", "n", width=90),
    Column(
        "tone",
        "均值 Mean",
        decimals=2,
        width=120,
        steps=_TONE_STEPS,
        cell={"type": "color-background", "mode": "basic"},
    ),
    Column("bad", "负面 Negative", unit="percentunit", decimals=0, width=140),
    Column("good", "正面 Positive", unit="percentunit", decimals=0, width=140),
)
_SUMS: Final = """
                    sum(texts) AS told,
                    sum(sentiment_sum) / told AS tone,
                    sum(negative) / told AS bad,
                    sum(positive) / told AS good"""

_BY_KIND: Final = table(
    "各类别情绪",
    "Sentiment by category",
    _TONE,
    [
        Sql(
            sql(f"""
                SELECT {matter()} AS kind,{_SUMS}
                FROM sentiment_days
                WHERE {DAYS}
                  AND {PLACES}
                  AND {KINDS}
                GROUP BY category
                HAVING told >= {_LEAST}
                ORDER BY tone, category
            """)
        )
    ],
    width=12,
    columns=[Column("kind", "类别 Category"), *_TONE_COLUMNS],
)

_BY_COUNTY: Final = table(
    "各区县情绪",
    "Sentiment by county",
    _TONE,
    [
        Sql(
            sql(f"""
                SELECT {name()} AS county_name, county,{_SUMS}
                FROM sentiment_days
                WHERE {DAYS}
                  AND {PLACES}
                  AND {KINDS}
                GROUP BY county
                HAVING told >= {_LEAST}
                ORDER BY tone, county
            """)
        )
    ],
    width=12,
    columns=[
        Column("county_name", "区县 County", link=DUTY_BOARD),
        Column("county", hidden=True),
        *_TONE_COLUMNS,
    ],
)

_OVER_TIME: Final = lines(
    "情绪走势",
    "Sentiment over time",
    f"每日的平均情绪与 n。{_TONE}",
    [
        Sql(
            sql(f"""
                SELECT {midnight()} AS time,
                    sum(sentiment_sum) / sum(texts) AS tone,
                    sum(texts) AS told
                FROM sentiment_days
                WHERE {DAYS}
                  AND {PLACES}
                  AND {KINDS}
                GROUP BY day
                HAVING told >= {_LEAST}
                ORDER BY time
            """),
            series=True,
        )
    ],
    width=24,
    interval="1d",
    least=None,
    columns=[
        Column("tone", "均值 Mean", colour="orange", decimals=2, custom={"lineWidth": 2}),
        Column(
            "told",
            "n",
            colour="text",
            custom={
                "axisPlacement": "right",
                "drawStyle": "bars",
                "fillOpacity": 15,
                "lineWidth": 0,
            },
        ),
    ],
)

_NUMBERS: Final = figure(
    "事件",
    "Incidents",
    "时段内有报告的事件数，其中 5 件及以上报告的、经多个渠道反映的。事件：被认作同一事情的报告。"
    "Incidents last reported in the time picked; of five or more reports; of more than one channel.",
    Sql(
        sql(f"""
            SELECT count() AS incidents, countIf(reports >= 5) AS large,
                countIf(length(channels) > 1) AS many_ways
            FROM incident_list
            WHERE $__timeFilter(last_at)
              AND {PLACES}
              AND {KINDS}
        """)
    ),
    width=24,
    columns=[
        Column("incidents", "事件 Incidents"),
        Column("large", "5 件以上 ≥ 5 reports", steps=((None, "text"), (1, "orange"))),
        Column("many_ways", "多渠道 Several channels"),
    ],
)

_INCIDENTS: Final = table(
    "事件清单",
    "Incident list",
    "时段内最后有报告的事件，报告多、严重的在前。名称是小区、单位、学校、道路或项目，不是个人；不含原文。"
    "Incidents last reported in the time picked, the largest first. A name is of an estate, company, school, "
    "road or project, never of a person; no text.",
    [
        Sql(
            sql(f"""
                SELECT
                    county_name,
                    category_name,
                    if(name = '', '—', name) AS named,
                    reports,
                    severity_name,
                    length(channels) AS ways,
                    opened_at,
                    last_at,
                    incident
                FROM incident_list
                WHERE $__timeFilter(last_at)
                  AND {PLACES}
                  AND {KINDS}
                ORDER BY reports DESC, severity = 0, severity, last_at DESC
                LIMIT 200
            """)
        )
    ],
    columns=[
        Column("county_name", "区县 County", width=140),
        Column("category_name", "类别 Category", width=150),
        Column("named", "名称 Name", link="${duty}/?incident=${__data.fields.incident}"),
        Column(
            "reports",
            "报告 Reports",
            width=120,
            steps=((None, "text"), (3, "yellow"), (5, "orange")),
            cell={"type": "color-text"},
        ),
        Column(
            "severity_name",
            "级别 Severity",
            width=130,
            words={"未定级": ("—", "text"), **LEVELS},
            cell={"type": "color-text"},
        ),
        Column("ways", "渠道 Channels", width=130),
        Column("opened_at", "首报 First", width=170),
        Column("last_at", "末报 Last", width=170),
        Column("incident", hidden=True),
    ],
)

MATTERS: Final = Board(
    "huishang-matters",
    "情绪与事件",
    "Sentiment and incidents",
    "各类别、区县的情绪（n ≥ 10）与事件清单。Sentiment where n is 10 or more; incidents.",
    [
        Section("事件", "Incidents", [Row(4, [_NUMBERS]), Row(12, [_INCIDENTS])]),
        Section("情绪", "Sentiment", [Row(10, [_BY_KIND, _BY_COUNTY]), Row(9, [_OVER_TIME])]),
    ],
    since="now-7d",
    refresh="5m",
)
