"""Finds in texts what tells them apart: named places, companies, projects, and unusual words.

Two signs, neither of which needs a list of names: what stands before a word like
小区, 公司 or 学校 and is no ordinary word; and three characters in a row of which
no two belong together in an ordinary word, as in 丽发新城 or 景树卫生材料.
"""

from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.characters import UTF_32, Characters, Flags, Hashes, Places, is_digit, mixed
from agents.districts import districts, town_ends
from agents.name_cores import (
    BEFORE,
    DISTRICT,
    IS_COUNTED,
    NO_NAME,
    Cores,
    Signs,
    cores_of,
    signs_of,
)
from agents.name_words import OWNED
from agents.occurrences import Found, added_up, by_weight, first_of_each, rank
from agents.redaction.lexicon import SURNAMES
from agents.unusual import Unusual, unusual_pairs

TELLING: Final = 8  # of a text, at most
NAME_LIMIT: Final = 16  # characters
ID_BITS: Final = 15
NAMED_BITS: Final = 2 * ID_BITS + 6
_SELDOM: Final = 9  # from this cost on a character is seldom a surname
_GREAT_BELOW: Final = 100
_AROUND: Final = np.arange(-2, 2)  # where words of a great name begin, as seen from its core
_OF_NAME: Final = np.arange(-1, 2)  # where pairs with a character of a core begin
_NAME_BONUS: Final = 1  # a name before an unusual word said as often
_TITLE_BONUS: Final = 1
_FAMILY: Final = np.uint32(ord("家"))


class Word(IntEnum):
    """What a hash stands for, in its lowest two bits."""

    NAME = 0  # what stands before 小区, 公司 …
    UNUSUAL = 1  # three characters that no ordinary word has
    GREAT = 2  # of a town, a street, a great house
    COPY = 3  # a shingle of the text, or an unusual pair


_KIND_OF: Final = np.uint64(3)


class Telling(NamedTuple):
    """What tells n texts apart.

    words: n × TELLING hashes, in the order of their kinds, what is said most first; 0 where
    there are fewer. counts: n × 3, how many of each kind.
    names: what each text names most, for people; "" for nothing.
    named: two characters of that name, as ids in 15 bits each, and above them in 6 bits which
    house of that name it is (0: not said); 0 for none.
    districts: 16 bits of the district that a text names most; 0 for none.
    unusual: the unusual pairs of each.
    """

    words: Hashes
    counts: Hashes
    names: list[str]
    named: Hashes
    districts: Hashes
    unusual: Unusual


def telling(characters: Characters, in_title: Flags) -> Telling:
    """in_title: of the characters, which stand in a title."""
    ids, pairs = characters.ids, characters.pairs
    signs = signs_of(characters)
    classes, ordinary, unusual = signs
    cores = cores_of(characters, signs)
    named = cores.at[~cores.great]
    further = named - 2
    further = further[unusual[further] & ~ordinary[further + 1]]
    (rare,) = (unusual[:-1] & unusual[1:]).nonzero()
    again = np.zeros(len(ids), np.bool_)
    again[named] = True  # what holds a name and its kind says it again
    rare = rare[~again[rare]]
    numbered = _numbered(characters, classes)
    at = np.concatenate((named, further, rare, numbered))
    # Two characters of a name, three of an unusual word, two and the digits before them.
    third = np.zeros(len(at), np.uint64)
    third[: len(named)] = ids[named - 1] * _is_half(characters, classes, named)
    after = len(named) + len(further)
    third[after : after + len(rare)] = ids[rare + 2]
    points = characters.points
    third[after + len(rare) :] = (points[numbered - 2] << np.uint32(8)) + points[numbered - 1]
    hashes = mixed((pairs[at].astype(np.uint64) << np.uint64(16)) + third)
    kinds = np.full(len(at), Word.UNUSUAL, np.uint64)
    around = np.zeros(len(ids), np.bool_)
    around[(cores.at[cores.great][:, None] + _AROUND).ravel()] = True
    kinds[around[at]] = Word.GREAT
    kinds[: len(named)] = Word.NAME
    weights = 1 + _TITLE_BONUS * in_title[at].astype(np.int64)
    weights[: len(named)] += _NAME_BONUS
    found = added_up(characters, at, (hashes & ~_KIND_OF) | kinds, weights)
    words, counts = _foremost(characters, found)
    names, characters_of = _named(characters, signs, cores, in_title)
    return Telling(
        words,
        counts,
        names,
        characters_of,
        districts(characters, (classes & DISTRICT) != 0, unusual),
        unusual_pairs(characters, _beside(unusual, cores), in_title),
    )


