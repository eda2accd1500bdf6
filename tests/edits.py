"""Reposts and light edits of texts, and one text about many places: generated with seeds, for tests."""

import random
import re
from functools import cache
from typing import Final

from opencc import OpenCC

_SENTENCE: Final = re.compile(r"[^。！？；!?;]+[。！？；!?;]?")
_BEFORE: Final = (
    "转发：", "【求助】", "尊敬的领导：您好！", "再次反映：", "转一个邻居的帖子。", "各位领导好，", "网友来信：",
)  # fmt: skip
_AFTER: Final = (
    "谢谢！", "请尽快回复。", "盼复！", "望领导重视，谢谢。", "（转载）", "希望有关部门尽快处理！", "2019年8月",
)  # fmt: skip
_SLIPS: Final = "的地得在再做作以已像象他她它呢吗吧啊了着过是时事实十市式"

# The same words of many places: what is said, with room for the place.
TEMPLATES: Final = (
    "{place}停水三天了，没有人来修，请尽快处理。",
    "我是{place}的业主，开发商承诺去年底交房，到现在还没有交房，售楼部一直推脱，希望政府督促尽快交房。",
    "{place}楼下的烧烤店每天营业到凌晨两点，油烟和噪音严重影响居民休息，多次向城管投诉没有结果。",
    "{place}的电梯三天两头出故障，昨天又把老人困在里面半个多小时，物业说没有钱修，请有关部门管一管。",
    "反映{place}物业乱收费的问题：停车费从每月一百五涨到三百，没有开业主大会，也没有公示，请物价部门查处。",
    "{place}旁边的工地夜间施工，打桩机响到凌晨，孩子没法写作业，老人没法睡觉，打电话投诉也没有人管。",
    "请问{place}什么时候能办下房产证？我们交房已经五年，税费早就交了，开发商总说再等等。",
    "{place}附近的垃圾站臭气熏天，苍蝇到处飞，居民不敢开窗，恳请环卫部门搬迁或者每天清运。",
)
PLACES: Final = (
    "丽景花园", "金桂苑小区", "恒信华府", "翠湖名都", "盛和家园", "东晖公寓", "锦绣江南小区", "御龙湾",
    "凤凰城小区", "博雅苑", "银杉小区", "兰亭公馆", "汇金广场", "滨江一品小区", "鸿运家园", "天骄名苑",
    "阳光花园", "时代新城", "幸福小区", "万和世家", "福临山庄", "新湖香格里小区", "龙泉花园", "紫薇小区",
)  # fmt: skip


@cache
def _traditional() -> OpenCC:
    return OpenCC("s2t")


def sentences(text: str) -> list[str]:
    """A text in its sentences, which on end are the text."""
    return _SENTENCE.findall(text)


def edited(text: str, chance: random.Random) -> str:
    """A light edit, as reposts have: one to three of the kinds below, up to 3 % of the characters."""
    for _ in range(chance.randint(1, 3)):
        kind = chance.choice((_slips, _framed, _reordered, _respelt, _repunctuated))
        text = kind(text, chance)
    return text


def _slips(text: str, chance: random.Random) -> str:
    """Characters mistaken, dropped, doubled or changed with their neighbour."""
    characters = list(text)
    for _ in range(max(1, round(len(characters) * chance.uniform(0.01, 0.03)))):
        at = chance.randrange(len(characters) - 1)
        match chance.randrange(4):
            case 0:
                characters[at] = chance.choice(_SLIPS)
            case 1:
                characters[at] = ""
            case 2:
                characters[at] *= 2
            case _:
                characters[at], characters[at + 1] = characters[at + 1], characters[at]
    return "".join(characters)


def _framed(text: str, chance: random.Random) -> str:
    before = chance.choice(_BEFORE) if chance.random() < 0.6 else ""
    return before + text + (chance.choice(_AFTER) if chance.random() < 0.6 else "")


def _reordered(text: str, chance: random.Random) -> str:
    parts = sentences(text)
    if len(parts) < 2:
        return text
    at = chance.randrange(len(parts))
    moved = parts.pop(at)
    parts.insert(chance.randrange(len(parts) + 1), moved)
    return "".join(parts)


def _respelt(text: str, _: random.Random) -> str:
    return str(_traditional().convert(text))


def _repunctuated(text: str, chance: random.Random) -> str:
    return text.translate(str.maketrans("，。！？", chance.choice((",.!?", " 。!？", "，，！？"))))


def about(place: str, template: str) -> str:
    """One of the templates, of a place."""
    return template.format(place=place)
