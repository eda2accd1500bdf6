"""Recall per kind: hand-written sentences, each with many items of its kind in every writing."""

import random
import re
from collections.abc import Callable, Iterator

import pytest

from agents.redaction import redact
from agents.redaction.checks import is_card
from agents.redaction.lexicon import words

Draw = Callable[[random.Random], str]

_CHINESE = [
    "零一二三四五六七八九",
    "〇幺二三四五六七八九",
    "零壹贰叁肆伍陆柒捌玖",
    "〇一二三四五六七八九",
]
_WIDE = str.maketrans("0123456789-.Xx+()", "０１２３４５６７８９－．Ｘｘ＋（）")


def _digits(draw: random.Random, count: int) -> str:
    return "".join(draw.choice("0123456789") for _ in range(count))


def _chinese(draw: random.Random, number: str) -> str:
    return number.translate(str.maketrans("0123456789", draw.choice(_CHINESE)))


def _grouped(number: str, sizes: tuple[int, ...], mark: str) -> str:
    parts, place = [], 0
    for size in sizes:
        parts.append(number[place : place + size])
        place += size
    return mark.join([*parts, number[place:]] if place < len(number) else parts)


def mobile(draw: random.Random) -> str:
    number = "1" + draw.choice("3456789") + _digits(draw, 9)
    sizes = draw.choice([(3, 4, 4), (3, 3, 5), (4, 4, 3), (3, 8), (7, 4), (5, 6), (1,) * 11])
    written = draw.choice(
        [
            number,
            number,
            _grouped(
                number, sizes, draw.choice([" ", "-", ".", "—", "·", "\u3000", " - ", "－", "_"])
            ),
            number.translate(_WIDE),
            _grouped(number, (3, 4, 4), "-").translate(_WIDE),
            _chinese(draw, number),
            number[:3] + _chinese(draw, number[3:]),
            _grouped(_chinese(draw, number), (3, 4, 4), draw.choice([" ", "-"])),
            _grouped(number, sizes, draw.choice(["\u200b", "\u200d", "\ufeff", "\u2060"])),
            _grouped(
                number, draw.choice([(3, 8), (7, 4), (5, 6)]), draw.choice(["\n", "\r\n", " \n"])
            ),
        ]
    )
    return (
        draw.choice(
            ["", "", "", "+86", "+86 ", "0086", "86", "86-", "0", "（+86）", "+86-", "0086 "]
        )
        + written
    )


def landline(draw: random.Random) -> str:
    area = draw.choice(["0936", "0931", "010", "021", "0371", "025"])
    local = draw.choice("2345678") + _digits(draw, 7 if len(area) == 3 else draw.choice([6, 7]))
    mark = draw.choice(["-", "", " ", "－", "—", "--"])
    base = draw.choice(
        [
            f"{area}{mark}{local}",
            f"({area}){local}",
            f"（{area}）{local}",
            f"+86-{area[1:]}-{local}",
            f"{area}-{local[:4]} {local[4:]}",
        ]
    )
    return draw.choice([base, base.translate(_WIDE)]) + draw.choice(
        ["", "", "转8012", "-801", "转分机302", " 转 12", "ext.66"]
    )


def local(draw: random.Random) -> str:
    number = draw.choice("35678") + _digits(draw, draw.choice([6, 7]))
    return draw.choice([number, number[:-4] + "-" + number[-4:], number + "转8012"])


def identity(draw: random.Random) -> str:
    area = draw.choice(["620702", "110105", "440106", "511702", "650104", "150102"])
    day = f"{draw.randint(1, 12):02d}{draw.randint(1, 28):02d}"
    if draw.random() < 0.2:
        return f"{area}{draw.randint(30, 99)}{day}{_digits(draw, 3)}"
    body = f"{area}{draw.randint(1930, 2020)}{day}{_digits(draw, 3)}"
    last = "10X98765432"[
        sum(
            int(d) * w
            for d, w in zip(
                body, (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), strict=True
            )
        )
        % 11
    ]
    number = body + last
    return draw.choice(
        [
            number,
            number.lower(),
            number.translate(_WIDE),
            number.lower().translate(_WIDE),
            _grouped(number, (6, 8, 4), draw.choice([" ", "-", "\u200b"])),
            _grouped(number, (6, 4, 4, 4), " "),
            _grouped(number, (10, 8), "\n"),
            _chinese(draw, number),
        ]
    )


