"""The learned model: fast reading equals slow reading, small, reproducible, refused when not ours."""

import csv
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents import model_file
from agents.classify import Classifier
from agents.fitting import Examples, fit
from agents.grams import LIMIT, ZONE_ENDS, ZONE_WEIGHTS, Grammar, folded
from agents.model import BATCH, NEVER, Learned, Model, Topic, leading, shares
from agents.normalise import normalise
from agents.texts import Texts
from agents.training import folds_of, train
from streams.categories import OUTSIDE, CategoryCode
from streams.errors import UserError

pytest.importorskip("sklearn", reason="needs the extra `train`")

# Written for this test. What is said of each label, said in other words each time.
WORDS = {
    "水电": ["停水", "水管", "自来水", "电表", "跳闸", "停电", "水压", "电费"],
    "学校": ["小学", "学位", "老师", "补课", "校服", "入学", "班主任", "学费"],
    "道路": ["路灯", "坑洼", "公交", "车站", "红绿灯", "井盖", "堵车", "修路"],
}
FILLER = [
    "请问",
    "什么时候",
    "我们小区",
    "已经三天",
    "没有人管",
    "希望",
    "尽快",
    "领导您好",
    "，",
    "。",
]

MAILBOX = Path(__file__).resolve().parents[3] / "shared" / "data" / "complaints_dev.csv"

LEXICON = Classifier.load()


def scored(title: str, text: str) -> dict[CategoryCode, float]:
    (scores,) = LEXICON.scores(Texts.of([(title, text)]))
    return scores


def written(count: int, seed: int = 5) -> Examples:
    """Generated messages; every tenth has the label of another."""
    chance = random.Random(seed)
    titles, texts, labels = [], [], []
    for _ in range(count):
        label = chance.choice(list(WORDS))
        said = chance.choices(WORDS[label], k=3) + chance.choices(FILLER, k=chance.randrange(2, 60))
        chance.shuffle(said)
        titles.append(chance.choice(WORDS[label]) if chance.random() < 0.3 else "")
        texts.append("".join(said) + chance.choice(("", "", " １２", "\u200b", "資", "🔥")))
        labels.append(chance.choice(list(WORDS)) if chance.random() < 0.1 else label)
    return Examples(titles, texts, list(map(scored, titles, texts)), labels, texts)


@pytest.fixture(scope="module")
def examples() -> Examples:
    return written(400)


@pytest.fixture(scope="module")
def model(examples: Examples) -> Model:
    return train(examples, {"trained": "2026-01-01"}, folds=3)


def plain_decision(learned: Learned, title: str, text: str, found: dict[Any, float]) -> list[float]:
    """What the model decides on, one n-gram after the other: slow and obvious."""
    grammar = Grammar(learned.orders, len(learned.weights), learned.seed)
    table = folded()
    raw = title[:LIMIT] + "\x1f" + text[:LIMIT] + "\x1f" * max(learned.orders)
    codes = [int(table[ord(c)]) for c in raw if ord(c) < 0x10000]
    read = "".join(chr(code) for code in codes if code)
    length = len(read) - max(learned.orders)
    counts: Counter[int] = Counter()
    squares = 0
    for place in range(min(length, LIMIT)):
        weight = next(w for w, end in zip(ZONE_WEIGHTS, ZONE_ENDS, strict=True) if place < end)
        squares += weight**2
        for order in learned.orders:
            counts[grammar.slot(read[place : place + order])] += weight
    share = shares([found])[0]
    return [
        sum(n * float(learned.weights[slot, label]) for slot, n in counts.items())
        * float(learned.scale[label])
        / max(squares, 1) ** 0.5
        + float(share @ learned.leaf_weights[:, label])
        + float(learned.offsets[label])
        for label in range(len(learned.labels))
    ]


