"""What a batch of reports says, normalised and laid out once for all that judge it."""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np

from agents.characters import Characters, Flags
from agents.normalise import normalise, to_mend


class Texts(NamedTuple):
    """Titles and texts of n reports, normalised.

    wholes: title and text as one, with a full stop between; "" where there is neither.
    in_title: of the characters, which stand in a title.
    """

    titles: list[str]
    wholes: list[str]
    characters: Characters
    in_title: Flags

    @classmethod
    def of(cls, reports: Sequence[tuple[str, str]]) -> Self:
        """reports: (title, text), as they came or redacted.

        >>> Texts.of([("停水", "小区 停電"), ("", "路灯坏了")]).wholes
        ['停水。小区停电', '路灯坏了']
        """
        titles = [title for title, _ in reports]
        wholes = [f"{title}。{text}" if title else text for title, text in reports]
        for number in to_mend(wholes):
            title, text = map(normalise, reports[number])
            titles[number] = title
            wholes[number] = f"{title}。{text}" if title else text
        characters = Characters.of(wholes)
        in_title = np.zeros(len(characters.points), np.bool_)
        if any(titles):
            for start, title in zip(characters.starts.tolist(), titles, strict=True):
                in_title[start : start + len(title)] = True
        return cls(titles, wholes, characters, in_title)
