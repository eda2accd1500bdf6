"""Finds addresses at house-number level in a text; streets, estates and public bodies stay."""

import re
from collections.abc import Iterator

from agents.redaction.characters import DIGIT_CLASS
from agents.redaction.matching import Span, starts_of, tried
from agents.redaction.scan import DASH, HOME, STREET

_CN = "一二三四五六七八九十百零〇两幺壹贰叁肆伍陆柒捌玖拾"
_N = rf"(?:\d{{1,5}}|[{_CN}]{{1,5}})"
_DASH = r"\s?[-－—–−_]\s?"
_GAP = r"[\s,，]?\s?"

# What makes digits behind a building something other than a room.
_NO_ROOM = (
    r"(?![\d.%A-Za-z]|\s?(?:年|月|日|元|万|亿|平|㎡|米|多|余|户(?:居民|业主|人|住|家|村|群|没|都|全)|人|个|次|天|块|部|台|栋|张|页|号?(?:车位|停车|车库|地下室|储藏|商铺|门面|铺|线|楼)"
    r"|套|家|名|只|条|辆|度|吨|层|伏|小时|分钟|点|时|-\d|[单号][元]|住户[都全大]))"
)
_BUILDING = rf"(?:{_N}|[A-Z]\d{{0,2}}|[甲乙丙丁东西南北])\s?(?:号?[楼栋幢座]|号院|#楼?|排|号(?=\s?{_N}\s?(?:单元|室|[-－—]\d)))(?:\s?[东西南北]侧?)?"
_UNIT = rf"(?:{_N}|[A-Z甲乙丙丁东西中])\s?(?:号?单元|门洞?(?!口)|梯|#)"
_FLOOR = rf"{_N}\s?(?:层|楼)"
_ROOM = (
    rf"(?:[A-Z]?{_N}\s?[A-Z]?\s?(?:室|房间?(?![屋子顶产])|号房(?!屋|子)|号室)|(?:\d{{3,4}}|[{_CN}]{{3,4}}|[A-Z]\d{{2,4}})\s?(?:号|户){_NO_ROOM}"
    rf"|(?:[A-Z]?\d{{3,4}}[A-Z]?|[{_CN}]{{3,4}}){_NO_ROOM}|[东西中南北]边?户)"
)
_DASHED_ROOM = rf"(?:{_N}{_DASH}){{1,2}}\d{{2,4}}(?:室|号|户)?{_NO_ROOM}"
_TAIL = rf"(?:{_GAP}{_BUILDING})?(?:{_GAP}{_UNIT})?(?:{_GAP}{_FLOOR})?(?:{_GAP}{_ROOM})"

