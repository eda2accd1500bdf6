"""Makes numbers and ids in every writing people use: phones, identity numbers, cards, plates, mail, papers."""

import random

from agents.redaction.lexicon import words
from tests.redaction.items import INVISIBLE, WIDE, Item, chinese, digits, grouped

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_AREAS = words(
    "0936 0931 010 021 022 028 029 0371 025 0571 0755 0991 0898 0451 0532 0769 0592 0851"
)
_COUNTIES = words(
    "620702 110105 440106 511702 650104 150102 310115 320583 330782 370211 410105 421003 "
    "430121 450103 520103 610113 230103"
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def mobile(draw: random.Random) -> Item:
    number = "1" + draw.choice("3456789") + digits(draw, 9)
    sizes = draw.choice([(3, 4), (3, 3), (4, 4), (3,), (7,), (5,), (3, 2, 3)])
    mark = draw.choice([" ", "-", ".", "—", "·", "\u3000", " - ", "－", "–", "_", "--"])
    kinds = [
        (30, lambda: number),
        (14, lambda: grouped(number, sizes, mark)),
        (6, lambda: number.translate(WIDE)),
        (5, lambda: grouped(number, (3, 4), "-").translate(WIDE)),
        (6, lambda: chinese(draw, number)),
        (4, lambda: number[:3] + chinese(draw, number[3:])),
        (3, lambda: chinese(draw, number[:3]) + number[3:]),
        (4, lambda: grouped(chinese(draw, number), (3, 4), draw.choice([" ", "-"]))),
        (5, lambda: grouped(number, sizes, draw.choice(INVISIBLE))),
        (2, lambda: grouped(number, (1,) * 10, draw.choice([" ", "\u200b"]))),
        (
            5,
            lambda: grouped(
                number, draw.choice([(3,), (7,), (5,), (3, 4)]), draw.choice(["\n", "\r\n"])
            ),
        ),
    ]
    written = draw.choices([make for _, make in kinds], [weight for weight, _ in kinds])[0]()
    prefix = draw.choices(
        [
            "",
            "+86",
            "+86 ",
            "+86-",
            "0086",
            "0086-",
            "86",
            "86-",
            "86 ",
            "0",
            "（+86）",
            "(86)",
            "＋８６",
        ],
        [60, 4, 4, 3, 3, 2, 3, 3, 2, 5, 2, 2, 2],
    )[0]
    return Item("手机", prefix + written)


def landline(draw: random.Random) -> Item:
    area = draw.choice(_AREAS)
    number = draw.choice("2345678") + digits(
        draw, 7 if len(area) == 3 or draw.random() < 0.5 else 6
    )
    mark = draw.choice(["-", "-", "", " ", "－", "—", "--", " - "])
    written = draw.choice(
        [
            f"{area}{mark}{number}",
            f"{area}{mark}{number}",
            f"({area}){number}",
            f"（{area}）{number}",
            f"（{area}） {number}",
            f"+86-{area[1:]}-{number}",
            f"{area}-{number[:4]} {number[4:]}",
            f"{area} {number[:-4]} {number[-4:]}",
        ]
    )
    if draw.random() < 0.12:
        written = written.translate(WIDE)
    elif draw.random() < 0.08:
        written = chinese(draw, f"{area}{number}")
    return Item("座机", written + extension(draw))


def extension(draw: random.Random) -> str:
    return draw.choices(
        ["", "转8012", "转 806", "-801", "转分机302", " 转 12", "ext.66", "分机8003", "转１２"],
        [60, 6, 5, 5, 5, 5, 4, 5, 5],
    )[0]


def local(draw: random.Random) -> Item:
    number = draw.choice("2345678") + digits(draw, draw.choice([6, 7]))
    written = draw.choice(
        [
            number,
            number,
            f"{number[:-4]}-{number[-4:]}",
            f"{number[:-4]} {number[-4:]}",
            number.translate(WIDE),
            number + "转8012",
        ]
    )
    return Item("无区号座机", written)


def _identity_number(draw: random.Random) -> str:
    head = draw.choice(_COUNTIES)
    day = f"{draw.randint(1, 12):02d}{draw.randint(1, 28):02d}"
    if draw.random() < 0.12:
        return f"{head}{draw.randint(30, 99)}{day}{digits(draw, 3)}"
    body = f"{head}{draw.randint(1930, 2022)}{day}{digits(draw, 3)}"
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, _WEIGHTS, strict=True)) % 11]


def identity(draw: random.Random) -> Item:
    number = _identity_number(draw)
    if draw.random() < 0.3:  # a good share ends in X
        while not number.endswith("X"):
            number = _identity_number(draw)
    written = draw.choices(
        [
            number,
            number.lower(),
            number.translate(WIDE),
            number.lower().translate(WIDE),
            number[:-1] + number[-1].lower().translate(WIDE),
            grouped(number, (6, 8), draw.choice([" ", "-", "\u200b", "\u3000"])),
            grouped(number, (6, 4, 4), " "),
            grouped(number, (3, 3, 4, 4), " "),
            grouped(number, draw.choice([(10,), (6,), (14,)]), "\n"),
            chinese(draw, number),
            grouped(number, (6,), draw.choice(["\u200b", "\ufeff"])),
        ],
        [30, 12, 8, 6, 6, 10, 6, 4, 6, 6, 6],
    )[0]
    return Item("身份证", written)


