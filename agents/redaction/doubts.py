"""What stands beside what looks like a name and tells that it is none: a title, a place, a thing, history."""

import re
from typing import Final

from agents.redaction.characters import DECIMALS
from agents.redaction.evidence import A_ROLE, MEASURES
from agents.redaction.firsts import Firsts
from agents.redaction.lexicon import GIVEN, SURNAMES, words
from agents.redaction.segments import COSTS

_EVERYDAY: Final = 8  # at most this costs a word of every other text
# Behind what looks like a name: the rest of a firm's name.
ORG_AFTER = re.compile(
    r"[^\W\d_在到去的把被将与和是从说称向，、。]{1,8}(?:公司|集团|合作社|事务所|工作室|有限|诊所|药房|超市|[饭酒]店|学校|幼儿园)"
)
# An organisation, a place or a thing named after a person.
THING_AFTER = Firsts(
    r"[路街巷镇乡县市区村庄屯湾沟坝桥河湖山庙寺祠塔墓园馆奖杯牌店厂铺]|大[道街桥厦]|小[区学]|[中大]学|广场|故[居里]|祠|纪念|专卖|旗舰|官方旗|精神|纪念|同款|组?社(?!长)|水库|学[校院]|医院|诊所|公司|集团|超市|酒|茶|烤|火锅|麻辣|辣|牛肉|拉面|大药房|幼儿园|家[园电具居装纺]|事务所|律所|工作室|合作社|家庭农场|餐|饭|面馆|花园|国际|大酒店|快递|物流|百货|服装|鞋|珠宝|眼镜|口腔|中医|书法|养生|按摩|足[浴疗道]|推拿|招商|直销|会所|硫酸|酸[钠钾钙]|门诊|美容|美发|理发|经济(?!困难|条件|拮据|压力|来源)|元帅|将军|烈士|上将|[地设置立造备材]|美景|公园|工业园|产业园|烧烤|胶囊|颗粒|口服液|注射液|软件|平台|索道|景区|批发|建材|家私|手袋"
)
# Named after the person, wherever the name ends.
_THING_NAMED: Final = Firsts(
    r"故[居里]|纪念|陵[园墓]|墓|祠|雕像|铜像|实验[中小]?学?|[中小]学(?![老教时学同毕校])|大道(?!歉)|公园|广场|大桥|将军|元帅|竹海|牌"
)
# Somebody of history is spoken of.
_HISTORY_BEFORE: Final = re.compile(
    r"(?:[清明宋元唐汉晋秦隋](?:代|朝|末|初)(?:的|时)?|南北朝|民国(?:时期|初期)?|(?:历史|文化|一代|古代|近代)名?人|思想家|文学家|教育家|军事家|革命家|大?诗人|词人|道士|国民党|红军|日军|军阀|统帅|元帅|司令官?|名将|重臣|进士|状元|举人|贡生|府官|巡抚|皇帝|太守|开国[元功]勋|先贤)的?$"
)
# A building or room of an estate that is called so.
_HOUSE_AFTER: Final = re.compile(r"\d{1,3}(?:[-－—]\d{1,4}(?![\d-])|[栋幢#]|号楼)|[一二三四1234]期")
_HISTORY_AFTER: Final = re.compile(
    r"公(?:[，。、,祠墓迁皇生于]|元前)|之[墓碑祠]|[（(](?:1[0-8]\d\d|公元)"
)
# A word in a row of places, right before or behind.
_ROW_BEFORE: Final = re.compile(r"([^\W\d_]{1,6})[、，,]$")
_ROW_AFTER: Final = re.compile(r"[、，,]([^\W\d_]{1,6}?)(?=[、，,。；;等])")
_IN_ROW_LAST: Final = frozenset(
    "湖山岩岛河江溪泉洞村镇乡县区市站路街桥寺庙塔谷岭峰坪冲湾港库园城铁线铺酸醇酯醛素片"
)
# A place, an estate or an organisation: what its name ends with, or has behind it.
_PLACE_LAST: Final = frozenset(
    "阁镇乡村庄苑园城区县路街桥坪塘冲岛湾湖河沟庙寺寨屯堡庭府居郡邸厦楼站港洞坡岗铺营滩坝岭洲垅垭井畈溪殿埠墩界崖峪庵"
)
_AREA_LAST: Final = frozenset("镇乡县区")
# A surname that is also a preposition or the like, mostly.
FUNCTION: Final = frozenset("和向从时连曾何应任对由把被让与于成全明平高方管关查解")
_PLACE_AFTER = re.compile(
    r"[^\W\d_在到去的把被将与和是从说称向让给找问打家送至往回来进出离住带接于等]{0,4}?(?:[镇苑城郡邸寺庙]|佳园|家园|花园|庄园|公园|小区|社区|大厦|广场|中心|公寓|公馆|大道|[一二三四]期|[大国环]?道(?!歉)|华府|庭院|豪庭|楼盘|项目|工地|[工料药煤磷钢]厂|煤矿|矿业|置业|地产|建材|建筑|医疗|医院|学校|[中小大]学|公路|铁路|高速|隧道|水库|坡|坪|塘|冲|湾|[江河湖岛岭村组]|大桥|宅|段|片区|组团|牌|系列|景区|景园|索道|梯田|峡谷|故里|战役|[^\W\d_]?乡(?![长里亲下政]))"
)
# A surname and one of these is how a person is spoken of, not a full name.
TITLE = Firsts(
    r"经理|主任|书记|老师|伯伯|先生|女士|小姐|师傅|律师|医生|大夫|局长|所长|院长|校长|园长|镇长|乡长|县长|市长|村长|组长|队长|科长|处长|站长|社长|厂长|行长|会长|部长|老板|同学|同志|阿姨|大爷|大妈|大哥|大姐|大伯|大娘|奶奶|爷爷|教练|教授|教师|警官|法官|检察官|工程师|会计|护士|某|氏|家[村庄屯湾人]|老太|老汉|太太|妈妈?|爸爸?|婆婆|公公|姑娘|户[主]?|博士|大人|厅长|区长|州长|司长|主席|总监|助理|委员|常委|政委|支书"
)
ROLE_WORD = Firsts(
    r"书记|主任|局长|所长|校长|院长|老师|律师|经理|先生|女士|同志|师傅|队长|村长|镇长|医生"
)