# Every address at house-number level has one of these; buildings, units and rooms begin there.
_NUMBER = re.compile(
    rf"[{DIGIT_CLASS}{_CN}A-Za-z\u017f\u212a\u0130\u0131甲乙丙丁东西南北中](?=[{DIGIT_CLASS}{_CN}A-Za-z\u017f\u212a\u0130\u0131]{{0,4}}\s?[号室栋幢座楼#户弄层单梯门排房\-－—–−_])"
)
_HOME = re.compile(
    rf"(?:\d{{1,3}}|[{_CN}]{{1,3}})\s?排\s?(?:\d{{1,3}}|[{_CN}]{{1,3}})\s?号{_NO_ROOM}|"
    rf"{_BUILDING}{_GAP}(?:{_UNIT}{_GAP})?(?:{_FLOOR}{_GAP})?(?:{_ROOM}|{_DASHED_ROOM}|\d{{1,2}}{_DASH}\d{{1,2}}(?:室|号|户))"
    rf"|{_UNIT}{_GAP}(?:{_FLOOR}{_GAP})?{_ROOM}|{_FLOOR}{_GAP}(?:[A-Z]?\d{{2,4}}|[{_CN}]{{3,4}})\s?(?:室|号房|房间|户(?!居民|业主))",
    re.I,
)
_DASHED = re.compile(
    rf"(?<![\d\-.A-Za-z/#])(?:[A-Z]?\d{{1,3}}[A-Z]?(?:{_DASH}|#){{1}}(?:\d{{1,2}}{_DASH}){{1,2}}(?:[A-Z]?\d{{3,4}})|[A-Z]?\d{{1,3}}\s?#(?:楼)?\s?(?:\d{{1,2}}\s?(?:[-－—#]|单元)\s?)?\d{{3,4}}"
    rf"|\d{{1,3}}\s?(?:#楼?|号楼?|栋|幢){_DASH}(?:\d{{1,2}}{_DASH})?\d{{3,4}}|\d{{1,3}}{_DASH}\d{{1,2}}{_DASH}\d{{3,4}}|[{_CN}]{{1,3}}{_DASH}[{_CN}]{{1,2}}{_DASH}[{_CN}]{{3,4}})(?:室|号|户)?(?!\d){_NO_ROOM}(?![-－—/.]\d)",
    re.I,
)
_ESTATE = r"(?:小区|社区|花园|家园|[^\s，。]苑|公寓|新村|新城|嘉园|佳园|华府|[^政]府|公馆|[雅豪逸名]庭|[雅丽锦]居|[^公校]园|[水海江湖龙]湾|[^\s]郡|别墅|大院|家属[院楼区]|宿舍|山庄|[^\s]轩|国际|壹号|大厦|广场|安置[房点区]|[一二三四1234]期|[ABCDE东西南北]区|庄园|名邸|半岛|公租房|廉租房|[^都]城)"
_ESTATE_ROOM = re.compile(
    rf"(?<![\dA-Z\-－—])(?P<n>(?:[A-Z]?\d{{1,3}}[A-Z]?|[A-Z]){_DASH}\d{{3,4}}(?:室|号|户)?{_NO_ROOM}|[A-Z]?\d{{3,4}}\s?(?:室|号房)|{_N}\s?号(?![楼栋幢线门院馆地车商桥井路停泊库铺]|公馆|\d|[{_CN}]|、|和|至)(?:\s?\d{{3,4}}(?:室|{_NO_ROOM}))?)",
    re.I,
)
_ESTATE_AT = re.compile(
    r"(?:小区|花园|家园|楼盘|公寓|大厦|广场)[）)”\"]?[,，]?(?:位于|地处|坐落[于在]?|地址[为是:：]*)[^，。；,]{0,12}$"
)
_ESTATE_BEHIND = re.compile(
    r"[（(，,]?[^\W\d_号室]{2,8}?(?:小区|花园|家园|[名华豪]庭|大厦|广场|嘉年华|公馆|山庄|国际城|新城)(?![\d一二三四五六七八九十A-Z东西南北〔])"
)
_IS_ESTATE = re.compile(rf"{_ESTATE}\s?$")
_NOT_HOUSE = (
    r"(?!\s?(?:楼(?!\s?\d)|线|地块|地铁|门|路灯|灯|杆|井|桥|桩|车|站|商铺|铺|出?口|公交|宗地|泵|闸|坑|机|变压|电(?:[表杆箱桩井站柜]|线杆|力|缆|网)|管(?!理)|池|矿|炉|厅|馆|窗|台|码头|仓|文|令|公告|通知"
    r"|早|上午|下午|晚|凌晨|中午|夜|到|至|左右|开始|起|之?[前后]|那天|当天|白天|[、和]\s?\d+号楼))"
)
# These begin behind the name, so that the engine can skip to the few characters that may follow one.
_ROAD = re.compile(
    rf"(?:路|街(?!道)|大道|巷子|巷|胡同|弄堂|弄|坊|里|道(?=\d))"
    rf"\s?(?:[东西南北中][段侧一二三]?|[一二三四]段|\d段)?\s?(?:\d{{1,5}}\s?(?:弄|支弄|巷)\s?(?:\d{{1,4}}\s?支?弄)?\s?)?"
    rf"(?:附|临|甲|乙)?(?P<no>{_N}(?:[-－—之附]\d{{1,4}})?\s?号(?:[-之附]\s?\d{{1,4}}号?)?|\d{{1,5}}弄){_NOT_HOUSE}(?:大?院(?:内)?)?",
)
_BEFORE_ROAD = re.compile(
    r"(?:[^\W\d_A-Za-z]{0,5}[^\W\d_A-Za-z铁公道马走高思半网出一让绕迷同上修门带电线这那])$"
)
_NOT_LANE = frozenset("家手心村这那哪公夜屋城县校车店院年区厂会市乡镇")
_AFTER_ROAD = re.compile(rf"(?:[^\W\d_]{{2,10}}?)?{_TAIL}|{_GAP}{_DASHED.pattern}", re.I)
_GROUP = re.compile(
    rf"(?:第\s?)?{_N}\s?(?:村民小组|村?小组|组|社(?!区)|生产队|大?队|屯|连)\s?[,，]?(?:门牌)?(?:第)?{_N}(?:[-之附]\d{{1,3}})?\s?(?:号|户){_NOT_HOUSE}(?!居民|群众|村民|人家|农户)"
)
_GROUP_START = re.compile(rf"[第{DIGIT_CLASS}{_CN}](?=[\s\d{_CN}]{{0,7}}[村小组社生大队屯连])")
_VILLAGE = re.compile(
    rf"(?:村|屯|庄|寨)\s?(?:[东西南北中前后上下]街?)?\s?\d{{1,4}}(?:[-之附]\d{{1,3}})?\s?号{_NOT_HOUSE}",
)
_BEFORE_GROUP = re.compile(
    r"[^\W\d_A-Za-z]{1,6}(?:村|村委会|委员会|屯|庄子?|寨子?|营子?|堡|社区|农场|嘎查|乡|镇)(?:[^\W\d_]{0,5})$"
)
_BEFORE_VILLAGE = re.compile(r"[^\W\d_A-Za-z]{0,4}[^\W\d_A-Za-z农全本我各每该]$")
_DOORPLATE = re.compile(
    rf"(?:门牌号?码?|门牌)[为是:：\s]*(?P<n>{_N}(?:[-－—]\d{{1,4}}){{0,3}}\s?号?)(?!\d)"
)