def card(draw: random.Random) -> str:
    size = draw.choice([16, 19])
    head = draw.choice(
        ["6222", "6217", "6228", "6230", "4367", "5187"]
        if size == 16
        else ["6222", "6217", "6228", "6230"]
    )
    body = head + _digits(draw, size - 5)
    number = next(body + last for last in "0123456789" if is_card(body + last))
    return draw.choice(
        [
            number,
            number,
            _grouped(number, (4, 4, 4, 4), draw.choice([" ", "-", "\u3000"])),
            number.translate(_WIDE),
            _grouped(number, (8, 8), "\n"),
            _grouped(number, (6, 13), " "),
        ]
    )


def plate(draw: random.Random) -> str:
    head, letter = (
        draw.choice("京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"),
        draw.choice("ABCDEFGHJKLMN"),
    )
    chars = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
    tail = draw.choice(
        [
            _digits(draw, 5),
            draw.choice(chars) + _digits(draw, 4),
            _digits(draw, 2) + draw.choice(chars) + _digits(draw, 2),
            draw.choice("DF") + _digits(draw, 5),
            _digits(draw, 5) + "D",
            _digits(draw, 4) + draw.choice(["警", "学", "挂"]),
            draw.choice("TX") + draw.choice(chars) + _digits(draw, 3),
        ]
    )
    whole = head + letter + draw.choice(["", "", "·", " ", ".", "•", "・", "-"]) + tail
    return draw.choice(
        [
            whole,
            whole,
            whole.lower(),
            whole.translate(
                str.maketrans(
                    chars + chars.lower(),
                    "ＡＢＣＤＥＦＧＨＪＫＬＭＮＰＱＲＳＴＵＶＷＸＹＺ０１２３４５６７８９"
                    "ａｂｃｄｅｆｇｈｊｋｌｍｎｐｑｒｓｔｕｖｗｘｙｚ０１２３４５６７８９",
                )
            ),
        ]
    )


def mail(draw: random.Random) -> str:
    user = draw.choice(
        [
            "zhangsan",
            "li.si_88",
            "wang-wu",
            "139" + _digits(draw, 8),
            _digits(draw, 9),
            "zhang_wei1990",
        ]
    )
    at = draw.choice(["@", "@", "＠", "(at)", "[at]", "#", " @ ", "（at）", "【at】"])
    host = draw.choice(
        [
            "qq.com",
            "163.com",
            "126。com",
            "sina.com.cn",
            "vip.163.com",
            "gmail.com",
            "outlook.com",
            "zyxx.edu.cn" if at != "#" else "139.com",
            "qq点com",
        ]
    )
    return user + at + host


def wechat(draw: random.Random) -> str:
    return draw.choice(
        [
            "zhangsan_88",
            "Li-wei2020",
            "wxid_a1b2c3d4e5f6",
            "abc1234567",
            "lx" + _digits(draw, 6),
            "WangWu520",
            "hello_world",
        ]
    )


def qq(draw: random.Random) -> str:
    number = draw.choice("123456789") + _digits(draw, draw.randint(5, 9))
    return draw.choice([number, number, number.translate(_WIDE), _grouped(number, (3, 3), " ")])