def luhn(body: str) -> str:
    """The digit that makes the number pass."""
    total = 0
    for place, char in enumerate(reversed(body)):
        double = int(char) * (2 if place % 2 == 0 else 1)
        total += double - 9 if double > 9 else double
    return str(-total % 10)


def card(draw: random.Random) -> Item:
    if draw.random() < 0.45:
        body = draw.choice(words("6222 6225 6259 4367 5187 5309 4041 3568")) + digits(draw, 11)
    else:
        body = draw.choice(words("6222 6217 6228 6230 6212 6214 6226 6236")) + digits(draw, 14)
    number = body + luhn(body)
    written = draw.choices(
        [
            number,
            grouped(number, (4, 4, 4, 4), draw.choice([" ", "-", "\u3000", "  ", "."])),
            number.translate(WIDE),
            grouped(number, (8,), "\n"),
            grouped(number, (6,), " "),
            grouped(number, (4, 4, 4, 4), " ").translate(WIDE),
            grouped(number, (4, 4, 4, 4), "\u200b"),
            chinese(draw, number),
        ],
        [40, 25, 8, 5, 6, 5, 5, 4],
    )[0]
    return Item("银行卡", written)


def plate(draw: random.Random) -> Item:
    province, letter = (
        draw.choice("京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"),
        draw.choice("ABCDEFGHJKLMNPQR"),
    )
    any_char = _LETTERS + "0123456789"
    tail = draw.choices(
        [
            digits(draw, 5),
            draw.choice(_LETTERS) + digits(draw, 4),
            digits(draw, 3) + draw.choice(_LETTERS) + digits(draw, 1),
            "".join(draw.choices(any_char, k=4)) + digits(draw, 1),
            draw.choice("DFABCEGHJK") + digits(draw, 5),
            draw.choice("DF") + draw.choice(_LETTERS) + digits(draw, 4),
            digits(draw, 5) + draw.choice("DF"),
            digits(draw, 4) + draw.choice("警学挂"),
            draw.choice("TXY") + draw.choice(any_char) + digits(draw, 3),
        ],
        [20, 12, 8, 12, 10, 5, 8, 14, 10],
    )[0]
    gap = draw.choices(["", "·", " ", ".", "•", "・", "-", "・"], [50, 15, 10, 8, 6, 4, 4, 3])[0]
    whole = province + letter + gap + tail
    return Item(
        "车牌", draw.choices([whole, whole.lower(), whole.translate(WIDE)], [70, 20, 10])[0]
    )


_USERS = words("zhang li wang chen liu zhao sun mayun tom lily xiaohua lanlan sunny apple hope")


def _handle(draw: random.Random) -> str:
    return (
        draw.choice(_USERS)
        + draw.choice(["", "_", ".", "-"])
        + digits(draw, draw.choice([2, 3, 4, 6]))
    )


def mail(draw: random.Random) -> Item:
    user = draw.choice([_handle(draw), _handle(draw), digits(draw, 9), "1" + digits(draw, 10)])
    at = draw.choices(
        ["@", "＠", "(at)", "[at]", "#", " @ ", "（at）", "【at】", "(AT)", "[AT]", " at ", "艾特"],
        [40, 6, 8, 8, 8, 5, 4, 4, 3, 3, 2, 2],
    )[0]
    host = draw.choice(words("qq 163 126 139 189 sina gmail outlook foxmail hotmail sohu"))
    dot = draw.choices([".", "。", " . ", "．", "点", "[dot]"], [75, 10, 3, 5, 4, 3])[0]
    tail = draw.choices(
        [
            f"{host}{dot}com",
            f"vip.{host}{dot}com",
            f"sina{dot}com{dot}cn",
            f"lzu.edu{dot}cn",
            f"yeah{dot}net",
        ],
        [70, 6, 8, 8, 8],
    )[0]
    written = user + at + tail
    if draw.random() < 0.06:
        written = written.translate(WIDE)
    return Item("邮箱", written)


def wechat(draw: random.Random) -> Item:
    return Item(
        "微信",
        draw.choice(
            [
                draw.choice(_USERS) + draw.choice(["_", "-", ""]) + digits(draw, 6),
                "wxid_" + "".join(draw.choices("abcdefghijkmnpqrstuvwxyz0123456789", k=14)),
                draw.choice("abcdlxyzw")
                + draw.choice("xyzjhq")
                + digits(draw, draw.choice([6, 7, 8])),
                draw.choice(_USERS).title() + draw.choice(_USERS).title() + digits(draw, 3),
                draw.choice(_USERS) + "-" + draw.choice(_USERS) + "_" + digits(draw, 2),
            ]
        ),
    )


def qq(draw: random.Random) -> Item:
    number = draw.choice("123456789") + digits(draw, draw.randint(5, 9))
    return Item(
        "QQ",
        draw.choices([number, number.translate(WIDE), grouped(number, (3, 3), " ")], [80, 12, 8])[
            0
        ],
    )