# The words before a place: everything up to the last of these may stay.
_STOP = re.compile(
    r".*(?:[在住是址于的我们你他她家到从了来去为有把被将向对让给和与及由经往至由叫说找请称系]|省|自治[区州县]|[^夜都城超]市(?!场)|[^小社新园]区|县|镇|乡|街道|旗|[^\w]|现|户籍|地|位|房)",
    re.S,
)
_OFFICIAL = r"(?:局|[^\s]政府|委员会|街道办|办事处|居委会|村委会|办公室|医院|卫生院|卫生室|学校|小学|中学|大学|学院|幼儿园|银行|信用社|派出所|公安|交警|法院|检察院|司法所|大厅|服务中心|政务|税务|邮政|车站|图书馆|文化馆|体育馆|博物馆|供电所|营业厅|企业|商铺|基地|园区|车管所|市场|广场|商场|超市|药店|药房|诊所|[^\s]店|饭馆|餐馆|餐厅|酒楼|酒店|宾馆|网吧|KTV|理发|美容|公司|[^\s]厂(?!家属|宿舍|小区)|工厂|集团|加油站|门市|商行|烧烤|火锅|面馆|茶楼|酒吧|健身|培训|中心|[^\s]站|楼盘|故居|办公地|注册地|工业园|物流|仓库|车间|制造商|教学楼|办公楼|门诊|住院[部楼]|综合楼|写字楼)"
_BODY_BEFORE = re.compile(
    rf"{_OFFICIAL}[^。；！？\n]{{0,4}}?(?:[（(，,：:\s]|位于|地址|地处|坐落|在|设在|的|开在|办公|是|为)*(?:[^。；，\n]{{0,9}}(?:省|市|区|县|镇|乡|街道))*$"
)
_BODY_AFTER = re.compile(
    rf"\s?[（(“\"]?(?:的|是|有|开了|开的|开设)?(?:一家|那家|这家|个|家)?[^\s，。；、！？,]{{0,10}}?{_OFFICIAL}"
)
_PRIVATE_BEFORE = re.compile(
    r"(?:家住|住在|住址|家庭|现住|租住|租房|居住|户籍|户口|我家|家在|本人|住所|[我他她]住|住|邻居|老家|收件|收货|寄到|送到|身份证地址|联系地址|通讯地址|\"address\")[^。；\n]{0,24}$"
)


def _public(view: str, start: int, end: int) -> bool:
    """Whether a street number is shown as that of a public body or a shop."""
    left = view[max(0, start - 30) : start]
    if _PRIVATE_BEFORE.search(left):
        return False
    return (
        _BODY_BEFORE.search(left) is not None
        or _BODY_AFTER.match(view, end, min(len(view), end + 18)) is not None
    )


def _of_estate(view: str, start: int, end: int) -> bool:
    """Whether a street number is that of a whole estate, which stays like the estate's name."""
    return (
        _ESTATE_AT.search(view, max(0, start - 20), start) is not None
        or _ESTATE_BEHIND.match(view, end) is not None
    )


def _name_start(view: str, start: int) -> int:
    """Where the name of the estate or street before `start` begins; at most 12 characters back."""
    low = max(0, start - 12)
    hit = _STOP.match(view, low, start)
    first = hit.end() if hit else low
    return first if _IS_ESTATE.search(view, first, start) else start


