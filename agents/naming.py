"""Finds in texts what tells them apart: named places, companies, projects, and unusual words.

Two signs, neither of which needs a list of names: what stands before a word like
小区, 公司 or 学校 and is no ordinary word; and three characters in a row of which
no two belong together in an ordinary word, as in 丽发新城 or 景树卫生材料.
"""

from enum import IntEnum
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.characters import (
    UTF_32,
    Characters,
    Flags,
    Hashes,
    PairSet,
    PairTable,
    Places,
    classes_of,
    is_digit,
    mixed,
)
from agents.districts import districts, town_ends
from agents.name_words import (
    BEFORE_NAMES,
    COLLEGES,
    COUNTED,
    DISTRICTS,
    FILLERS,
    FUNCTION,
    GREAT,
    HOMES,
    HOUSES,
    KINDS,
    MAY_BE_NAME,
    NO_NAMES,
    OWNED,
    SINGLE_GREATS,
    SINGLE_HOMES,
    SINGLE_KINDS,
    TRADES,
)
from agents.occurrences import Found, added_up, by_weight, first_of_each, rank
from agents.redaction.lexicon import SURNAMES
from agents.unusual import Unusual, unusual_pairs

COMMON_FILE: Final = "common_pairs.txt"
PHRASES_FILE: Final = "set_phrases.txt"

TELLING: Final = 8  # of a text, at most
NAME_LIMIT: Final = 16  # characters
ID_BITS: Final = 15
HOUSES_TOLD: Final = 64  # apart, of one name
NAMED_BITS: Final = 2 * ID_BITS + 6
_SELDOM: Final = 9  # from this cost on a character is seldom a surname
_GREAT_BELOW: Final = 100
_AROUND: Final = np.arange(-2, 2)  # where words of a great name begin, as seen from its core
_NAME_BONUS: Final = 1  # a name before an unusual word said as often
_TITLE_BONUS: Final = 1


@cache
def _common() -> PairSet:
    """Pairs of characters as they stand in ordinary words and set phrases.

    A line of the first file: a first character, all second ones; of the other one: phrases.
    """
    pairs = [line[0] + second for line in _words_of(COMMON_FILE) for second in line[1:]]
    phrases = [one + other for each in _words_of(PHRASES_FILE) for one, other in pairwise(each)]
    return PairSet([*pairs, *phrases, *NO_NAMES.split()])


def _words_of(file: str) -> list[str]:
    return Path(str(files("agents") / file)).read_text(encoding="utf-8").split()


_KIND: Final = 1
_FILLER: Final = 2
_HOME: Final = 3
_GREAT_KIND: Final = 4
_COLLEGE: Final = 5
_TRADE: Final = 6
_HOUSE_KIND: Final = 7
_PARTS: Final = PairTable(
    dict.fromkeys(FILLERS.split(), _FILLER)
    | dict.fromkeys(TRADES.split(), _TRADE)  # a trade may be a filler too, and so may a kind
    | dict.fromkeys(KINDS.split(), _KIND)
    | dict.fromkeys(HOUSES.split(), _HOUSE_KIND)
    | dict.fromkeys(HOMES.split(), _HOME)
    | dict.fromkeys(GREAT.split(), _GREAT_KIND)
    | dict.fromkeys(COLLEGES.split(), _COLLEGE)
)
# Flags of characters.
_NO_NAME: Final = 1
_GRAMMAR: Final = 2
_SINGLE_KIND: Final = 4
_SINGLE_HOME: Final = 8
_SINGLE_GREAT: Final = 16
_DISTRICT: Final = 32
_COUNTED: Final = 64
_BEFORE: Final = 128
_CLASSES: Final = classes_of(
    {
        _NO_NAME: FUNCTION,
        _GRAMMAR: set(FUNCTION) - set(MAY_BE_NAME),
        _SINGLE_KIND: SINGLE_KINDS,
        _SINGLE_HOME: SINGLE_HOMES,
        _SINGLE_GREAT: SINGLE_GREATS,
        _DISTRICT: DISTRICTS,
        _COUNTED: COUNTED,
        _BEFORE: BEFORE_NAMES,
    }
)
_CLASSES[0] = _NO_NAME | _GRAMMAR  # what is no Chinese character
_SINGLE_HOUSES: Final = np.array([ord(each) for each in "城苑湾府园郡庭轩阁邸墅"], np.uint32)
_HOUSE: Final = np.uint32(ord("房"))
_FAMILY: Final = np.uint32(ord("家"))
_VILLAGE: Final = np.uint32(ord("村"))


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


