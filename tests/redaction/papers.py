"""Makes the numbers of papers by which offices, hospitals and schools know a person, with the cue before them."""

import random

from agents.redaction.lexicon import words
from tests.redaction.items import WIDE, Item, digits


def paper(draw: random.Random) -> Item:
    make = {
        "护照": lambda: (
            draw.choice(["护照", "护照号", "护照号码：", "护照号码是", "护照编号"]),
            draw.choice(["E", "G", "EA", "EH", "EJ"]),
        ),
        "通行证": lambda: (
            draw.choice(
                words("港澳通行证 港澳通行证号码 往来港澳通行证： 台湾通行证 台胞证号 回乡证")
            ),
            draw.choice("CWHT"),
        ),
        "军官证": lambda: (
            draw.choice(["军官证", "军官证号", "警官证号", "士兵证号："]),
            draw.choice(["军字第", "武字第", "海字第", ""]),
        ),
        "残疾证": lambda: (
            draw.choice(["残疾证号", "残疾人证", "残疾人证号：", "残疾证"]),
            "62070219",
        ),
        "出生证": lambda: (
            draw.choice(["出生医学证明编号", "出生证号", "出生证", "出生医学证明"]),
            draw.choice("TUVW"),
        ),
        "社保": lambda: (
            draw.choice(
                words("社保卡号 社会保障号 社保编号 社保卡 医保卡号： 医保编号 社会保障卡号")
            ),
            draw.choice(["", "B", "F"]),
        ),
        "病历": lambda: (
            draw.choice(words("住院号 病历号 就诊卡号 门诊号： 病案号 就诊号为 住院号码")),
            draw.choice(["", "", "ZY", "M"]),
        ),
        "学籍": lambda: (
            draw.choice(words("学籍号 学号 全国学籍号 学籍号： 学号是 学生证号")),
            draw.choice(["G", "L", "", ""]),
        ),
        "驾驶档案": lambda: (
            draw.choice(
                ["驾驶证档案编号", "驾驶证档案编号：", "驾照档案号", "档案编号", "驾驶证档案号"]
            ),
            "6207",
        ),
        "考试": lambda: (
            draw.choice(words("准考证号 考生号 准考证 考号 准考证号： 报名号 考生号是")),
            "",
        ),
    }
    length = {
        "护照": 8,
        "通行证": 8,
        "军官证": 7,
        "残疾证": 12,
        "出生证": 9,
        "社保": 9,
        "病历": 8,
        "学籍": 18,
        "驾驶档案": 8,
        "考试": 12,
    }
    kind = draw.choice(list(make))
    cue, head = make[kind]()
    count = (
        10
        if kind == "学籍" and head == ""
        else length[kind] - (1 if kind == "护照" and len(head) == 2 else 0)
    )
    number = head + digits(draw, count) + ("号" if head.endswith("第") else "")
    if draw.random() < 0.08 and not head.endswith("第"):
        number = number.translate(WIDE)
    elif draw.random() < 0.08:
        cue += draw.choice([" ", "：", ":", "为"]) if cue[-1] not in "：是为" else ""
    return Item(kind, number, before=cue)
