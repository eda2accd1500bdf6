"""The figures of digests: what each is called and how it is defined, shown to readers beside it."""

from typing import Final, NamedTuple

from streams.categories import CATEGORIES, CategoryCode


class Figure(NamedTuple):
    """label, definition: plain Chinese. sums: whether those of several days or counties add up.

    restated: whether a later report that changes it calls for another edition.
    """

    label: str
    definition: str
    sums: bool = True
    restated: bool = False


FIGURES: Final[dict[str, Figure]] = {
    "total": Figure("新增事项", "时段内上报的事项数，按上报时间计，零报告不计", restated=True),
    "before": Figure("上期新增", "上一个同样长的时段内的新增事项", sums=False),
    "red": Figure("红色", "新增事项中定级为红色的", restated=True),
    "orange": Figure("橙色", "新增事项中定级为橙色的", restated=True),
    "yellow": Figure("黄色", "新增事项中定级为黄色的", restated=True),
    "blue": Figure("蓝色", "新增事项中定级为蓝色的", restated=True),
    "grid_reports": Figure("网格上报", "时段内网格员上报的件数", restated=True),
    "zero_reports": Figure("零报告", "时段内“今日无事”的报告次数", restated=True),
    "reported": Figure("已报天数", "有网格上报或零报告的天数", restated=True),
    "days": Figure("应报天数", "时段内的天数"),
    "found": Figure("新受理案件", "时段内登记的纠纷和诉求工单数，并案和不属受理范围的不计"),
    "resolved": Figure("办结案件", "时段内化解或办结的案件数，不论何时登记"),
    "open": Figure("在办案件", "时段末尚未办结的案件数", sums=False),
    "overdue": Figure("超期案件", "在办案件中已过办理期限的", sums=False),
    "alerts": Figure("预警", "时段内触发的预警条数"),
    "answered": Figure("已处置预警", "其中已确认、交办、提级或办结的"),
    "dispatched": Figure("调度事项", "列入当日调度清单、尚未办结的事项"),
    "owned": Figure("已明确责任单位", "其中已指定责任单位的"),
    "received": Figure("已签收", "其中已确认或交办的"),
    "sources": Figure("数据来源", "近8天内向本区县报送过数据的来源数", sums=False),
    "silent_sources": Figure("静默来源", "其中本时段没有任何数据的", sums=False),
}
SEVERITIES: Final = ("red", "orange", "yellow", "blue")


def figure(name: str) -> Figure:
    """By name: one of those above, or a category's code, whose figure is its reports.

    >>> figure("S01").label, figure("before").sums
    ('水电气网', False)
    """
    if name in FIGURES:
        return FIGURES[name]
    leaf = CATEGORIES.get(CategoryCode(name))
    label = leaf.name if leaf else name
    return Figure(label, f"时段内“{label}”类的新增事项", restated=True)


def categories(figures: dict[str, int]) -> dict[str, int]:
    """Those figures that are categories, the most reports first.

    >>> categories({"total": 3, "S01": 1, "D09": 2})
    {'D09': 2, 'S01': 1}
    """
    found = {name: n for name, n in figures.items() if name in CATEGORIES}
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def added_up(parts: list[dict[str, int]]) -> dict[str, int]:
    """The sums of those figures that add up.

    >>> added_up([{"total": 3, "before": 9}, {"total": 1, "S01": 1}])
    {'total': 4, 'S01': 1}
    """
    sums: dict[str, int] = {}
    for part in parts:
        for name, n in part.items():
            if figure(name).sums:
                sums[name] = sums.get(name, 0) + n
    return sums