_NAMES = words(
    "王伟 李娜 张建国 刘秀英 陈志强 杨桂花 赵丽华 黄晓明 周文斌 吴雅婷 徐海涛 孙玉兰 马占元 朱永福 胡秀珍 高玉龙 林志远 何春梅 郭建军 罗晓燕 梁宏伟 宋佳怡 郑浩然 谢雨欣 韩梓轩 唐诗涵 冯国栋 于海洋 董小军 萧红霞 程立新 曹德旺 袁文静 邓丽萍 许志刚 傅永强 沈梦瑶 曾庆华 彭家豪 吕秀兰 苏建平 卢国平 蒋雪梅 蔡明辉 贾玉珍 丁俊杰 魏淑芳 薛万福 叶子涵 阎锡林 余光明 潘晓东 杜金凤 戴建设 夏雨荷 钟汉良 汪美玲 田永红 任志斌 姜海波 范文芳 石玉生 姚明亮 谭俊峰 廖海燕 邹文怀 熊志勇 金大山 陆春生 郝建华 孔令辉 白玉堂 崔永元 康爱民 毛小平 邱少华 秦海璐 江晓琴 史建新 顾小红 侯宝林 邵逸飞 孟庆喜 龙小云 万吉祥 段晓峰 雷佳音 钱学明 汤小丽 尹力 黎元康 常香玉 武志红 乔建伟 贺国强 赖文光 龚自强 文静怡"
)
_RARE = words(
    "欧阳明月 上官婉清 司马春华 诸葛文斌 皇甫志强 尉迟建国 慕容雪 令狐远 亓文博 仝晓峰 乜小军 逄志刚 晁建平 郗海燕 佘秀兰 逯军 麴红梅 昝玉梅 妥建军 撒贝宁 闪文华 缑小平 鄢文静 蔺永强 殳建国 宓晓红 钭海明 郏文华 綦志远 种建民 员小军 芮晓光 厍文斌"
)
_OTHER = [
    "阿依古丽·买买提",
    "艾力•吐尔逊",
    "古丽娜尔．阿不都",
    "努尔·别克",
    "扎西次仁",
    "卓玛央金",
    "多吉才让",
    "才让卓玛",
    "巴特尔·苏和",
    "Zhang Wei",
    "Li Xiaoming",
    "WANG FANG",
    "Zhao Lihua",
]
_OPEN = ["张 建 国", "李 娜", "王　伟", "刘 秀英", "陈 志 强"]


def name(draw: random.Random) -> str:
    chance = draw.random()
    return draw.choice(
        _NAMES if chance < 0.75 else _RARE if chance < 0.87 else _OTHER if chance < 0.96 else _OPEN
    )


def address(draw: random.Random) -> str:
    estate = draw.choice(
        [
            "金都花园",
            "滨河小区",
            "祁连嘉园",
            "明珠苑",
            "丹霞家园",
            "盛世华府",
            "学府公寓",
            "东关新村",
            "西城国际",
            "甘泉家属院",
        ]
    )
    road = draw.choice(
        ["环城西路", "南大街", "县府街", "解放路", "滨河大道", "马神庙街", "昭武东路", "民主西街"]
    )
    village = draw.choice(["甘泉村", "上秦村", "下安村", "流泉村", "王家庄村", "红光村"])
    n, u, r = draw.randint(1, 30), draw.randint(1, 5), f"{draw.randint(1, 28)}0{draw.randint(1, 4)}"
    small = "一二三四五六七八九"
    return draw.choice(
        [
            f"{estate}{n}号楼{u}单元{r}室",
            f"{estate}{n}栋{u}单元{r}",
            f"{estate}{n}幢{r}室",
            f"{estate}{n}-{u}-{r}",
            f"{estate}{n}#{r}",
            f"{estate}{n}号楼{r}",
            f"{estate}{draw.choice(small)}号楼{draw.choice(small)}单元{_chinese(random.Random(0), r)}室",
            f"{estate}{draw.choice('ABCD')}座{r}室",
            f"{estate}{n}栋{u}单元{draw.choice(['东', '西'])}户",
            f"{estate}{n}号楼{u}单元{draw.randint(2, 9)}楼{r}室",
            f"{road}{draw.randint(2, 399)}号",
            f"{road}{draw.randint(2, 399)}号{n}栋{r}室",
            f"{road}{draw.randint(2, 399)}号{estate}{n}号楼{u}单元{r}室",
            f"{road}{draw.randint(2, 399)}弄{n}号{r}室",
            f"{draw.choice(['小南', '税亭', '劳动', '甜水'])}巷{n}号",
            f"{village}{draw.choice(small)}组{n}号",
            f"{village}{u}社{n}号",
            f"{village}{n}号",
            f"甘肃省张掖市甘州区{road}{draw.randint(2, 399)}号{estate}{n}号楼{r}室",
            f"张掖市甘州区长安镇{village}{u}组{n}号",
        ]
    )


