"""What every figure on the board means, Chinese and English, to be shown beside it."""

from typing import Final, NamedTuple

from streams.figures import FIGURES


class Definition(NamedTuple):
    """formula: empty where words say it all."""

    name_zh: str
    name_en: str
    zh: str
    en: str
    formula: str = ""


_BOARD: Final[dict[str, Definition]] = {
    "n_24h": Definition(
        "近24小时上报",
        "Reports, 24 h",
        "当前整点小时及之前23个整点小时内上报的事项数，按上报时间计；重复的只计一次，零报告和案件更新不计。",
        "Reports in the current hour bucket and the 23 before it, by reported_at; a repeat counts once, zero reports and case updates do not count.",
        "Σ n",
    ),
    "n_prev_24h": Definition(
        "前24小时上报",
        "Reports, the 24 h before",
        "再往前24个整点小时内上报的事项数。",
        "Reports in the 24 hour buckets before those.",
    ),
    "change": Definition(
        "增减",
        "Change",
        "近24小时与前24小时上报数之差；前24小时少于5件时不算百分比。当前小时未满，凌晨和上午会偏低。",
        "Reports of 24 h less those of the 24 h before; no percentage where these are fewer than 5. The current hour is not over, so it is low early in an hour.",
        "(n_24h − n_prev_24h) ÷ n_prev_24h",
    ),
    "n_7d": Definition(
        "近7天上报",
        "Reports, 7 d",
        "当前整点小时及之前167个整点小时内上报的事项数。",
        "Reports in the current hour bucket and the 167 before it.",
    ),
    "spark": Definition(
        "近14天走势",
        "14 days",
        "每个当地自然日的上报数，最右为今天，今天未满。预警上的走势只含该区县、该类别，按世界时的日（当地8时至次日8时）。",
        "Reports of each local day, today last and not over. On an alert: of its county and category, by UTC days.",
    ),
    "open_alerts": Definition(
        "未办结预警",
        "Open alerts",
        "近14天触发、至今没有办结的预警条数，含静默和不提醒的。",
        "Alerts raised within 14 days and not closed, those that are silenced or not told among them.",
    ),
    "by_level": Definition(
        "按级别",
        "By level",
        "未办结预警按级别分：红、橙、黄、蓝，由重到轻。",
        "Open alerts by level: red, orange, yellow, blue, the gravest first.",
    ),
    "worst_level": Definition(
        "最重级别",
        "Worst level",
        "该区县未办结预警中最重的级别；没有则不着色。",
        "The gravest level of a county's open alerts; no colour where there is none.",
    ),
    "open_cases": Definition(
        "在办案件",
        "Open cases",
        "至今没有办结的纠纷和诉求工单数；并案和不属受理范围的不计。",
        "Cases and tickets that are not closed; none that were merged or out of scope.",
    ),
    "overdue_cases": Definition(
        "超期案件",
        "Overdue cases",
        "在办案件中已过办理期限的：申报的期限，没有则按工单时限或所在层级的期限。",
        "Open cases past their limit: the declared one, else that of the ticket's class or of the level.",
    ),
    "reported": Definition(
        "已报区县",
        "Counties that reported",
        "本报告时段内有网格上报或零报告的区县数，与应报区县数相比。应报：指定的区县，没有指定则为近7天报过的。",
        "Counties with a grid report or a zero report in the window, of those that have to report: the configured ones, else those that did within 7 days.",
        "reported ÷ expected_counties",
    ),
    "observed": Definition(
        "实际",
        "Observed",
        "规则看到的数，单位见原因。",
        "What the rule saw, in the unit that the reason names.",
    ),
    "limit": Definition(
        "限值",
        "Limit",
        "达到或超过即触发的数。统计类规则：这样的日子很少达到的数。",
        "Reached or passed, it raises the alert. Of statistical rules: what such a day seldom reaches.",
    ),
    "expected": Definition(
        "预计",
        "Expected",
        "按以往同样的日子（星期、节假日、季节、趋势）全天预计的件数；只有统计类规则有。",
        "What a day like it (weekday, holiday, season, trend) should bring; of statistical rules only.",
    ),
    "band": Definition(
        "常见范围",
        "Usual range",
        "同样的日子100天里有95天落在其间的件数。",
        "Between which counts 95 of 100 such days lie.",
    ),
    "p_value": Definition(
        "偶然概率",
        "p-value",
        "没有特别原因时，一天的件数达到或超过实际数的概率；越小越不寻常。",
        "The chance that a day without a cause brings as many or more; the smaller, the more unusual.",
        "P(N ≥ observed)",
    ),
    "precision_label": Definition(
        "有用、无用",
        "Useful or not",
        "值班人员对预警的评价，以最近一次为准；规则的准确率由此算出。",
        "What duty staff say of an alert, the last one counts; the precision of rules follows from it.",
        "useful ÷ (useful + not_useful)",
    ),
    "level": Definition(
        "级别",
        "Level",
        "规则给预警定的级别：红、橙、黄、蓝，由重到轻。上报自带的定级是另一回事。",
        "What the rule gives an alert: red, orange, yellow, blue, the gravest first. The severity a report came with is another thing.",
    ),
    "status": Definition(
        "状态",
        "Status",
        "待确认、已确认、已交办、已提级、已办结；每一步都有岗位和时间。",
        "Firing, acknowledged, assigned, escalated, closed; each step has a post and a time.",
    ),
    "notify": Definition(
        "是否提醒",
        "Told or not",
        "是否发到提醒通道。静默、被更重的预警包含、同组刚发过或当日已达上限的，只列出不提醒。",
        "Whether channels are told. What is silenced, said by a graver alert, of a group just told, or over the day's cap is listed and not told.",
    ),
    "history": Definition(
        "14天走势",
        "14 days",
        "该区县、该类别每天的上报数，最右为当天；按世界时的日（当地8时至次日8时）。",
        "Reports of this county and category by day, the alert's day last; UTC days (8 in the morning to 8 in the morning in China).",
    ),
    "cut_off": Definition(
        "截止时间",
        "Cut-off",
        "日报应在此前报到；到时既无网格上报、也无零报告的区县会触发预警。",
        "By when the daily report is due: a county without a grid report or a zero report then raises an alert.",
    ),
    "consult": Definition(
        "会商清单",
        "Consult list",
        "最近一次日会商清单上的事项，由重到轻：有红色事项、橙色达到3件或有预警的区县才有清单。",
        "Matters of the latest consult list, the gravest first: counties with a red matter, three orange ones or an alert have one.",
    ),
    "dispatch": Definition(
        "调度事项",
        "Dispatched matters",
        "最近一次日调度清单上的事项：责任单位、办理期限和签收。",
        "Matters of the latest dispatch list with their owner, deadline and receipt.",
    ),
    "signed": Definition(
        "签发",
        "Signed",
        "最近一次签发该报告的岗位和时间；更正的版本要重新签发。",
        "Which post signed it last, and when; another edition is signed anew.",
    ),
    "deadline_at": Definition(
        "办理期限",
        "Deadline",
        "调度清单印发时间加上该级别的时限。",
        "When the dispatch list was issued, and the hours of the level.",
    ),
    "received_at": Definition(
        "签收",
        "Receipt",
        "有岗位确认、接受交办或办结的时间。",
        "When a post acknowledged it, was assigned it or closed it.",
    ),
    "lag": Definition(
        "积压",
        "Lag",
        "该环节还没有处理的记录数。",
        "Records that the stage has still to read.",
    ),
    "late_s": Definition(
        "数据时延",
        "Data age",
        "距最近一次收到数据的时间。",
        "Time since the newest data arrived.",
    ),
}

