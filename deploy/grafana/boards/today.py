"""Today: how much came from where, against the time before; the counties on a map; what is rife where."""

from typing import Final

from deploy.grafana.board import Board, Row, Section
from deploy.grafana.kinds import LEVELS, bars, county_map, figure, lines, matrix, table
from deploy.grafana.panel import Column, Sql
from deploy.grafana.sql import (
    BEFORE,
    BOTH,
    KINDS,
    LOCAL_DAY,
    PICKED,
    PLACES,
    picked,
    sql,
)

REPORTS: Final = (
    "报告：收到并受理的不同事件，不含零报告、案件更新和处置动作，重复上报只计一次。按 reported_at 所在整点小时计。"
    "Reports: distinct accepted events, without zero reports, case updates and actions; "
    "counted in the hour of reported_at."
)
_BEFORE: Final = "上期：紧接所选时段之前、同样长的一段。Before: the span of the same length just before the one picked."

_CHANGE_STEPS: Final = ((None, "green"), (0.2, "yellow"), (0.5, "orange"), (1.0, "red"))

_NOW: Final = figure(
    "报告数",
    "Reports",
    f"所选时段的报告数、上期报告数和变化。{REPORTS}{_BEFORE}",
    Sql(
        sql(f"""
            SELECT
                sumIf(n, hour >= $__fromTime) AS reports,
                sumIf(n, hour < $__fromTime) AS before,
                if(before = 0, NULL, reports / before - 1) AS change
            FROM counts FINAL
            WHERE hour >= {BEFORE} AND hour <= $__toTime
              AND {BOTH}
        """)
    ),
    width=6,
    columns=[
        Column("reports", "本期 Now"),
        Column("before", "上期 Before"),
        Column("change", "变化 Change", unit="percentunit", decimals=1, steps=_CHANGE_STEPS),
    ],
)

_GRAVE: Final = figure(
    "红色与橙色",
    "Red and orange",
    "所选时段中严重程度为红色、橙色的报告数：以上报为准，文本显示更严重时从重。"
    "Reports of severity 1 and 2: as upstream said, or as the text shows if that is graver.",
    Sql(
        sql(f"""
            SELECT sum(counts.red) AS red, sum(counts.orange) AS orange
            FROM counts FINAL
            WHERE $__timeFilter(hour)
              AND {BOTH}
        """)
    ),
    width=4,
    columns=[
        Column("red", "红色 Red", colour="dark-red"),
        Column("orange", "橙色 Orange", colour="orange"),
    ],
)

