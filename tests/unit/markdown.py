"""What tests of pages look at in Markdown: headings, code, links, images, tables."""

import re

_FENCED = re.compile(r"(?ms)^```.*?^```\n?")


def prose(text: str) -> str:
    """Without fenced code."""
    return _FENCED.sub("", text)


def headings(text: str) -> list[tuple[int, str]]:
    """(level, title), in order.

    >>> headings("# A\\n\\n## B c\\n")
    [(1, 'A'), (2, 'B c')]
    """
    found = re.findall(r"(?m)^(#{1,6}) +(.+?) *$", prose(text))
    return [(len(marks), title) for marks, title in found]


def anchors(text: str) -> set[str]:
    """What a heading is linked by, as GitHub makes it.

    >>> sorted(anchors("## What it is not\\n### `a.b`: c, d\\n"))
    ['ab-c-d', 'what-it-is-not']
    """
    plain = (re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", title) for _, title in headings(text))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in plain}


def code_blocks(text: str) -> list[str]:
    """Fenced blocks with the language they name, in order."""
    return re.findall(r"(?ms)^```(.*?)^```", text)


def images(text: str) -> list[tuple[str, str]]:
    """(words, path), in order."""
    return re.findall(r"!\[([^]]*)\]\(([^)]+)\)", prose(text))


def links(text: str) -> list[str]:
    """Targets of links, images left out, in order."""
    return re.findall(r"(?<!!)\[[^]]*\]\(([^)\s]+)\)", prose(text))


def tables(text: str) -> list[list[list[str]]]:
    """Tables, as rows of cells, the line under the head left out.

    >>> tables("| a | b |\\n| - | - |\\n| 1 | x\\\\|y |\\n")
    [[['a', 'b'], ['1', 'x\\\\|y']]]
    """
    found = []
    for block in re.findall(r"(?m)(?:^\|.*\|\n?)+", prose(text)):
        rows = [re.split(r"(?<!\\) ?\| ?", line)[1:-1] for line in block.splitlines()]
        found.append([[cell.strip() for cell in row] for row in (rows[0], *rows[2:])])
    return found
