"""The classifier: exact, explained, and the same by every call."""

import csv
import itertools
import os
import random

import pytest

from agents.characters import Characters
from agents.classify import LEAST_SCORE, TITLE_WEIGHT, Classified, Classifier
from agents.lexicon import Lexicon, Rule, Term, load
from agents.normalise import normalise
from agents.terms import Terms
from agents.texts import Texts
from streams.categories import CATEGORIES, OUTSIDE, CategoryCode


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.load()


def small(*terms: tuple[str, str, float], rules: tuple[Rule, ...] = ()) -> Classifier:
    """A classifier over a few terms (text, leaf, weight), with the shipped priority."""
    return Classifier(
        Lexicon(
            tuple(Term(text, CategoryCode(leaf), weight, "", "") for text, leaf, weight in terms),
            load().priority,
            rules,
        )
    )


def scores(classifier: Classifier, text: str) -> dict[CategoryCode, float]:
    (found,) = classifier.scores(Texts.of([("", text)]))
    return found


def rule(leaf: str, weight: float, *parts: tuple[str, ...]) -> Rule:
    return Rule(parts, CategoryCode(leaf), weight, "", "")


def test_nothing_found_is_outside(classifier: Classifier) -> None:
    assert classifier.classify("", "今天天气真好") == Classified(OUTSIDE, (), 0.0, "none")
    assert classifier.classify("", "") == Classified(OUTSIDE, (), 0.0, "none")
    assert classifier.category("", "") == OUTSIDE


def test_a_lone_hint_does_not_decide() -> None:
    hint = small(("平台", "D17", LEAST_SCORE / 2), ("网站", "D17", LEAST_SCORE / 2))
    assert hint.classify("", "平台").category == hint.category("", "平台") == OUTSIDE
    assert hint.classify("", "平台和网站").category == hint.category("", "平台和网站") == "D17"


def test_the_longest_term_covers_what_lies_inside() -> None:
    nested = small(("工资", "D09", 3), ("工资卡", "S12", 1), ("卡", "D13", 9), ("卡费", "D04", 1))
    assert nested.classify("", "工资卡").category == "S12"
    # 卡费 reaches beyond 工资卡: both count, what lies inside either does not
    assert scores(nested, "工资卡费") == {"D04": 1, "S12": 1}


def test_terms_count_once_and_more_in_the_title() -> None:
    two = small(("噪声", "S03", 2), ("物业", "D11", 3))
    assert two.classify("", "噪声噪声噪声，物业").category == "D11"
    assert two.classify("噪声", "噪声，物业") == Classified(
        CategoryCode("S03"),
        ("噪声",),
        (2 * TITLE_WEIGHT - 3) / (2 * TITLE_WEIGHT + 3 + 2),
        "lexicon",
        weights=(2 * TITLE_WEIGHT,),
        nearest="D11",
    )


def test_the_nearest_leaf_is_told_also_where_nothing_decided() -> None:
    hint = small(("平台", "D17", LEAST_SCORE / 2), ("停水", "S01", 3))
    assert hint.classify("", "平台") == Classified(OUTSIDE, (), 0.0, "none", nearest="D17")
    assert hint.classify("", "平台停水").nearest == "D17"
    assert hint.classify("", "停水").nearest == ""


def test_ties_go_by_priority_whatever_the_order() -> None:
    tie = small(("车祸", "D10", 3), ("扣分", "S14", 3))
    for text in ("车祸扣分", "扣分车祸"):
        found = tie.classify("", text)
        assert (found.category, found.margin) == ("D10", 0.0)
        assert tie.category("", text) == "D10"


def test_a_not_phrase_counts_nothing() -> None:
    shielded = small(("工作", "D09", 2), ("工作人员", "D09", 0))
    assert shielded.classify("", "工作人员").category == OUTSIDE
    found = shielded.classify("", "工作人员说工作")
    assert (found.category, found.terms) == ("D09", ("工作",))


