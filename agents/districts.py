"""Finds the county, district or city that a text names, as 岳麓区 or 长沙县, and where names of towns end."""

from typing import Final

import numpy as np

from agents.characters import Characters, Flags, Hashes, Places, is_digit, is_letter, mixed
from agents.occurrences import added_up, by_weight, first_of_each

DISTRICT_BITS: Final = 11
_SPELT: Final = 31  # as a city; those coded are 1 to 26
_ABOVE_CITIES: Final = 100
_CITY: Final = np.uint32(ord("市"))
_TOWN, _SHIRE, _VILLAGE = map(np.uint32, map(ord, "镇乡村"))
_ROAD: Final = np.uint32(ord("道"))
_ROADS: Final = np.array([ord(each) for each in "街大"], np.uint32)


def districts(characters: Characters, may_end: Flags, unusual: Flags) -> Hashes:
    """The county, district or city that each text names most, in 16 bits; 0 for none.

    The upper five are the city where places are coded, as in A市 and A3区, and the lower ones
    the district, 0 where only a city is named. What is spelt out is of a city of its own.
    may_end: of the characters, which are 县, 区 or 市; unusual: as in naming.Signs.
    """
    points = characters.points
    (at,) = may_end.nonzero()
    city = is_letter(points[at - 1]) & (points[at] == _CITY)
    digit = is_digit(points[at - 1])
    coded = digit & (
        is_letter(points[at - 2]) | (is_digit(points[at - 2]) & is_letter(points[at - 3]))
    )
    spelt = unusual[at - 2] & unusual[at - 1]
    code = np.where(is_digit(points[at - 2]), points[at - 3], 0).astype(np.uint64)
    for place in (at - 2, at - 1, at):
        code = code * np.uint64(1 << 16) + points[place]
    low = np.where(city, 0, mixed(code) % np.uint64((1 << DISTRICT_BITS) - 1) + np.uint64(1))
    letter = np.where(
        city, points[at - 1], np.where(is_digit(points[at - 2]), points[at - 3], points[at - 2])
    )
    high = np.where(coded | city, letter - np.uint32(ord("A") - 1), _SPELT)
    kept = coded | spelt | city
    at, code = at[kept], (high.astype(np.uint64) << np.uint64(DISTRICT_BITS) | low)[kept]
    # A district says more than its city, however often that is named.
    found = added_up(characters, at, code, np.where(city[kept], 1, _ABOVE_CITIES))
    owner = characters.owner[found.at]
    order = by_weight(characters, found)
    order = order[first_of_each(owner[order])]
    found_in = np.zeros(characters.texts, np.uint64)
    found_in[owner[order]] = found.hashes[order]
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