_OPEN_ALERTS: Final = figure(
    "未办结预警",
    "Open alerts",
    "时段末尾仍未办结的预警，按级别。Alerts that are not closed, by level.",
    Sql(
        sql(f"""
            SELECT
                countIf(level = 1) AS red, countIf(level = 2) AS orange,
                countIf(level = 3) AS yellow, countIf(level = 4) AS blue
            FROM alerts FINAL
            WHERE status != 'closed' AND raised_at <= $__toTime
              AND {PICKED}
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
    "报送窗口结束于时段末日的网格报送：有报告或零报告即为已报。"
    "Counties with a grid report or an explicit zero report in the window that ends on the last day.",
    Sql(
        sql(f"""
            SELECT uniqExact(county) AS reported
            FROM presence FINAL
            WHERE day = {LOCAL_DAY} AND grid_reports + zero_reports > 0
              AND {PICKED}
        """)
    ),
    width=4,
    columns=[Column("reported", "已报 Reported", colour="green")],
)

_OVERDUE: Final = figure(
    "超期案件",
    "Overdue cases",
    "未办结且已过办理时限的案件（时限依次取声明、工单类别、层级）。"
    "Open cases whose limit (declared, of its class, or of its level) has passed.",
    Sql(
        sql(f"""
            SELECT
                countIf(due_at < $__toTime) AS overdue,
                count() AS open
            FROM cases FINAL
            WHERE closed_at IS NULL AND merged_into = ''
              AND {PICKED}
        """)
    ),
    width=4,
    columns=[
        Column("overdue", "超期 Overdue", steps=((None, "green"), (1, "orange"))),
        Column("open", "在办 Open"),
    ],
)

_PER_COUNTY: Final = table(
    "各区县：走势与变化",
    "Per county: course and change",
    f"各区县所选时段的报告数、与上期相比的变化、每万人报告数、未办结预警，以及时段内走势。"
    f"每万人：报告数 ÷ 2020 年普查常住人口 × 10000。{REPORTS}{_BEFORE}",
    [
        Sql(
            sql(f"""
                SELECT $__timeInterval(hour) AS time, places.name AS county, sum(n) AS course
                FROM counts FINAL
                INNER JOIN {PLACES} AS places ON places.code = counts.county
                WHERE $__timeFilter(hour)
                  AND {picked("counts.county")}
                  AND $__conditionalAll(category IN (${{category:singlequote}}), $category)
                GROUP BY time, county
                ORDER BY time, county
            """),
            series=True,
        ),
        Sql(
            sql(f"""
                SELECT
                    places.name AS county,
                    found.county AS code,
                    found.reports AS reports,
                    found.before AS before,
                    if(before = 0, NULL, reports / before - 1) AS change,
                    10000 * reports / places.population_2020 AS per_10000,
                    alerting.open AS alerts
                FROM (
                    SELECT
                        county,
                        sumIf(n, hour >= $__fromTime) AS reports,
                        sumIf(n, hour < $__fromTime) AS before
                    FROM counts FINAL
                    WHERE hour >= {BEFORE} AND hour <= $__toTime
                      AND {BOTH}
                    GROUP BY county
                ) AS found
                INNER JOIN {PLACES} AS places ON places.code = found.county
                LEFT JOIN (
                    SELECT county, count() AS open FROM alerts FINAL
                    WHERE status != 'closed' AND raised_at <= $__toTime GROUP BY county
                ) AS alerting ON alerting.county = found.county
                ORDER BY reports DESC
            """)
        ),
    ],
    width=14,
    columns=[
        Column("county", "区县 County", width=150, link="${duty}/?county=${__data.fields.code}"),
        Column("code", hidden=True),
        Column("reports", "报告 Reports", width=110),
        Column("before", "上期 Before", width=110),
        Column(
            "change",
            "变化 Change",
            unit="percentunit",
            decimals=0,
            width=110,
            steps=_CHANGE_STEPS,
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

_MAP: Final = county_map(
    "区县分布图",
    "Map of counties",
    "圆的大小为所选时段报告数，颜色为每万人报告数，位置为区县中心。每万人：报告数 ÷ 2020 年普查常住人口 × 10000。"
    "Size: reports of the time picked; colour: reports per 10,000 residents (census of 2020).",
    Sql(
        sql(f"""
            SELECT
                places.name AS name,
                counts.county AS county,
                any(places.latitude) AS latitude,
                any(places.longitude) AS longitude,
                sum(n) AS reports,
                10000 * reports / any(places.population_2020) AS per_10000
            FROM counts FINAL
            INNER JOIN {PLACES} AS places ON places.code = counts.county
            WHERE $__timeFilter(hour)
              AND {picked("counts.county")}
              AND $__conditionalAll(category IN (${{category:singlequote}}), $category)
              AND isNotNull(places.latitude)
            GROUP BY name, county
            ORDER BY reports DESC
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

_HEAT: Final = matrix(
    "区县 × 类别",
    "County × category",
    f"所选时段各区县、各类别的报告数，颜色越深越多。{REPORTS}",
    Sql(
        sql(f"""
            SELECT places.name AS county, kinds.kind AS category, sum(n) AS reports
            FROM counts FINAL
            INNER JOIN {PLACES} AS places ON places.code = counts.county
            INNER JOIN {KINDS} AS kinds ON kinds.code = counts.category
            WHERE $__timeFilter(hour)
              AND {picked("counts.county")}
              AND $__conditionalAll(counts.category IN (${{category:singlequote}}), $category)
            GROUP BY county, category
            ORDER BY category, county
        """)
    ),
    row="county",
    column="category",
    value="reports",
    steps=((None, "transparent"), (1, "#e8f3e1"), (5, "#ffe8a1"), (20, "#ffb357"), (50, "#e0584b")),
    empty="zero",
)

_RIFE: Final = bars(
    "类别排行",
    "Categories by reports",
    f"所选时段报告最多的 15 个类别，与上期相比。{REPORTS}{_BEFORE}",
    Sql(
        sql(f"""
            SELECT any(kinds.kind) AS kind,
                sumIf(n, hour >= $__fromTime) AS reports,
                sumIf(n, hour < $__fromTime) AS before
            FROM counts FINAL
            INNER JOIN {KINDS} AS kinds ON kinds.code = counts.category
            WHERE hour >= {BEFORE} AND hour <= $__toTime
              AND {picked("counts.county")}
              AND $__conditionalAll(counts.category IN (${{category:singlequote}}), $category)
            GROUP BY counts.category
            ORDER BY reports DESC, kind
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
    f"按渠道（网格、热线、网络等，以契约所列名称）的报告数。{REPORTS}",
    [
        Sql(
            sql(f"""
                SELECT $__timeInterval(hour) AS time, channel, sum(n) AS reports
                FROM counts FINAL
                WHERE $__timeFilter(hour)
                  AND {BOTH}
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
        Section("各区县", "Counties", [Row(13, [_PER_COUNTY, _MAP]), Row(11, [_HEAT])]),
        Section("类别与渠道", "Categories and channels", [Row(12, [_RIFE, _CHANNELS])]),
    ],
)