def _beside(unusual: Flags, cores: Cores) -> Flags:
    """Where an unusual pair begins that is not of a name: its words tell of that already."""
    beside = unusual.copy()
    beside[(cores.at[:, None] + _OF_NAME).ravel()] = False
    return beside


def _numbered(characters: Characters, classes: NDArray[np.uint8]) -> Places:
    """Where two characters follow two digits that count nothing."""
    points = characters.points
    (last,) = is_digit(points[:-2]).nonzero()
    last = last[is_digit(points[last - 1])]
    (counted, unknown) = (classes[last + 1] & IS_COUNTED) != 0, characters.ids[last + 1] == 0
    places: Places = last[~counted & ~unknown & (characters.ids[last + 2] > 0)] + 1
    return places


def _is_half(characters: Characters, classes: NDArray[np.uint8], at: Places) -> Flags:
    """Whether a name begins before these: 家坳 is half of 石家坳, though 石家 be an ordinary word."""
    before = (classes[at - 1] & (NO_NAME | BEFORE)) == 0
    half: Flags = (characters.points[at] == _FAMILY) & before
    return half


def _foremost(characters: Characters, found: Found) -> tuple[Hashes, Hashes]:
    """Of each text the words that weigh most, of equal ones those that come first; and counts."""
    order = by_weight(characters, found)
    order = order[rank(characters.owner[found.at[order]]) < TELLING]
    kinds = (found.hashes & _KIND_OF).astype(np.int64)
    owner, kinds = characters.owner[found.at[order]], kinds[order]
    by_kind = np.argsort(owner * len(Word) + kinds, kind="stable")
    order, kinds = order[by_kind], kinds[by_kind]  # whose they are stays as it is
    words = np.zeros((characters.texts, TELLING), np.uint64)
    words[owner, rank(owner)] = found.hashes[order]
    counts = np.bincount(owner * 3 + kinds, minlength=characters.texts * 3).astype(np.uint64)
    return words, counts.reshape(characters.texts, 3)


def _named(
    characters: Characters, signs: Signs, cores: Cores, in_title: Flags
) -> tuple[list[str], Hashes]:
    """The name that each text says most, and two of its characters.

    A great one only where there is no other, and then for people alone. What may be called by
    its owner's name is not shown.
    """
    names = [""] * characters.texts
    named = np.zeros(characters.texts, np.uint64)
    order = np.lexsort((cores.end, cores.great, cores.at))
    core, end = cores.at[order], cores.end[order]
    great, house = cores.great[order], cores.house[order]
    weights = (1 + _TITLE_BONUS * in_title[core].astype(np.int64)) * np.where(
        great, 1, _GREAT_BELOW
    )
    found = added_up(characters, core, mixed(characters.pairs[core].astype(np.uint64)), weights)
    owner = characters.owner[found.at]
    order = by_weight(characters, found)
    order = order[first_of_each(owner[order])]
    texts, at = owner[order], found.at[order]
    chosen = np.searchsorted(core, at)
    begins = at.copy()
    for _ in range(4):  # to the left while nothing ordinary comes, or ends
        further = signs.unusual[begins - 1] & ~signs.ordinary[begins - 2]
        further &= (signs.classes[begins - 1] & BEFORE) == 0
        begins -= further & ~town_ends(characters, begins - 1)
    ids = characters.ids
    begins -= _is_half(characters, signs.classes, begins)
    one = ids[at - _is_half(characters, signs.classes, at)].astype(np.uint64)
    both = one << np.uint64(ID_BITS) | ids[at + 1] | house[chosen] << np.uint64(2 * ID_BITS)
    named[texts] = np.where(great[chosen], 0, both)
    first = int(begins[0]) if len(begins) else 0
    shown = characters.points[first : int(end.max()) if len(end) else 0]
    written = shown.tobytes().decode(UTF_32, "surrogatepass")
    for text, begin, until in zip(
        texts.tolist(), (begins - first).tolist(), (end[chosen] - first).tolist(), strict=True
    ):
        name = written[begin:until]
        if SURNAMES.get(name[0], _SELDOM) >= _SELDOM or not OWNED.match(name, 2):
            names[text] = name[:NAME_LIMIT]
    return names, named