def test_a_rule_holds_when_every_part_is_there() -> None:
    fees = small(
        ("学校", "S07", 2),
        ("幼儿园", "S07", 2),
        ("收费", "S10", 3),
        ("校车", "S06", 3),
        rules=(
            rule("S07", 2.5, ("学校", "幼儿园"), ("收费",)),
            rule("S07", -4, ("校车",)),
        ),
    )
    assert fees.category("", "学校") == "S07"
    assert fees.category("", "收费") == "S10"
    found = fees.classify("", "幼儿园收费")
    assert (found.category, found.terms) == ("S07", ("幼儿园+收费", "幼儿园"))
    assert fees.category("收费", "学校") == "S10"  # 6 against 4.5: the title weighs more
    assert fees.category("", "学校收费，校车") == "S06"  # the second rule takes 4 from S07
    assert scores(fees, "学校收费，校车") == {"S06": 3, "S10": 3, "S07": 0.5}
    assert scores(fees, "校车") == {"S06": 3}


def test_the_margin_is_a_share() -> None:
    two = small(("噪声", "S03", 3), ("油烟", "S03", 3), ("物业", "D11", 3), ("保安", "D11", 1))
    for text, leaf, margin in (
        ("噪声", "S03", 3 / 5),
        ("噪声，物业", "S03", 0.0),
        ("噪声，油烟，物业，保安", "S03", 2 / 12),
        ("早上好", OUTSIDE, 0.0),
    ):
        found = two.classify("", text)
        assert (found.category, found.margin) == (leaf, margin)


def generated(classifier: Classifier, count: int) -> list[str]:
    """Texts of terms, halves of terms, filler and what normalising takes out: full of overlaps."""
    chance = random.Random(20)
    terms = [term.text for term in classifier.lexicon.terms]
    made = []
    for _ in range(count):
        parts = []
        for _ in range(chance.randrange(1, 9)):
            term = chance.choice(terms)
            cut = chance.randrange(len(term) + 1)
            parts.append(chance.choice((term, term, term[:cut], term[cut:], "的", "，")))
        if chance.random() < 0.3:
            odd = chance.choice(
                (" ", "\n", "\u200b", "\ud800", "（fā）", "_x000D_", "_", "🔥", "資")
            )
            parts.insert(chance.randrange(len(parts) + 1), odd)
        made.append("".join(parts))
    return made


def messages() -> list[tuple[str, str]]:
    """Titles and texts of real messages, from the file that HUISHANG_TEST_MESSAGES names."""
    path = os.environ.get("HUISHANG_TEST_MESSAGES")
    if path is None:
        return []
    csv.field_size_limit(1 << 20)
    with open(path, encoding="utf-8", newline="") as lines:
        return [(row["title"], row["text"]) for row in csv.DictReader(lines)]


def obvious_hits(index: dict[str, int], longest: int, text: str) -> list[tuple[int, int, int]]:
    """Start, end and number of every term in a text, less those inside another: slow and plain."""
    spans = [
        (start, end)
        for start in range(len(text))
        for end in range(start + 1, min(len(text), start + longest) + 1)
        if text[start:end] in index
    ]
    return [
        (start, end, index[text[start:end]])
        for start, end in spans
        if not any(s <= start and end <= e and (s, e) != (start, end) for s, e in spans)
    ]


def obvious_scores(lexicon: Lexicon, title: set[int], text: set[int]) -> dict[str, float]:
    """The scores of a title and a text with these terms: slow and plain."""
    scores: dict[str, float] = dict.fromkeys(lexicon.priority, 0.0)
    for number in title | text:
        term = lexicon.terms[number]
        scores[term.leaf] += term.weight * (TITLE_WEIGHT if number in title else 1)
    words = {lexicon.terms[number].text for number in title | text}
    for rule in lexicon.rules:
        if all(words & set(part) for part in rule.parts):
            scores[rule.leaf] += rule.weight
    return scores


