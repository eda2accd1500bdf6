"""The short form of `python -m tests.redaction`: recall per kind, tempting texts, real messages."""

import csv
import random
from collections import Counter
from pathlib import Path

import pytest

from agents.redaction import redact
from agents.redaction.checks import is_card, is_identity
from tests.redaction import writings
from tests.redaction.stays import altered, tempting
from tests.redaction.texts import fill, generate, held_out, left, lines, taken

LEAST = {"姓名": 0.91, "住址": 0.94}  # of 3,000 texts; the aims are those of the long form
LEAST_NUMBER = 0.99


def _recall(held: bool) -> dict[str, float]:
    total: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for text in generate(3_000, seed=7):
        if held_out(text.frame) is held:
            kinds = [kind.split("·")[0] for _, _, kind in text.items]
            total.update(kinds)
            spans = taken(text.text, redact(text.text))
            missed.update(
                kind.split("·")[0] for _, _, kind in left(text, spans if spans is not None else [])
            )
    return {kind: 1 - missed[kind] / total[kind] for kind in total}


@pytest.mark.parametrize("held", [False, True])
def test_recall_per_kind(held: bool) -> None:
    recall = _recall(held)
    assert len(recall) > 15
    low = {kind: share for kind, share in recall.items() if share < LEAST.get(kind, LEAST_NUMBER)}
    assert not low


def test_tempting_texts_stay() -> None:
    assert len(lines("stays.txt")) >= 300
    assert len(altered()) <= 0.02 * len(tempting()), altered()[:20]


def test_the_sentences_are_many_and_half_are_held_out() -> None:
    frames = lines("sentences.txt")
    assert len(set(frames)) >= 200
    assert 0.4 < sum(map(held_out, frames)) / len(frames) < 0.6


def test_what_is_left_is_seen() -> None:
    text = fill("我叫{名}，电话{手机}。", random.Random(1))
    assert len(left(text, [])) == 2
    whole = [(start, end) for start, end, _ in text.items]
    assert left(text, whole) == []
    assert taken("我叫王伟，在家", "我叫〔姓名〕，在家") == [(2, 4)]


def test_the_generated_numbers_pass_their_checks() -> None:
    draw = random.Random(3)
    for _ in range(50):
        card = writings.card(draw).must
        if card.isascii() and card.isdigit():
            assert is_card(card)
        number = writings.identity(draw).must
        if number.isascii() and number.isalnum() and len(number) == 18:
            assert is_identity(number.upper())


MAILBOX = Path(__file__).resolve().parents[3] / "shared" / "data" / "complaints_dev.csv"


@pytest.mark.skipif(not MAILBOX.exists(), reason="the mailbox sample is not here")
def test_few_real_messages_are_altered() -> None:
    """Numbers are masked in these; about one in six names somebody, hardly any may lose more."""
    with MAILBOX.open(encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)][::6]
    kinds = {"手机", "电话", "身份证", "银行卡", "车牌", "微信", "QQ", "证件"}
    redacted = [redact(text) for text in texts]
    named = sum("〔姓名〕" in text for text in redacted)
    coded = sum(any(f"〔{kind}〕" in text for kind in kinds) for text in redacted)
    assert named / len(texts) < 0.2
    assert coded / len(texts) < 0.005
