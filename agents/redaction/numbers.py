"""Finds phones, identity numbers, bank cards, plates and papers in a text."""

import re
from collections.abc import Iterator

from agents.redaction.characters import DIGIT_CLASS, SPACES
from agents.redaction.checks import is_card, is_identity
from agents.redaction.matching import Span, starts_of, tried
from agents.redaction.scan import CARD, PAPER, PROVINCES

# What people put between digits. No comma, colon or asterisk: sums, times and masked values.
SEP = r"[ \t\r\n\u00a0\u2000-\u200a\u202f\u3000\-\u2010-\u2015\u2212~～.·•‧∙・_+]"
# Every number, id, plate and mail address holds five of these in a row; every phone and paper six.
_MARK = r"[A-Za-z\d零〇○一幺么壹弌二贰貳两三叁參四肆五伍六陆陸七柒八捌九玖]"
MAYBE_CODE = re.compile(
    rf"{_MARK}(?:[\s\-·•・‧∙－.。_~+/,，、()（）@#\u2000-\u2015\u2212～\u202f\u3000\u00a0]{{0,4}}{_MARK}){{4}}"
)
LONG_RUN = re.compile(
    r"[A-Za-z\d](?:[\s/,，、()（）\-\u2000-\u2015\u2212~～.·•‧∙・_+\u00a0\u202f\u3000×]{0,4}[\dXx×]){5}"
)

# Digits as one number has them; what is found of the longest decides which kinds it may be.
_RUN = re.compile(rf"[{DIGIT_CLASS}](?<=\d)(?:{SEP}{{0,3}}\d){{4,}}")

_MOBILE = re.compile(
    rf"(?<!\d)(?<!\d\.)(?:[（(]?(?:\+|00)?86[）)]?{SEP}{{0,3}}|0{SEP}?)?"
    rf"(?P<n>1{SEP}{{0,3}}[3-9](?:{SEP}{{0,3}}\d){{9}}|1[3-9]\d(?P<odd>[/,，、(（]{SEP}?|\s?[）)]\s?)\d{{4}}[/,，、）)]?\d{{4}})(?!\d)"
)
_PHONE_START = re.compile(r"[（(+018](?<!\d.)")
_LONG_START = re.compile(r"[1-9](?<![0-9A-Za-z].)")
_MOBILE_ODD = re.compile(r"1[3-9]\d(?:[/,，、(（]|\s?[）)])")
_LOCAL_NUMBER = re.compile(r"[2-8](?<![\dA-Za-z].)\d{2,3}[- —]?\d{4}")
_LANDLINE = re.compile(
    rf"(?<!\d)(?:[（(]?(?:\+|00)86[）)]?{SEP}{{0,2}}[（(]?0?|[（(]?0)(?:10|2\d|[3-9]\d\d)[）)]?{SEP}{{0,3}}"
    rf"[2-8](?:{SEP}?\d){{6,7}}(?!\d)(?:\s?(?:转|[-—]{{1,2}}|ext\.?|x|#|分机号?)\s?(?:分机号?)?[:：]?\s?\d{{1,6}})?(?!\d)",
    re.I,
)
_LOCAL = re.compile(
    r"(?:电\s?话|座机|固话|固定电话|致电|拨打|打|传真|来电|联系方式|宅电|tel|phone|fax|☎|📞|号码)"
    r"(?:[^\d。；;！？\n]{0,8}?|〔电话〕[、,，/ 或和]+)(?<![\dA-Za-z])"
    r"(?P<n>(?!400|800|20[0-3]\d[01]\d[0-3]\d(?!\d))[2-8]\d{2,3}[- —]?\d{4}(?:\s?(?:转|-|ext\.?|分机)\s?\d{1,6})?)(?!\d)(?![-—]\d)",
    re.I,
)
_ID18 = re.compile(
    rf"(?<![0-9A-Za-z])[1-9](?:{SEP}{{0,3}}\d){{16}}{SEP}{{0,3}}[\dXx×](?![0-9A-Za-z])"
)
_ID15 = re.compile(rf"(?<![0-9A-Za-z])[1-9](?:{SEP}{{0,3}}\d){{14}}(?![0-9A-Za-z])")
_CARD = re.compile(rf"(?<![0-9A-Za-z])[3-69](?:{SEP}{{0,3}}\d){{14,18}}(?!\d)")
_CARD_CUED = re.compile(
    r"(?:银行卡|储蓄卡|信用卡|借记卡|工资卡|银联卡|一卡通|存折|卡号|收款账[号户]|[账帐]号|打款|汇款|转账到)"
    rf"(?:[^\d。；\n]{{0,10}}?)(?P<n>\d(?:{SEP}{{0,3}}\d){{11,20}})(?!\d)"
)
_PUBLIC_ACCOUNT = re.compile(r"对公|公司|单位|公众|户号|缴费|水费|电费|燃气|抖音|快手")

