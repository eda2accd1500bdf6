"""Today: how much came from where, against the time before; the counties on a map; what is rife where."""

from typing import Final

from deploy.grafana.board import Board, Row, Section
from deploy.grafana.boards.today_counties import HEAT, MAP, PER_COUNTY
from deploy.grafana.boards.words import BEFORE_ABOUT, CHANGE_STEPS, REPORTS
from deploy.grafana.kinds import LEVELS, bars, figure, lines
from deploy.grafana.panel import Column, Sql
from deploy.grafana.sql import BEFORE, KINDS, LAST_DAY, PLACES, START, counted, matter, sql

_MOST_S: Final = 31 * 86_400  # of channels: there are no counts by channel and day

_NOW: Final = figure(
    "报告数",
    "Reports",
    f"所选时段的报告数、上期报告数和变化。{REPORTS}{BEFORE_ABOUT}",
    Sql(
        sql(f"""
            SELECT
                sumIf(n, hour >= {START}) AS reports,
                sumIf(n, hour < {START}) AS before,
                if(before = 0, NULL, reports / before - 1) AS change
            FROM {counted(BEFORE)}
        """)
    ),
    width=6,
    columns=[
        Column("reports", "本期 Now"),
        Column("before", "上期 Before"),
        Column("change", "变化 Change", unit="percentunit", decimals=1, steps=CHANGE_STEPS),
    ],
)

_GRAVE: Final = figure(
    "红色与橙色",
    "Red and orange",
    "所选时段中严重程度为红色、橙色的报告数：以上报为准，文本显示更严重时从重。"
    "Reports of severity 1 and 2: as upstream said, or as the text shows if that is graver.",
    Sql(
        sql(f"""
            SELECT sum(counted.red) AS red, sum(counted.orange) AS orange
            FROM {counted("$__fromTime")} AS counted
        """)
    ),
    width=4,
    columns=[
        Column("red", "红色 Red", colour="dark-red"),
        Column("orange", "橙色 Orange", colour="orange"),
    ],
)

_OPEN_ALERTS: Final = figure(
    "未办结预警数",
    "Open alerts",
    "未办结的预警，按级别。Alerts that are not closed, by level.",
    Sql(
        sql(f"""
            SELECT
                countIf(level = 1) AS red, countIf(level = 2) AS orange,
                countIf(level = 3) AS yellow, countIf(level = 4) AS blue
            FROM alert_list
            WHERE active AND raised_at <= $__toTime
              AND {PLACES}
        """)
    ),
    width=6,
    columns=[
        Column(name, title, colour=colour)
        for name, (title, colour) in zip(
            ("red", "orange", "yellow", "blue"), LEVELS.values(), strict=True
        )
    ],
)

_SPOKE: Final = figure(
    "报送区县",
    "Counties that reported",
    "报送窗口（前一日 16 时至当日 16 时）结束于时段末日：有网格报告或零报告即为已报；应报而两者皆无为缺报。"
    "Counties with a grid report or an explicit zero report in the window that ends on the last day, and those without.",
    Sql(
        sql(f"""
            SELECT countIf(reported) AS spoke, countIf(NOT reported) AS missing
            FROM reporting_days
            WHERE day = {LAST_DAY}
              AND {PLACES}
        """)
    ),
    width=4,
    columns=[
        Column("spoke", "已报 Reported", colour="green"),
        Column("missing", "缺报 Missing", steps=((None, "green"), (1, "orange"))),
    ],
)

_OVERDUE: Final = figure(
    "超期案件",
    "Overdue cases",
    "未办结且已过办理时限的案件（时限依次取声明、工单类别、层级），及在办案件总数。"
    "Open cases whose limit (declared, of its class, or of its level) has passed; and all open ones.",
    Sql(
        sql(f"""
            SELECT countIf(overdue) AS late, count() AS open
            FROM open_cases
            WHERE {PLACES}
        """)
    ),
    width=4,
    columns=[
        Column("late", "超期 Overdue", steps=((None, "green"), (1, "orange"))),
        Column("open", "在办 Open"),
    ],
)

_RIFE: Final = bars(
    "类别排行",
    "Categories by reports",
    f"所选时段报告最多的 15 个类别，与上期相比。{REPORTS}{BEFORE_ABOUT}",
    Sql(
        sql(f"""
            SELECT {matter()} AS kind,
                sumIf(n, hour >= {START}) AS reports,
                sumIf(n, hour < {START}) AS before
            FROM {counted(BEFORE)}
            GROUP BY category
            ORDER BY reports DESC, category
            LIMIT 15
        """)
    ),
    over="kind",
    lying=True,
    columns=[
        Column("reports", "本期 Now", colour="blue"),
        Column("before", "上期 Before", colour="light-blue"),
    ],
)

_CHANNELS: Final = lines(
    "各渠道走势",
    "Reports by channel",
    "按渠道（网格、热线、网络等，以契约所列名称）的报告数；时段长于 31 天时只画末 31 天。"
    f"Of a range longer than 31 days the last 31. {REPORTS}",
    [
        Sql(
            sql(f"""
                SELECT $__timeInterval(hour) AS time, channel, sum(n) AS reports
                FROM count_hours
                WHERE hour >= greatest($__fromTime, $__toTime - {_MOST_S}) AND hour <= $__toTime
                  AND {PLACES}
                  AND {KINDS}
                GROUP BY time, channel
                ORDER BY time, channel
            """),
            series=True,
        )
    ],
    stacked=True,
    bars=True,
    interval="1h",
    columns=[Column("/.*/", pattern=True, custom={"lineWidth": 0})],
)

TODAY: Final = Board(
    "huishang-today",
    "今日情况",
    "Today",
    "所选时段（默认最近 24 小时）各区县报告情况。What came in, per county, against the time before.",
    [
        Section(
            "总体",
            "Overall",
            [Row(5, [_NOW, _GRAVE, _OPEN_ALERTS, _SPOKE, _OVERDUE])],
        ),
        Section("各区县", "Counties", [Row(13, [PER_COUNTY, MAP]), Row(11, [HEAT])]),
        Section("类别与渠道", "Categories and channels", [Row(12, [_RIFE, _CHANNELS])]),
    ],
)
