"""What upstream systems call a category, as a leaf of ours."""

import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Final, Self

from agents.lexicon import DECLARED_FILE, SHIPPED
from agents.lexicon.reading import read_declared
from agents.normalise import normalise
from streams.categories import CATEGORIES, CategoryCode
from streams.errors import UserError

_HELD: Final = 4_096  # labels; an upstream system has some hundreds
_LEVELS: Final = re.compile(r"[/\\|>＞→_;；]|--?|—+|::?")
_NUMBER: Final = re.compile(r"^\W*(?:\d+|[一二三四五六七八九十]+)\W+")  # of an entry in a list
_NOISE: Final = re.compile(r"[^\w]+")
# What a name may end in beyond the name in the table; never all of a name.
_ENDING: Final = re.compile(r"(?<=..)(?:纠纷|争议|矛盾|问题|投诉|举报|类|管理|服务|事件)$")
_CODE: Final = re.compile(r"([ds]\d\d)(?!\d)")


def _plain(name: str) -> str:
    """One written form of a name.

    >>> _plain("（三）物业 管理類")
    '物业管理类'
    """
    return _NOISE.sub("", _NUMBER.sub("", normalise(name))).replace("_", "").lower()


class Declared:
    """The table of names; `of` is fast for names seen before."""

    def __init__(self, table: dict[str, CategoryCode]) -> None:
        self._table = {_plain(name): code for name, code in table.items()}
        self._table |= {_plain(leaf.name): leaf.code for leaf in CATEGORIES.values()}
        self.of = lru_cache(maxsize=_HELD)(self._of)

    @classmethod
    def load(cls, folder: Path | None = None) -> Self:
        """The table of a folder, or the one shipped where the folder has none.

        Raises UserError naming file, line and label: an unknown leaf, a label under two
        leaves, also when they differ only in how they are written.
        """
        path = (folder or SHIPPED) / DECLARED_FILE
        table = read_declared(path if path.is_file() else SHIPPED / DECLARED_FILE)
        seen: dict[str, str] = {}
        for name, code in table.items():
            other = seen.setdefault(_plain(name), name)
            if table[other] != code:
                raise UserError(
                    f"{path.name}: label {name!r} of {code} is the same as {other!r} "
                    f"of {table[other]}; keep one"
                )
        return cls(table)

    def _of(self, label: str) -> CategoryCode | None:
        """The leaf of a label, or None: by its code, or by the last of its levels that is known."""
        whole = normalise(label)
        if code := _CODE.match(whole.strip().lower()):
            known = CATEGORIES.get(code[1].upper())
            return known.code if known else None
        for level in (whole, *reversed(_LEVELS.split(whole))):
            name = _plain(level)
            while name:
                if found := self._table.get(name):
                    return found
                shorter = _ENDING.sub("", name)
                name = shorter if shorter != name else ""
        return None


@cache
def _shipped() -> Declared:
    return Declared.load()


def declared(label: str) -> CategoryCode | None:
    """The leaf that an upstream label means by the shipped table; None if it names none.

    label: free text, a name, a path of names, or a code of ours.

    >>> declared("劳动争议纠纷"), declared("城乡建设/城市建设和市政管理/冬季采暖"), declared("其他")
    ('D09', 'S02', None)
    """
    return _shipped().of(label)
