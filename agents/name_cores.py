"""Finds where texts name something: the two characters before a kind, as 丽景 in 丽景花园小区."""

from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.characters import Characters, Flags, Hashes, PairSet, PairTable, Places, classes_of
from agents.districts import town_ends
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
    SINGLE_GREATS,
    SINGLE_HOMES,
    SINGLE_KINDS,
    TRADES,
)

COMMON_FILE: Final = "common_pairs.txt"
PHRASES_FILE: Final = "set_phrases.txt"
HOUSES_TOLD: Final = 64  # apart, of one name


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
NO_NAME: Final = 1
_GRAMMAR: Final = 2
_SINGLE_KIND: Final = 4
_SINGLE_HOME: Final = 8
_SINGLE_GREAT: Final = 16
DISTRICT: Final = 32
IS_COUNTED: Final = 64
BEFORE: Final = 128
_CLASSES: Final = classes_of(
    {
        NO_NAME: FUNCTION,
        _GRAMMAR: set(FUNCTION) - set(MAY_BE_NAME),
        _SINGLE_KIND: SINGLE_KINDS,
        _SINGLE_HOME: SINGLE_HOMES,
        _SINGLE_GREAT: SINGLE_GREATS,
        DISTRICT: DISTRICTS,
        IS_COUNTED: COUNTED,
        BEFORE: BEFORE_NAMES,
    }
)
_CLASSES[0] = NO_NAME | _GRAMMAR  # what is no Chinese character
_SINGLE_HOUSES: Final = np.array([ord(each) for each in "城苑湾府园郡庭轩阁邸墅"], np.uint32)
_HOUSE: Final = np.uint32(ord("房"))
_VILLAGE: Final = np.uint32(ord("村"))


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


def signs_of(characters: Characters) -> Signs:
    """What each character is, and what is ordinary of it and the next one."""
    classes = _CLASSES.take(characters.ids)
    ordinary = _common().holds(characters)
    plain = (classes & NO_NAME) == 0
    unusual = plain & ~ordinary
    unusual[:-1] &= plain[1:]
    return Signs(classes, ordinary, unusual)


def cores_of(characters: Characters, signs: Signs) -> Cores:
    """Where texts name something."""
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
