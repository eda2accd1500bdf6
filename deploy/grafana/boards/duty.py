"""The duty rooms' own work: who reported, how many alerts there were, what they were worth, how soon they were taken up."""

from typing import Final

from deploy.grafana.board import Board, Row, Section
from deploy.grafana.kinds import LEVELS, figure, lines, matrix, table
from deploy.grafana.panel import Column, Sql
from deploy.grafana.sql import (
    BOTH,
    DAYS,
    FIRST_LOCAL_DAY,
    LOCAL_DAY,
    PICKED,
    PLACES,
    ZONE,
    level_name,
    midnight,
    picked,
    sql,
)

_EXPECTED: Final = (
    "应报区县：时段内有任何区县报送过的市，其全部区县。"
    "Expected: all counties of a city of which any county reported in the time picked."
)
# Days × expected counties, with what each said.
_DUE: Final = f"""
    SELECT due.code AS county, due.name AS name, day, grid_reports, zero_reports
    FROM (
        SELECT code, name, {FIRST_LOCAL_DAY} + number AS day
        FROM {PLACES} AS places
        CROSS JOIN numbers(toUInt64(least(400, {LOCAL_DAY} - {FIRST_LOCAL_DAY} + 1))) AS days
        WHERE left(code, 4) IN (
            SELECT left(county, 4) FROM presence FINAL
            WHERE {DAYS} AND grid_reports + zero_reports > 0
        )
          AND {picked("code")}
    ) AS due
    LEFT JOIN (SELECT * FROM presence FINAL WHERE {DAYS}) AS said
        ON said.county = due.code AND said.day = due.day
"""

_COMPLETE: Final = matrix(
    "报送情况",
    "Who reported",
    f"每个报送窗口（前一日 16 时至当日 16 时）各区县是否报送：已报、零报告（明确报告“今日无事”）、缺报。{_EXPECTED}",
    Sql(
        sql(f"""
            SELECT name AS county, toString(day) AS day,
                multiIf(grid_reports > 0, 2, zero_reports > 0, 1, 0) AS said
            FROM ({_DUE})
            ORDER BY day, county
        """)
    ),
    row="county",
    column="day",
    value="said",
    width=16,
    steps=((None, "semi-dark-red"), (1, "light-green"), (2, "green")),
    words={
        "0": ("缺报", "semi-dark-red"),
        "1": ("零报告", "light-green"),
        "2": ("已报", "green"),
    },
    empty="zero",
)

_COMPLETENESS: Final = lines(
    "报送完整率",
    "Reporting completeness",
    f"每日已报（含零报告）区县数 ÷ 应报区县数。{_EXPECTED}",
    [
        Sql(
            sql(f"""
                SELECT {midnight()} AS time,
                    countIf(grid_reports + zero_reports > 0) / count() AS share
                FROM ({_DUE})
                GROUP BY day
                ORDER BY time
            """),
            series=True,
        )
    ],
    width=8,
    unit="percentunit",
    most=1,
    interval="1d",
    columns=[Column("share", "完整率 Completeness", colour="green", custom={"fillOpacity": 20})],
)

_LOAD: Final = lines(
    "预警数量",
    "Alert load",
    "每日发出的预警，按级别；含被静默、抑制、归并而未通知的。Alerts raised on each day by level, those not told included.",
    [
        Sql(
            sql(f"""
                SELECT {midnight(f"toDate(raised_at, '{ZONE}')")} AS time, {level_name()} AS level_name,
                    count() AS alerts
                FROM alerts FINAL
                WHERE $__timeFilter(raised_at)
                  AND {BOTH}
                GROUP BY time, level_name
                ORDER BY time, level_name
            """),
            series=True,
        )
    ],
    stacked=True,
    bars=True,
    interval="1d",
    columns=[
        Column(f"/{level} /", pattern=True, colour=colour) for level, (_, colour) in LEVELS.items()
    ],
)

_WAITED: Final = f"""
    SELECT
        alerts.id AS id,
        any(alerts.level) AS grade,
        minIf(steps.at, steps.action IN ('acknowledge', 'assign')) AS taken_at,
        countIf(steps.action IN ('acknowledge', 'assign')) > 0 AS taken,
        greatest(0, dateDiff('second', any(alerts.raised_at), taken_at)) AS waited_s
    FROM alerts FINAL
    LEFT JOIN (
        SELECT alert_id, action, at FROM alert_actions FINAL
        WHERE verdict = 'done' AND {PICKED}
    ) AS steps ON steps.alert_id = alerts.id
    WHERE $__timeFilter(raised_at) AND alerts.notify
      AND {picked("alerts.county")}
    GROUP BY alerts.id
"""

