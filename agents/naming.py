"""Finds the named estates, companies, schools, roads and projects of a text."""

import re
from typing import Final

NAME_LIMIT: Final = 16  # characters

# What a name ends in, and by which it is found.
_KINDS: Final = (
    "小区|花园|公馆|新城|家园|公寓|名苑|雅苑|庄园|山庄|别墅|名都|名城|华府|华庭|豪庭|御府|半岛|国际|广场|大厦|大楼"
    "|有限责任公司|有限公司|公司|集团|工厂|厂|学校|中学|小学|大学|学院|幼儿园|医院|卫生院|敬老院|养老院"
    "|路|大道|街|村|镇|社区|项目|工地|商场|商城|市场|超市|酒店|宾馆|驾校|驾驶学校|楼盘|养殖场|养猪场|搅拌站|煤矿|水库|银行"
)
# What ends before a name begins.
_BEFORE: Final = (
    "的在是和与及了我们你他她它这那有对把被从到向往于由为给让叫请问望求将就都也还又不没只该某各每整全个座家条间所处"
    "省市县区州镇乡村内外旁边附近位于关于号"
)
_NAME: Final = re.compile(rf"([^\W\d_a-zA-Z{_BEFORE}]{{2,8}})({_KINDS})")
_ENDING: Final = re.compile(f"({_KINDS})$")
# Cores that say no name.
_GENERIC: Final = re.compile(
    "小区|住宅|居民|业主|公立|民办|私立|开发|有限|人民|中心|中医|实验|农贸|建筑|房地产|物业|供电|自来水|"
    "附属|第[一二三四五六七八九十]|本地|当地|政府|教育|职工|工人|老百姓|群众|领导|部门|现在|如果|因为|希望|要求"
)


def names(text: str) -> list[tuple[str, str]]:
    """(core, kind) of the names in a normalised text, in order, each once.

    >>> names("阳光花园小区又停水了，我们小区没人管")
    [('阳光', '花园')]
    """
    found: dict[str, str] = {}
    for hit in _NAME.finditer(text):
        core, kind = hit[1], hit[2]
        if ending := _ENDING.search(core, 2):
            core, kind = core[: ending.start()], ending[0]
        if not _GENERIC.search(core):
            found.setdefault(core, kind)
    return list(found.items())
