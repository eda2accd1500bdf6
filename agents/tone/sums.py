"""From what the words of a message weigh, by kind, to its sentiment."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from agents.characters import Flags

KINDS: Final = ("grievance", "problem", "ask", "turn", "thanks", "praise", "solved")

_MUCH_IN_LITTLE: Final = 4
_MUCH: Final = 7
# However much is asked, a complaint of this many halves and more is a complaint.
_MOST_ASKED: Final = 8
_HINT: Final = 1  # one word of weight 0.5 alone says nothing

# Weights are counted in halves.
Halves = NDArray[np.int64]


def sentiments_of(sums: Halves, little: Flags) -> NDArray[np.int64]:
    """−2 … +2 of n messages. sums: n × kinds of words. little: whether a message is short.

    In a short message one strong word is much, in a long one it takes two.

    Thanks and praise count where they outweigh what is complained of; what was said before
    `solved` words is no complaint any more, unless a turn (但, 仍) follows.
    """
    grievance, problem, ask, turn, thanks, praise, solved = sums.T
    ask = np.minimum(ask, _MOST_ASKED)
    good = thanks + praise + solved
    bad = grievance + problem
    bad = np.where((solved > 0) & (turn == 0), bad // 3, bad) + ask // 2
    pleased = (good >= 4) & ((thanks >= 2) | (praise >= 4)) & (good > bad)
    delighted = pleased & (praise >= 6) & (good > 2 * bad)
    angry = grievance >= np.where(little, _MUCH_IN_LITTLE, _MUCH)
    complaining = problem + 3 * grievance > ask + np.where(little, 0, _HINT)
    return np.select([delighted, pleased, angry, complaining], [2, 1, -2, -1], 0)
