"""Measures the classifier's speed on generated texts; how often it is right: `huishang evaluate`."""

import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from agents.classify import Classifier
from agents.normalise import normalise

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


def main() -> int:
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
    json.dump(report, sys.stdout, ensure_ascii=False, indent=1)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
