"""Measures the classifier: microseconds a text, and macro-F1 on seven mailbox labels.

    python bench/classify.py                      speed on generated texts
    python bench/classify.py --csv messages.csv   also accuracy; columns label, title, text, and
                                                  grp, whose near-duplicates stay in one half

The lexicon is worked on with the even half and checked on the odd half.
"""

import argparse
import csv
import json
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import xxhash
import yaml

from agents.classify import Classified, Classifier
from agents.lexicon import MAILBOX7_FILE
from agents.normalise import normalise
from streams.categories import OUTSIDE

FILLER = "我们这里的群众一直反映情况希望有关领导能够重视并且尽快给大家一个答复谢谢您"


def texts(classifier: Classifier, count: int, length: int = 100) -> list[str]:
    """Texts of plain simplified characters, with about seven terms in 100, as real messages have."""
    chance = random.Random(1)
    terms = [term.text for term in classifier.lexicon.terms]
    made = []
    for _ in range(count):
        parts: list[str] = []
        while sum(map(len, parts)) < length:
            start = chance.randrange(len(FILLER) - 12)
            parts += [FILLER[start : start + chance.randrange(4, 13)], chance.choice(terms)]
        made.append("，".join(parts)[:length])
    return made


def us_per_text(work: Callable[[str], Any], sample: Sequence[str], rounds: int = 9) -> float:
    """Median over rounds of the mean processor time for one text."""
    spent = []
    for _ in range(rounds):
        begin = time.process_time()
        for text in sample:
            work(text)
        spent.append((time.process_time() - begin) / len(sample) * 1e6)
    return statistics.median(spent)


def load_labels(folder: Path) -> dict[str, str]:
    """Leaf, or leaf/group, to mailbox label."""
    table = yaml.safe_load((folder / MAILBOX7_FILE).read_text(encoding="utf-8"))
    return dict(table["leaves"])


def label_of(classifier: Classifier, labels: dict[str, str], found: Classified) -> str:
    """The mailbox label of a result: by the group that weighs most where the table names it."""
    if found.category == OUTSIDE:
        return ""
    weights: Counter[str] = Counter()
    for term in classifier.lexicon.terms:
        if term.leaf == found.category and term.text in found.terms:
            weights[term.group] += int(term.weight * 2)
    group = max(weights, key=lambda name: weights[name])
    return labels.get(f"{found.category}/{group}", labels[found.category])


def scores(truth: Sequence[str], said: Sequence[str]) -> dict[str, Any]:
    """Accuracy, macro-F1 and F1 per label."""
    f1 = {}
    for label in sorted(set(truth)):
        right = sum(t == s == label for t, s in zip(truth, said, strict=True))
        f1[label] = round(2 * right / (truth.count(label) + said.count(label)), 3)
    right = sum(t == s for t, s in zip(truth, said, strict=True))
    return {
        "n": len(truth),
        "accuracy": round(right / len(truth), 4),
        "macro_f1": round(sum(f1.values()) / len(f1), 4),
        "no_match": said.count(""),
        "f1": f1,
    }


def half_of(group: str) -> str:
    """The half a near-duplicate group belongs to: even or odd."""
    return "odd" if xxhash.xxh3_64_intdigest(group.encode()) & 1 else "even"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--csv", type=Path)
    options = parser.parse_args()
    classifier = Classifier.load()
    sample = texts(classifier, 5_000)
    odd = [f"{text[:50]}３０元\n{text[50:]}" for text in sample]
    report: dict[str, Any] = {
        "terms": len(classifier.lexicon.terms),
        "characters": round(statistics.mean(map(len, sample))),
        "hits_per_text": round(statistics.mean(len(classifier.hits(text)) for text in sample), 1),
        "us_normalise": round(us_per_text(normalise, sample), 2),
        "us_normalise_odd": round(us_per_text(normalise, odd), 2),
        "us_category": round(us_per_text(lambda text: classifier.category("", text), sample), 2),
        "us_classify": round(us_per_text(lambda text: classifier.classify("", text), sample), 2),
    }
    if options.csv:
        csv.field_size_limit(1 << 20)
        with options.csv.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines))
        labels = load_labels(Path(__file__).parent.parent / "agents" / "lexicon")
        for half in ("even", "odd"):
            chosen = [row for row in rows if half_of(row["grp"]) == half]
            said = [
                label_of(classifier, labels, classifier.classify(row["title"], row["text"]))
                for row in chosen
            ]
            report[half] = scores([row["label"] for row in chosen], said)
    json.dump(report, sys.stdout, ensure_ascii=False, indent=1)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