_FILL = r"""(?:[证卡件编]?号码?|编码|证件|是|为|[:：="'\s（(\[【]|No\.?|字|第)*"""
_PLATE = re.compile(
    rf"(?:WJ\s?)?[{PROVINCES}]"
    r"[\s·•.．‧∙・\-]{0,2}[A-Z][\s·•.．‧∙・\-]{0,2}"
    r"(?=(?:[A-Z\s·•.\-]*\d))[A-Z0-9](?:[\s·•.\-]?[A-Z0-9]){3}[\s·•.\-]?[A-Z0-9挂学警港澳试超领](?:[\s·•.\-]?[A-Z0-9])?(?![A-Z0-9])",
    re.I,
)
_PLATE_START = re.compile(
    rf"[{PROVINCES}](?=[\s·•.．‧∙・\-]{{0,2}}[A-Za-z\u017f\u212a\u0130\u0131])"
)
_ARMED_POLICE = re.compile(r"WJ\s?\Z", re.I)
_PAPER = re.compile(
    r"(?:(?:护照|通行证|台胞证|回乡证|返乡证|居留证|居留许可|居住证|暂住证|[军警士]官证|士兵证|军人证|文职证|残疾[^\d，。]{0,3}证|出生[^\d，。]{0,4}证明?|执法证"
    r"|(?:社保|社会保障|医保|医疗保险|就诊|诊疗|健康)[卡号]|社会保障号|(?:社保|医保|医疗保险|社保个人|个人)编号"
    r"|(?:住院|病案|病历|门诊|病人|患者|就诊|挂号|体检|检查)(?:编号|号码?|ID)|病历本?号|学籍?号|学籍辅?号|学生证|考籍号|警号"
    r"|驾驶?[证员照人]?的?档案|(?<![访程目地会])档案编?号|准考证|考生号|报名号|考号|座位号)"
    rf"(?:号码?|编号)?{_FILL})"
    r"(?P<n>[军武空海南北兰沈济成广东西中后参政联装火]?字?第?\s?\d{6,10}号|[A-Z]{0,3}\d(?:[ \-]?[\dX]){5,21}|[A-Z]{1,3}\d{5,})",
    re.I,
)
_MILITARY = re.compile(r"(?P<n>[军武空海南北兰沈济成广东西中后参政联装火]字第\s?\d{6,10}号)")
_DATE8 = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$")

# An ordinary number right behind these is the matter's, not a person's.
_STAY_BEFORE = re.compile(
    r"(?:单号?|合同|协议|发票|票据|税务?|招标|中标|标段|项目|备案|案[号件]?|信访件?|受理|登记|注册|编[号码]|证书|许可证?|执照|信用代码|机构代码|识别号|票号|流水|交易"
    r"|设备|序列|条形?码|批[号次]|文号|户号|缴费|表号|[电水气]表|ISBN|IMEI|型号|股票|代码|房权证|不动产[权证]*|产权证|宗地|立项|采购|库存|商品|货号|坐标|经度|纬度|快递|运单|包裹|顺丰|圆通|中通|韵达|申通|京东|邮政|订单|提货|取件|工单|诉求|事件|户编)"
    r"(?:编号|编码|号码?|代码|证|为|是|[:：="
    r"\"'\s【\[（(#№第字]|[A-Z]{1,4}|No\.?)*$",
    re.I,
)
_STAY_FILL = "为是:：=\"'【[（(#№第字" + SPACES
_STAY_LAST = frozenset(
    "单号同议票据税务标段目案件访理记册编码书可证照水易备列批次文费表股产权地立项购存品度递裹丰通达东政货求"
    ".ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz\u017f\u212a\u0130\u0131"
)
_STAY_AFTER = re.compile(
    r"[\s）)]*(?:[（(,，]?\s?(?:这是|该|此|的|为|是)?(?:快递|运单|订单|单号|工单|合同|发票)|(?:多|余)?(?:亿|万)?(?:元|块|平方|平米|立方|吨|公斤|千瓦|度电|人次|%))"
)
_PHONE_LETTERS = re.compile(
    r"(?:tel|phone|mob|mobile|cell|call|dh|sj|shouji|dianhua|weixin|wechat|wx|vx|v|qq|lxdh|n)$",
    re.I,
)

