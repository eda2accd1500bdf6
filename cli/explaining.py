"""Explains a file of JSON lines: blocks of lines out to processes, and back in order."""

import os
import signal
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final, Literal, NamedTuple

import msgspec
import orjson
from msgspec import Meta, Struct

from agents.explain import Explained, Explainer
from agents.judge import Judge, Said
from agents.redaction import redact

_BLOCK_BYTES: Final = 512 << 10
_BLOCKS_AHEAD: Final = 2  # per process: enough to keep it busy, and little in memory
_UTF8_BOM: Final = b"\xef\xbb\xbf"
PeopleBand = Literal["1-2", "3-9", "10-29", "30+"]


class Using(NamedTuple):
    """What to explain with. lexicon: folder, None for the one shipped. model: file, or None."""

    lexicon: Path | None = None
    model: Path | None = None

    def explainer(self) -> Explainer:
        """Raises UserError if the lexicon has a mistake, or the model's file is none."""
        return Explainer(Judge.load(redact, self.lexicon, self.model), redact)


class Block(NamedTuple):
    """Lines explained: how many, what is written, and what is wrong with which lines."""

    lines: int
    output: bytes
    problems: list[tuple[int, str]]


_explainer_of = cache(Using.explainer)  # one per process


def added(found: Explained) -> dict[str, Any]:
    """What a line of output has beside what the input said."""
    return {
        "redacted": found.text,
        **({"redacted_title": found.title} if found.title else {}),
        "category": found.category,
        "category_source": found.category_source,
        "declared": found.declared or None,
        "terms": found.terms,
        "margin": round(found.margin, 4),
        "nearest": found.nearest or None,
        "sentiment": found.sentiment,
        "severity": found.severity or None,
        "cue": found.cue or None,
        "fingerprint": f"{found.fingerprint:016x}",
        "name": found.name or None,
    }


def explain_block(using: Using, lines: bytes, first: int) -> Block:
    """Explain whole lines, of which the first has this number. A bad one gives a line that says so."""
    read: list[tuple[int, dict[str, Any], str]] = []
    reports: list[Said] = []
    split = lines.split(b"\n")
    if not split[-1]:
        split.pop()
    for number, line in enumerate(split, first):
        if not line.strip(b" \t\r\n" + _UTF8_BOM):
            continue
        try:
            value = orjson.loads(line.removeprefix(_UTF8_BOM))
            reports.append(said(value))
            read.append((number, value, ""))
        except orjson.JSONDecodeError:
            read.append((number, {}, "is not JSON in UTF-8"))
        except msgspec.ValidationError as error:
            read.append((number, {}, str(error)))
    explained = iter(_explainer_of(using).explain(reports))
    output = [
        {"line": number, "error": problem} if problem else {**value, **added(next(explained))}
        for number, value, problem in read
    ]
    return Block(
        len(split),
        b"".join(orjson.dumps(one, option=orjson.OPT_APPEND_NEWLINE) for one in output),
        [(number, problem) for number, _, problem in read if problem],
    )


class Line(Struct):
    """What of an input line is looked at. What is null there is as if it were not there."""

    text: str
    title: str = ""
    category: str = ""
    severity: Annotated[int, Meta(ge=0, le=4)] | Literal[""] = 0
    people_band: PeopleBand | Literal[""] = ""


_FIELDS: Final = Line.__struct_fields__


def said(value: Any) -> Said:
    """A report out of an object with `text`, and what else it says. Raises msgspec.ValidationError.

    >>> said({"text": "停水了", "severity": 2, "id": 7})
    ('', '停水了', '', 2, '', False)
    """
    if isinstance(value, dict):
        value = {name: given for name in _FIELDS if (given := value.get(name)) is not None}
    line = msgspec.convert(value, Line, strict=False)
    return line.title, line.text, line.category, line.severity or 0, line.people_band, False


def explain_lines(
    using: Using, source: BinaryIO, jobs: int, write: Callable[[Block], None]
) -> None:
    """Explain all lines of a file, with up to so many processes; blocks are written in order."""
    blocks = _blocks(source)
    first = 1
    if jobs == 1:
        for lines in blocks:
            block = explain_block(using, lines, first)
            first += block.lines
            write(block)
        return
    using.explainer()  # a mistake in the lexicon is said here, not by every process
    context = get_context("spawn")  # threads of a progress bar do not survive a fork
    with ProcessPoolExecutor(jobs, context, _ignore_interrupt) as pool:
        waiting: deque[Future[Block]] = deque()
        for lines in blocks:
            waiting.append(pool.submit(explain_block, using, lines, first))
            first += lines.count(b"\n")
            if len(waiting) > _BLOCKS_AHEAD * jobs:
                write(waiting.popleft().result())
        while waiting:
            write(waiting.popleft().result())


def _blocks(source: BinaryIO) -> Iterator[bytes]:
    """Whole lines, as many as there are at a time: a pipe is not waited for longer than needed."""
    rest = b""
    while chunk := os.read(source.fileno(), _BLOCK_BYTES):
        lines, newline, tail = chunk.rpartition(b"\n")
        if newline:
            yield rest + lines + newline
            rest = tail
        else:
            rest += chunk
    if rest:
        yield rest


def _ignore_interrupt() -> None:
    # Ctrl-C goes to all processes of a terminal; the first of them ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