class Signs(NamedTuple):
    """Of each character: flags; whether an ordinary pair begins with it; or one as in names."""

    classes: NDArray[np.uint8]
    ordinary: Flags
    unusual: Flags


class Cores(NamedTuple):
    """The two characters before each kind, fillers left out: where they begin, where the kind
    ends, whether it is a great one; and which house of that name it is, 0 where that is not said."""

    at: Places
    end: Places
    great: Flags
    house: Hashes


def telling(characters: Characters, in_title: Flags) -> Telling:
    """in_title: of the characters, which stand in a title."""
    ids, pairs = characters.ids, characters.pairs
    classes = _CLASSES.take(ids)
    ordinary = _common().holds(characters)
    plain = (classes & _NO_NAME) == 0
    unusual = plain & ~ordinary
    unusual[:-1] &= plain[1:]
    signs = Signs(classes, ordinary, unusual)
    cores = _cores(characters, signs)
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
        districts(characters, (classes & _DISTRICT) != 0, unusual),
        unusual_pairs(characters, unusual, in_title),
    )


def _numbered(characters: Characters, classes: NDArray[np.uint8]) -> Places:
    """Where two characters follow two digits that count nothing."""
    points = characters.points
    (last,) = is_digit(points[:-2]).nonzero()
    last = last[is_digit(points[last - 1])]
    (counted, unknown) = (classes[last + 1] & _COUNTED) != 0, characters.ids[last + 1] == 0
    places: Places = last[~counted & ~unknown & (characters.ids[last + 2] > 0)] + 1
    return places


def _cores(characters: Characters, signs: Signs) -> Cores:
    ids, points = characters.ids, characters.points
    classes, ordinary = signs.classes, signs.ordinary
    at, numbers = _PARTS.find(characters)
    parts = np.zeros(len(ids), np.uint8)
    parts[at] = numbers
    double = at[numbers != _FILLER]
    (alone,) = (classes & _SINGLE_KIND).nonzero()
    # Not in an ordinary word (道路, 政府, 城际), nor in a longer kind (小区 in 老小区).
    covered = (parts[alone] | parts[alone - 1]) & ~np.uint8(_FILLER)
    # But before 村民, 村委 what is no word at all is a village.
    village = (points[alone] == _VILLAGE) & signs.unusual[alone - 2] & signs.unusual[alone - 1]
    alone = alone[~(ordinary[alone - 1] | (ordinary[alone] & ~village) | (covered != 0))]
    # One character between a town and a kind is the end of a longer name: 新墩镇璞〔湾〕小区.
    alone = alone[~town_ends(characters, alone - 2)]
    begin = np.concatenate((double, alone))
    end = np.concatenate((double + 2, alone + 1))
    # Before a home or a college even an ordinary word is a name.
    free = np.concatenate(
        (np.isin(parts[double], (_HOME, _COLLEGE)), (classes[alone] & _SINGLE_HOME) != 0)
    )
    college = np.concatenate((parts[double] == _COLLEGE, np.zeros(len(alone), np.bool_)))
    great = np.concatenate((parts[double] == _GREAT_KIND, (classes[alone] & _SINGLE_GREAT) != 0))
    trade = np.concatenate((parts[double] == _TRADE, np.zeros(len(alone), np.bool_)))
    begin = begin - (parts[begin - 1] == _FILLER)  # 化工 in 化工厂
    for _ in range(3):
        filler = parts[begin - 2] != 0
        begin = begin - (2 * filler + (filler & (points[begin - 3] == _HOUSE)))  # 房地产
    core = begin - 2
    named = ((classes[core] | classes[core + 1]) & _GRAMMAR) == 0
    named &= free | ~ordinary[core]
    named &= ~trade | (signs.unusual[core] & signs.unusual[core - 1])
    great |= college & ordinary[core]
    great |= town_ends(characters, core + 1)  # the town of a place without a name of its own
    core = core[named]
    kind = core + 2
    single = (parts[kind] == 0) & np.isin(points[kind], _SINGLE_HOUSES)
    is_told = single | np.isin(parts[kind], (_HOME, _HOUSE_KIND, _COLLEGE))
    house = np.where(single, ids[kind], characters.pairs[kind]).astype(np.uint64)
    house = house % np.uint64(HOUSES_TOLD - 1) + np.uint64(1)
    return Cores(core, end[named], great[named], house * is_told)


def _is_half(characters: Characters, classes: NDArray[np.uint8], at: Places) -> Flags:
    """Whether a name begins before these: 家坳 is half of 石家坳, though 石家 be an ordinary word."""
    before = (classes[at - 1] & (_NO_NAME | _BEFORE)) == 0
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
        further &= (signs.classes[begins - 1] & _BEFORE) == 0
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
