"""How useful a rule's alerts are, by the word of duty staff: which rules to keep."""

from typing import Final, NamedTuple

LABELS_NEEDED: Final = 10  # fewer say nothing
USEFUL_PCT: Final = 30  # a rule below is proposed for demotion


class Precision(NamedTuple):
    """Of one rule. precision: share useful of those labelled; None while there are none.

    demote: proposed, a level lower or to the digest alone; people decide, in rules.yaml.
    """

    rule: str
    alerts: int
    useful: int
    not_useful: int
    precision: float | None
    demote: bool


def precision(rule: str, alerts: int, useful: int, not_useful: int) -> Precision:
    """Useful ÷ (useful + not useful): of the alerts that were labelled, the last label counts.

    >>> precision("burst-hour", 40, 2, 8).demote, precision("burst-hour", 40, 0, 9).demote
    (True, False)
    """
    labelled = useful + not_useful
    return Precision(
        rule,
        alerts,
        useful,
        not_useful,
        round(useful / labelled, 3) if labelled else None,
        labelled >= LABELS_NEEDED and useful * 100 < labelled * USEFUL_PCT,
    )
