"""How digests are laid out: Markdown tables, and definitions beside figures."""

from collections.abc import Iterable, Sequence

from streams.figures import figure


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """A Markdown table; the first column is text, the others are numbers.

    >>> table(("类别", "件数"), [("供暖", 2)])
    ['| 类别 | 件数 |', '| --- | ---: |', '| 供暖 | 2 |']
    """
    rule = ["---", *["---:"] * (len(head) - 1)]
    return [f"| {' | '.join(map(str, row))} |" for row in (head, rule, *rows)]


def figure_rows(names: Iterable[str]) -> list[str]:
    """What the figures mean, as a closing note.

    >>> figure_rows(["zero_reports"])
    ['', '指标说明：', '', '- 零报告：时段内“今日无事”的报告次数']
    """
    told = [figure(name) for name in names]
    return ["", "指标说明：", "", *(f"- {one.label}：{one.definition}" for one in told)]
