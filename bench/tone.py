"""Measures sentiment beside snownlp on hand-labelled messages; what it costs, the row `judge` says.

    python bench/tone.py --csv messages.csv   columns title and text, labels from
                                              tests/labels/tone.csv by a hash of both

snownlp is measured beside when it is installed (pip install snownlp). It gives how positive a
text is, 0 to 1: below 0.4 counts as negative, above 0.6 as positive.
"""

import argparse
import csv
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xxhash

from agents import scores
from agents.tone import Tone

LABELS = Path(__file__).parent.parent / "tests" / "labels" / "tone.csv"


def labelled(messages: Path, part: str) -> list[tuple[str, str, int]]:
    """Title, text and sentiment of one part of the labelled messages."""
    csv.field_size_limit(1 << 20)
    with LABELS.open(encoding="utf-8", newline="") as lines:
        labels = {
            row["key"]: int(row["sentiment"])
            for row in csv.DictReader(lines)
            if row["part"] == part
        }
    with messages.open(encoding="utf-8", newline="") as lines:
        rows = {
            xxhash.xxh3_64_hexdigest(f"{row['title']}\n{row['text']}".encode()): row
            for row in csv.DictReader(lines)
        }
    return [
        (rows[key]["title"], rows[key]["text"], sentiment)
        for key, sentiment in labels.items()
        if key in rows
    ]


def polarity(truth: Sequence[int], said: Sequence[int]) -> dict[str, Any]:
    """Accuracy and macro-F1 of the signs."""
    table = scores.confusion([str(_sign(one)) for one in truth], [str(_sign(one)) for one in said])
    return {
        "n": len(truth),
        "accuracy": round(scores.accuracy(table), 3),
        "macro_f1": round(scores.macro_f1(table), 3),
        "called_negative": round(sum(one < 0 for one in said) / len(said), 3),
    }


def _sign(value: int) -> int:
    return (value > 0) - (value < 0)


def snow(text: str) -> int:
    """-1, 0 or 1 by snownlp."""
    from snownlp import SnowNLP

    positive = SnowNLP(text).sentiments if text.strip() else 0.5
    return (positive > 0.6) - (positive < 0.4)


def has_snownlp() -> bool:
    try:
        import snownlp  # noqa: F401
    except ImportError:
        return False
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--csv", type=Path, required=True)
    options = parser.parse_args()
    tone = Tone.load()
    report: dict[str, Any] = {}
    for name in ("worked", "held_out"):
        rows = labelled(options.csv, name)
        truth = [sentiment for *_, sentiment in rows]
        report[name] = {
            "huishang": polarity(truth, [tone.judge(*row[:2]).sentiment for row in rows])
        }
        if has_snownlp():
            said = [snow(f"{title}。{text}" if title else text) for title, text, _ in rows]
            report[name]["snownlp"] = polarity(truth, said)
    json.dump(report, sys.stdout, ensure_ascii=False, indent=1)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