_TAKEN: Final = table(
    "确认用时",
    "Time to acknowledge",
    "已通知的预警从发出到首次确认或交办的时间：中位数与九成以内，按级别；未确认的另计。"
    "From raised until first acknowledged or assigned, of alerts that were told; those nobody took up are counted apart.",
    [
        Sql(
            sql(f"""
                SELECT {level_name("grade")} AS level_name,
                    count() AS alerts,
                    countIf(NOT taken) AS waiting,
                    if(countIf(taken) = 0, NULL, quantileExactIf(0.5)(waited_s, taken)) AS half_s,
                    if(countIf(taken) = 0, NULL, quantileExactIf(0.9)(waited_s, taken)) AS most_s
                FROM ({_WAITED})
                GROUP BY grade
                ORDER BY grade
            """)
        )
    ],
    width=12,
    columns=[
        Column("level_name", "级别 Level"),
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

_PRECISION: Final = table(
    "规则准确率",
    "Precision per rule",
    "每条规则发出、通知、自动或人工办结的预警数，值班人员评为有用、无用的数，准确率 = 有用 ÷（有用 + 无用）。"
    "评价满 10 条且低于 30% 的规则建议降级。Precision = useful ÷ (useful + not useful), of those labelled.",
    [
        Sql(
            sql(f"""
                SELECT
                    rule,
                    count() AS raised,
                    countIf(notify) AS told,
                    countIf(status = 'closed') AS closed,
                    countIf(label = 'useful') AS useful,
                    countIf(label = 'not_useful') AS not_useful,
                    if(useful + not_useful = 0, NULL, useful / (useful + not_useful)) AS share,
                    if(useful + not_useful >= 10 AND share < 0.3, '建议降级 demote', '') AS advice
                FROM alerts FINAL
                WHERE $__timeFilter(raised_at)
                  AND {BOTH}
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

_OPEN: Final = table(
    "未办结预警",
    "Open alerts",
    "时段末尾未办结的预警，最严重、最新的在前；点击内容到值班面板处置。Alerts that are not closed, gravest and newest first.",
    [
        Sql(
            sql(f"""
                SELECT
                    {level_name("alerts.level")} AS level,
                    raised_at,
                    places.name AS county,
                    rule,
                    title,
                    status,
                    assigned_to,
                    id
                FROM alerts FINAL
                LEFT JOIN {PLACES} AS places ON places.code = alerts.county
                WHERE status != 'closed' AND raised_at <= $__toTime
                  AND {picked("alerts.county")}
                  AND $__conditionalAll(alerts.category IN (${{category:singlequote}}), $category)
                ORDER BY alerts.level, raised_at DESC
                LIMIT 200
            """)
        )
    ],
    columns=[
        Column(
            "level",
            "级别 Level",
            width=100,
            words={
                f"{level} {words}": (words, colour) for level, (words, colour) in LEVELS.items()
            },
            cell={"type": "color-text"},
        ),
        Column("raised_at", "时间 Raised", width=170),
        Column("county", "区县 County", width=140),
        Column("rule", "规则 Rule", width=150),
        Column("title", "内容 What", link="${duty}/?alert=${__data.fields.id}"),
        Column(
            "status",
            "状态 Status",
            width=160,
            words={
                "firing": ("待确认 firing", "red"),
                "acknowledged": ("已确认 acknowledged", "yellow"),
                "assigned": ("已交办 assigned", "blue"),
                "escalated": ("已提级 escalated", "dark-red"),
            },
        ),
        Column("assigned_to", "交办 Assigned to", width=170),
        Column("id", hidden=True),
    ],
)

_TOLD: Final = table(
    "通知情况",
    "Notices by channel",
    "每个渠道送达、限流暂缓、汇总告知、被拒的条数，及从预警发出到送达的中位用时。"
    "Per channel: sent, held back, summed up, refused; and the median time from raised to sent.",
    [
        Sql(
            sql(f"""
                SELECT
                    channel,
                    countIf(outcome = 'sent') AS sent,
                    countIf(outcome = 'suppressed') AS suppressed,
                    countIf(outcome = 'summed') AS summed,
                    countIf(outcome = 'refused') AS refused,
                    quantileExactIf(0.5)(
                        greatest(0, dateDiff('millisecond', alerts.raised_at, notices.at)) / 1000,
                        outcome = 'sent' AND notices.status = 'firing'
                    ) AS half_s
                FROM notices FINAL
                INNER JOIN (SELECT id, raised_at FROM alerts FINAL) AS alerts
                    ON alerts.id = notices.alert_id
                WHERE $__timeFilter(notices.at) AND notices.status != 'opened'
                  AND {picked("notices.county")}
                GROUP BY channel
                ORDER BY channel
            """)
        )
    ],
    width=12,
    columns=[
        Column("channel", "渠道 Channel"),
        Column("sent", "送达 Sent", width=110),
        Column("suppressed", "暂缓 Held", width=110),
        Column("summed", "汇总 Summed", width=130),
        Column("refused", "被拒 Refused", width=130),
        Column("half_s", "中位用时 Median", unit="s", decimals=1, width=150),
    ],
)

_MISSING: Final = figure(
    "缺报区县",
    "Missing counties",
    f"报送窗口结束于时段末日、既无报告也无零报告的应报区县数。{_EXPECTED}",
    Sql(
        sql(f"""
            SELECT countIf(grid_reports + zero_reports = 0) AS missing, count() AS due
            FROM ({_DUE})
            WHERE day = {LOCAL_DAY}
        """)
    ),
    width=8,
    columns=[
        Column("missing", "缺报 Missing", steps=((None, "green"), (1, "orange"))),
        Column("due", "应报 Expected"),
    ],
)

DUTY: Final = Board(
    "huishang-duty",
    "报送与预警",
    "Reporting and alerts",
    "报送完整率，预警数量、准确率与确认用时。Reporting completeness; alert load, precision, time to acknowledge.",
    [
        Section("报送", "Reporting", [Row(9, [_COMPLETE, _COMPLETENESS])]),
        Section(
            "预警",
            "Alerts",
            [Row(9, [_LOAD, _TAKEN]), Row(9, [_PRECISION]), Row(10, [_OPEN])],
        ),
        Section("缺报与通知", "Missing and notices", [Row(7, [_TOLD, _MISSING])]),
    ],
    since="now-7d",
    refresh="1m",
)
