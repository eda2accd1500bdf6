"""What a generated text is made of: items with their kind, and helpers that write digits in other ways."""

import random
from collections.abc import Sequence
from typing import NamedTuple

_CHINESE = (
    "零一二三四五六七八九",
    "〇一二三四五六七八九",
    "零幺二三四五六七八九",
    "〇幺二三四五六七八九",
    "零壹贰叁肆伍陆柒捌玖",
)
ASCII = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-.+()@_#"
WIDE = str.maketrans(ASCII, "".join(chr(ord(char) + 0xFEE0) for char in ASCII))
INVISIBLE = ("\u200b", "\u200c", "\u200d", "\ufeff", "\u2060")


class Item(NamedTuple):
    """One personal item.

    before, after: what is written with it and may stay (a cue, a province); must: what has to go.
    """

    kind: str
    must: str
    before: str = ""
    after: str = ""


def digits(draw: random.Random, count: int) -> str:
    return "".join(draw.choices("0123456789", k=count))


def chinese(draw: random.Random, number: str) -> str:
    return number.translate(str.maketrans("0123456789", draw.choice(_CHINESE)))


def grouped(number: str, sizes: Sequence[int], mark: str) -> str:
    """The number cut into parts of these sizes (the rest is a last part), joined by the mark."""
    parts, place = [], 0
    for size in sizes:
        parts.append(number[place : place + size])
        place += size
    return mark.join([*parts, number[place:]] if place < len(number) else parts)