_JUNK = re.compile(r"[^0-9Xx×]+")


def _digits(text: str) -> str:
    return _JUNK.sub("", text)


def longest_run(view: str) -> int:
    """How many digits the longest number has, whatever stands between them; 0 if under five."""
    longest = 0
    for run in _RUN.findall(view):
        longest = max(longest, len(run if run.isdecimal() else _digits(run)))
    return longest


def numbers(view: str, longest: int, kinds: int) -> Iterator[Span]:
    """Papers, identity numbers, cards and phones, the surest first.

    longest: digits in the longest number. kinds: of the words found in the view.
    """
    if kinds & PAPER and LONG_RUN.search(view):
        yield from papers(view)
    if longest >= 15:
        yield from identities(view)
    if longest >= 12:
        yield from cards(view, cued=bool(kinds & CARD))
    starts = starts_of(_PHONE_START, view) if longest >= 7 else []
    if longest >= 11:
        yield from mobiles(view, starts)
    elif _MOBILE_ODD.search(view):
        yield from mobiles(view, starts_of(_PHONE_START, view))
    if longest >= 7:
        yield from landlines(view, starts)


def _stays(view: str, start: int, end: int) -> bool:
    left = view[max(0, start - 24) : start]
    # Most numbers stand behind no word that ends like one of these; the search takes long.
    bare = left.rstrip(_STAY_FILL)
    return (
        bare != "" and bare[-1] in _STAY_LAST and _STAY_BEFORE.search(left) is not None
    ) or _STAY_AFTER.match(view, end) is not None


def _even(text: str) -> bool:
    """Whether the separators look like one number's, not like a row of several numbers."""
    gaps = re.findall(rf"{SEP}+", text)
    return (
        len(gaps) <= 3
        or len({gap.replace("\r\n", "").replace("\n", "") for gap in gaps} - {""}) <= 1
    )


_FOUR = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}$")
_COORDINATE = re.compile(r"1(?:[0-2]\d|3[0-5])\.\d{5,}$")
_PHONE_BEFORE = re.compile(r"(?:电话|手机|号码|联系|拨|打|来电|致电)[^\d，。；]{0,4}$")
_ISO_DATE = re.compile(r"(?:19|20)\d\d[-./]\d{1,2}[-./]\d{1,2}(?!\d)")


def mobiles(view: str, starts: list[int]) -> Iterator[Span]:
    """Mobile numbers in any writing. starts: where one may begin."""
    for hit in tried(_MOBILE, view, starts):
        start, end = hit.span()
        text = hit["n"]
        if not text.isdecimal() and (
            not (_even(text) or hit["odd"])
            or _FOUR.match(text)
            or (
                _COORDINATE.match(text) and not _PHONE_BEFORE.search(view, max(0, start - 9), start)
            )
            or _ISO_DATE.match(text)
        ):
            continue
        if start and view[start - 1].isascii() and view[start - 1].isalpha():
            word = re.search(r"[A-Za-z]+$", view[max(0, start - 10) : start])
            if word and not _PHONE_LETTERS.search(word[0]):
                continue
        if not _stays(view, start, end):
            yield start, end, "手机"