def _paper(draw: random.Random) -> str:
    return draw.choice(
        [
            f"护照号{draw.choice('EGD')}{_digits(draw, 8)}",
            f"护照E{draw.choice('ABCD')}{_digits(draw, 7)}",
            f"港澳通行证：C{_digits(draw, 8)}",
            f"台胞证号码{_digits(draw, 8)}",
            f"军官证号 军字第{_digits(draw, 7)}号",
            f"残疾证号62070219{_digits(draw, 12)}",
            f"出生医学证明编号{draw.choice('UVT')}62{_digits(draw, 7)}",
            f"社保卡号{draw.choice('BF')}{_digits(draw, 8)}",
            f"社会保障号：62{_digits(draw, 8)}",
            f"医保卡号{_digits(draw, 10)}",
            f"住院号{_digits(draw, 8)}",
            f"门诊号：{_digits(draw, 9)}",
            f"病案号 {_digits(draw, 7)}",
            f"学号{_digits(draw, 10)}",
            f"学籍号G62{_digits(draw, 16)}",
            f"驾驶证档案编号6207{_digits(draw, 8)}",
            f"准考证号{_digits(draw, 12)}",
            f"考生号：23{_digits(draw, 12)}",
            f"警官证号{_digits(draw, 7)}",
        ]
    )


