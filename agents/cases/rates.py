"""The rates of cases, each with its formula, its source, and what readers are told beside it.

A rate carries numerator and denominator, so that rates of several counties or days can be
put together by adding these up. Cases merged into others or out of scope are in none.
Days are those on which a thing happened; a `found_` measure is counted on the day on which
its case was found. All are counted under the level and owner that the case has now.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from streams.cases import MEASURES

Sums = Mapping[str, int]


class Rate(NamedTuple):
    """numerator ÷ denominator. name, definition: plain Chinese, shown beside the figure."""

    name: str
    numerator: int
    denominator: int
    definition: str

    @property
    def value(self) -> float | None:
        """None where there is nothing to take a share of."""
        return self.numerator / self.denominator if self.denominator else None


def sums(measures: Iterable[Sequence[int]]) -> dict[str, int]:
    """The measures of many days, counties, levels or owners added up, by name.

    >>> sums([[3] + [0] * 14, [1] + [0] * 14])["found"]
    4
    """
    columns = list(zip(*measures, strict=True)) or [()] * len(MEASURES)
    return {name: sum(column) for name, column in zip(MEASURES, columns, strict=True)}


def resolution(of: Sums) -> Rate:
    """化解率 = cases resolved in the period ÷ cases found in it.

    As county bulletins state it (排查 n 件、化解 m 件、化解率 m/n). Cases found earlier are
    in the numerator, so it can be above 1 when a backlog is worked off.

    >>> resolution({"resolved": 3, "found": 4}).value
    0.75
    """
    return Rate(
        "化解率",
        of["resolved"],
        of["found"],
        "期内化解件数÷期内排查发现件数。含往期结转的案件，可能超过100%。",
    )


def cohort_resolution(of: Sums) -> Rate:
    """化解率（同批） = of the cases found in the period, those resolved by now ÷ all of them.

    The share of one cohort, as rates are meant in statistics: never above 1; grows as time
    passes. Reopened cases are not resolved.
    """
    return Rate(
        "化解率（同批）",
        of["found_resolved"],
        of["found"],
        "期内发现的案件中，至今已化解的件数÷期内发现件数。重开的不算已化解。",
    )


def verified_resolution(of: Sums) -> Rate:
    """化解率（核验） = of the cases found in the period, those verified by now ÷ all of them.

    The strict variant: a resolution counts once somebody else has looked.
    """
    return Rate(
        "化解率（核验）",
        of["found_verified"],
        of["found"],
        "期内发现的案件中，至今已化解并经核验的件数÷期内发现件数。",
    )


def closing(of: Sums) -> Rate:
    """办结率 = of the cases found in the period, those closed by now ÷ all of them.

    Closed: resolved, verified, closed unresolved, or transferred to another body, as in
    GB/T 33358-2016 (政府热线服务规范), where a ticket is done when it was dealt with.
    """
    return Rate(
        "办结率",
        of["found_closed"],
        of["found"],
        "期内受理的案件中，至今已办结（含未化解办结、移送）的件数÷期内受理件数。",
    )


def on_time(of: Sums) -> Rate:
    """按时结案率 = cases closed by their limit ÷ cases whose limit ended in the period.

    The denominator is what should have been closed (应办结), so that open overdue cases
    count against it. The limit: declared, or of the ticket's class, or of the level.
    """
    return Rate(
        "按时结案率",
        of["on_time"],
        of["due"],
        "时限在期内到期的案件中，按时办结的件数÷到期件数。逾期未结的计入分母。",
    )


def response(of: Sums) -> Rate:
    """响应率 = cases taken on or called back within the limit ÷ cases whose limit ended.

    One of the three rates (三率) of 接诉即办 (北京市接诉即办工作条例, 2021); 24 hours unless
    rules.yaml says otherwise.
    """
    return Rate(
        "响应率",
        of["responded"],
        of["response_due"],
        "响应时限在期内到期的案件中，按时受理或联系的件数÷到期件数。",
    )


def solving(of: Sums) -> Rate:
    """解决率 = call backs that say "solved" ÷ call backs. Second of the three rates (三率)."""
    return Rate(
        "解决率",
        of["solved"],
        of["called_back"],
        "期内回访中，群众反映已解决的件数÷回访件数。一件多次回访的以最近一次为准。",
    )


def satisfaction(of: Sums) -> Rate:
    """满意率 = call backs of grade 3 and better ÷ call backs. Third of the three rates (三率).

    Of five grades the two lowest are bad ones: 国办发〔2019〕51号 (好差评), where 基本满意
    counts as good. rules.yaml may ask for more.
    """
    return Rate(
        "满意率",
        of["satisfied"],
        of["called_back"],
        "期内回访中，评价为基本满意及以上的件数÷回访件数。一件多次回访的以最近一次为准。",
    )


# By the names that machines use.
RATES: Final[Mapping[str, Callable[[Sums], Rate]]] = {
    "resolution": resolution,
    "cohort_resolution": cohort_resolution,
    "verified_resolution": verified_resolution,
    "closing": closing,
    "on_time": on_time,
    "response": response,
    "solving": solving,
    "satisfaction": satisfaction,
}