# The figures of digests: their Chinese is in streams/figures.py, the one source of what they mean.
_ENGLISH: Final[dict[str, tuple[str, str]]] = {
    "total": ("New matters", "Matters reported in the window, by reported_at; no zero reports."),
    "before": ("Window before", "New matters of the window before, of the same length."),
    "red": ("Red", "Of the new matters: severity red."),
    "orange": ("Orange", "Of the new matters: severity orange."),
    "yellow": ("Yellow", "Of the new matters: severity yellow."),
    "blue": ("Blue", "Of the new matters: severity blue."),
    "grid_reports": ("Grid reports", "Reports of grid workers in the window."),
    "zero_reports": ("Zero reports", "Explicit “nothing today” in the window."),
    "reported": ("Days reported", "Days with a grid report or a zero report."),
    "days": ("Days due", "Days of the window."),
    "found": (
        "New cases",
        "Cases and tickets registered in the window; none merged or out of scope.",
    ),
    "resolved": ("Resolved cases", "Cases resolved or closed in the window, whenever registered."),
    "open": ("Open cases", "Cases not closed at the end of the window."),
    "overdue": ("Overdue cases", "Open cases past their limit."),
    "alerts": ("Alerts", "Alerts raised in the window."),
    "answered": ("Answered alerts", "Of these: acknowledged, assigned, escalated or closed."),
    "dispatched": ("Dispatched matters", "On the day's dispatch list and not closed."),
    "owned": ("With an owner", "Of these: assigned to an office."),
    "received": ("Received", "Of these: acknowledged or assigned."),
    "sources": ("Sources", "Sources that sent something of the county within 8 days."),
    "silent_sources": ("Silent sources", "Of these: nothing in the window."),
}


def definitions() -> dict[str, dict[str, str]]:
    """By key: those of the board, and `digest.<name>` for the figures of digests."""
    found = {key: one._asdict() for key, one in _BOARD.items()}
    for name, figure in FIGURES.items():
        name_en, en = _ENGLISH[name]
        of_digest = Definition(figure.label, name_en, figure.definition + "。", en)
        found[f"digest.{name}"] = of_digest._asdict()
    return found