FRAMES: dict[str, tuple[Draw, float, list[str]]] = {
    "手机": (
        mobile,
        0.995,
        [
            "我的电话是{}，请尽快回复",
            "联系人王女士{}",
            "手机{}",
            "{}打过去没人接",
            "请回电：{}。谢谢",
            "物业经理电话{}一直关机",
            '{{"phone":"{}","text":"停水"}}',
            "老板手机号码为{}，欠我工资",
            "微信同号{}，随时联系",
        ],
    ),
    "电话": (
        landline,
        0.995,
        [
            "我家电话{}，请回复",
            "饭店订餐电话：{}",
            "公司座机{}打不通",
            "联系我{}",
            "中介电话{}天天骚扰",
            "店里电话是{}，老板姓李",
        ],
    ),
    "电话 (local)": (
        local,
        0.995,
        ["我家电话{}", "座机：{}，晚上在家", "家里固话{}", "店铺电话 {}", "老板的固定电话是{}"],
    ),
    "身份证": (
        identity,
        0.995,
        [
            "身份证号{}",
            "本人身份证：{}，办理低保",
            "身份证号码为{}。",
            "证件号 {} 查不到社保",
            '"id_card":"{}"',
            "我是{}，社保断缴",
        ],
    ),
    "银行卡": (
        card,
        0.995,
        [
            "卡号{}，请退款",
            "工资卡{}没到账",
            "建行 {} 被冻结",
            "请把钱打到{}",
            "银行卡：{}，户名王女士",
            "钱转到了他的{}账户",
        ],
    ),
    "车牌": (
        plate,
        0.995,
        [
            "车牌{}违停",
            "一辆{}的轿车堵住门口",
            "{}长期占道",
            "出租车{}拒载",
            "大货车（{}）半夜鸣笛",
            '"plate":"{}"',
            "校车{}超员",
            "公交{}不进站",
        ],
    ),
    "邮箱": (
        mail,
        0.995,
        [
            "邮箱{}",
            "请发到{}，谢谢",
            "我的邮箱是 {} 。",
            "联系邮件：{}",
            '"yx":"{}"',
            "材料已发{}请查收",
        ],
    ),
    "微信": (
        wechat,
        0.995,
        [
            "微信号{}",
            "加我微信：{}",
            "微信 {}，备注停水",
            "vx：{}",
            "wx:{}",
            '"wechat":"{}"',
            "我微信是{}，可以发视频",
            "加V {} 详谈",
            "{}（微信）",
        ],
    ),
    "QQ": (
        qq,
        0.995,
        [
            "QQ{}",
            "QQ号：{}",
            "qq:{}，在线等",
            "扣扣{}",
            '"qq":"{}"',
            "我的QQ是{}",
            "加Q{}",
            "企鹅号{}",
        ],
    ),
    "姓名": (
        name,
        0.95,
        [
            "我叫{}，家里停水三天",
            "姓名：{}，要求退款",
            "联系人：{}，请回电",
            "我是{}，反映楼上漏水",
            "村支书{}不给办低保",
            "网格员{}，上门登记",
            "老板{}拖欠工资",
            "被告{}拒不还钱",
            "死者{}，男，45岁",
            "我儿子{}被同学打伤",
            "{}律师说可以起诉",
            "昨天{}把我家的墙推倒了",
            "邻居{}，占用楼道",
            "村主任{}侵占集体土地",
            "投诉人{}（女）反映",
            '{{"name":"{}","text":"停水"}}',
            "班主任{}体罚学生",
            "包工头{}，至今未付工钱",
            "我丈夫{}因工受伤",
            "{}、李某某等人聚众闹事",
            "我和{}因为宅基地发生纠纷",
            "欠条上写的是{}借款五万元",
        ],
    ),
    "住址": (
        address,
        0.95,
        [
            "我住在{}，暖气不热",
            "{}漏水严重",
            "家庭住址：{}",
            "地址{}，请派人来",
            "本人家住{}，门口垃圾没人清",
            "楼上{}装修噪音",
            '"address":"{}"',
            "我家在{}，停电两天",
            "租住{}，房东不退押金",
        ],
    ),
    "证件": (_paper, 0.995, ["{}", "我的{}，请核查", "患者{}，费用有误", "本人{}查不到记录"]),
}


def _leaks(kind: str, item: str, redacted: str) -> bool:
    """Whether a part that identifies is still there: for numbers any four characters in a row."""
    if kind == "姓名":
        return item in redacted or (len(item) > 2 and item[-2:] in redacted)
    if kind == "住址":
        return re.search(r"\d{2,}号?(?!楼|栋|幢|单元)|\d室|[东西]户|单元", redacted) is not None
    if kind == "证件":
        return re.search(r"\d{4}", redacted) is not None
    plain = re.sub(r"\s", "", item)
    return any(
        plain[i : i + 4] in re.sub(r"\s", "", redacted)
        for i in range(max(1, len(plain) - 3))
        if plain[i : i + 4] not in "单位转分机ext.com"
    )


def samples(kind: str, per_frame: int, seed: int) -> Iterator[tuple[str, str]]:
    draw = random.Random(seed)
    make, _, frames = FRAMES[kind]
    for frame in frames:
        for _ in range(per_frame):
            item = make(draw)
            yield frame.format(item), item


def test_the_set_is_wide() -> None:
    assert sum(len(frames) for _, _, frames in FRAMES.values()) >= 60


@pytest.mark.parametrize("kind", FRAMES)
def test_recall(kind: str) -> None:
    missed, total = [], 0
    for text, item in samples(kind, 40, seed=7):
        total += 1
        if _leaks(kind, item, redact(text)):
            missed.append((text, redact(text)))
    assert 1 - len(missed) / total >= FRAMES[kind][1], missed[:20]
