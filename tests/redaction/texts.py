"""Fills the hand-written sentences with items, and tells which were left standing in a redacted text."""

import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import xxhash

from tests.redaction import homes, papers, people, writings
from tests.redaction.items import Item

_HERE = Path(__file__).parent
SLOTS: dict[str, Callable[[random.Random], Item]] = {
    "名": people.han,
    "人": people.anyone,
    "址": homes.home,
    "手机": writings.mobile,
    "座机": writings.landline,
    "本地": writings.local,
    "身份证": writings.identity,
    "卡": writings.card,
    "车": writings.plate,
    "邮": writings.mail,
    "微": writings.wechat,
    "Q": writings.qq,
    "证": papers.paper,
}
_SLOT = re.compile(r"\{([^{}]+)\}")
_TOKEN = re.compile(r"(?:〔[^〔〕\s]{2,3}〕)+")


class Text(NamedTuple):
    """A generated text; `items` are (start, end, kind) of what must go; `frame` is the sentence it is made from."""

    text: str
    items: list[tuple[int, int, str]]
    frame: str


def lines(name: str) -> list[str]:
    """The lines of a data file without its remarks; \\n in them is a line break."""
    found = (_HERE / name).read_text(encoding="utf-8").splitlines()
    return [line.replace(r"\n", "\n") for line in found if line and not line.startswith("# ")]


def held_out(frame: str) -> bool:
    """Whether a sentence is of the half that is not looked at while tuning."""
    return xxhash.xxh3_64_intdigest(frame.encode()) % 2 == 1


def fill(frame: str, draw: random.Random) -> Text:
    """The sentence with an item in each slot."""
    text, items, done = "", [], 0
    for slot in _SLOT.finditer(frame):
        text += frame[done : slot.start()]
        done = slot.end()
        make = SLOTS.get(slot[1])
        if make is None:  # braces of the sentence itself
            text += slot[0]
            continue
        item = make(draw)
        start = len(text) + len(item.before)
        text += item.before + item.must + item.after
        items.append((start, start + len(item.must), item.kind))
    return Text(text + frame[done:], items, frame)


def generate(count: int, seed: int, frames: list[str] | None = None) -> Iterator[Text]:
    """`count` texts, the sentences in turn."""
    draw = random.Random(seed)
    frames = frames if frames is not None else lines("sentences.txt")
    for number in range(count):
        yield fill(frames[number % len(frames)], draw)


def taken(text: str, redacted: str) -> list[tuple[int, int]] | None:
    """The parts of the text that tokens stand for; None if the redacted text is not made of the rest."""
    parts = _TOKEN.split(redacted)
    if len(parts) == 1:
        return [] if text == redacted else None
    pattern = re.escape(parts[0]) + "".join(f"(.+?){re.escape(part)}" for part in parts[1:])
    hit = re.fullmatch(pattern, text, re.S)
    return [hit.span(group) for group in range(1, len(parts))] if hit else None


def left(text: Text, spans: list[tuple[int, int]]) -> list[tuple[int, int, str]]:
    """The items of which a letter, digit or character is still there."""
    gone = bytearray(len(text.text))
    for start, end in spans:
        gone[start:end] = b"\1" * (end - start)
    return [
        (start, end, kind)
        for start, end, kind in text.items
        if any(text.text[at].isalnum() and not gone[at] for at in range(start, end))
    ]


def lost(text: Text, spans: list[tuple[int, int]]) -> list[str]:
    """The parts taken that touch no item and no cue of one."""
    return [
        text.text[start:end]
        for start, end in spans
        if not any(start < last + 1 and end > first - 1 for first, last, _ in text.items)
    ]