def test_batches_are_read_as_one_n_gram_after_the_other(model: Model, examples: Examples) -> None:
    odd = [
        "",
        " ",
        "水",
        "\ud800停水",
        "🔥🔥学校\U00020000",
        "ＡＢ１２",
        "路灯" * 700,
        "a\x1fb",
        "發(fā)電",
    ]
    titles = ["", "停水" * 150, "🔥", *examples.titles[: BATCH + 30]]
    texts = (odd + list(examples.texts))[: len(titles)]
    scores = list(map(scored, titles, texts))
    fast = model.decisions(titles, texts, scores)
    slow = [plain_decision(model.learned, *one) for one in zip(titles, texts, scores, strict=True)]
    np.testing.assert_allclose(fast, slow, atol=1e-6)
    # who else is in the batch makes no difference
    for place in (0, 1, 7, 40):
        alone = model.decisions(titles[place:][:1], texts[place:][:1], scores[place:][:1])
        np.testing.assert_allclose(alone[0], fast[place], atol=1e-9)
    assert len(model.predict(titles, texts, scores)) == len(titles)
    assert model.predict([], [], []) == []


def test_characters_are_read_in_their_normal_form() -> None:
    table = folded()
    for character in "，。資料ＡａZ９3é㎡\u200b \n的〔":
        normal = normalise(character).strip().lower()[:1]
        normal = "0" if normal.isdigit() else normal
        assert (chr(table[ord(character)]) if table[ord(character)] else "") == normal


def test_it_learns_what_is_there_to_be_learned(model: Model, examples: Examples) -> None:
    fresh = written(300, seed=99)
    said = model.predict(fresh.titles, fresh.texts, fresh.scores)
    right = sum(topic.label == label for topic, label in zip(said, fresh.labels, strict=True))
    assert right / 300 >= 0.88  # one in fifteen cannot be known
    assert {topic.source for topic in said} <= {"lexicon", "model", "none"}
    figures = model.learned.about["figures"]
    assert 0.85 <= figures["unseen"]["macro_f1"] <= figures["fitted_macro_f1"] <= 1
    sure = [topic.confidence for topic in said]
    assert abs(sum(sure) / 300 - right / 300) < 0.08


def test_weights_are_in_the_texts_own_measure(model: Model, examples: Examples) -> None:
    # A support vector machine puts most of its examples about 1 from the boundary.
    own = [model.labels.index(label) for label in examples.labels]
    decided = model.decisions(examples.titles, examples.texts, examples.scores)
    assert 0.8 < np.median(decided[np.arange(len(own)), own]) < 1.2


def test_bytes_lose_at_most_half_a_point(model: Model, examples: Examples) -> None:
    fresh = written(200, seed=7)
    fitted = fit(examples, model.labels, 0)
    assert np.abs(fitted.weights).max() > 0
    exact = model.learned._replace(weights=fitted.weights, scale=np.ones(3))
    truth = np.array([model.labels.index(label) for label in fresh.labels])
    asked = list(zip(fresh.titles, fresh.texts, fresh.scores, strict=True))
    slow = np.array([plain_decision(exact, *one) for one in asked]).argmax(axis=1)
    fast = model.decisions(fresh.titles, fresh.texts, fresh.scores).argmax(axis=1)
    assert (fast == truth).mean() >= (slow == truth).mean() - 0.005
    assert (fast == slow).mean() >= 0.99


def test_the_same_texts_give_the_same_bytes(
    model: Model, examples: Examples, tmp_path: Path
) -> None:
    size = model_file.save(model.learned, tmp_path / "a.npz")
    again = train(examples, {"trained": "2026-01-01"}, folds=3)
    model_file.save(again.learned, tmp_path / "b.npz")
    content = (tmp_path / "a.npz").read_bytes()
    assert content == (tmp_path / "b.npz").read_bytes()
    assert len(content) == size < model_file.LARGEST_BYTES
    model_file.save(train(examples, {}, folds=3, seed=1).learned, tmp_path / "c.npz")
    assert (tmp_path / "c.npz").read_bytes() != content


