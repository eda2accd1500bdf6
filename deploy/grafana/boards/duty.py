"""The duty rooms' own work: who reported, how good the data is, how many alerts there were and what they were worth."""

from typing import Final

from deploy.grafana.board import Board, Row, Section
from deploy.grafana.boards.duty_alerts import LOAD, OPEN, PRECISION, TAKEN
from deploy.grafana.kinds import lines, matrix, table
from deploy.grafana.panel import Column, Sql
from deploy.grafana.sql import DAYS, PLACES, midnight, place, sql

_EXPECTED: Final = (
    "应报区县为 HUISHANG_COUNTIES 所列；未设时为此前 7 天内报送过的。"
    "Expected: the counties of HUISHANG_COUNTIES, else those that reported in the 7 days before."
)

_MOST: Final = 100  # counties in the matrix

_COMPLETE: Final = matrix(
    "报送情况",
    "Who reported",
    f"每个报送窗口（前一日 16 时至当日 16 时）各区县是否报送：已报、零报告（明确报告“今日无事”）、缺报；缺报最多的 {_MOST} 个。{_EXPECTED}",
    Sql(
        sql(f"""
            SELECT {place()} AS place, toString(day) AS window,
                multiIf(status = 'reported', 2, status = 'zero', 1, 0) AS said
            FROM reporting_days
            WHERE {DAYS}
              AND county IN (
                SELECT county FROM reporting_days
                WHERE {DAYS}
                  AND {PLACES}
                GROUP BY county
                ORDER BY countIf(NOT reported) DESC, county
                LIMIT {_MOST}
              )
            ORDER BY day, place
        """)
    ),
    row="place",
    column="window",
    value="said",
    width=16,
    steps=((None, "semi-dark-red"), (1, "light-green"), (2, "green")),
    words={
        "0": ("缺报", "semi-dark-red"),
        "1": ("零报告", "light-green"),
        "2": ("已报", "green"),
    },
)

_COMPLETENESS: Final = lines(
    "报送完整率",
    "Reporting completeness",
    f"每日已报（含零报告）区县数 ÷ 应报区县数。{_EXPECTED}",
    [
        Sql(
            sql(f"""
                SELECT {midnight()} AS time, countIf(reported) / count() AS share
                FROM reporting_days
                WHERE {DAYS}
                  AND {PLACES}
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

_REACH: Final = table(
    "报告送达",
    "How far digests reached",
    "日报告、日会商、日调度和周月季通报：份数，各渠道送达、被拒、等待的次数，及写成到全部送达的中位用时。"
    "Digests: how many, and how often channels sent, refused or still hold them; median time from written to sent.",
    [
        Sql(
            sql(f"""
                SELECT
                    kind_name,
                    count() AS digests,
                    sum(digest_reach.sent) AS sent,
                    sum(digest_reach.refused) AS refused,
                    sum(digest_reach.waiting) AS waiting,
                    quantileExactOrNull(0.5)(sent_after_s) AS half_s
                FROM digest_reach
                WHERE $__timeFilter(issued_at)
                  AND {PLACES}
                GROUP BY kind, kind_name
                ORDER BY digests DESC, kind
            """)
        )
    ],
    width=12,
    columns=[
        Column("kind_name", "种类 Kind"),
        Column("digests", "份数 Digests", width=120),
        Column("sent", "送达 Sent", width=110),
        Column("refused", "被拒 Refused", width=120),
        Column("waiting", "等待 Waiting", width=120),
        Column("half_s", "中位用时 Median", unit="s", decimals=1, width=150),
    ],
)

_LEDGER: Final = table(
    "来文去向",
    "What became of what was published",
    "各输入流受理、重复的事件数（按到达日，UTC）。受理含零报告、类别外、案件更新和处置动作。"
    "Per input stream: accepted and repeated events, by day of arrival (UTC).",
    [
        Sql(
            sql(f"""
                SELECT stream, sum(ledger_days.counted) AS counted,
                    sum(ledger_days.duplicates) AS duplicates,
                    uniqExact(county) AS counties
                FROM ledger_days
                WHERE day >= toDate($__fromTime, 'UTC') AND day <= toDate($__toTime, 'UTC')
                  AND {PLACES}
                GROUP BY stream
                ORDER BY counted DESC
            """)
        )
    ],
    width=12,
    columns=[
        Column("stream", "输入流 Stream"),
        Column("counted", "受理 Accepted", width=140),
        Column("duplicates", "重复 Repeated", width=140),
        Column("counties", "区县 Counties", width=140),
    ],
)

_DEAD: Final = lines(
    "死信",
    "Dead letters by reason",
    "每日不合规而退回的事件，按原因；区县读不出的只在选择全部时计入。"
    "Events answered with a dead letter on each day, by reason; of unknown counties only under All.",
    [
        Sql(
            sql(f"""
                SELECT {midnight()} AS time, reason_name, sum(n) AS letters
                FROM dead_letter_days
                WHERE {DAYS}
                  AND {PLACES}
                GROUP BY day, reason_name
                ORDER BY time, reason_name
            """),
            series=True,
        )
    ],
    stacked=True,
    bars=True,
    interval="1d",
)

_STAGES: Final = table(
    "处理进度",
    "How stages stand",
    "各阶段最近一次看到的工作进程、积压记录数和停滞时间；停滞说明看板上的数可能不全。"
    "Workers, lag, and for how long nothing of the lag was read, as last seen: with a standstill figures are not complete.",
    [Sql("SELECT stage, at, members, lag, late_s FROM pipeline_now ORDER BY stage")],
    width=12,
    columns=[
        Column("stage", "阶段 Stage"),
        Column("at", "时间 At", width=170),
        Column("members", "进程 Workers", width=130, steps=((None, "red"), (1, "green"))),
        Column("lag", "积压 Lag", width=110),
        Column("late_s", "停滞 Standstill", unit="s", width=150),
    ],
)

DUTY: Final = Board(
    "huishang-duty",
    "报送与预警",
    "Reporting and alerts",
    "报送完整率，预警数量、准确率与确认用时。Reporting completeness; alert load, precision, time to acknowledge.",
    [
        Section("报送", "Reporting", [Row(9, [_COMPLETE, _COMPLETENESS])]),
        Section("预警", "Alerts", [Row(9, [LOAD, TAKEN]), Row(9, [PRECISION]), Row(10, [OPEN])]),
        Section(
            "数据与送达",
            "Data and digests",
            [Row(8, [_REACH, _STAGES]), Row(8, [_LEDGER, _DEAD])],
        ),
    ],
    since="now-7d",
    refresh="1m",
)
