"""Cases: rates with their denominators, how old open ones are at each level, whose are overdue."""

from typing import Final

from deploy.grafana.board import Board, Row, Section
from deploy.grafana.kinds import bars, figure, lines, table
from deploy.grafana.panel import Column, Panel, Sql
from deploy.grafana.sql import DAYS, PICKED, PLACES, midnight, picked, sql

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
                FROM case_rates
                WHERE rate = '{rate}' AND {DAYS}
                  AND {PICKED}
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
                    any(rate_zh) AS name,
                    sum(numerator) / sum(denominator) AS share,
                    sum(numerator) AS part,
                    sum(denominator) AS of,
                    any(definition) AS meaning
                FROM case_rates
                WHERE {DAYS}
                  AND {PICKED}
                GROUP BY case_rates.rate
                HAVING of > 0
                ORDER BY indexOf(
                    ['resolution', 'cohort_resolution', 'verified_resolution', 'closing',
                     'on_time', 'response', 'solving', 'satisfaction'],
                    case_rates.rate
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
                SELECT {midnight()} AS time, rate_zh,
                    sum(numerator) / sum(denominator) AS share
                FROM case_rates
                WHERE rate IN ('response', 'solving', 'satisfaction') AND {DAYS}
                  AND {PICKED}
                GROUP BY day, rate_zh
                HAVING sum(denominator) > 0
                ORDER BY time, rate_zh
            """),
            series=True,
        )
    ],
    unit="percentunit",
    most=1,
    interval="1d",
)

_FLOW: Final = lines(
    "发现、化解与重开",
    "Found, resolved, reopened",
    "每日首次登记、化解、核验、重开的案件数。Cases first registered, resolved, verified and reopened on each day.",
    [
        Sql(
            sql(f"""
                SELECT {midnight()} AS time,
                    sum(case_days.found) AS found,
                    sum(case_days.resolved) AS resolved,
                    sum(case_days.verified) AS verified,
                    sum(case_days.reopened) AS reopened
                FROM case_days FINAL
                WHERE {DAYS}
                  AND {PICKED}
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
        Column("verified", "核验 Verified", colour="dark-green"),
        Column("reopened", "重开 Reopened", colour="orange"),
    ],
)

_LEVEL: Final = (
    "transform(level, [1, 2, 3, 4], ['一级（村）1', '二级 2', '三级 3', '四级（县）4'], '')"
)

_AGEING: Final = bars(
    "各层级在办案件的时长",
    "Ageing of open cases by level",
    "时段末尾在办的案件，按所在层级（一级为村，四级为县）和首次登记以来的天数。自下而上应逐级减少，"
    "越往上越大说明基层未能化解。Open cases by the level they are at and days since they were found.",
    Sql(
        sql(f"""
            SELECT {_LEVEL} AS level_name,
                countIf(age_days < 1) AS under_1,
                countIf(age_days >= 1 AND age_days < 3) AS from_1,
                countIf(age_days >= 3 AND age_days < 7) AS from_3,
                countIf(age_days >= 7 AND age_days < 30) AS from_7,
                countIf(age_days >= 30) AS from_30
            FROM (
                SELECT level, dateDiff('second', found_at, $__toTime) / 86400 AS age_days
                FROM cases FINAL
                WHERE closed_at IS NULL AND merged_into = '' AND found_at <= $__toTime
                  AND {PICKED}
            )
            GROUP BY level
            ORDER BY level
        """)
    ),
    over="level_name",
    stacked=True,
    lying=True,
    columns=[
        Column("under_1", "不足 1 天 < 1 d", colour="light-green"),
        Column("from_1", "1–3 天 d", colour="green"),
        Column("from_3", "3–7 天 d", colour="yellow"),
        Column("from_7", "7–30 天 d", colour="orange"),
        Column("from_30", "30 天以上 ≥ 30 d", colour="red"),
    ],
)

_FUNNEL: Final = table(
    "层级漏斗",
    "Funnel of levels",
    "期内发现的案件到过每一层级的件数，以及其中到此化解的件数和比例。"
    "Of cases found in the time picked: how many reached each level, and were resolved there.",
    [
        Sql(
            sql(f"""
                SELECT {_LEVEL} AS level_name,
                    countIf(top >= level) AS reached,
                    countIf(top = level AND settled) AS settled_here,
                    if(reached = 0, NULL, settled_here / reached) AS share
                FROM (
                    SELECT cases.level AS top, cases.status IN ('resolved', 'verified') AS settled
                    FROM cases FINAL
                    WHERE $__timeFilter(found_at) AND merged_into = ''
                      AND {PICKED}
                ) AS reaching
                ARRAY JOIN [1, 2, 3, 4] AS level
                GROUP BY level
                ORDER BY level
            """)
        )
    ],
    width=12,
    columns=[
        Column("level_name", "层级 Level"),
        Column(
            "reached",
            "到达 Reached",
            cell={"type": "gauge", "mode": "basic", "valueDisplayMode": "text"},
            colour="blue",
        ),
        Column("settled_here", "在此化解 Settled here", width=190),
        Column("share", "占比 Share", unit="percentunit", decimals=0, width=120),
    ],
)

_OWNERS: Final = table(
    "承办单位超期",
    "Overdue by owner",
    f"各承办单位在办、超期的案件数，超期最久的天数，被标记的更新（跳步、倒退等）和平均星级。"
    f"单位是机构，不是个人。{_LIMITS}",
    [
        Sql(
            sql(f"""
                SELECT
                    places.name AS county,
                    any(cases.county) AS code,
                    if(owner_org = '', '未说明 not said', owner_org) AS owner,
                    count() AS open,
                    countIf(due_at < $__toTime) AS overdue,
                    max(greatest(0, dateDiff('second', due_at, $__toTime) / 86400)) AS longest,
                    sum(cases.flagged) AS flagged,
                    avg(stars) AS mean_stars
                FROM cases FINAL
                INNER JOIN {PLACES} AS places ON places.code = cases.county
                WHERE closed_at IS NULL AND merged_into = '' AND found_at <= $__toTime
                  AND {picked("cases.county")}
                GROUP BY county, owner
                ORDER BY overdue DESC, open DESC
                LIMIT 200
            """)
        )
    ],
    columns=[
        Column("county", "区县 County", width=160, link="${duty}/?county=${__data.fields.code}"),
        Column("code", hidden=True),
        Column("owner", "承办单位 Owner"),
        Column("open", "在办 Open", width=110),
        Column(
            "overdue",
            "超期 Overdue",
            width=120,
            steps=((None, "text"), (1, "orange"), (5, "red")),
            cell={"type": "color-text"},
        ),
        Column("longest", "最久 Longest", unit="d", decimals=1, width=120),
        Column("flagged", "标记 Flagged", width=120),
        Column("mean_stars", "平均星级 Stars", decimals=1, width=140),
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
            [Row(9, [_AGEING, _FUNNEL]), Row(10, [_OWNERS])],
        ),
    ],
    picks=("city", "county"),
    since="now-30d",
    refresh="5m",
)