def test_a_model_from_its_file_says_the_same(
    model: Model, examples: Examples, tmp_path: Path
) -> None:
    model_file.save(model.learned, tmp_path / "m.npz")
    loaded = Model(model_file.load(tmp_path / "m.npz"))
    asked = (examples.titles, examples.texts, examples.scores)
    assert loaded.predict(*asked) == model.predict(*asked)
    assert loaded.learned.about == model.learned.about


def test_a_text_is_explained_by_what_weighed_most(model: Model) -> None:
    title, text = "停水", "停水三天，自来水没有，水压很低"
    scores = scored(title, text)
    told = model.explain(title, text, scores)
    assert model.predict([title], [text], [scores])[0].label == "水电"
    assert len(told) == 10
    assert [abs(weight) for _, weight in told] == sorted(
        (abs(weight) for _, weight in told), reverse=True
    )
    assert {"水", "停水"} & {gram for gram, _ in told}
    # all of it, with the offset, is the label's score
    label = model.labels.index("水电")
    everything = sum(weight for _, weight in model.explain(title, text, scores, most=10_000))
    decided = model.decisions([title], [text], [scores])[0, label]
    assert everything + model.learned.offsets[label] == pytest.approx(decided, abs=1e-6)


def asked(model: Model, margin: float, text: str, labels: tuple[str, ...] = ()) -> Topic:
    """What a model says whose lexicon decides from a margin on."""
    learned = model.learned._replace(margin=margin)
    if labels:
        learned = learned._replace(labels=labels)
    return Model(learned).predict([""], [text], [scored("", text)])[0]


def test_the_lexicon_decides_where_it_is_sure(model: Model) -> None:
    text = "自来水公司停水，水压低"
    assert leading(scored("", text))[0] == "S01"
    by_lexicon, by_model = asked(model, 0.1, text), asked(model, NEVER, text)
    assert (by_lexicon.source, by_model.source) == ("lexicon", "model")
    assert by_lexicon.label == by_model.label == "水电"
    assert by_lexicon.category == by_model.category == "S01"
    # nothing found: no margin, so not even with 0 does the lexicon decide
    assert asked(model, 0.0, "呵呵").source == "none"
    assert asked(model, 0.0, "呵呵").category == OUTSIDE


def test_a_model_of_leaves_says_leaves_and_leaves_the_rest_to_the_lexicon(model: Model) -> None:
    leaves = ("S07", "S01", "S05")
    in_order = tuple({"水电": "S01", "学校": "S07", "道路": "S05"}[label] for label in model.labels)
    assert set(in_order) == set(leaves)
    said = asked(model, NEVER, "停水停电", in_order)
    assert (said.label, said.category, said.source) == ("S01", "S01", "model")
    # D09 was not among the labels it learned
    wages = asked(model, 0.1, "包工头拖欠工资，拖欠农民工工资", in_order)
    assert (wages.label, wages.category, wages.source) == ("D09", "D09", "lexicon")
    assert 0 < wages.confidence <= 1


def test_without_text_or_any_sign_nothing_is_said(model: Model) -> None:
    leaves = model.learned._replace(labels=("S01", "S05", "S07"), margin=NEVER, sharpness=1.0)
    sure = Model(leaves._replace(sharpness=1000.0))
    for said in (
        Model(leaves).predict([""], [""], [{}])[0],
        sure.predict([""], [""], [{}])[0],
        Model(leaves).predict([""], ["呵呵"], [{}])[0],  # no label is likelier than not
        Model(leaves._replace(labels=("S01", "S05", "S99"))).predict([""], [""], [{}])[0],
    ):
        assert (said.category, said.source) == (OUTSIDE, "none")
        assert 0 < said.confidence <= 1
    assert sure.predict([""], ["呵呵"], [{}])[0].source == "model"
    assert Model(leaves).explain("", "呵呵", {}) == []