def obvious_category(lexicon: Lexicon, scores: dict[str, float]) -> CategoryCode:
    """The category of these scores."""
    best = max(scores.values())
    if best < LEAST_SCORE:
        return OUTSIDE
    return next(leaf for leaf in lexicon.priority if scores[leaf] == best)


def test_terms_and_category_are_those_of_an_obvious_matcher(classifier: Classifier) -> None:
    lexicon = classifier.lexicon
    index = {term.text: number for number, term in enumerate(lexicon.terms)}
    longest = max(map(len, index))
    texts = generated(classifier, int(os.environ.get("HUISHANG_TEST_TEXTS", "20000")))
    pairs = [*itertools.pairwise(["", *texts]), *messages()]
    find = Terms([term.text for term in lexicon.terms]).find
    singles = sorted({normalise(text) for pair in pairs for text in pair})
    characters = Characters.of(singles)
    hits = find(characters)
    owner = characters.owner[hits.at]
    starts = characters.starts[owner]
    said: dict[str, list[tuple[int, int, int]]] = {text: [] for text in singles}
    for number, *hit in zip(
        owner.tolist(),
        (hits.at - starts).tolist(),
        (hits.ends - starts).tolist(),
        hits.terms.tolist(),
        strict=True,
    ):
        said[singles[number]].append((hit[0], hit[1], hit[2]))
    found: dict[str, set[int]] = {}
    for text in singles:
        plain = obvious_hits(index, longest, text)
        assert said[text] == plain, text
        found[text] = {number for _, _, number in plain}
    assert sum(len(numbers) > 3 for numbers in found.values()) > len(texts) / 10
    read = Texts.of(pairs)
    for pair, category, scored, told in zip(
        pairs,
        classifier.categories(read),
        classifier.scores(read),
        classifier.classified(read),
        strict=True,
    ):
        title, text = map(normalise, pair)
        scores = obvious_scores(lexicon, found[title], found[text])
        assert category == told.category == obvious_category(lexicon, scores), pair
        above = {leaf: score for leaf, score in scores.items() if score > 0}
        assert scored == pytest.approx(above), pair
    assert set(classifier.categories(read)) == set(CATEGORIES)


def test_a_text_alone_and_among_others_is_judged_the_same(classifier: Classifier) -> None:
    pairs = list(itertools.pairwise(["", *generated(classifier, 300)]))
    read = Texts.of(pairs)
    assert classifier.classified(read) == [classifier.classify(*pair) for pair in pairs]
    assert classifier.categories(read) == [classifier.category(*pair) for pair in pairs]
    assert classifier.categories(Texts.of([])) == []


def test_terms_of_one_character_and_of_any_plane() -> None:
    terms = Terms(["停", "\U00020000水", "12", "KTV", "\U00020001"])
    texts = Characters.of(["停\U00020000水12", "", "\U00020001KTV停", "T", "1"])
    hits = terms.find(texts)
    assert hits.terms.tolist() == [0, 1, 2, 4, 3, 0]
    assert (hits.ends - hits.at).tolist() == [1, 2, 2, 1, 3, 1]
    assert Terms([]).find(texts).terms.tolist() == []


def test_terms_do_not_reach_over_the_end_of_a_text() -> None:
    assert Terms(["停水", "水停"]).find(Characters.of(["停水", "停"])).terms.tolist() == [0]


def test_terms_with_something_odd_in_them_count_in_the_normal_text_only() -> None:
    odd = small(("wi fi", "S01", 2), ("fā", "D12", 2), ("_", "D17", 1), ("药", "S10", 2))
    for text, category in (
        ("wi  fi", "S01"),
        ("wi fi", "S01"),
        ("发(fā)药", "S10"),
        ("fā药", "D12"),
        ("药_", "S10"),
        ("_", "D17"),
    ):
        assert odd.category("", text) == odd.classify("", text).category == category, text
