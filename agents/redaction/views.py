"""Gives the redactor a view of a text in plain ASCII digits and letters, with the way back."""

import re
import unicodedata

from agents.redaction.characters import CHINESE_DIGITS as _CHINESE
from agents.redaction.characters import INVISIBLE, ODD, SIMPLIFIED

_ODD = re.compile(f"[{''.join(filter(chr(0xFFFF).__ge__, ODD))}\U0001d400-\U0001d7ff]")
_IS_INVISIBLE = re.compile(f"[{INVISIBLE}]")

_CHINESE_DIGITS = str.maketrans(
    _CHINESE + "Oo",
    "000" + "11111" + "2222" + "333" + "44" + "55" + "666" + "77" + "88" + "99" + "00",
)
_CHINESE_RUN = re.compile(
    rf"[{_CHINESE}\dOo](?:[ \t\r\n\u3000\-–—.·、]{{0,3}}[{_CHINESE}\dOo]){{6}}"
)
# 一 that begins the next word rather than ends a number.
_NOT_ONE = re.compile("一(?=[直般个些样起共次位点定旦切律并天台辆家名条下边部])")
_HAS_CHINESE = re.compile(rf"[{_CHINESE}Oo]")


def _plain(char: str) -> str:
    if char in SIMPLIFIED:
        return SIMPLIFIED[char]
    if char in "\u0445\u0425":  # Cyrillic look-alikes of x, the last place of an identity number
        return "X"
    digit = unicodedata.digit(char, None)
    if digit is not None:
        return str(digit)
    plain = unicodedata.normalize("NFKC", char)
    return plain if len(plain) == 1 and plain.isascii() else char


def plain_view(text: str) -> tuple[str, list[int] | None]:
    """The text without invisible characters and with ASCII digits and letters, in simplified
    characters.

    Returns the view, and for each place in it (its end too) the place in `text`;
    None where the two are one to one, which is nearly always.

    >>> plain_view("１3\u200b９")
    ('139', [0, 1, 3, 4])
    """
    if _ODD.search(text) is None:
        return text, None
    if _IS_INVISIBLE.search(text) is None:
        return _ODD.sub(lambda hit: _plain(hit[0]), text), None
    view, places = [], []
    for place, char in enumerate(text):
        if _IS_INVISIBLE.match(char) is None:
            view.append(_plain(char) if _ODD.match(char) else char)
            places.append(place)
    places.append(len(text))
    return "".join(view), places


def digit_view(view: str) -> str | None:
    """The same view with Chinese digits as ASCII ones, or None where no long run of them is.

    >>> digit_view("电话幺三九零零零零一二三四")
    '电话13900001234'
    """
    for run in _CHINESE_RUN.finditer(view):
        if _HAS_CHINESE.search(run[0]):
            return _NOT_ONE.sub("＿", view).translate(_CHINESE_DIGITS)
    return None
