"""Finds the county, district or city that a text names, as 岳麓区 or 长沙县, and where names of towns end."""

from typing import Final

import numpy as np

from agents.characters import Characters, Flags, Hashes, Places, is_digit, is_letter, mixed
from agents.occurrences import added_up, first_of_each

_TOWN, _SHIRE, _VILLAGE = map(np.uint32, map(ord, "镇乡村"))
_ROAD: Final = np.uint32(ord("道"))
_ROADS: Final = np.array([ord(each) for each in "街大"], np.uint32)


def districts(characters: Characters, may_end: Flags, unusual: Flags) -> Hashes:
    """16 bits of the county, district or city that each text names most; 0 for none.

    may_end: of the characters, which are 县, 区 or 市; unusual: as in naming.Signs.
    """
    points = characters.points
    (at,) = may_end.nonzero()
    digit = is_digit(points[at - 1])
    coded = digit & (
        is_letter(points[at - 2]) | (is_digit(points[at - 2]) & is_letter(points[at - 3]))
    )
    spelt = unusual[at - 2] & unusual[at - 1]
    code = np.where(is_digit(points[at - 2]), points[at - 3], 0).astype(np.uint64)
    for place in (at - 2, at - 1, at):
        code = code * np.uint64(1 << 16) + points[place]
    kept = coded | spelt
    at, code = at[kept], mixed(code[kept])
    found = added_up(characters, at, code, np.ones(len(at), np.int64))
    owner = characters.owner[found.at]
    order = np.lexsort((found.at, -found.weights, owner))
    order = order[first_of_each(owner[order])]
    found_in = np.zeros(characters.texts, np.uint64)
    found_in[owner[order]] = found.hashes[order] % np.uint64(0xFFFF) + np.uint64(1)
    return found_in


def town_ends(characters: Characters, at: Places) -> Flags:
    """Whether the name of a town, a street or a village ends with these characters."""
    points = characters.points
    last = points[at]
    towns = (last == _TOWN) | (last == _SHIRE) | (last == _VILLAGE)
    ends: Flags = towns & (characters.ids[at - 1] > 0)
    (roads,) = (last == _ROAD).nonzero()
    ends[roads] = np.isin(points[at[roads] - 1], _ROADS)
    return ends
