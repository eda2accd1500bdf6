"""The same matter on texts no line of the code was written for: edits, templates, bursts, real pairs."""

import csv
import itertools
import os
import random
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import pytest
import xxhash

from agents.linking import Linker
from agents.mention import mentions, same
from tests.edits import PLACES, TEMPLATES, about, edited

LABELS = Path(__file__).parents[1] / "labels"
MESSAGES_FILE = Path(
    os.environ.get("HUISHANG_TEST_MESSAGES")
    or Path(__file__).resolve().parents[3] / "shared" / "data" / "complaints_dev.csv"
)
# One estate and one nuisance, as many neighbours put it; written for this test.
BURST = """
丽景新城旁边的搅拌站整夜施工，噪音吵得孩子睡不着
投诉丽景新城小区附近违规建搅拌站，粉尘噪音污染严重
丽景新城业主强烈要求搬走搅拌站！窗户都不敢开，到处是灰
请问领导，丽景新城门口的混凝土搅拌站有环评吗？为什么离居民楼只有几十米
我们丽景新城的老人天天咳嗽，都是搅拌站的粉尘害的
搅拌站日夜轰鸣，丽景新城几千户居民怎么活
丽景新城二期旁的搅拌站又开工了，环保部门到底管不管
反映搅拌站扰民问题：我家住丽景新城8栋，每天凌晨两点罐车进进出出
丽景新城周边搅拌站扬尘，阳台一天一层灰，请求关停
为什么要在丽景新城这样的居民区旁边建水泥搅拌站
再次请求处理丽景新城搅拌站噪音，上次回复说整改，现在变本加厉
丽景新城的孩子要中考了，搅拌站夜里还在生产，请管一管噪声
""".strip().split("\n")
NOISE = """
丽景新城物业费又涨了，业主大会也没有开过
丽景新城什么时候能通天然气？等了两年了
翠湖名都旁边的搅拌站噪音扰民，请环保部门处理
请问公积金贷款额度今年有没有调整
建议在火车站增加到机场的大巴班次
锦绣家园电梯又坏了，老人上不了楼
""".strip().split("\n")


def linked(texts: Sequence[str]) -> list[int]:
    """The incident of each text, in order, of one county and within one month."""
    linker = Linker()
    found = mentions([("", text) for text in texts])
    return [linker.link("430100", mention, n, 0) for n, mention in enumerate(found)]


def pairs_of(owners: Sequence[object]) -> set[tuple[int, int]]:
    groups = defaultdict(list)
    for place, owner in enumerate(owners):
        groups[owner].append(place)
    return {pair for group in groups.values() for pair in itertools.combinations(group, 2)}


def recall_and_precision(said: Sequence[object], truth: Sequence[object]) -> tuple[float, float]:
    found, true = pairs_of(said), pairs_of(truth)
    return len(found & true) / len(true), len(found & true) / max(1, len(found))


def messages() -> list[dict[str, str]]:
    if not MESSAGES_FILE.is_file():
        pytest.skip("no messages to read")
    csv.field_size_limit(1 << 20)
    with MESSAGES_FILE.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_light_edits_of_a_text_are_the_same_matter_and_of_another_text_are_not() -> None:
    chance = random.Random(3)
    texts, truth = [], []
    for number, template in enumerate(TEMPLATES):
        place = PLACES[number]
        for _ in range(6):
            texts.append(edited(about(place, template), chance))
            truth.append(number)
    order = chance.sample(range(len(texts)), len(texts))
    recall, precision = recall_and_precision(
        linked([texts[n] for n in order]), [truth[n] for n in order]
    )
    assert recall >= 0.9
    assert precision >= 0.98


def test_one_text_about_many_places_is_many_matters() -> None:
    wrong = total = 0
    for template in TEMPLATES:
        owners = linked([about(place, template) for place in PLACES])
        total += len(PLACES) * (len(PLACES) - 1) // 2
        wrong += len(pairs_of(owners))
    assert wrong <= total * 0.02


def test_a_burst_in_many_words_is_one_incident_whatever_else_comes() -> None:
    for seed in range(5):
        order = random.Random(seed).sample([*BURST, *NOISE], len(BURST) + len(NOISE))
        owners = linked(order)
        burst = [owner for text, owner in zip(order, owners, strict=True) if text in BURST]
        most = max(burst.count(owner) for owner in burst)
        assert most >= len(BURST) - 2
        noise = [owner for text, owner in zip(order, owners, strict=True) if text in NOISE]
        assert not set(noise) & set(burst)
        assert len(set(noise)) == len(NOISE)


def test_light_edits_of_real_messages_are_the_same_matter() -> None:
    one_each = {row["grp"]: row["text"] for row in messages() if 30 <= len(row["text"]) <= 600}
    chance = random.Random(11)
    texts, truth = [], []
    for number, text in enumerate(chance.sample(sorted(one_each.values()), 400)):
        texts += [text, edited(text, chance), edited(text, chance)]
        truth += [number] * 3
    order = chance.sample(range(len(texts)), len(texts))
    recall, precision = recall_and_precision(
        linked([texts[n] for n in order]), [truth[n] for n in order]
    )
    assert recall >= 0.95
    assert precision >= 0.98


@pytest.mark.parametrize(
    ("file", "least", "recall", "precision"),
    [("pairs.csv", 300, 0.6, 0.7), ("fair_pairs.csv", 200, 0.75, 0.85)],
)
def test_pairs_labelled_by_hand(file: str, least: int, recall: float, precision: float) -> None:
    """pairs.csv was chosen to be hard: one matter in other words, one template or place and another
    matter. fair_pairs.csv was drawn over all likenesses of text, and over names that two share.

    The parts share no message. Only `tune` was looked at when the code was written.
    """
    known = {}
    for row in messages():
        key = xxhash.xxh3_64_hexdigest(f"{row['title']}\n{row['text']}".encode())
        known[key] = (row["title"], row["text"])
    with (LABELS / file).open(encoding="utf-8", newline="") as lines:
        pairs = [row for row in csv.DictReader(lines) if {row["one"], row["other"]} <= set(known)]
    assert len(pairs) >= least
    keys = sorted({key for row in pairs for key in (row["one"], row["other"])})
    found = dict(zip(keys, mentions([known[key] for key in keys]), strict=True))
    for part in ("tune", "held_out"):
        chosen = [row for row in pairs if row["part"] == part]
        said = [row for row in chosen if same(found[row["one"]], found[row["other"]])]
        right = sum(row["same"] == "1" for row in said)
        assert right / sum(row["same"] == "1" for row in chosen) >= recall, part
        assert right / len(said) >= precision, part
