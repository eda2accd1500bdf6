"""Tells by a field's name whether it names a person, phone, account or identity number.

Names come as upstream writes them: reporter_name, contactPhone, idCardNo,
`phonenumber`, pinyin initials (sfzh, lxdh), Chinese. When in doubt a field
counts as identity: it is refused either way, only its value must not be shown.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise
from typing import Final

from agents.lenient import fields


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# A person, an account, or a way to reach someone, whatever stands beside it.
_ALWAYS: Final = _set(
    """
    phone phones telephone tel mobile cellphone handphone landline fax msisdn imei imsi
    email emails mail wechat weixin wxid wx qq qqno openid unionid weibo douyin kuaishou alipay telegram
    whatsapp skype sms account accounts acct login username nickname nick alias realname fullname surname
    firstname lastname givenname forename author authors avatar idcard identity passport ssn
    uid userid birthday birthdate birthplace birth dob ethnicity ethnic religion religious
    address addresses addr residence url urls uri link links href permalink homepage ip
    bankcard creditcard plate license licence signature fingerprint face
    reporter caller callers complainant complainants complainer petitioner petitioners applicant appellant
    victim victims plaintiff defendant suspect informant whistleblower householder witness
    poster blogger vlogger uploader commenter replier writer editor person persons citizen citizens
    contactor liaison neighbour neighbor spouse husband wife father mother
    xingming dianhua shouji shoujihao shenfenzheng shenfenzhenghao dizhi zhuzhi lianxiren lianxidianhua
    zhanghao youxiang nicheng chepai chepaihao yinhangka
    xm sfz sfzh sfzhm sfzhao sjh sjhm lxdh lxfs lxr lxrdh dhhm dh zjhm zjh zz jzdz hjdz jtzz dz cph csrq
    """
)
# A person when it stands alone or with an id, number or name; otherwise a thing (owner_org).
_ROLES: Final = _set(
    """
    user users member customer client contact contacts owner handler operator agent staff officer worker
    mediator creator sender submitter publisher resident tenant landlord patient student pupil child
    parent lawyer driver passenger employee assignee manager leader visitor guest audience follower
    """
)
_MARKS: Final = _set("id ids no num number numbers code name uid key card")
# What a "name" may belong to without naming a person.
_THINGS: Final = _set(
    """
    county city province town township village grid street community district area region place road
    org organization organisation unit department dept office bureau agency company enterprise firm
    project estate school hospital shop building event type class category kind stream topic channel
    platform source system app application file table column field queue service product brand module
    level status case rule campaign task job host server node schema model version zone site leaf label
    tag state group index metric
    """
)
# Numbers about many are no one's identity: caller_count, people_band.
_AGGREGATES: Final = _set("count counts total rate ratio share pct percent band cnt sum")
_PAIRS: Final = frozenset(
    {("id", mark) for mark in ("card", "no", "num", "number", "code", "cert", "document")}
    | {("card", mark) for mark in ("no", "num", "number", "id")}
    | {("certificate", "no"), ("certificate", "number"), ("document", "no"), ("cert", "no")}
    | {
        ("social", "security"),
        ("medical", "card"),
        ("bank", "card"),
        ("credit", "card"),
        ("screen", "name"),
        ("open", "id"),
        ("we", "chat"),
    }
    | {("union", "id"), ("post", "by"), ("posted", "by"), ("reported", "by"), ("e", "mail")}
)
_GLUE: Final = _set("of the my real full first last given home work in charge post reply")
_VOCABULARY: Final = _ALWAYS | _ROLES | _MARKS | _THINGS | _AGGREGATES | _GLUE

_LABELS: Final = _set(
    "姓名 名字 昵称 电话 手机 手机号 手机号码 联系电话 联系方式 联系人 身份证 身份证号 身份证号码 证件号"
    " 住址 地址 家庭住址 户籍地址 微信 微信号 账号 邮箱 作者 链接 车牌号 银行卡号 投诉人 举报人 来电人"
    " 反映人 报告人 申请人 当事人 责任人 经办人 负责人 投诉人姓名 来电人姓名 来电号码 用户名"
)
_CHINESE: Final = re.compile(
    "姓名|名字|人名|^姓$|昵称|笔名|网名|用户名|户名|真名|曾用名"
    "|电话|手机|座机|固话|传真|联系方式|联系人|联络人|联络方式|号主"
    "|身份证|证件|护照|驾驶证|驾照|军官证|社保号|社保卡|医保卡|就诊卡|学籍|准考证|银行卡|卡号"
    "|住址|地址|户籍|住所|门牌|微信|微博|抖音|快手|支付宝|扣扣|邮箱|邮件|账号|账户|账户名"
    "|作者|博主|楼主|网友|发帖|发布者|链接|网址|网页|主页|头像|车牌|生日|出生|民族|宗教|籍贯"
    "|市民|户主|网格员|调解员|接线员|经办|坐席|话务员|(?:人|员|者|方|户)$|(?:人|员|者)(?:姓|号|编号|ID|id|代码)"
)
_CHINESE_AGGREGATE: Final = re.compile("(?:数|数量|人数|次数|率|占比|比例|规模)$")
_TRADITIONAL: Final = str.maketrans(
    "電話機號證賬帳聯絡繫戶稱暱網郵鏈連傳籍護駕銀醫卡員發車牌頭貫門責負處",
    "电话机号证账账联络系户称昵网邮链连传籍护驾银医卡员发车牌头贯门责负处",
)
_INVISIBLE: Final = re.compile(
    r"[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\x00-\x1f]"
)
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_NAME_LIMIT: Final = 200  # characters looked at; no field is called longer
_SHOWN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,31}")


def names_person(name: str) -> bool:
    """Whether a field of this name may hold who someone is or how to reach them.

    >>> [names_person(n) for n in ("contactPhone", "idCardNo", "author_id", "投诉人姓名", "sfzh")]
    [True, True, True, True, True]
    >>> [names_person(n) for n in ("county_name", "case_id", "owner_org", "by", "callers_count")]
    [False, False, False, False, False]
    """
    return _names_person(name[:_NAME_LIMIT])


@lru_cache(maxsize=4096)
def _names_person(name: str) -> bool:
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", name))
    chinese = plain.translate(_TRADITIONAL).strip(" _-:：*")
    if _CHINESE.search(chinese) and not _CHINESE_AGGREGATE.search(chinese):
        return True
    words = [word for run in _WORD.findall(plain) for word in _split(run.lower())]
    return bool(words) and words[-1] not in _AGGREGATES and _is_identity(words)


def _is_identity(words: list[str]) -> bool:
    if not _ALWAYS.isdisjoint(words) or not _PAIRS.isdisjoint(pairwise(words)):
        return True
    if len(words) == 1 and words[0] in _ROLES:
        return True
    if len(words) > 1 and words[-1] == "by":  # created_by; `by` alone is a post in our contract
        return True
    for before, word in zip(["", *words], words, strict=False):
        if word in _MARKS and before in _ROLES:
            return True
        if word in ("name", "names") and before not in _THINGS:
            return True
    return False


def _split(run: str) -> list[str]:
    """Words of a run written together, when all of it is known words, fewest first.

    >>> _split("callerphonenumber"), _split("authority")
    (['caller', 'phone', 'number'], ['authority'])
    """
    if run in _VOCABULARY or len(run) > 40:
        return [run]
    ways: list[list[str] | None] = [[]]
    for end in range(1, len(run) + 1):
        best: list[str] | None = None
        for start in range(end):
            way = ways[start]
            if (
                way is not None
                and run[start:end] in _VOCABULARY
                and (best is None or len(way) + 1 < len(best))
            ):
                best = [*way, run[start:end]]
        ways.append(best)
    return ways[-1] or [run]


def shown(name: str) -> str:
    """A field's name as it may appear in an answer; `*` where the name itself may say too much.

    At most 32 of [A-Za-z0-9_], at most three digits in all (a phone number can
    be a name too); Chinese only where the whole name is a usual label.

    >>> shown("reporter_name"), shown("电话"), shown("p13812345678"), shown("张三的电话")
    ('reporter_name', '电话', '*', '*')
    """
    if name in _LABELS:
        return name
    if _SHOWN.fullmatch(name) and sum(character.isdigit() for character in name) <= 3:
        return name
    return "*"


def identity_path(text: str) -> str:
    """JSON path of the first field that names a person; "" if there is none.

    >>> identity_path('{"data": {"items": [{"联系电话": "138')
    '$.data.items[0].联系电话'
    """
    for found in fields(text):
        if names_person(found.name):
            keys = (
                f"[{key}]" if isinstance(key, int) else "." + shown(key) for key in found.parents
            )
            return "$" + "".join(keys) + "." + shown(found.name)
    return ""