_PUBLIC = re.compile(
    r"(?P<public>(?:自来水|供水|供热|供暖|供电|电力|燃气|天然气|热力|公交|水务|污水处理|环卫|铁塔|电信|移动|联通|客运|高速)[^，。；\s]{0,4}(?:公司|集团|站|所|中心)?"
    r"|(?<!邮)局|委员会|[政市县区镇乡]府|街道办|办事处|居委会|村委会|社区|办公室|热线|服务中心|便民|医院|卫生院|卫健委|公安|派出所|交警|城管|法院|检察院|司法所|纪委|信访|学校|小学|中学|大学|幼儿园|银行|邮政|车站|机场|图书馆|博物馆|[省市县区]委|大厅|窗口"
    r"|(?:客服|服务|投诉|举报|监督|咨询|值班|报修|抢修|应急|救援|监管|办公)(?:电话|号码|热线|专线)|消防|税务|人社|医保中心|疾控|银保监|工会|妇联|残联|管理[处所站局]|支队|大队|中队)"
    r"|(?P<private>本人|我家|我店|我厂|我司|我的|我们?店|家里|家庭|住宅|私人|(?<!供[水电热气暖])(?<!自来水)(?<!燃气)(?<!热力)(?:公司|有限公司|集团)|商店|门店|[^\s，。]店|饭馆|餐馆|酒店|宾馆|工厂|[^工]厂(?!务)|联系人|先生|女士|老板|房东|中介|物业|超市|联系我|他的?|她的?|律所|律师|诊所|工地|宅电|业主|邻居|致电我|打我|找我|回复我|我)"
)


def _is_service(view: str, start: int) -> bool:
    """Whether a landline at `start` is shown as the number of a public body: the nearest cue decides."""
    left = max(view.rfind(mark, 0, start) for mark in "。；！？\n")
    verdict = False
    for hit in _PUBLIC.finditer(view, max(left + 1, start - 40), start):
        verdict = hit["public"] is not None
    return verdict


def landlines(view: str, starts: list[int]) -> Iterator[Span]:
    """Landlines with an area code, or behind a cue without one; service numbers stay.

    starts: where one with an area code may begin.
    """
    for hit in tried(_LANDLINE, view, starts):
        start, end = hit.span()
        if not _stays(view, start, end) and not _is_service(view, start):
            yield start, end, "电话"
    if _LOCAL_NUMBER.search(view) is None:
        return
    for hit in _LOCAL.finditer(view):
        start, end = hit.span("n")
        if not _stays(view, start, end) and not _is_service(view, start):
            yield start, end, "电话"


_PART = re.compile(rf"\d{SEP}{{1,3}}$")  # before what is the rest of a longer number


def identities(view: str) -> Iterator[Span]:
    """Identity numbers; with 身份证 before them even when the checksum is wrong."""
    starts = starts_of(_LONG_START, view)
    for pattern in (_ID18, _ID15):
        for hit in tried(pattern, view, starts):
            start, end = hit.span()
            if _PART.search(view, max(0, start - 4), start):
                continue
            cued = (
                "身份" in view[max(0, start - 16) : start]
                or "证件号" in view[max(0, start - 8) : start]
            )
            if cued or (is_identity(_digits(hit[0])) and not _stays(view, start, end)):
                yield start, end, "身份证"


def cards(view: str, *, cued: bool) -> Iterator[Span]:
    """Bank cards: Luhn, or behind a cue.

    cued: whether a cue is in the view.
    """
    for hit in _CARD_CUED.finditer(view) if cued else ():
        if not _PUBLIC_ACCOUNT.search(view, max(0, hit.start() - 6), hit.start("n")):
            yield *hit.span("n"), "银行卡"
    for hit in tried(_CARD, view, starts_of(_LONG_START, view)):
        digits = _digits(hit[0])
        if (
            len(digits) in {15, 16, 17, 18, 19}
            and (len(digits) in {16, 19} or digits[:2] == "62")
            and is_card(digits)
        ):
            start, end = hit.span()
            if _even(hit[0]) and not _stays(view, start, end):
                yield start, end, "银行卡"


def plates(view: str) -> Iterator[Span]:
    """Complete plates of vehicles."""
    done = 0
    for hit in tried(_PLATE, view, starts_of(_PLATE_START, view)):
        start, end = hit.span()
        police = _ARMED_POLICE.search(view, max(done, start - 3), start)
        yield police.start() if police else start, end, "车牌"
        done = end


def papers(view: str) -> Iterator[Span]:
    """Passports, permits and the numbers by which hospitals and schools know a person."""
    for pattern in (_PAPER, _MILITARY):
        for hit in pattern.finditer(view):
            if not _DATE8.match(hit["n"]):
                yield *hit.span("n"), "证件"