def _trim(view: str, start: int, end: int) -> int:
    """The start of a road or village name that a pattern took too much of on its left."""
    hit = _STOP.match(view, start, max(start, end - 1))
    return hit.end() if hit else start


_CLOCK = re.compile(r"\d{1,2}[-－—–]\d{1,2}[-－—–](?:19|20)\d\d")
_DATE_BEFORE = re.compile(
    r"(?:日期|出生|生于|[^位在对]于|时间|[自至到]|截[至止]|(?<![址住])[:：]|\d[:：]?)\s?$"
)
_PART_OF_ESTATE = re.compile(r"[A-Z东西南北一二三四]\s?[区期]$", re.I)
_OFFICE_BEFORE = re.compile(
    r"(?:门诊|住院|教学|办公|综合|行政|大厅|医院|法院|政务|学校|局|政府|大学|中学|小学|医技|中心)(?:大?楼)?$"
)
_STAY = re.compile(
    r"(?:编号|型号|标准|GB/?T?|DB|图|比分|比例|版本|文号|尺寸|规格|桩号|K|车位|泊位|停车位?|库位|货架|[Nn]o\.?|[号日])[:：\s]*[A-Z]?$"
)


def homes(view: str, kinds: int) -> Iterator[Span]:
    """Building with room, dashed rooms, road with number, village with group and number.

    kinds: what the scan found beside numbers.
    """
    places = starts_of(_NUMBER, view)
    if kinds & (HOME | STREET):
        yield from _buildings(view, places)
    if kinds & DASH:
        yield from _dashed(view, places)
    yield from _estate_rooms(view, places)
    if kinds & STREET:
        yield from _streets(view)


def _buildings(view: str, places: list[int]) -> Iterator[Span]:
    """Buildings with a room. places: where one may begin, in order."""
    for hit in tried(_HOME, view, places):
        start, end = hit.span()
        if not _OFFICE_BEFORE.search(view, max(0, start - 6), start):
            part = _PART_OF_ESTATE.search(view, max(0, start - 3), start)
            start = part.start() if part else start
            yield _name_start(view, start), end, "住址"


def _dashed(view: str, places: list[int]) -> Iterator[Span]:
    """Rooms written with dashes: 3-2-501."""
    for hit in tried(_DASHED, view, places):
        start, end = hit.span()
        dated = _CLOCK.match(hit[0]) and _DATE_BEFORE.search(view, max(0, start - 4), start)
        if not dated and not _STAY.search(view, max(0, start - 10), start):
            yield start, end, "住址"


def _estate_rooms(view: str, places: list[int]) -> Iterator[Span]:
    """Rooms and houses right behind the name of an estate."""
    for hit in tried(_ESTATE_ROOM, view, places):
        start, end = hit.span("n")
        if _IS_ESTATE.search(view, max(0, start - 6), start) and not _public(view, start, end):
            yield start, end, "住址"


def _streets(view: str) -> Iterator[Span]:
    """Numbers of streets, lanes, groups of a village, and door plates."""
    for hit in _ROAD.finditer(view):
        name = _BEFORE_ROAD.search(view, max(0, hit.start() - 6), hit.start())
        if (
            name is None
            or (hit[0][0] == "里" and view[hit.start() - 1] in _NOT_LANE)
            or view[hit.start() - 1 : hit.start() + 1] == "水路"
        ):
            continue
        start, end = _trim(view, name.start(), hit.start()), hit.end()
        tail = _AFTER_ROAD.match(view, end)
        if not (_public(view, start, end) or (tail is None and _of_estate(view, start, end))):
            yield start, tail.end() if tail else end, "住址"
    for pattern, hits in (
        (_GROUP, tried(_GROUP, view, starts_of(_GROUP_START, view))),
        (_VILLAGE, _VILLAGE.finditer(view)),
    ):
        for hit in hits:
            name = (_BEFORE_GROUP if pattern is _GROUP else _BEFORE_VILLAGE).search(
                view, max(0, hit.start() - 9), hit.start()
            )
            if name is not None or pattern is _GROUP:
                yield (
                    _trim(view, name.start(), hit.start()) if name else hit.start(),
                    hit.end(),
                    "住址",
                )
    for hit in _DOORPLATE.finditer(view) if "门牌" in view else ():
        yield *hit.span("n"), "住址"