def test_leading_is_what_the_classifier_decides() -> None:
    for text in ["", "呵呵", *written(200, seed=3).texts, "停水停电，拖欠工资"]:
        found = LEXICON.classify("", text)
        assert leading(scored("", text)) == (found.category, found.margin)


def test_folds_keep_groups_whole_and_labels_even() -> None:
    chance = random.Random(1)
    labels = [chance.choice("aaab") for _ in range(400)]
    groups = [f"{label}{chance.randrange(120)}" for label in labels]
    given = Examples(groups, groups, [{}] * 400, labels, groups)
    held: list[int] = []
    for seen, held_out in folds_of(given, 4, 0):
        assert {groups[n] for n in seen}.isdisjoint({groups[n] for n in held_out})
        assert 60 <= len(held_out) <= 140
        assert {labels[n] for n in held_out} == {"a", "b"}
        held += held_out.tolist()
    assert sorted(held) == list(range(400))


def test_too_little_to_learn_from() -> None:
    with pytest.raises(UserError, match="expected at least two labels and 5 texts of each"):
        train(written(8), {})
    one = written(50)._replace(labels=["a"] * 50)
    with pytest.raises(UserError, match="50 texts with 1 labels"):
        train(one, {})


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is no model of Huishang's"),
        (b"label,text\n", "is no model of Huishang's"),
        (b"PK\x03\x04 cut off", "is no model of Huishang's"),
    ],
)
def test_a_file_that_is_none_of_ours_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "m.npz"
    path.write_bytes(content)
    with pytest.raises(UserError, match=says):
        model_file.load(path)


def test_a_model_that_does_not_fit_is_refused(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "m.npz"
    with pytest.raises(UserError, match="cannot be read: No such file"):
        model_file.load(path)
    np.save(tmp_path / "one.npy", np.zeros(3))
    with pytest.raises(UserError, match="no model of Huishang's"):
        model_file.load(tmp_path / "one.npy")
    np.savez(path, other=np.zeros(3))
    with pytest.raises(UserError, match="no model of Huishang's"):
        model_file.load(path)
    np.savez(path, about=np.array([{"kind": "huishang topics"}], object))  # a pickle
    with pytest.raises(UserError, match="no model of Huishang's"):
        model_file.load(path)
    model_file.save(model.learned, path)
    whole = dict(np.load(path, allow_pickle=False))
    told = json.loads(whole["about"].tobytes())
    for changed, says in (
        ({"format": 9}, "has format 9; this version reads 1"),
        ({"leaves": ["D01"]}, "another taxonomy"),
        ({"kind": "other"}, "no model of Huishang's"),
        ({"labels": ["a", "b"]}, "weights, scale"),
        ({"orders": []}, "no model of Huishang's"),
    ):
        about = np.frombuffer(json.dumps({**told, **changed}).encode(), np.uint8)
        np.savez(path, **{**whole, "about": about})
        with pytest.raises(UserError, match=says):
            model_file.load(path)
    for name, array in (
        ("weights", whole["weights"][:100]),
        ("weights", whole["weights"].astype(np.float32)),
        ("leaf_labels", whole["leaf_labels"] + 7),
    ):
        np.savez(path, **{**whole, name: array})
        with pytest.raises(UserError, match=name):
            model_file.load(path)


@pytest.mark.skipif(not MAILBOX.is_file(), reason="no labelled messages beside the project")
def test_real_messages_not_seen_in_training() -> None:
    csv.field_size_limit(1 << 20)
    with MAILBOX.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    titles, texts, labels, groups = (
        [row[column] for row in rows] for column in ("title", "text", "label", "grp")
    )
    given = Examples(titles, texts, list(map(scored, titles, texts)), labels, groups)
    figures = train(given, {}, folds=3).learned.about["figures"]
    assert figures["unseen"]["macro_f1"] >= 0.90
    assert figures["unseen"]["macro_f1"] >= figures["unseen_lexicon_alone"]["macro_f1"] + 0.05
