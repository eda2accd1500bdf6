"""The row `judge`: what a text costs in intake, step by step; µs of processor time a text.

    python -m bench --only judge
    python -m bench.judge --csv messages.csv    on texts of one's own, columns title and text

Texts are the load's, and what `pipeline` spends on them is `us_judge`. `us_read` is normalising
and laying out for what follows. `us_door` is redaction, classification and fingerprint of every
text, whether or not it is shown.
"""

import argparse
import csv
import json
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from statistics import mean, median
from typing import Any, Final

import orjson

from agents.judge import Judge, Said
from agents.mention import mentions_of
from agents.redaction import redact
from agents.texts import Texts
from bench.load import hotline_calls
from bench.rows import Row
from bench.site import Lab

_TEXTS: Final = 5_000  # as many as a batch of intake has at most
_ROUNDS: Final = 5


def measure(lab: Lab) -> Row:
    calls = hotline_calls("", _TEXTS, seed=lab.round, runid="judge")
    said = [orjson.loads(call.value)["data"] for call in calls]
    return spent([("", one["text"], "", one["severity"], "", False) for one in said])


def spent(reports: list[Said]) -> Row:
    """Medians of some rounds."""
    judge = Judge.load(redact)
    found = list(judge.judge(reports))
    told = [(said[0], said[1]) for said in reports]
    texts = Texts.of(told)
    steps: dict[str, Callable[[], Any]] = {
        "us_read": lambda: Texts.of(told),
        "us_redact": lambda: [redact(text) for _, text in told],
        "us_classify": lambda: judge.classifier.categories(texts),
        "us_tone": lambda: judge.tone.hear(texts),
        "us_mention": partial(mentions_of, texts),
        "us_judge": lambda: list(judge.judge(reports)),
    }
    rounds: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(_ROUNDS):
        for name, step in steps.items():
            begin = time.process_time()
            step()
            rounds[name].append((time.process_time() - begin) * 1e6 / len(reports))
    row = {name: median(figures) for name, figures in rounds.items()}
    row["us_door"] = sum(row[f"us_{step}"] for step in ("read", "redact", "classify", "mention"))
    row["characters"] = mean(len(title) + len(text) for title, text in told)
    row["excerpts_pct"] = 100 * mean(bool(one.excerpt) for one in found)
    return row


def _messages(path: Path) -> Iterable[Said]:
    csv.field_size_limit(1 << 20)
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            yield row.get("title") or "", row["text"], "", 0, "", False


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--csv", type=Path, required=True)
    json.dump(spent(list(_messages(parser.parse_args().csv))), sys.stdout, indent=1)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
