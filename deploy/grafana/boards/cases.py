"""Cases: rates with their denominators, how old open ones are at each level, whose are overdue."""

from typing import Final

from deploy.grafana.board import Board, Row, Section
from deploy.grafana.kinds import bars, figure, lines, table
from deploy.grafana.panel import DUTY_BOARD, Column, Panel, Sql
from deploy.grafana.sql import DAYS, PLACES, midnight, sql

_LIMITS: Final = (
    "时限依次取：声明的时限、热线工单类别（2h、24h、7d、15d）、层级（四级七天）。"
    "Limits: as declared, of the ticket's class, or of its level."
)
_GOOD: Final = ((None, "red"), (0.6, "orange"), (0.8, "yellow"), (0.9, "green"))


def _rate(rate: str, title: str, english: str, about: str) -> Panel:
    """One rate, large, with what it is made of beside it."""
    return figure(
        title,
        english,
        f"{about}按日累加分子、分母后再相除；区县随变量。",
        Sql(
            sql(f"""
                SELECT
                    if(of = 0, NULL, sum(numerator) / of) AS share,
                    sum(numerator) AS part,
                    sum(denominator) AS of
                FROM rate_days
                WHERE rate = '{rate}' AND {DAYS}
                  AND {PLACES}
            """)
        ),
        width=8,
        columns=[
            Column("share", title, unit="percentunit", decimals=1, steps=_GOOD),
            Column("part", "分子 Of these"),
            Column("of", "分母 Cases"),
        ],
    )


_HOTLINE: Final = [
    _rate(
        "response",
        "响应率",
        "Response rate",
        "响应时限在期内到期的案件中，按时受理或联系的件数÷到期件数。"
        "Of cases that somebody was to take on in the time picked: taken on, or called back, by then.",
    ),
    _rate(
        "solving",
        "解决率",
        "Solving rate",
        "期内回访中，群众反映已解决的件数÷回访件数。一件多次回访的以最近一次为准。"
        "Of cases called back in the time picked: said to be solved.",
    ),
    _rate(
        "satisfaction",
        "满意率",
        "Satisfaction rate",
        "期内回访中，评价为基本满意及以上的件数÷回访件数。一件多次回访的以最近一次为准。"
        "Of cases called back in the time picked: satisfied.",
    ),
]

_RATES: Final = table(
    "各项比率",
    "All rates, with denominators",
    "每项比率的分子、分母与口径。分母为 0 时没有比率；化解率含往期结转，可能超过 100%。"
    "Each rate with numerator, denominator and definition; there is none where the denominator is 0.",
    [
        Sql(
            sql(f"""
                SELECT
                    any(rate_name) AS name,
                    sum(numerator) / sum(denominator) AS share,
                    sum(numerator) AS part,
                    sum(denominator) AS of,
                    any(definition) AS meaning
                FROM rate_days
                WHERE {DAYS}
                  AND {PLACES}
                GROUP BY rate
                HAVING of > 0
                ORDER BY indexOf(
                    ['resolution', 'cohort_resolution', 'verified_resolution', 'closing',
                     'on_time', 'response', 'solving', 'satisfaction'],
                    rate
                )
            """)
        )
    ],
    columns=[
        Column("name", "比率 Rate", width=160),
        Column("share", "值 Value", unit="percentunit", decimals=1, width=110),
        Column("part", "分子 Numerator", width=140),
        Column("of", "分母 Denominator", width=150),
        Column("meaning", "口径 Definition"),
    ],
)

_COURSE: Final = lines(
    "三项热线比率走势",
    "Hotline rates over time",
    "每日响应率、解决率、满意率；分母为 0 的日子没有点。分母小的日子起伏大，见表中分母。"
    "Per day; none on days whose denominator is 0. Few cases make them jump.",
    [
        Sql(
            sql(f"""
                SELECT {midnight()} AS time, rate_name,
                    sum(numerator) / sum(denominator) AS share
                FROM rate_days
                WHERE rate IN ('response', 'solving', 'satisfaction') AND {DAYS}
                  AND {PLACES}
                GROUP BY day, rate_name
                HAVING sum(denominator) > 0
                ORDER BY time, rate_name
            """),
            series=True,
        )
    ],
    unit="percentunit",
    most=1,
    interval="1d",
)

