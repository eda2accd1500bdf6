"""Tempting texts that hold nothing personal: written by hand, some with variants."""

import random
import re
from functools import cache

from agents.redaction import redact
from tests.redaction.items import digits
from tests.redaction.people import _SELDOM, _USUAL
from tests.redaction.texts import lines

_PLACES = {"四": 4, "六": 6, "八": 8, "十一": 11, "十三": 13, "十五": 15}
_SLOT = re.compile(r"\{(姓|号([四六八十一三五]+))\}")


def _filled(frame: str, draw: random.Random) -> str:
    def put(slot: re.Match[str]) -> str:
        if slot[1] == "姓":
            return draw.choice(draw.choices([_USUAL, _SELDOM], [3, 1])[0])
        count = _PLACES[slot[2]]
        return "1" + draw.choice("3589") + digits(draw, count - 2)  # as a phone begins

    return _SLOT.sub(put, frame)


@cache
def tempting(name: str = "stays.txt", variants: int = 8, seed: int = 1) -> list[str]:
    """The texts as they are, those with slots in several variants."""
    draw = random.Random(seed)
    texts: list[str] = []
    for frame in lines(name):
        texts.extend(
            _filled(frame, draw) for _ in range(variants)
        ) if "{" in frame else texts.append(frame)
    return texts


def altered(name: str = "stays.txt") -> list[tuple[str, str]]:
    """The tempting texts that redaction changes, with what it makes of them."""
    return [(text, redacted) for text in tempting(name) if (redacted := redact(text)) != text]
