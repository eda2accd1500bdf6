"""Alerts as duty rooms live with them: how many, how soon taken up, what each rule was worth, what is open."""

from typing import Final

from deploy.grafana.kinds import LEVELS, lines, table
from deploy.grafana.panel import Column, Sql
from deploy.grafana.sql import DAYS, KINDS, PLACES, midnight, sql

LOAD: Final = lines(
    "预警数量",
    "Alert load",
    "每日发出的预警，按级别；含被静默、抑制、归并而未通知的。Alerts raised on each day by level, those not told included.",
    [
        Sql(
            sql(f"""
                SELECT {midnight()} AS time, level_name, sum(n) AS alerts
                FROM alert_days
                WHERE {DAYS}
                  AND {PLACES}
                GROUP BY day, level_name
                ORDER BY time, level_name
            """),
            series=True,
        )
    ],
    stacked=True,
    bars=True,
    interval="1d",
    columns=[
        Column(f"/{name}/", pattern=True, colour=colour) for name, (_, colour) in LEVELS.items()
    ],
)

TAKEN: Final = table(
    "确认用时",
    "Time to acknowledge",
    "应通知的预警从通知到值班人员首次处置的时间：中位数与九成以内，按级别；无人处置的另计。"
    "From being told to the first act of staff, of alerts that are told; those nobody acted on are counted apart.",
    [
        Sql(
            sql(f"""
                SELECT level_name,
                    count() AS alerts,
                    countIf(acknowledged_at IS NULL) AS waiting,
                    quantileExactOrNull(0.5)(acknowledged_after_s) AS half_s,
                    quantileExactOrNull(0.9)(acknowledged_after_s) AS most_s
                FROM alert_list
                WHERE $__timeFilter(raised_at) AND notify
                  AND {PLACES}
                  AND {KINDS}
                GROUP BY level, level_name
                ORDER BY level
            """)
        )
    ],
    width=12,
    columns=[
        Column("level_name", "级别 Level", words=LEVELS, cell={"type": "color-text"}),
        Column("alerts", "已通知 Told", width=120),
        Column(
            "waiting",
            "未确认 Not taken up",
            width=170,
            steps=((None, "text"), (1, "orange")),
            cell={"type": "color-text"},
        ),
        Column("half_s", "中位数 Median", unit="s", width=150),
        Column("most_s", "九成以内 90 %", unit="s", width=150),
    ],
)

PRECISION: Final = table(
    "规则准确率",
    "Precision per rule",
    "每条规则发出、应通知、办结的预警数，值班人员评为有用、无用的数，准确率 = 有用 ÷（有用 + 无用）。"
    "评价满 10 条且低于 30% 的规则建议降级。Precision = useful ÷ (useful + not useful), of those labelled.",
    [
        Sql(
            sql(f"""
                SELECT
                    rule,
                    count() AS raised,
                    countIf(notify) AS told,
                    countIf(NOT active) AS closed,
                    countIf(label = 'useful') AS useful,
                    countIf(label = 'not_useful') AS not_useful,
                    if(useful + not_useful = 0, NULL, useful / (useful + not_useful)) AS share,
                    if(useful + not_useful >= 10 AND share < 0.3, '建议降级 demote', '') AS advice
                FROM alert_list
                WHERE $__timeFilter(raised_at)
                  AND {PLACES}
                  AND {KINDS}
                GROUP BY rule
                ORDER BY raised DESC, rule
            """)
        )
    ],
    columns=[
        Column("rule", "规则 Rule"),
        Column("raised", "发出 Raised", width=130),
        Column("told", "通知 Told", width=120),
        Column("closed", "办结 Closed", width=120),
        Column("useful", "有用 Useful", width=120),
        Column("not_useful", "无用 Not useful", width=150),
        Column(
            "share",
            "准确率 Precision",
            unit="percentunit",
            decimals=0,
            width=150,
            steps=((None, "red"), (0.3, "orange"), (0.6, "green")),
            cell={"type": "color-text"},
        ),
        Column("advice", "建议 Advice", width=160),
    ],
)

OPEN: Final = table(
    "未办结预警",
    "Alerts that are open",
    "时段末尾未办结的预警，最严重、最新的在前；点击内容到值班面板处置。Alerts that are not closed, gravest and newest first.",
    [
        Sql(
            sql(f"""
                SELECT level_name, raised_at, county_name, rule, title, status_name, assigned_to, id
                FROM alert_list
                WHERE active AND raised_at <= $__toTime
                  AND {PLACES}
                  AND {KINDS}
                ORDER BY level, raised_at DESC
                LIMIT 200
            """)
        )
    ],
    columns=[
        Column("level_name", "级别 Level", width=100, words=LEVELS, cell={"type": "color-text"}),
        Column("raised_at", "时间 Raised", width=170),
        Column("county_name", "区县 County", width=140),
        Column("rule", "规则 Rule", width=160),
        Column("title", "内容 What", link="${duty}/?alert=${__data.fields.id}"),
        Column("status_name", "状态 Status", width=120),
        Column("assigned_to", "交办 Assigned to", width=170),
        Column("id", hidden=True),
    ],
)