BEFORE_TITLE: Final = frozenset("向和对由被让与从连都")
_ONE_TITLE = frozenset("总叔哥姐嫂婶导老某氏姓")
# The last character of what looks like a name and the one behind it, when they are one word.
_ACROSS: Final = frozenset(
    words(
        "大道 大桥 大厦 大街 小学 小区 中学 中路 中心 家电 家具 家居 家园 家庭 家长 花园 金融 化工 建设 建材 建筑 中路 东路 南路 西路 北路 东街 西街 南街 北街 新村 新区 新城 国道 国际 江路 湖路 山路 山区 河路"
    )
)
_NUMERAL: Final = frozenset(DECIMALS) | set("一二三四五六七八九十百千万两几多")
_YEAR_AFTER = re.compile(r"[(（〔\[【](?:19|20)\d\d[)）〕\]】]\s?第?\d")
_YEAR_BEFORE = re.compile(r"[(（〔\[【]\d{4}[)）〕\]】]$")
_PEOPLE = re.compile(r"[一二三四五六七八九十两几多]人$")


def _is_none(view: str, start: int, first: int, end: int) -> bool:
    """Whether this is surely no full name: masked, with a title, of several people, or a document's sign."""
    after = view[end : end + 1]
    return (
        after in {"某", "*", "×", "＊"}
        or TITLE.match(view, first)
        or (view[end - 1] in "二三四两几" and after in {"人", "位"})
        or _PEOPLE.match(view, first, end) is not None
        or _YEAR_AFTER.match(view, end) is not None
        or _YEAR_BEFORE.search(view, max(0, start - 6), start) is not None
    )


def _words_in(view: str, start: int, first: int, end: int) -> float:
    """How much everyday words at the borders speak against a name."""
    points = 0.0
    if start and view[start] in MEASURES and view[start - 1] in _NUMERAL:
        points += 6.0  # 4台森蒂电梯
    if start and COSTS.get(view[start - 1 : start + 1], 99) <= _EVERYDAY:
        points += 5.0  # 证人员纯
    if view[start] in BEFORE_TITLE and end == first + 2 and view[first:end] in COSTS:
        points += 6.0  # 向家长
    if end == first + 1 and COSTS.get(view[end - 1 : end + 1], 99) <= _EVERYDAY:
        points += 4.0  # 发张一年级试卷
    return points


def _among_places(view: str, start: int, end: int) -> float:
    """How much a row of places or things around speaks against a name."""
    left = _ROW_BEFORE.search(view, max(0, start - 7), start) if start else None
    right = _ROW_AFTER.match(view, end)
    return 5.0 * (
        (left is not None and left[1][-1] in _IN_ROW_LAST)
        + (right is not None and right[1][-1] in _IN_ROW_LAST)
    )


def _title(view: str, start: int, first: int, end: int) -> float:
    """How much speaks for a surname with a title, or with a preposition before it."""
    points = 0.0
    if view[start] in BEFORE_TITLE and view[first] in SURNAMES and TITLE.match(view, first + 1):
        points += 8.0  # 向贺厅长
    if view[first] in _ONE_TITLE or (view[first] == "董" and end == first + 1):
        points += 6.0
    return points + 4.0 if start and view[start - 1] in "老小" else points


def _history(view: str, start: int, first: int, end: int) -> bool:
    """Whether somebody of history is spoken of, or what is named after somebody."""
    return (
        _THING_NAMED.match(view, end)
        or (end == first + 1 and view[end : end + 1] in GIVEN and _THING_NAMED.match(view, end + 1))
        or _HISTORY_AFTER.match(view, end) is not None
        or _HISTORY_BEFORE.search(view, max(0, start - 7), start) is not None
    )


def _place(view: str, first: int, end: int, cue: float) -> float:
    """How much the last characters speak for a place."""
    points = 0.0
    if view[end - 1] in _PLACE_LAST:
        points += 6.0 if cue >= A_ROLE else 9.0
    if view[end - 1] in _AREA_LAST or (view[first] == "家" and (points or end == first + 1)):
        points += 8.0
    return points + 8.0 if view[end - 1 : end + 1] in _ACROSS else points


def against(view: str, start: int, first: int, end: int, cue: float, *, acting: bool) -> float:
    """How much what stands around says that this is no full name: a title, a mask, a thing's name.

    first: where the given name begins. cue: what stands before says so much for a name.
    acting: whether a person's doing stands behind.
    """
    if _is_none(view, start, first, end):
        return 40.0
    points = _place(view, first, end, cue) + _title(view, start, first, end)
    points += _words_in(view, start, first, end)
    if _history(view, start, first, end):
        points += 14.0
    if _HOUSE_AFTER.match(view, end):
        points += 9.0
    if cue < A_ROLE:
        points += _among_places(view, start, end)
    if not ROLE_WORD.match(view, end) and (
        THING_AFTER.match(view, end) or ORG_AFTER.match(view, end)
    ):
        points += 9.0
    elif not acting and _PLACE_AFTER.match(view, end):
        points += 6.0 if cue >= A_ROLE else 9.0
    return points
