"""Classes of characters: digits, letters, spaces, and all that a plain view changes."""

from typing import Final

from agents.normalise import simplified_characters

CHINESE_DIGITS: Final = "零〇○一幺么壹弌二贰貳两三叁參四肆五伍六陆陸七柒八捌九玖"
# The planes behind the second hold no digits and no spaces.
_CHARACTERS = list(map(chr, range(0x20000)))
DECIMALS: Final = "".join(filter(str.isdecimal, _CHARACTERS))
# All digits for a class of characters that the engine looks up in a table, which it does not for
# \\d; all beyond the basic plane with them, since each there costs a comparison.
DIGIT_CLASS: Final = "".join(filter("\uffff".__ge__, DECIMALS)) + "\U00010000-\U0010ffff"
SPACES: Final = "".join(filter(str.isspace, _CHARACTERS))
# With those that patterns take for letters in any case.
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz\u017f\u212a\u0130\u0131"
SIMPLIFIED: Final = {
    char: plain
    for char, plain in simplified_characters().items()
    if len(plain) == 1 and char not in CHINESE_DIGITS
}


def _range(first: int, last: int) -> str:
    return "".join(map(chr, range(first, last + 1)))


# What renders as nothing, or only decorates the digit before it (keycaps).
INVISIBLE: Final = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\ufeff\u20e3"
    + _range(0x200B, 0x200F)
    + _range(0x202A, 0x202E)
    + _range(0x2060, 0x2064)
    + _range(0x2066, 0x206F)
    + _range(0xFE00, 0xFE0F)
)
# What a view in plain characters changes.
ODD: Final = (
    INVISIBLE
    + "".join(SIMPLIFIED)
    + "＠＃．－＿＋／\u0430\u0445\u0425\u00b2\u00b3\u00b9"
    + _range(0xFF10, 0xFF19)
    + _range(0xFF21, 0xFF3A)
    + _range(0xFF41, 0xFF5A)
    + _range(0x2070, 0x2089)
    + _range(0x2460, 0x24FF)
    + _range(0x2776, 0x2793)
    + _range(0x1D400, 0x1D7FF)
    + _range(0x0660, 0x0669)
    + _range(0x06F0, 0x06F9)
)