_FLOW: Final = lines(
    "发现、化解与到期",
    "Found, resolved, due",
    "每日首次登记、化解（此后未重开）、时限到期、其中按时办结的案件数。"
    "Cases first registered, resolved and not reopened since, due, and closed by then, on each day.",
    [
        Sql(
            sql(f"""
                SELECT {midnight()} AS time,
                    sumIf(denominator, rate = 'resolution') AS found,
                    sumIf(numerator, rate = 'resolution') AS resolved,
                    sumIf(denominator, rate = 'on_time') AS due,
                    sumIf(numerator, rate = 'on_time') AS in_time
                FROM rate_days
                WHERE {DAYS}
                  AND {PLACES}
                GROUP BY day
                ORDER BY time
            """),
            series=True,
        )
    ],
    interval="1d",
    columns=[
        Column("found", "发现 Found", colour="blue"),
        Column("resolved", "化解 Resolved", colour="green"),
        Column("due", "到期 Due", colour="orange"),
        Column("in_time", "按时 In time", colour="dark-green"),
    ],
)

# Bands of ages as case_ageing has them: first day → title, colour.
_AGES: Final = {
    0: ("1天内 < 1 d", "light-green"),
    1: ("1–3天 d", "green"),
    3: ("3–7天 d", "yellow"),
    7: ("7–15天 d", "light-orange"),
    15: ("15–30天 d", "orange"),
    30: ("30天以上 ≥ 30 d", "red"),
}

_AGEING: Final = bars(
    "层级漏斗：在办案件的时长",
    "Funnel of levels: ageing of open cases",
    "在办案件按现在所在层级（村 → 乡 → 部门 → 县）和首次登记以来的天数。应逐级减少；高层级多、时间长，说明基层未能化解。"
    "Open cases by the level they are at now and days since they were found: should become fewer from level to level.",
    Sql(
        sql(f"""
            SELECT level_name,
                {", ".join(f"sumIf(n, age_days = {day}) AS from_{day}" for day in _AGES)}
            FROM case_ageing
            WHERE {PLACES}
            GROUP BY level, level_name
            ORDER BY level
        """)
    ),
    over="level_name",
    stacked=True,
    lying=True,
    columns=[Column(f"from_{day}", title, colour=colour) for day, (title, colour) in _AGES.items()],
)

_LEVELS: Final = table(
    "各层级在办与超期",
    "Open and overdue by level",
    f"各层级在办、超期案件数和超期占比，在办时长的中位数。{_LIMITS}",
    [
        Sql(
            sql(f"""
                SELECT level_name,
                    count() AS open,
                    countIf(overdue) AS late,
                    late / open AS share,
                    quantileExact(0.5)(age_h) / 24 AS half_d
                FROM open_cases
                WHERE {PLACES}
                GROUP BY level, level_name
                ORDER BY level
            """)
        )
    ],
    width=12,
    columns=[
        Column("level_name", "层级 Level"),
        Column("open", "在办 Open", width=120),
        Column("late", "超期 Overdue", width=130),
        Column("share", "超期占比 Share", unit="percentunit", decimals=0, width=150),
        Column("half_d", "中位时长 Median age", unit="d", decimals=1, width=170),
    ],
)

_OWNERS: Final = table(
    "承办单位超期",
    "Overdue by owner",
    f"各承办单位在办、超期的案件数，超期最久的天数。单位是机构，不是个人。{_LIMITS}",
    [
        Sql(
            sql(f"""
                SELECT
                    county_name,
                    county,
                    if(owner_org = '', '未说明 not said', owner_org) AS owner,
                    sum(overdue_by_owner.open) AS open,
                    sum(overdue) AS late,
                    max(worst_h) / 24 AS worst_d
                FROM overdue_by_owner
                WHERE {PLACES}
                GROUP BY county_name, county, owner
                ORDER BY late DESC, open DESC, owner
                LIMIT 200
            """)
        )
    ],
    columns=[
        Column("county_name", "区县 County", width=160, link=DUTY_BOARD),
        Column("county", hidden=True),
        Column("owner", "承办单位 Owner"),
        Column("open", "在办 Open", width=120),
        Column(
            "late",
            "超期 Overdue",
            width=130,
            steps=((None, "text"), (1, "orange"), (5, "red")),
            cell={"type": "color-text"},
        ),
        Column("worst_d", "最久 Longest", unit="d", decimals=1, width=140),
    ],
)

CASES: Final = Board(
    "huishang-cases",
    "案件",
    "Cases",
    "案件的比率（连同分母与口径）、层级与时长、超期。Cases: rates with denominators, levels and ageing, overdue.",
    [
        Section(
            "热线三率",
            "Hotline rates",
            [Row(5, _HOTLINE), Row(9, [_COURSE, _FLOW])],
        ),
        Section("比率与口径", "Rates and definitions", [Row(10, [_RATES])]),
        Section(
            "层级与超期",
            "Levels and overdue",
            [Row(9, [_AGEING, _LEVELS]), Row(10, [_OWNERS])],
        ),
    ],
    picks=("city", "county"),
    since="now-30d",
    refresh="5m",
)
